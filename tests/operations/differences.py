"""Differences of neighbours, and integrals of samples."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "diff",
        ("[T.diff(x), x.diff(2, 0), x.diff(dim=1, prepend=x[:, :1], append=x), x.diff(n=9)]",),
        (((3, 4),),),
        refused=(
            "T.tensor(1.0).diff()",
            "T.ones(2).diff(-1)",
        ),
    ),
    Operation(
        "trapezoid",
        (
            "[T.trapezoid(x), T.trapezoid(x, dx=0.5, dim=0), T.trapz(x, y), T.trapezoid(x, x)]",
            "[T.cumulative_trapezoid(x, y), T.cumulative_trapezoid(x, dx=2, dim=0)]",
        ),
        (((3, 4), (4,)),),
        special=False,  # infinities cancel
        integers=False,  # no booleans in PyTorch
        refused=(
            *("T.trapezoid(T.ones(3), T.ones(2))", "T.trapezoid(T.ones(3), T.ones(3), dx=1)"),
            *("T.trapezoid(T.tensor(1.0))", "T.cumulative_trapezoid(T.tensor(1.0))"),
            *("T.trapezoid(T.ones(3), T.ones(0, 3))", "T.trapezoid(T.ones(1), T.ones(0))"),
        ),
    ),
    Operation(
        "gradient",
        (
            "T.gradient(x)",
            "T.gradient(x, spacing=2.0, dim=1, edge_order=2)",
            "T.gradient(x, spacing=(T.tensor([0, 1, 4], dtype=x.dtype),), dim=0)",
            "T.gradient(x, spacing=[T.tensor([0, 1, 4], dtype=x.dtype)], dim=0, edge_order=2)",
        ),
        (((3, 4),),),
        special=False,  # infinities cancel
        rounding=16,  # large differences cancel
        integers=False,  # whole slopes are cut in PyTorch
        refused=(
            "T.gradient(T.ones(1))",
            "T.gradient(T.ones(3), edge_order=3)",
            "T.gradient(T.ones(3), spacing=[1, 2])",
        ),
    ),
]
