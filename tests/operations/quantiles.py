"""Medians, quantiles and modes."""

from tests.operations.row import Operation

CUT = "Of equal elements the index is that of the one which `sort` puts there."

ROWS = [
    Operation(
        "median",
        ("[T.median(x), *x.median(1), *T.median(x, dim=0, keepdim=True)]",),
        (((3, 4),),),
        special=False,  # the index of equal ones
        integers=False,  # the same
        refused=("T.ones(2).median(1)", "T.tensor([True]).median()", "T.ones(0, 2).median(0)"),
        note=CUT,
    ),
    Operation("median", ("x.median()",), (((5,),), ((),))),
    Operation(
        "nanmedian",
        ("[T.nanmedian(x), *x.nanmedian(0), *T.nanmedian(x, 1, True)]",),
        (((3, 4),),),
        special=False,  # the index of equal ones
        integers=False,  # the same
        note=CUT,
    ),
    Operation(
        "kthvalue",
        ("[*T.kthvalue(x, 2), *x.kthvalue(k=1, dim=0, keepdim=True)]",),
        (((3, 4),),),
        special=False,  # the index of equal ones
        integers=False,  # the same
        refused=("T.ones(2).kthvalue(3)", "T.ones(2).kthvalue(0)"),
        note=CUT,
    ),
    Operation(
        "mode",
        ("[*T.mode(x), *x.mode(dim=0, keepdim=True)]",),
        (((3, 4),),),
        special=False,  # each NaN differs
        refused=("T.ones(0).mode()", "T.ones(2).mode(1)"),
    ),
    Operation(
        "quantile",
        (
            "[T.quantile(x, 0.3), x.quantile(T.tensor([0.1, 0.6], dtype=x.dtype), 1, True)]",
            "[x.quantile(0.7, dim=0, interpolation=i) for i in ('lower', 'higher', 'nearest')]",
            "x.nanquantile(0.4, 0, interpolation='midpoint')",
        ),
        (((3, 4),),),
        special=False,  # between infinities
        refused=(
            *("T.quantile(T.tensor([1]), 0.5)", "T.ones(2).quantile(1.5)", "T.ones(0).quantile(1)"),
            *("T.ones(2).nanquantile(0.5, interpolation='cubic')", "T.ones(2).quantile(0.5, 1)"),
            *("T.tensor(1.0).quantile(0.5, 1)", "T.tensor(1.0).nanquantile(0.5, -2)"),
        ),
    ),
]
