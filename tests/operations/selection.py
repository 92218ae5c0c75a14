"""Choosing elements by a condition."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "where",
        ("T.where(x > 0, x, y)", "y.where(x > 0, x)"),
        (((3, 4), (4,)), ((3, 1), (2, 1, 4)), ((), (2, 3)), ((), ()), ((0, 3), (1, 3))),
        refused=(
            "T.where(T.ones(2), T.ones(2), T.ones(2))",
            "T.where(T.tensor([1, 0]), T.ones(2), 0)",
            "T.where(True, T.ones(2), 0)",
            "T.where(T.ones(2) > 0, T.ones(2))",
            "T.where(T.ones(2) > 0, T.ones(2), None)",
            "T.where(T.ones(2) > 0, T.ones(2), 'a')",
            "T.where(T.ones(2) > 0, T.ones(3), 0)",
            "T.where(T.ones(2) > 0, T.ones(2, dtype=T.uint8), 300)",
        ),
        note="A number that the tensor's dtype cannot hold is always refused; PyTorch admits "
        "negative ones to unsigned dtypes.",
    ),
    Operation(
        "where",
        (
            "T.where(x > 0, x, 0)",
            "T.where(x > 0, 0.5, x)",
            "T.where(condition=x > 0, input=x, other=2)",
            "T.where(x > 0, x, T.tensor(1.5))",
        ),
        (((3, 4),), ((),)),
    ),
    Operation(
        "where",
        (
            "T.where(x > 0, 1.0, 0)",
            "T.where(x > 0, True, False)",
            "T.where(x > 0, True, 2)",
            "T.where(x)",
            "T.where(x > 0)",
        ),
        (((3, 4),), ((),)),
        derivatives=0,
    ),
    Operation(
        "masked_fill",
        (
            "x.masked_fill(y > 0, 2)",
            "T.masked_fill(x, y > 0, True)",
            "x.masked_fill(mask=y > 0, value=-3.5)",
        ),
        (((3, 4), (4,)), ((3, 1), (2, 1, 4)), ((), ())),
        integers=False,
        refused=(
            "T.ones(2).masked_fill(T.tensor([1, 0]), 0)",
            "T.ones(2).masked_fill(T.ones(3) > 0, 0)",
            "T.ones(2).masked_fill(T.ones(2) > 0, T.ones(2))",
            "T.ones(2).masked_fill(T.ones(2) > 0, None)",
            "T.ones(2).masked_fill(True, 1)",
            "T.ones(2, dtype=T.float32).masked_fill(T.ones(2) > 0, 1e300)",
            "T.ones(2, dtype=T.uint8).masked_fill(T.ones(2) > 0, 300)",
            "T.ones(3).masked_fill_(T.ones(2, 1) > 0, 0)",
        ),
        note="As where.",
    ),
    Operation(
        "masked_fill",
        (
            "x.masked_fill(y > 1, x.max())",
            "(2 * x).masked_fill_(y > 0, 2.5)",
            "x.clone().masked_fill_(y > 0, 1)",
        ),
        (((3, 4), (3, 4)),),
    ),
    Operation(
        "masked_select",
        ("x.masked_select(y > 0)", "T.masked_select(x, mask=y > 0)"),
        (((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (4,)), ((), ())),
        refused=(
            "T.ones(2).masked_select(T.tensor([1, 0]))",
            "T.ones(2).masked_select(T.ones(3) > 0)",
        ),
    ),
]
