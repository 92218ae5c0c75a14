"""Trigonometric and hyperbolic functions."""

from tests.operations.row import Operation

SMALL = (((2, 3),),)


def _row(name: str, low: float = -0.9, high: float = 0.9, inverse: str = "") -> Operation:
    forms = tuple(f"[T.{word}(x), x.{word}()]" for word in (name, inverse) if word)
    return Operation(name, forms, SMALL, low, high, refused=(f"T.{name}(1.0)",))


ROWS = [
    _row("tan"),
    _row("asin", inverse="arcsin"),
    _row("acos", inverse="arccos"),
    _row("atan", inverse="arctan"),
    Operation("sinh", ("x.sinh()", "T.sinh(x)", "x.clone().sinh_()")),
    _row("cosh"),
    _row("asinh", inverse="arcsinh"),
    _row("acosh", 1.2, 3.0, "arccosh"),
    _row("atanh", inverse="arctanh"),
    _row("sinc", 0.2, 2.0),
    _row("deg2rad"),
    _row("rad2deg"),
    Operation(
        "tan in place",  # of which some have no gradient in PyTorch
        (
            "[x.clone().tan_(), x.clone().asin_(), x.clone().acos_().cosh_()]",
            "[x.clone().atan_().sinc_(), x.clone().asinh_().deg2rad_(), x.clone().acosh_()]",
            "[x.clone().atanh_().rad2deg_(), x.clone().arcsin_(), x.clone().arccos_()]",
            "[x.clone().arctan_().arcsinh_(), x.clone().arccosh_(), x.clone().arctanh_()]",
        ),
        (((3,),),),
        0.1,
        0.9,
        derivatives=0,
        special=False,  # see above
    ),
    Operation(
        "atan2",
        ("[T.atan2(x, y), x.clone().atan2_(y), T.arctan2(x, y), x.clone().arctan2_(y)]",),
        (((2, 3), (3,)),),
        0.2,
        refused=("T.atan2(T.ones(2), T.ones(3))", "T.atan2(T.ones(2), 1.0)"),
    ),
    Operation(
        "hypot",
        ("[T.hypot(x, y), x.clone().hypot_(y)]",),
        (((2, 3), (3,)),),
        0.2,
        refused=("T.hypot(T.tensor([1]), T.tensor([2]))", "T.hypot(T.ones(2), 1.0)"),
    ),
]
