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
MISFIT = ("T.ones(2, 3) + T.ones(4)",)

ROWS = [
    Operation(
        "add",
        ("x + y", "T.add(x, y, alpha=2)", "x.add(y)"),
        BROADCASTS,
        refused=("T.ones(2, 3) + T.ones(4)", "T.ones(2) + 'a'", "T.ones(2) + None"),
    ),
    Operation("add", ("x + 2", "2.5 + x", "x.add(1, alpha=3)", "x + True")),
    Operation("exp", ("x.exp()", "T.exp(x)"), (((3, 4),), ((),), ((0, 2),), ((2, 1, 3),))),
]
