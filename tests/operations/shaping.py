"""The same elements in another shape or order."""

from tests.operations.row import Operation

CUBE = (((2, 3, 4),),)
ONES = (((1, 3, 1),),)
NUMBER = (((),),)

ROWS: list[Operation] = [
    Operation(
        "reshape",
        ("T.reshape(x, (2, 6))", "x.reshape(-1)", "x.reshape(4, -1)", "x.reshape([3, 2, 2])"),
        refused=("T.ones(4).reshape(-1, -1)", "T.ones(4).reshape(3)", "T.ones(4).reshape(-2, 2)"),
    ),
    Operation(
        "reshape",
        ("x.reshape(3, 0)", "x.reshape(0)"),
        (((0, 2),),),
        refused=("T.zeros(0, 2).reshape(0, -1)",),
    ),
    Operation(
        "Tensor.view",
        ("x.contiguous().view(2, -1)", "x.contiguous().view((4, 3))"),
        refused=("T.ones(2, 2).t().view(4)", "T.ones(4).view(3)", "T.ones(2, 3)[:, :2].view(4)"),
        note="A dtype in place of the shape is not supported.",
    ),
    Operation("Tensor.view_as", ("x.contiguous().view_as(T.ones(6, 2))",)),
    Operation("Tensor.reshape_as", ("x.reshape_as(T.ones(6, 2))",)),
    Operation(
        "flatten",
        ("T.flatten(x)", "x.flatten(1)", "x.flatten(0, -2)", "x.flatten(start_dim=-2)"),
        CUBE,
        refused=("T.ones(2, 3).flatten(1, 0)", "T.ones(2, 3).flatten(2)"),
    ),
    Operation("flatten", ("x.flatten()",), NUMBER),
    Operation(
        "unflatten",
        (
            "T.unflatten(x, 2, (2, 2))",
            "x.unflatten(-1, (-1, 2))",
            "x.unflatten(dim=0, sizes=(1, 2))",
        ),
        CUBE,
        refused=(
            "T.ones(2, 3).unflatten(1, (2, 2))",
            "T.ones(2, 3).unflatten(2, (1, 3))",
            "T.ones(2, 3).unflatten(1, ())",
        ),
    ),
    Operation(
        "squeeze",
        ("T.squeeze(x)", "x.squeeze(0)", "x.squeeze(-2)", "x.squeeze((0, 1))", "x.squeeze(())"),
        ONES,
        refused=("T.ones(1, 2).squeeze(2)", "T.ones(1, 2).squeeze((0, 0))"),
    ),
    Operation("squeeze", ("x.squeeze()", "x.squeeze(-1)", "x.unsqueeze(0).squeeze(dim=0)"), NUMBER),
    Operation(
        "unsqueeze",
        ("T.unsqueeze(x, 0)", "x.unsqueeze(-1)", "x.unsqueeze(dim=1)"),
        (((2, 3),), ((0, 2),)),
        refused=("T.ones(2).unsqueeze(2)", "T.ones(2).unsqueeze(-3)"),
    ),
    Operation("Tensor.T", ("x.T",)),
    Operation("Tensor.mT", ("x.mT",), CUBE, refused=("T.ones(2).mT",)),
    Operation("t", ("T.t(x)", "x.t()"), (((3, 4),), ((3,),)), refused=("T.ones(2, 3, 4).t()",)),
    Operation(
        "transpose",
        (
            "T.transpose(x, 0, -1)",
            "x.transpose(1, 2)",
            "x.swapdims(0, 1)",
            "x.swapaxes(0, 1)",
            "T.swapaxes(x, -1, 0)",
        ),
        CUBE,
        refused=("T.ones(2, 3).transpose(0, 2)",),
    ),
    Operation("transpose", ("x.transpose(0, -1)",), NUMBER),
    Operation(
        "permute",
        (
            "T.permute(x, (2, 0, 1))",
            "x.permute(-1, 0, 1)",
            "x.permute((0, 2, 1))",
            "x.permute(dims=(1, 0, 2))",
        ),
        CUBE,
        refused=(
            "T.ones(2, 3).permute(0)",
            "T.ones(2, 3).permute(0, 0)",
            "T.ones(2, 3).permute(0, 2)",
            "T.tensor(1.0).permute(0)",
        ),
    ),
    Operation(
        "movedim",
        ("T.movedim(x, 0, -1)", "x.movedim((0, 1), (2, 0))", "x.moveaxis(-1, 0)"),
        CUBE,
        refused=(
            "T.ones(2, 3).movedim((0, 1), (1, 1))",
            "T.ones(2, 3).movedim((0, 1), (1,))",
            "T.ones(2, 3).movedim(0, 2)",
        ),
    ),
    Operation(
        "flip",
        ("T.flip(x, (0,))", "x.flip(0, -1)", "x.flip([1])", "x.flip(())", "T.flip(x, dims=(1,))"),
        CUBE,
        refused=("T.ones(2, 3).flip(0, 0)", "T.ones(2, 3).flip(2)"),
    ),
    Operation(
        "roll",
        ("T.roll(x, 1)", "x.roll(-2, 1)", "x.roll((1, 2), (0, -1))", "x.roll(shifts=5, dims=0)"),
        CUBE,
        refused=(
            "T.ones(2, 3).roll((1, 2), 0)",
            "T.ones(2, 3).roll((1, 2))",
            "T.tensor(1.0).roll(1, 0)",
            "T.ones(2).roll(())",
        ),
    ),
    Operation(
        "Tensor.expand",
        ("x.expand(3, 4)", "x.expand(2, -1, 4)", "x.expand((3, 1))", "x.expand_as(T.ones(3, 2))"),
        (((3, 1),),),
        refused=("T.ones(3, 1).expand(-1, 2, 4)", "T.ones(2).expand(3)", "T.ones(2, 3).expand(3)"),
    ),
    Operation("Tensor.expand", ("x.expand(2, 3)", "x.expand(0)"), NUMBER),
    Operation(
        "broadcast_to", ("T.broadcast_to(x, (2, 3, 4))", "x.broadcast_to((3, 4))"), (((3, 1),),)
    ),
    Operation(
        "broadcast_tensors",
        ("T.broadcast_tensors(x, y)",),
        (((3, 1), (4,)), ((0, 1), (3,))),
        refused=("T.broadcast_tensors(T.ones(2), T.ones(3))",),
    ),
    Operation(
        "Tensor.repeat",
        ("x.repeat(2, 3)", "x.repeat((2, 1, 1))", "x.repeat(0, 1)", "x.repeat(1, 1)"),
        (((2, 3),),),
        refused=("T.ones(2, 3).repeat(2)", "T.ones(2).repeat(-1)"),
    ),
    Operation("tile", ("T.tile(x, (2,))", "x.tile(2, 1, 3)"), (((2, 3),),)),
    Operation(
        "repeat_interleave",
        (
            "T.repeat_interleave(x, 2)",
            "x.repeat_interleave(2, dim=1)",
            "x.repeat_interleave(T.tensor([1, 0, 2]), 0)",
            "x.repeat_interleave(2, 1, output_size=8)",
            "x[T.repeat_interleave(T.tensor([1, 0, 2]), output_size=3)]",
        ),
        refused=(
            "T.ones(2).repeat_interleave(-1)",
            "T.ones(3).repeat_interleave(T.tensor([1, 2]), 0)",
            "T.ones(3).repeat_interleave(2, output_size=5)",
            "T.repeat_interleave(T.ones(2))",
            "T.repeat_interleave(T.tensor([[1]]))",
        ),
    ),
    Operation(
        "rot90",
        ("[T.rot90(x), x.rot90(2), x.rot90(-1, [1, 0]), T.fliplr(x), x.flipud(), x.ravel()]",),
        (((2, 3),),),
        refused=("T.ones(2).rot90()", "T.ones(2).fliplr()", "T.ones(2, 2).rot90(1, [0])"),
    ),
    Operation(
        "diagflat",
        ("[T.diagflat(x), x.diagflat(-1), x.narrow_copy(1, 1, 2), x.sum_to_size(1, 3)]",),
        (((2, 3),),),
        refused=("T.ones(2, 3).sum_to_size(2)", "T.ones(2).narrow_copy(0, 1, 2)"),
    ),
    Operation(
        "real",
        ("[T.real(x), x.conj(), x.resolve_conj(), x.resolve_neg()]",),
    ),
    Operation("Tensor.H", ("[x.H, x.mH, x.adjoint()]",)),
]
