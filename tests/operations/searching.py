"""Finding and counting."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "nonzero",
        ("[T.nonzero(x > 0), x.argwhere(), *T.nonzero(x, as_tuple=True)]",),
        (((3, 4),), ((),)),
        derivatives=0,
        special=False,  # another number of them each time
        refused=("T.nonzero(1.0)",),
    ),
    Operation(
        "unique",
        (
            "T.unique(x.round(), return_inverse=True, return_counts=True)",
            "[x.unique(dim=1), x.unique_consecutive(), *(x > 0).unique(True, False, True, dim=0)]",
            "T.unique_consecutive(x, return_inverse=True, return_counts=True, dim=0)",
        ),
        (((2, 3),),),
        derivatives=0,
        special=False,  # NaN is in another place each time
        integers=False,  # booleans are not rounded
        refused=("T.ones(2).unique(dim=1)", "T.unique(1.0)"),
    ),
    Operation(
        "bincount",
        (
            "T.bincount(T.tensor([1, 3, 1]))",
            "T.tensor([1, 3, 1]).bincount(x, minlength=6)",
        ),
        (((3,),),),
        derivatives=0,
        refused=(
            *("T.bincount(T.ones(2))", "T.bincount(T.tensor([-1]))", "T.bincount(T.tensor([[1]]))"),
            *("T.bincount(T.tensor([1]), T.ones(2))", "T.bincount(T.tensor([1]), minlength=-1)"),
        ),
    ),
    Operation(
        "histc",
        ("[T.histc(x, 4, -1, 2), x.histc(bins=3)]",),
        derivatives=0,
        special=False,  # there is no range to infinity
        integers=False,  # PyTorch has it for some
        refused=("T.histc(T.ones(2), 0)", "T.histc(T.ones(2), 2, 3, 1)"),
    ),
    Operation(
        "histogram",
        (
            "T.histogram(x, 3, range=(-1.0, 1.0), weight=y)[0]",
            "[*T.histogram(x[:, 0], y[:, 0].sort()[0], density=True)]",
            "[T.histogramdd(x, [2, 3])[0], *T.histogramdd(x[:, :2], 2)[1]]",
        ),
        (((4, 2), (4, 2)),),
        derivatives=0,
        special=False,  # there is no range to infinity
        integers=False,
        note="Edges have to grow.",
        refused=(
            "T.histogram(T.ones(2), 0)",
            "T.histogram(T.ones(2), 2, range=(3.0, 1.0))",
            "T.histogram(T.ones(2), 2, weight=T.ones(3))",
            "T.histogram(T.tensor([1, 2]), 2)",
            "T.histogramdd(T.ones(2), 2)",
            "T.histogramdd(T.ones(2, 3), [2, 2])",
        ),
    ),
    Operation(
        "unravel_index",
        ("[*T.unravel_index(T.tensor([5, 2, 0]), (2, 3)), *T.unravel_index(T.tensor(3), 4)]",),
        (((),),),
        derivatives=0,
        special=False,
        integers=False,
        refused=("T.unravel_index(T.ones(2), (2, 3))",),
    ),
    Operation(
        "searchsorted",
        (
            "[T.searchsorted(x.sort()[0], x), T.searchsorted(x[0].sort()[0], x, right=True)]",
            "[T.searchsorted(T.arange(3), x), T.searchsorted(x[0].sort()[0], T.arange(2))]",
            "[T.searchsorted(x, y, sorter=x.argsort()), T.searchsorted(x[0] * 0, 1, side='right')]",
            "[T.bucketize(x, y[0].sort()[0]), T.bucketize(0.5, y[0].sort()[0], out_int32=True)]",
        ),
        (((2, 3), (2, 3)),),
        derivatives=0,
        special=False,  # where NaN lies is each library's choice
        integers=False,  # no booleans in PyTorch
        refused=(
            "T.searchsorted(T.ones(2, 3), T.ones(3))",
            "T.searchsorted(T.tensor(1.0), T.ones(3))",
            "T.searchsorted(T.ones(3), T.ones(3), side='middle')",
            "T.bucketize(T.ones(2), T.ones(2, 2))",
        ),
    ),
    Operation(
        "isin",
        (
            "[T.isin(x, x[0]), T.isin(x, T.tensor([1, 0]).to(x.dtype), invert=True)]",
            "[T.isin(T.tensor([1, 2]), 2), T.isin(1, T.tensor([1, 2]))]",
        ),
        derivatives=0,
        integers=False,  # no booleans in PyTorch
        refused=("T.isin(1, 2)",),
    ),
    Operation("msort", ("T.msort(x)",)),
]
