"""Cumulative sums and products, sorting."""

from tests.operations.row import Operation

MATRIX = (((3, 4),),)

ROWS = [
    Operation(
        "cumsum",
        ("T.cumsum(x, 1)", "x.cumsum(-2)", "x.cumsum(dim=0, dtype=T.float64)"),
        (((3, 4),), ((0, 3),)),
        refused=("T.ones(2).cumsum()", "T.ones(2).cumsum(1)", "T.tensor(1.0).cumsum(1)"),
    ),
    Operation(
        "cumsum",
        ("x.cumsum(0)", "(x * 1).cumsum_(-1, dtype=x.dtype)"),
        (((),), ((3,),)),
        integers=False,
    ),
    Operation(
        "cumprod",
        ("T.cumprod(x, 1)", "x.cumprod(-2)", "x.cumprod(dim=0, dtype=T.float64)"),
        MATRIX,
        special=False,  # next to a zero PyTorch's gradient adds infinities of either sign
        refused=("T.ones(2).cumprod()", "T.ones(2).cumprod(1)"),
    ),
    Operation("cumprod", ("x.cumprod(0)", "x.cumprod(-1)"), (((),), ((0, 3),), ((3, 0),))),
    Operation("cumprod", ("(x * 1).cumprod_(-1, dtype=x.dtype)",), integers=False, special=False),
    Operation(
        # Zeros, one and more in a row: a division would give NaN.
        "cumprod",
        (
            "(x * T.tensor([[0.0, 1, 1], [1, 0, 0]], dtype=x.dtype)).cumprod(1)",
            "(x * T.tensor([1.0, 0, 1], dtype=x.dtype)).cumprod(0)",
        ),
        (((2, 3),),),
        special=False,
    ),
    Operation(
        "sort",
        (
            "tuple(T.sort(x))",
            "tuple(x.sort(0, True))",
            "tuple(x.sort(dim=-2, descending=True, stable=True))",
            "x.sort(stable=True, dim=1).values",
        ),
        MATRIX,
        refused=("T.ones(2, 3).sort(2)", "T.ones(2).sort(True)"),
    ),
    Operation("sort", ("tuple(x.sort())",), (((),), ((0, 3),), ((3, 0),))),
    Operation(
        "argsort",
        ("T.argsort(x)", "x.argsort(0, descending=True)", "x.argsort(-1, True)"),
        (((3, 4),), ((3, 0),)),
        derivatives=0,
        refused=("T.ones(2).argsort(1)",),
    ),
    Operation(
        "topk",
        (
            "tuple(T.topk(x, 2))",
            "tuple(x.topk(3, 0, False))",
            "x.topk(2, dim=-1, largest=False, sorted=True).values",
            "x.topk(0).values",
        ),
        MATRIX,
        special=False,  # PyTorch takes any of equal elements
        integers=False,  # the same
        refused=(
            *("T.ones(2).topk(3)", "T.ones(2).topk(-1)", "T.tensor(1.0).topk(2)"),
            "T.tensor([True, False]).topk(1)",
        ),
        note="Of equal elements the first ones are taken, in order; PyTorch takes any.",
    ),
    Operation("topk", ("tuple(x.topk(1))",), (((),),)),
    Operation(
        "cummax",
        ("[*T.cummax(x, 1), *x.cummin(dim=0)]",),
        (((3, 4),),),
        refused=("T.ones(2).cummax(1)", "T.ones(2).cummin()"),
    ),
    Operation(
        "logcumsumexp",
        ("[T.logcumsumexp(x, 1), x.logcumsumexp(dim=0)]",),
        special=False,  # between infinities
        integers=False,  # refused
        refused=("T.tensor([1]).logcumsumexp(0)", "T.ones(2).logcumsumexp(1)"),
    ),
]
