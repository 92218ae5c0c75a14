"""Joining tensors and taking them apart."""

from tests.operations.row import Operation

VIEWS = "In-place operations on the parts are allowed; PyTorch refuses them."

ROWS: list[Operation] = [
    Operation(
        "cat",
        ("T.cat([x, y])", "T.cat((x, x, y), dim=0)", "T.cat([y, x], -2)"),
        (((2, 3), (4, 3)), ((0, 3), (1, 3))),
        refused=(
            "T.cat([T.ones(1, 2), T.ones(1, 1)])",
            "T.cat([T.ones(2), T.ones(2, 2)])",
            "T.cat([T.tensor(1.0), T.tensor(2.0)])",
            "T.cat([T.ones(2)], 1)",
            "T.cat([])",
            "T.cat(T.ones(2, 2))",
            "T.cat([T.ones(2), 1.0])",
        ),
    ),
    Operation("cat", ("T.cat([x, y], 1)", "T.cat([x, y, y > 0], dim=-1)"), (((3, 2), (3, 1)),)),
    Operation("cat", ("T.cat([x, y], 1)", "T.cat([x, x])"), (((0,), (2, 3)),)),
    Operation(
        "stack",
        ("T.stack([x, y])", "T.stack((x, y), 1)", "T.stack([y, x, y], dim=-1)"),
        (((2, 3), (2, 3)),),
        refused=("T.stack([T.ones(1), T.ones(2)])", "T.stack([])", "T.stack([T.ones(2)], 2)"),
    ),
    Operation("stack", ("T.stack([x, y])",), (((), ()), ((0,), (0,)))),
    Operation(
        "split",
        ("T.split(x, 2)", "x.split([1, 0, 2])", "x.split(3, dim=1)", "x.split((3, 1), -1)[0]"),
        refused=(
            "T.ones(3).split(0)",
            "T.ones(3).split(-1)",
            "T.ones(3).split([1, 1])",
            "T.ones(3).split([4, -1])",
            "T.ones(3).split(1, 1)",
            "T.tensor(1.0).split(1)",
        ),
        note=VIEWS,
    ),
    Operation(
        "chunk",
        ("T.chunk(x, 2)", "x.chunk(3, dim=1)", "x.chunk(9, -1)"),
        refused=("T.ones(3).chunk(0)", "T.tensor(1.0).chunk(1)"),
        note=VIEWS,
    ),
    Operation("chunk", ("x.chunk(3)", "x.split(2)"), (((0, 2),),)),
    Operation(
        "unbind",
        ("T.unbind(x)", "x.unbind(-1)", "list(x)"),
        refused=("T.tensor(1.0).unbind()", "T.ones(2).unbind(1)", "list(T.tensor(1.0))"),
        note=VIEWS,
    ),
]
