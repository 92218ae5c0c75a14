"""Arithmetic with two operands, and the sign."""

from tests.operations.row import Operation

BROADCASTS = (
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 1), (1, 4)),
    ((2, 1, 3), (4, 1)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
)
SAME = (((3, 4), (3, 4)),)

ROWS = [
    Operation(
        "add",
        ("x + y",),
        BROADCASTS,
        refused=(
            "T.ones(2, 3) + T.ones(4)",
            "T.ones(2) + 'a'",
            "T.ones(2) + None",
            "None + T.ones(2)",
            "T.ones(2) + [1, 2]",
            "T.add(T.ones(2), T.ones(2), alpha=None)",
            "T.add(T.ones(2), T.ones(2), alpha=True)",
            "T.tensor([1]).add(T.tensor([2]), alpha=1.5)",
            "T.tensor([1]).add_(1.5)",
            "T.tensor([True]).add_(1)",
            "T.ones(1).add_(T.ones(3))",
        ),
    ),
    Operation(
        "add", ("T.add(x, y, alpha=2)", "x.add(y, alpha=2)", "x.clone().add_(y, alpha=3)"), SAME
    ),
    Operation("add", ("x + 2", "2.5 + x", "x.add(1, alpha=3)", "x + True", "x + 300")),
    Operation(
        "sub",
        ("x - y",),
        BROADCASTS,
        refused=(
            "T.tensor([True]) - T.tensor([True])",
            "T.tensor([True]) - 1",
            "1.5 - T.tensor([True])",
            "T.ones(2) - T.tensor([True, False])",
            "T.ones(2) - True",
            "T.ones(2) - T.ones(3)",
            "T.tensor([1]).sub_(0.5)",
        ),
    ),
    Operation(
        "sub",
        ("T.sub(x, y, alpha=2)", "x.sub(y)", "x.clone().sub_(y, alpha=2)"),
        SAME,
    ),
    Operation("sub", ("x - 2", "2.5 - x")),
    Operation("mul", ("x * y",), BROADCASTS, refused=("T.ones(2) * T.ones(3)", "T.ones(2) * 'a'")),
    Operation("mul", ("T.mul(x, y)", "x.mul(y)", "x.clone().mul_(y)"), SAME),
    Operation("mul", ("x * 3", "0.5 * x", "x * True")),
    Operation(
        "div",
        ("x / y",),
        BROADCASTS,
        low=0.5,
        refused=(
            "T.ones(2) / T.ones(3)",
            "T.ones(2).div(2, rounding_mode='up')",
            "T.tensor([1]).div(0, rounding_mode='trunc')",
            "T.tensor([True]).div(True, rounding_mode='floor')",
            "T.tensor([4]).div_(2)",
        ),
    ),
    Operation("div", ("T.div(x, y)", "x.div(y)", "x.clone().div_(y)"), SAME, low=0.5),
    Operation("div", ("x / 7", "1 / x", "x / 300", "300 / x"), low=0.5),
    Operation(
        "div",
        (
            "x.div(y, rounding_mode='floor')",
            "T.div(x, y, rounding_mode='trunc')",
            "x.clone().div_(y, rounding_mode='floor')",
        ),
        (((3, 4), (4,)),),
        low=0.5,
    ),
    Operation("div", ("x.div(0.7, rounding_mode='trunc')", "x.div(2, rounding_mode='floor')")),
    Operation(
        "floor_divide",
        ("x // y", "T.floor_divide(x, y)"),
        (((3, 4), (4,)),),
        derivatives=0,
        refused=(
            "T.tensor([1]) // 0",
            "T.tensor([1, 2]) // T.tensor([1, 0])",
            "T.tensor([True]) // T.tensor([True])",
            "T.ones(2) // T.ones(3)",
            "T.ones(2) // None",
        ),
        note="The gradient is 0, as that of div with rounding_mode='floor'; PyTorch has none.",
    ),
    Operation(
        "floor_divide",
        ("x // 2", "x.floor_divide(0.7)", "-3.5 // x", "x.clone().floor_divide_(2)"),
        derivatives=0,
    ),
    Operation(
        "remainder",
        ("x % y", "T.remainder(x, y)", "x.remainder(-y)"),
        (((3, 4), (4,)),),
        low=0.5,
        refused=(
            "T.tensor([1]) % 0",
            "T.tensor([True]) % T.tensor([True])",
            "T.ones(2) % T.ones(3)",
            "T.ones(2) % 'a'",
        ),
        note="A remainder of 0 has the sign of the divisor, as in Python; PyTorch's has that of "
        "the dividend.",
    ),
    Operation("remainder", ("x % 0.7", "x.clone().remainder_(2)"), low=0.3),
    Operation("remainder", ("2 % x", "-7.5 % x"), derivatives=0),
    Operation("neg", ("-x", "x.neg()", "T.neg(x)"), refused=("-T.tensor([True])", "T.neg(1.0)")),
    Operation("neg", ("x.clone().neg_()",)),
    Operation(
        "pow",
        ("x ** y",),
        BROADCASTS,
        low=0.5,
        refused=(
            "T.tensor([2]) ** -1",
            "T.tensor([True]) ** T.tensor([True])",
            "T.pow(2, 3)",
            "T.pow(T.ones(2), None)",
            "T.ones(2) ** T.ones(3)",
            "T.tensor([4]).pow_(0.5)",
            "T.tensor([2], dtype=T.uint8) ** 300",
        ),
        note="Integers to a negative power are refused also where the power is a tensor, for "
        "which PyTorch gives 0.",
    ),
    Operation("pow", ("T.pow(x, y)", "x.pow(y)", "x.clone().pow_(y)"), SAME, low=0.5),
    Operation(
        "pow",
        ("x ** 0", "x ** 1", "x ** 2", "x ** 3", "x ** 0.5", "x ** 2.5", "x.pow(exponent=2.0)"),
        low=0.5,
    ),
    Operation("pow", ("x ** -1", "x ** -0.5", "x ** -2"), low=0.5),
    Operation("pow", ("3 ** x", "0.5 ** x", "T.pow(2, x)")),
    Operation("square", ("x.square()", "T.square(x)", "x.clone().square_()")),
    Operation(
        "multiply",
        (
            "[T.multiply(x, y), T.divide(x, y), x.true_divide(y), x.subtract(y, alpha=2)]",
            "x.clone().multiply_(y).divide_(y).true_divide_(2).subtract_(y)",
        ),
        (((2, 3), (3,)),),
        low=0.4,
        special=False,  # PyTorch divides by a number as times its inverse
        integers=False,  # the quotient is floating
    ),
]
