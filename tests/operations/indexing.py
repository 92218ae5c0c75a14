"""Taking elements out of a tensor, and putting them in."""

from tests.operations.row import Operation

CUBE = (((2, 3, 4),),)
ROWS: list[Operation] = [
    Operation(
        "Tensor.__getitem__",
        (
            "x[1]",
            "x[-1, 2]",
            "x[1:, None, ::2]",
            "x[...]",
            "x[..., 0]",
            "x[()]",
            "x[5:]",
            "x[T.tensor(1)]",
            "x[None]",
            "x[:, T.tensor(2)]",
        ),
        refused=(
            "T.ones(2)[2]",
            "T.ones(2)[-3]",
            "T.ones(2)[0, 0]",
            "T.tensor(1.0)[0]",
            "T.ones(2)[::-1]",
            "T.ones(2)[::0]",
            "T.ones(2)[1.0]",
            "T.ones(2)[0.0:1]",
        ),
    ),
    Operation(
        "Tensor.__getitem__",
        (
            "x[[0, 0, 2]]",
            "x[[]]",
            "x[:, [1, 1]]",
            "x[[0, 1], [2, 2]]",
            "x[T.tensor([[0, 1], [2, -1]])]",
            "x[T.tensor([0, 1], dtype=T.int32), 1:]",
            "x[range(2)]",
            "x[[True, False, True]]",
        ),
        refused=(
            "T.ones(2)[T.tensor([2])]",
            "T.ones(2)[T.tensor([0.0])]",
            "T.ones(2, 3)[[0, 1], [0, 1, 2]]",
            "T.ones(2, 3)[T.tensor([True, False, True])]",
            "T.ones(2, 3)[T.ones(3, 2) > 0]",
            "T.ones(2, 3)[T.ones(0) > 0]",
            "T.ones(2, 3)[:, T.ones(0) > 0]",
            "T.ones(2, 3)[T.ones(2, 0) > 0]",
            "T.ones(2).masked_fill(T.ones(0) > 0, 1)",
            "T.ones(2).masked_select(T.ones(0) > 0)",
        ),
        note="A list of lists is an array of indices, as in NumPy; PyTorch still takes it for a "
        "tuple and has announced the change. The dtypes int8 and int16 may index.",
    ),
    Operation(
        "Tensor.__getitem__",
        (
            "x[0, :, [1, 2]]",
            "x[:, [0, 1], None, 0]",
            "x[[0, 1], :, [1, 2]]",
            "x[T.tensor([1, 0]), 0]",
            "x[1, x[0].detach() > 0]",
            "x[..., T.tensor([[0], [1]]), None]",
            "x[x.detach() > 0]",
            "x[x.detach() > 9]",
            "x[:, T.tensor([True, False, True])]",
            "x[True]",
            "x[0, :, True]",
            "x[False, 0]",
            "x[:, True, [0, 1]]",
            "x[T.tensor(True)]",
        ),
        CUBE,
    ),
    Operation(
        "Tensor.__setitem__",
        ("[c := x.clone(), c.__setitem__(1, y), c.exp()][::2]",),
        (((2, 3, 4), (3, 1)),),
        special=False,  # by the function exp, which rounds differently
        integers=False,  # by it, too
    ),
    Operation(
        "select",
        ("T.select(x, 0, 1)", "x.select(-1, -2)", "x.select(dim=1, index=0)"),
        refused=("T.ones(2).select(0, 2)", "T.ones(2).select(1, 0)", "T.tensor(1.0).select(0, 0)"),
    ),
    Operation(
        "narrow",
        (
            "T.narrow(x, 0, 1, 2)",
            "x.narrow(1, -3, 2)",
            "x.narrow(dim=0, start=3, length=0)",
            "x.narrow(1, T.tensor(2), 1)",
        ),
        refused=(
            "T.ones(3).narrow(0, 1, 3)",
            "T.ones(3).narrow(0, 4, 0)",
            "T.ones(3).narrow(0, 0, -1)",
            "T.tensor(1.0).narrow(0, 0, 1)",
            "T.ones(3).narrow(0, T.tensor(True), 1)",
            "T.ones(3).narrow(0, True, 1)",
        ),
    ),
    Operation(
        "index_select",
        (
            "T.index_select(x, 0, T.tensor([2, 0, 2]))",
            "x.index_select(-1, T.tensor([], dtype=T.int64))",
            "x.index_select(dim=1, index=T.tensor(3))",
        ),
        refused=(
            "T.ones(3).index_select(0, T.tensor([3]))",
            "T.ones(3).index_select(0, T.tensor([-1]))",
            "T.ones(3).index_select(0, T.tensor([[0]]))",
            "T.ones(3).index_select(0, T.tensor([0.0]))",
            "T.ones(3).index_select(1, T.tensor([0]))",
        ),
    ),
    Operation(
        "gather",
        (
            "T.gather(x, 0, T.tensor([[0, 1, 2, 0], [2, 0, 1, 2]]))",
            "x.gather(1, T.tensor([[3], [3]]))",
            "x.gather(-1, T.tensor([[3, 3, 0, 1, 1], [0] * 5, [1] * 5]))",
            "x.gather(dim=1, index=T.zeros(2, 0, dtype=T.int64))",
            "x.gather(0, T.tensor([]))",
        ),
        refused=(
            "T.ones(3).gather(0, T.tensor([3]))",
            "T.ones(3).gather(0, T.tensor([-1]))",
            "T.ones(3).gather(0, T.tensor([0.0]))",
            "T.ones(3, 2).gather(0, T.tensor([0]))",
            "T.ones(3, 2).gather(0, T.tensor([[0, 1, 2]]))",
        ),
    ),
    Operation("gather", ("x.gather(0, T.tensor([0]))", "x.gather(0, T.tensor(0))"), (((),),)),
    Operation(
        "take_along_dim",
        (
            "T.take_along_dim(x, T.tensor([[0], [3], [-1]]), 1)",
            "x.take_along_dim(T.tensor([[2, 0]]), dim=1)",
            "x.take_along_dim(T.tensor([11, 0]))",
            "T.take_along_dim(x, (x + 0.5).detach().argmax(0, keepdim=True), 0)",
        ),
        refused=("T.take_along_dim(T.ones(2, 3), T.tensor([0]), 1)",),
        note="Indices out of range are refused; PyTorch does not check them.",
    ),
    Operation(
        "take",
        ("T.take(x, T.tensor([[0, -1], [5, 5]]))", "x.take(T.tensor(3))"),
        refused=("T.ones(3).take(T.tensor([3]))", "T.ones(3).take(T.tensor([0.0]))"),
    ),
    Operation(
        "scatter",
        (
            "T.scatter(x, 0, T.tensor([[0, 1, 2, 0], [2, 0, 1, 1]]), y)",
            "x.scatter(-1, T.tensor([[3], [0]]), y[:, 1:2])",
            "x.scatter(1, T.tensor([[1, 0]]), 5.0)",
            "x.scatter(dim=0, index=T.tensor([[1], [0]]), value=2)",
            "x.clone().scatter_(1, T.tensor([[1, 0]]), y[:1, 2:])",
            "x.scatter(0, T.tensor([]), 5.0)",
        ),
        (((3, 4), (2, 4)),),
        refused=(
            "T.ones(3).scatter(0, T.tensor([3]), 1.0)",
            "T.ones(3).scatter(0, T.tensor([-1]), 1.0)",
            "T.ones(3).scatter(0, T.tensor([0, 1]), T.ones(1))",
            "T.ones(3).scatter(0, T.tensor([0]), T.ones(1).to(T.float16))",
            "T.ones(3, 1).scatter(0, T.tensor([0]), 1.0)",
        ),
        note="A source larger than the index has a gradient, too.",
    ),
    Operation(
        "scatter reduce",
        (
            "T.scatter(x.detach(), 1, T.tensor([[1, 0], [1, 1]]), 2, reduce='add')",
            "x.detach().clone().scatter_(0, T.tensor([[1], [1]]), 3, reduce='multiply')",
        ),
        derivatives=0,
        refused=("T.ones(3).scatter(0, T.tensor([0]), 1.0, reduce='mean')",),
        note="With `add` there is a gradient, with `multiply` none, as in PyTorch.",
    ),
    Operation(
        "scatter_add",
        (
            "T.scatter_add(x, 0, T.tensor([[0, 0, 2, 2], [0, 1, 2, 1]]), y)",
            "x.scatter_add(1, T.tensor([[1, 1]]), y[1:, ::2])",
            "x.clone().scatter_add_(1, T.tensor([[1, 1, 2, 3], [0, 0, 2, 0]]), y)",
        ),
        (((3, 4), (2, 4)),),
        special=False,  # the sums are rounded in another order
        refused=(
            "T.ones(3).scatter_add(0, T.tensor([3]), T.ones(1))",
            "T.ones(3).scatter_add(0, T.tensor([0]), 1.0)",
        ),
    ),
    Operation(
        "index_add",
        (
            "T.index_add(x, 0, T.tensor([2, 2]), y)",
            "x.clone().index_add_(0, T.tensor([1, 0]), y)",
            "x[0, 0].index_add(0, T.tensor([0]), y[1, 1])",
        ),
        (((3, 4), (2, 4)),),
        special=False,  # the sums are rounded in another order
        refused=(
            "T.ones(3).index_add(0, T.tensor([3]), T.ones(1))",
            "T.ones(3).index_add(0, T.tensor([0, 1]), T.ones(1))",
            "T.ones(3).index_add(0, T.tensor(0), T.tensor(1.0))",
            "T.tensor(1.0).index_add(0, T.tensor(0), T.ones(1))",
        ),
    ),
    Operation(
        "index_add",
        (
            "x.index_add(0, T.tensor([2, 0]), y, alpha=-2)",
            "x.clone().index_add_(0, T.tensor([1, 0]), y, alpha=-3)",
        ),
        (((3, 4), (2, 4)),),
        special=False,  # the sums are rounded in another order
        integers=False,  # -2 is no uint8
    ),
    Operation(
        "index_copy",
        (
            "T.index_copy(x, 0, T.tensor([2, 0]), y)",
            "x.clone().index_copy_(0, T.tensor([1, 0]), y)",
            "x[0, 0].index_copy(0, T.tensor([0]), y[1, 1])",
            "x[0].index_copy(0, T.tensor(2), y[1, 1])",
        ),
        (((3, 4), (2, 4)),),
        refused=("T.ones(3).index_copy(0, T.tensor([3]), T.ones(1))",),
    ),
    Operation(
        "index_fill",
        (
            "T.index_fill(x, 0, T.tensor([2, -1]), 3.0)",
            "x.index_fill(1, T.tensor([0]), T.tensor(2))",
            "x.clone().index_fill_(1, T.tensor([0]), 1)",
            "x.index_fill(1, T.tensor([0, 0, 3]), x.max())",
            "x[0, 0].index_fill(0, T.tensor([0]), 2)",
        ),
        refused=(
            "T.ones(3).index_fill(0, T.tensor([3]), 1.0)",
            "T.ones(3).index_fill(0, T.tensor([-4]), 1.0)",
            "T.ones(3).index_fill(0, T.tensor([[0]]), 1.0)",
            "T.ones(3).index_fill(0, T.tensor([0]), T.ones(1))",
        ),
        note="As where.",
    ),
    Operation(
        "tril",
        ("T.tril(x)", "x.tril(-1)", "x.tril(diagonal=2)", "T.triu(x)", "x.triu(-1)", "x.triu(2)"),
        refused=("T.ones(3).tril()", "T.ones(3).triu()"),
    ),
    Operation("tril", ("x.tril()", "x.triu(1)", "(x * 1).tril_(-1)", "(x * 1).triu_()"), CUBE),
    Operation(
        "diagonal",
        ("T.diagonal(x)", "x.diagonal(-1, 2, 0)", "x.diagonal(offset=1, dim1=-2, dim2=-1)"),
        CUBE,
        refused=("T.ones(2).diagonal()", "T.ones(2, 2).diagonal(0, 1, -1)"),
    ),
    Operation("diagonal", ("x.diagonal(4)", "x.diagonal(-9)", "T.diag(x, 1)")),
    Operation("trace", ("T.trace(x)", "x.trace()"), integers=False),  # no booleans in PyTorch
    Operation(
        "diag",
        ("T.diag(x)", "x.diag(-2)", "x.diag_embed()", "T.diag_embed(x, 1, 0, -1)"),
        (((3,),),),
        refused=("T.ones(2, 2, 2).diag()", "T.tensor(1.0).diag()", "T.trace(T.ones(2))"),
    ),
    Operation("diag_embed", ("x.diag_embed()", "T.diag_embed(x, -1, 0, 2)"), (((2, 3),),)),
    Operation(
        "select_scatter",
        (
            "[T.select_scatter(x, y[0], 0, 1), x.slice_scatter(y, 0, 1)]",
            "T.slice_scatter(x, y, 0, 0, 3, 2)",
            "T.diagonal_scatter(x, y[0, :3])",
        ),
        (((3, 4), (2, 4)),),
        refused=(
            "T.ones(2, 2).select_scatter(T.ones(3), 0, 0)",
            "T.ones(3).slice_scatter(T.ones(2))",
        ),
    ),
    Operation(
        "masked_scatter",
        (
            "[T.masked_scatter(x, y > 0, z), x.clone().masked_scatter_(y[:1] > 0, z * 2)]",
            "x[0, 0].masked_scatter(y[0, 0] < 9, z)",
        ),
        (((3, 4), (3, 4), (12,)),),
        special=False,  # another number of places each time
        integers=False,  # the same
        refused=("T.ones(3).masked_scatter(T.ones(3) > 0, T.ones(2))",),
    ),
    Operation(
        "index_put",
        (
            "T.index_put(x, (T.tensor([0, 2]),), y)",
            "x.clone().index_put_([T.tensor([0, 0]), T.tensor([1, 1])], y[0, :2], accumulate=True)",
            "T.put(x, T.tensor([1, -2]), y[0, :2])",
            "x.clone().put_(T.tensor([0, 0]), y[0, :2], True)",
        ),
        (((3, 4), (2, 4)),),
        special=False,  # the sums are rounded in another order
        refused=(
            "T.ones(3).put(T.tensor([3]), T.ones(1))",
            "T.ones(3).put(T.tensor([1]), T.ones(2))",
        ),
    ),
    Operation(
        "scatter_reduce",
        (
            "T.scatter_reduce(x, 0, T.tensor([[0, 1, 2, 0], [0, 1, 0, 0]]), y, 'sum')",
            "x.scatter_reduce(0, T.tensor([[0, 1, 2, 0], [0, 1, 0, 0]]), y, 'prod')",
            "x.scatter_reduce(0, T.tensor([[0], [0]]), y[:, :1], 'mean', include_self=False)",
            "x.clone().scatter_reduce_(0, T.tensor([[1, 1], [1, 0]]), y[:, :2], reduce='amax')",
            "x.scatter_reduce(1, T.tensor([[0, 0], [3, 3]]), y[:, 2:], 'amin', include_self=False)",
        ),
        (((3, 4), (2, 4)),),
        special=False,  # the sums are rounded in another order
        integers=False,  # PyTorch wraps around otherwise
        refused=("T.ones(3).scatter_reduce(0, T.tensor([0]), T.ones(1), 'median')",),
    ),
    Operation(
        "index_reduce",
        (
            "T.index_reduce(x, 1, T.tensor([2, 0, 2]), source=y, reduce='prod')",
            "x.clone().index_reduce_(0, T.tensor([1, 1]), source=y, reduce='mean')",
            "T.index_reduce(x, 1, T.tensor([2, 0, 2]), y, 'amax', include_self=False)",
        ),
        (((2, 3), (2, 3)),),
        derivatives=1,  # a product of zeros has no second one
        special=False,  # the order of the factors
        integers=False,  # PyTorch has no booleans
        refused=(
            "T.index_reduce(T.ones(2), 0, T.tensor([0]), T.ones(1), 'sum')",
            "T.index_reduce(T.ones(2), 0, T.tensor([0, 2]), T.ones(2), 'prod')",
            "T.index_reduce(T.ones(2), 0, T.tensor([0, 1]), T.ones(3), 'prod')",
        ),
    ),
    Operation(
        "as_strided_scatter",
        ("T.as_strided_scatter(T.ones(2, 3, dtype=x.dtype), x, (2, 2), (3, 1), 1)",),
        (((2, 2),),),
        refused=("T.as_strided_scatter(T.ones(4), T.ones(3), (2,), (1,))",),
        note="What is overwritten has no gradient; PyTorch gives it one.",
    ),
]
