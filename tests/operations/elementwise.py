"""Functions of one tensor, element by element."""

from tests.operations.row import Operation

SHAPES = (((3, 4),), ((),), ((0, 2),))


def _row(name: str, low: float = -2.0, high: float = 2.0) -> Operation:
    forms = (f"x.{name}()", f"T.{name}(x)", f"x.clone().{name}_()")
    return Operation(name, forms, SHAPES, low, high, refused=(f"T.{name}(1.0)", f"T.{name}(None)"))


ROWS = [
    _row("abs"),
    _row("exp"),
    _row("expm1"),
    _row("log", 0.2),
    _row("log1p", -0.5),
    _row("log2", 0.2),
    _row("log10", 0.2),
    _row("sqrt", 0.2),
    _row("rsqrt", 0.2),
    _row("reciprocal", 0.4),
    _row("sin"),
    _row("cos"),
    _row("sign"),
    _row("floor"),
    _row("ceil"),
    _row("trunc"),
    _row("round"),
    Operation(
        "round",
        (
            "x.round(decimals=1)",
            "T.round(x, decimals=-1)",
            "(100 * x).round(decimals=-2)",
            "x.clone().round_(decimals=1)",
        ),
        refused=("T.tensor([1]).round(decimals=1)", "T.round(T.ones(2), 1)"),
    ),
    Operation(
        "abs",
        ("abs(x)",),
        refused=(
            "T.tensor([True]).abs()",
            "T.tensor([1]).exp_()",
            "T.tensor([1]).sqrt_()",
            "T.tensor([True]).floor()",
        ),
    ),
    Operation("erf", ("T.erf(x)", "x.erf()", "x.clone().erf_()"), (((3, 4),), ((),), ((0, 2),))),
    Operation(
        "erfc", ("T.erfc(x)", "x.erfc()", "x.clone().erfc_()"), (((3, 4),), ((),), ((0, 2),))
    ),
    Operation(
        "exp2",
        ("[T.exp2(x), x.clone().exp2_(), x.frac(), x.clone().frac_(), x.positive(), x.sgn()]",),
        refused=("T.tensor([1]).frac()", "T.tensor([True]).positive()"),
    ),
    Operation("sgn", ("x.clone().sgn_()",), (((3,),),)),
    Operation(
        "logit",
        ("[T.logit(x), x.logit(0.3), x.clone().logit_(eps=0.2)]",),
        low=0.05,
        high=0.95,
        special=False,  # the slope beside 0 and 1
    ),
    Operation(
        "nan_to_num",
        ("[T.nan_to_num(x), x.nan_to_num(1.0, 2.0, -2.0), x.clone().nan_to_num_(posinf=3)]",),
    ),
    Operation(
        "absolute",
        ("[T.absolute(x), T.negative(x), x.fix(), x.clone().absolute_().negative_().fix_()]",),
        (((3,),),),
    ),
    Operation(
        "frexp",
        ("x.frexp()",),
        integers=False,
        refused=("T.frexp(T.tensor([1]))",),
    ),
]
