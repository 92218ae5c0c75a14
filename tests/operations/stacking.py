"""Stacking along given axes, splitting by places, and grids."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "atleast_1d",
        (
            "[T.atleast_1d(x[0, 0]), T.atleast_2d(x[0]), T.atleast_3d(x)]",
            "[T.atleast_1d(x[0, 0], x), T.atleast_2d([x[0], x]), T.atleast_3d(x[0], x[0, 0])]",
        ),
        (((2, 3),),),
        refused=("T.atleast_1d(1.0)",),
    ),
    Operation(
        "hstack",
        ("[T.hstack([x, y]), T.vstack((x, y)), T.dstack((x, y)), T.column_stack([x, y])]",),
        (((2,), (2,)), ((2, 2), (2, 2))),
        refused=("T.hstack([])", "T.vstack([T.ones(2), T.ones(3)])", "T.dstack(T.ones(2))"),
    ),
    Operation("vstack", ("T.row_stack([x, y])",), (((2, 2), (2,)),)),
    Operation("concat", ("[T.concat([x, y]), T.concatenate((x, y), dim=0)]",), (((2,), (1,)),)),
    Operation(
        "tensor_split",
        (
            "[x.tensor_split(3, dim=1), T.tensor_split(x, (1, 1, -1), 1)]",
            "x.split_with_sizes([1, 3], 1)",
            "[x.hsplit(2), T.vsplit(x, [1]), x.reshape(1, 2, 4).dsplit([1, 2]), x[0].hsplit(4)]",
        ),
        (((2, 4),),),
        refused=(
            *("T.ones(3).tensor_split(0)", "T.tensor(1.0).tensor_split(1)", "T.ones(3).hsplit(2)"),
            *("T.ones(3).vsplit(1)", "T.ones(3, 2).dsplit(1)", "T.ones(3).split_with_sizes([1])"),
        ),
    ),
    Operation(
        "meshgrid",
        (
            "T.meshgrid(x, y, z[0], indexing='ij')",
            "T.meshgrid([x, y, z], indexing='xy')",
        ),
        (((2,), (3,), (1,)),),
        refused=(
            "T.meshgrid(T.ones(2), T.ones(2, 2), indexing='ij')",
            "T.meshgrid(T.ones(2), T.tensor([1]), indexing='ij')",
            "T.meshgrid(T.ones(2), indexing='ji')",
        ),
    ),
    Operation(
        "cartesian_prod",
        ("[T.cartesian_prod(x, y, x), T.cartesian_prod(x)]",),
        (((2,), (3,)),),
        refused=("T.cartesian_prod(T.ones(2, 2))",),
    ),
    Operation(
        "combinations",
        ("[T.combinations(x), T.combinations(x, 3), T.combinations(x, 2, with_replacement=True)]",),
        (((4,),),),
        refused=("T.combinations(T.ones(2, 2))", "T.combinations(T.ones(2), -1)"),
    ),
    Operation(
        "block_diag",
        ("T.block_diag(x, y, x[0, 0])",),
        (((2, 3), (2,)),),
        integers=False,  # zeros beside them are integers in PyTorch, too, but for booleans
        refused=("T.block_diag(T.ones(1, 1, 1))",),
    ),
]
