"""Softmax and its relatives."""

from tests.operations.row import Operation

SHAPES = (((3, 4),), ((2, 1, 3),))


def _row(name: str) -> list[Operation]:
    return [
        Operation(
            name,
            (f"T.{name}(x, 1)", f"x.{name}(dim=0)", f"F.{name}(x, dim=-1)"),
            SHAPES,
            refused=(
                f"T.ones(2).{name}()",
                f"T.ones(2).{name}(1)",
                f"T.ones(2).{name}(dim=(0,))",
                f"T.ones(2).{name}(0, dtype=T.int64)",
            ),
        ),
        Operation(
            name,
            (f"T.{name}(x, 0, T.float64)", f"F.{name}(x, dim=-1, dtype=T.float64)"),
        ),
        Operation(
            name,
            (f"x.{name}(0)", f"x.{name}(-1)"),
            (((),), ((0, 3),), ((3, 0),)),
            integers=False,  # which PyTorch refuses, unless there are none
        ),
    ]


ROWS = [
    *_row("softmax"),
    *_row("log_softmax"),
    Operation(
        "nn.functional.softmin",
        ("F.softmin(x, dim=-1)", "F.softmin(x, 0, dtype=T.float64)"),
        SHAPES,
        refused=(
            "F.softmin(T.ones(2), 1)",
            "F.softmin(T.ones(2), 0, dtype=T.int64)",
            "F.softmin([1.0, 2.0], 0)",
        ),
    ),
]
