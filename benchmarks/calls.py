"""Which calls of the table's operations are timed, on about 100,000 numbers."""

from collections.abc import Iterator

from tests.operations import FAMILIES, Operation

Shape = tuple[int, ...]
Call = tuple[str, tuple[Shape, ...]]

ROWS, COLUMNS = 100, 1000
MATRIX = (ROWS, COLUMNS)
CUBE = (10, 100, 100)
SQUARE = (316, 316)
# The sizes that take the place of the table's, counted from the last axis.
SIZES = {0: (), 1: (ROWS * COLUMNS,), 2: (COLUMNS, ROWS), 3: (100, 100, 10)}
IMAGES = (32, 16, 14, 14)
VOLUMES = (8, 4, 14, 14, 14)
# A batch of matrices; of their numbers, what has an inverse, and what has a Cholesky factor.
MATRICES = (100, 32, 32)
REGULAR = "(x + 40 * T.eye(32))"
POSITIVE = "(x @ x.mT + T.eye(32))"
# 1 or -1 for each number.
SIGNS = "T.where(mask, 1.0, -1.0)"

# The calls of operations whose first form in the table says nothing at this size: its indices or
# sizes are those of small inputs. Beside the inputs there are `rows` and `columns`, one index for
# each row, `grid`, one for each number, and `mask`, which holds for half of them.
LARGE: dict[str, tuple[Call, ...]] = {
    "sum": (("x.sum()", (MATRIX,)), ("x.sum(0)", (MATRIX,)), ("x.sum(1)", (MATRIX,))),
    "mean": (("x.mean()", (MATRIX,)), ("x.mean(0)", (MATRIX,)), ("x.mean(1)", (MATRIX,))),
    "var": (("x.var()", (MATRIX,)), ("x.var(0)", (MATRIX,)), ("x.var(1)", (MATRIX,))),
    "prod": (("x.prod(1)", (MATRIX,)),),
    "norm": (("x.norm()", (MATRIX,)), ("x.norm(dim=1)", (MATRIX,))),
    "linalg.norm": (("T.linalg.norm(x)", (MATRIX,)),),
    "logsumexp": (("x.logsumexp(1)", (MATRIX,)),),
    "max": (("x.max()", (MATRIX,)), ("x.max(1)", (MATRIX,)), ("T.max(x, y)", (MATRIX, MATRIX))),
    "min": (("x.min(1)", (MATRIX,)),),
    "amax": (("x.amax(1)", (MATRIX,)),),
    "amin": (("x.amin(1)", (MATRIX,)),),
    "argmax": (("x.argmax(1)", (MATRIX,)),),
    "argmin": (("x.argmin(1)", (MATRIX,)),),
    "all": (("(x > -9).all()", (MATRIX,)),),
    "any": (("(x > 9).any()", (MATRIX,)),),
    "pow": (("x ** y", (MATRIX, MATRIX)), ("x ** 2", (MATRIX,)), ("x ** 2.5", (MATRIX,))),
    "add": (("x + y", (MATRIX, MATRIX)), ("x + y", (MATRIX, (COLUMNS,))), ("x + 2", (MATRIX,))),
    "clamp": (("x.clamp(-0.5, 1)", (MATRIX,)),),
    "clamp_min": (("x.clamp_min(0.5)", (MATRIX,)),),
    "clamp_max": (("x.clamp_max(0.5)", (MATRIX,)),),
    "Tensor.clamp_": (("(x * 1).clamp_(-0.5, 0.5)", (MATRIX,)),),
    "topk": (("x.topk(5)", (MATRIX,)), ("x.topk(50)", (MATRIX,))),
    "sort": (("x.sort()", (MATRIX,)),),
    "softmax": (("x.softmax(1)", (MATRIX,)), ("x.softmax(0)", (MATRIX,))),
    "log_softmax": (("x.log_softmax(1)", (MATRIX,)),),
    "reshape": (("x.reshape(-1)", (MATRIX,)),),
    "Tensor.view_as": (("x.view_as(y)", (MATRIX, (COLUMNS, ROWS))),),
    "Tensor.reshape_as": (("x.reshape_as(y)", (MATRIX, (COLUMNS, ROWS))),),
    "unflatten": (("x.unflatten(1, (10, 100))", (MATRIX,)),),
    "squeeze": (("x.squeeze()", ((100, 1, 1000),)),),
    "unsqueeze": (("x.unsqueeze(0)", (MATRIX,)),),
    "Tensor.expand": (("x.expand(100, 1000)", ((1000,),)),),
    "broadcast_to": (("x.broadcast_to((100, 1000))", ((100, 1),)),),
    "broadcast_tensors": (("T.broadcast_tensors(x, y)", ((100, 1), (1000,))),),
    "Tensor.repeat": (("x.repeat(10, 10)", ((10, 100),)),),
    "tile": (("x.tile(10, 10)", ((10, 100),)),),
    "repeat_interleave": (("x.repeat_interleave(2)", ((50, 1000),)),),
    "cat": (("T.cat([x, y])", ((50, 1000), (50, 1000))), ("T.cat([x, y], 1)", ((100, 500),) * 2)),
    "stack": (("T.stack([x, y])", ((50, 1000), (50, 1000))),),
    "split": (("T.split(x, 25)", (MATRIX,)),),
    "chunk": (("T.chunk(x, 4)", (MATRIX,)),),
    "unbind": (("T.unbind(x)", ((10, 10000),)),),
    "Tensor.__getitem__": (
        ("x[10:60]", (MATRIX,)),
        ("x[rows]", (MATRIX,)),
        ("x[rows, columns]", (MATRIX,)),
        ("x[mask]", (MATRIX,)),
    ),
    "Tensor.__setitem__": (
        ("[c := x.clone(), c.__setitem__(slice(10, 60), y)][0]", (MATRIX, (50, 1000))),
    ),
    "select": (("x.select(0, 1)", ((2, 50_000),)),),
    "narrow": (("x.narrow(0, 10, 50)", (MATRIX,)),),
    "index_select": (("x.index_select(0, rows)", (MATRIX,)),),
    "gather": (("x.gather(0, grid)", (MATRIX,)),),
    "take_along_dim": (("x.take_along_dim(grid, 1)", (MATRIX,)),),
    "take": (("x.take(grid)", (MATRIX,)),),
    "scatter": (("x.scatter(0, grid, y)", (MATRIX, MATRIX)),),
    "scatter_add": (("x.scatter_add(0, grid, y)", (MATRIX, MATRIX)),),
    "index_add": (("x.index_add(0, rows, y)", (MATRIX, MATRIX)),),
    "index_copy": (("x.index_copy(0, order, y)", (MATRIX, MATRIX)),),
    "select_scatter": (
        ("T.select_scatter(x, y, 0, 1)", (MATRIX, (COLUMNS,))),
        ("T.slice_scatter(x, y, 0, 10, 60)", (MATRIX, (50, COLUMNS))),
    ),
    "masked_scatter": (("T.masked_scatter(x, mask, y)", (MATRIX, MATRIX)),),
    "index_put": (("T.index_put(x, (order,), y)", (MATRIX, MATRIX)),),
    "scatter_reduce": (("T.scatter_reduce(x, 0, grid, y, 'sum')", (MATRIX, MATRIX)),),
    "index_fill": (("x.index_fill(0, rows, 3.0)", (MATRIX,)),),
    "tril": (("x.tril()", (MATRIX,)), ("x.tril()", (SQUARE,))),
    "diagonal": (("x.diagonal()", (SQUARE,)),),
    "diag": (("x.diag()", (SQUARE,)),),
    "diag_embed": (("x.diag_embed()", ((316,),)),),
    "trace": (("x.trace()", (SQUARE,)),),
    "where": (("T.where(mask, x, y)", (MATRIX, MATRIX)),),
    "masked_fill": (("x.masked_fill(mask, 2)", (MATRIX,)),),
    "masked_select": (("x.masked_select(mask)", (MATRIX,)),),
    "matmul": (
        ("x @ y", ((100, 100), MATRIX)),
        ("x @ y", ((32, 64, 48), (48, 64))),
        ("x @ y", ((8, 4, 64, 48), (4, 48, 64))),
    ),
    "mm": (("x.mm(y)", ((100, 100), MATRIX)),),
    "bmm": (("x.bmm(y)", ((32, 64, 48), (32, 48, 64))),),
    "mv": (("x.mv(y)", (MATRIX, (COLUMNS,))),),
    "dot": (("x.dot(y)", ((100_000,), (100_000,))),),
    "outer": (("x.outer(y)", ((ROWS,), (COLUMNS,))),),
    "addmm": (("T.addmm(x, y, z)", (MATRIX, (100, 100), MATRIX)),),
    "einsum": (
        ("T.einsum('ij,kj->ik', x, y)", (MATRIX, (100, 1000))),
        ("T.einsum('bij,bjk->bik', x, y)", ((32, 64, 48), (32, 48, 64))),
        ("T.einsum('bij,cjk->ik', x, y)", ((32, 64, 48), (32, 48, 64))),
    ),
    "Tensor.to": (("x.to(T.float64)", (MATRIX,)),),
    "Tensor.type_as": (("x.type_as(y.double())", (MATRIX, (1,))),),
    "tensor": (("T.tensor(numbers)", ()),),
    "zeros": (("T.zeros(100, 1000)", ()),),
    "arange": (("T.arange(100_000)", ()),),
    "rand": (("T.rand(100, 1000)", ()), ("T.randn(100, 1000)", ())),
    "bernoulli": (("x.detach().bernoulli(0.3)", (MATRIX,)),),
    "multinomial": (("T.multinomial(x.detach(), 100)", (MATRIX,)),),
    "normal": (("T.normal(x.detach(), 2.0)", (MATRIX,)),),
    "Tensor.normal_": (
        ("x.detach().normal_()", (MATRIX,)),
        ("x.detach().exponential_()", (MATRIX,)),
    ),
    "Tensor.contiguous": (("x.t().contiguous()", (MATRIX,)),),
    "nn.functional.hardsigmoid": (("F.hardsigmoid(x)", (MATRIX,)),),
    "nn.functional.prelu": (("F.prelu(x, y)", (MATRIX, (1,))),),
    "nn.functional.linear": (
        ("F.linear(x, y, z)", (MATRIX, (100, 1000), (100,))),
        ("F.linear(x, y, z)", ((32, 64, 48), (64, 48), (64,))),
    ),
    "nn.functional.one_hot": (("F.one_hot(rows, 1000)", ()),),
    "nn.functional.embedding": (("F.embedding(grid[:, :20], x)", ((100, 50),)),),
    "nn.functional.embedding_bag": (
        ("F.embedding_bag(grid[:, :20], x)", (MATRIX,)),
        ("F.embedding_bag(grid.reshape(-1)[:2000], x, T.arange(100) * 20)", (MATRIX,)),
    ),
    "nn.functional.dropout": (("F.dropout(x)", (MATRIX,)),),
    "nn.functional.pad": (
        ("F.pad(x, (1, 2))", (MATRIX,)),
        ("F.pad(x, (1, 2), 'reflect')", (CUBE,)),
    ),
    "nn.functional.batch_norm": (
        ("F.batch_norm(x, None, None, y, z, True)", (MATRIX, (COLUMNS,), (COLUMNS,))),
    ),
    "nn.functional.layer_norm": (
        ("F.layer_norm(x, (1000,), y, z)", (MATRIX, (COLUMNS,), (COLUMNS,))),
    ),
    "nn.functional.rms_norm": (("F.rms_norm(x, (1000,), y)", (MATRIX, (COLUMNS,))),),
    "nn.functional.group_norm": (("F.group_norm(x, 10, y, z)", (CUBE, (100,), (100,))),),
    "nn.functional.nll_loss": (("F.nll_loss(x, columns)", (MATRIX,)),),
    "histogram": (("T.histogram(x, 100)", (MATRIX,)),),
    "unravel_index": (("T.unravel_index(grid, (10, 10))", ()),),
    "hann_window": (("T.hann_window(100_000)", ()),),
    "is_nonzero": (("T.zeros(T.broadcast_shapes((100, 1), (1000,)))", ()),),
    "index_reduce": (("T.index_reduce(x, 0, order, y, 'amax')", (MATRIX, MATRIX)),),
    "as_strided_scatter": (
        ("T.as_strided_scatter(x.detach(), y, (50, 1000), (1000, 1))", (MATRIX, (50, 1000))),
    ),
    "pdist": (("T.pdist(x)", ((450, 3),)),),
    "vander": (("T.vander(x, 10)", ((10_000,),)),),
    "Tensor.H": (("x.H", (MATRIX,)),),
    "real": (("T.real(x)", (MATRIX,)),),
    "nn.functional.fractional_max_pool2d": (
        (
            "F.fractional_max_pool2d(x, 2, 7, _random_samples=y.detach().sigmoid())",
            (IMAGES, (32, 16, 2)),
        ),
    ),
    "nn.functional.fractional_max_pool3d": (
        (
            "F.fractional_max_pool3d(x, 2, 7, _random_samples=y.detach().sigmoid())",
            (VOLUMES, (8, 4, 3)),
        ),
    ),
    "nn.functional.linear_cross_entropy": (
        ("F.linear_cross_entropy(x, y, rows)", (MATRIX, (100, 1000))),
    ),
    "nn.functional.cross_entropy": (("F.cross_entropy(x, columns)", (MATRIX,)),),
    "special.gammainc": (("T.special.gammainc(T.tensor(2.5, dtype=x.dtype), x)", (MATRIX,)),),
    "ldexp": (("T.ldexp(x, grid % 5)", (MATRIX,)),),
    "gcd": (("T.gcd(grid, grid.flip(0))", ()), ("T.lcm(grid, grid.flip(0))", ())),
    "bitwise_left_shift": (
        ("T.bitwise_left_shift(grid, 2)", ()),
        ("T.bitwise_right_shift(grid, 2)", ()),
    ),
    "diagflat": (("T.diagflat(x)", ((316,),)),),
    "meshgrid": (("T.meshgrid(x, y, indexing='ij')", ((ROWS,), (COLUMNS,))),),
    "cartesian_prod": (("T.cartesian_prod(x, y)", ((ROWS,), (COLUMNS // 2,))),),
    "combinations": (("T.combinations(x)", ((316,),)),),
    "block_diag": (("T.block_diag(x, y)", (SQUARE, (2, 2))),),
    "linalg.matmul": (("T.linalg.matmul(x, y)", ((100, 100), MATRIX)),),
    "linalg.cross": (("T.linalg.cross(x, y)", ((33_000, 3), (33_000, 3))),),
    "cross": (("T.cross(x, y, -1)", ((33_000, 3), (33_000, 3))),),
    "linalg.vander": (("T.linalg.vander(x, N=10)", ((10_000,),)),),
    "addmv": (("T.addmv(x, y, z)", ((ROWS,), MATRIX, (COLUMNS,))),),
    "addr": (("T.addr(x, y, z)", (MATRIX, (ROWS,), (COLUMNS,))),),
    "tensordot": (("T.tensordot(x, y, 1)", (CUBE, (100, 100))),),
    "kron": (("T.kron(x, y)", ((10, 100), (10, 10))),),
    "linalg.solve": ((f"T.linalg.solve({REGULAR}, y)", (MATRICES, MATRICES)),),
    "linalg.solve_triangular": (
        (f"T.linalg.solve_triangular({REGULAR}, y, upper=True)", (MATRICES, MATRICES)),
    ),
    "linalg.inv": ((f"T.linalg.inv({REGULAR})", (MATRICES,)),),
    "linalg.det": (("T.linalg.det(x)", (MATRICES,)),),
    "linalg.svd": (("T.linalg.svdvals(x)", ((1000, 10, 10),)),),
    "linalg.slogdet": ((f"T.linalg.slogdet({REGULAR}).logabsdet", (MATRICES,)),),
    "logdet": ((f"T.logdet({POSITIVE})", (MATRICES,)),),
    "cholesky_solve": ((f"T.cholesky_solve(y, {REGULAR}.tril())", (MATRICES, MATRICES)),),
    "cholesky_inverse": ((f"T.cholesky_inverse({REGULAR}.tril())", (MATRICES,)),),
    "linalg.lu_solve": (
        (f"T.linalg.lu_solve(*T.linalg.lu_factor({REGULAR}), y)", (MATRICES, MATRICES)),
    ),
    "linalg.matrix_power": (("T.linalg.matrix_power(x, 5)", (MATRICES,)),),
    "linalg.matrix_exp": (("T.linalg.matrix_exp(x)", (MATRICES,)),),
    "linalg.tensorsolve": (
        (
            "T.linalg.tensorsolve((x + 400 * T.eye(256)).reshape(16, 16, 256), y)",
            ((256, 256), (16, 16)),
        ),
    ),
    "linalg.tensorinv": (
        ("T.linalg.tensorinv((x + 400 * T.eye(256)).reshape(256, 16, 16), ind=1)", ((256, 256),)),
    ),
    "linalg.cholesky": ((f"T.linalg.cholesky({POSITIVE})", (MATRICES,)),),
    "linalg.eigh": (("T.linalg.eigh(x + x.mT).eigenvalues", (MATRICES,)),),
    "linalg.householder_product": (
        ("T.linalg.householder_product(x / 100, y)", ((COLUMNS, ROWS), (ROWS,))),
    ),
    "cov": (("T.cov(x)", (MATRIX,)),),
    "nn.functional.multi_head_attention_forward": (
        (
            "F.multi_head_attention_forward(x, x, x, 64, 4, y, z[:192], None, None, False, 0.0, "
            "y[:64], None)",
            ((32, 64, 64), (192, 64), (192,)),
        ),
    ),
    "nn.functional.conv1d": (("F.conv1d(x, y, z)", ((24, 16, 200), (32, 16, 5), (32,))),),
    "nn.functional.conv2d": (
        ("F.conv2d(x, y, z, padding=1)", ((24, 16, 14, 14), (32, 16, 3, 3), (32,))),
        ("F.conv2d(x, y, z, stride=2)", ((24, 16, 14, 14), (32, 16, 3, 3), (32,))),
        ("F.conv2d(x, y, z, padding=1, groups=16)", ((32, 16, 14, 14), (16, 1, 3, 3), (16,))),
    ),
    "nn.functional.conv3d": (("F.conv3d(x, y, z)", ((8, 4, 14, 14, 14), (4, 4, 3, 3, 3), (4,))),),
    "nn.functional.conv_transpose1d": (
        ("F.conv_transpose1d(x, y, z)", ((32, 16, 200), (16, 8, 5), (8,))),
    ),
    "nn.functional.conv_transpose2d": (
        ("F.conv_transpose2d(x, y, z, stride=2)", ((32, 16, 14, 14), (16, 4, 2, 2), (4,))),
    ),
    "nn.functional.conv_transpose3d": (
        ("F.conv_transpose3d(x, y, z)", ((8, 4, 14, 14, 14), (4, 4, 3, 3, 3), (4,))),
    ),
    "nn.functional.unfold": (("F.unfold(x, 3)", ((4, 16, 14, 14),)),),
    "nn.functional.fold": (("F.fold(x, (14, 14), 3)", ((4, 144, 144),)),),
    "nn.functional.max_pool2d": (
        ("F.max_pool2d(x, 2)", (IMAGES,)),
        ("F.max_pool2d(x, 3, 2)", (IMAGES,)),
    ),
    "nn.functional.max_pool3d": (("F.max_pool3d(x, 2)", (VOLUMES,)),),
    "nn.functional.max_pool2d_with_indices": (("F.max_pool2d_with_indices(x, 2)", (IMAGES,)),),
    "nn.functional.adaptive_max_pool2d_with_indices": (
        ("F.adaptive_max_pool2d_with_indices(x, 4)", (IMAGES,)),
    ),
    "nn.functional.max_pool3d_with_indices": (("F.max_pool3d_with_indices(x, 2)", (VOLUMES,)),),
    "nn.functional.adaptive_max_pool3d_with_indices": (
        ("F.adaptive_max_pool3d_with_indices(x, 4)", (VOLUMES,)),
    ),
    "nn.functional.avg_pool2d": (("F.avg_pool2d(x, 2)", (IMAGES,)),),
    "nn.functional.avg_pool3d": (("F.avg_pool3d(x, 2)", (VOLUMES,)),),
    "nn.functional.adaptive_max_pool2d": (("F.adaptive_max_pool2d(x, 4)", (IMAGES,)),),
    "nn.functional.adaptive_max_pool3d": (("F.adaptive_max_pool3d(x, 4)", (VOLUMES,)),),
    "nn.functional.adaptive_avg_pool2d": (("F.adaptive_avg_pool2d(x, 1)", (IMAGES,)),),
    "nn.functional.adaptive_avg_pool3d": (("F.adaptive_avg_pool3d(x, 1)", (VOLUMES,)),),
    "nn.functional.lp_pool2d": (("F.lp_pool2d(x, 2, 2)", (IMAGES,)),),
    "nn.functional.lp_pool3d": (("F.lp_pool3d(x, 2, 2)", (VOLUMES,)),),
    "nn.functional.max_unpool1d": (
        ("F.max_unpool1d(x, 2 * T.arange(1000).expand(1, 100, 1000), 2)", ((1, *MATRIX),)),
    ),
    "nn.functional.max_unpool2d": (
        ("F.max_unpool2d(x, 2 * T.arange(20).expand(10, 10, 20, 20), 2)", ((10, 10, 20, 20),)),
    ),
    "nn.functional.max_unpool3d": (
        ("F.max_unpool3d(x, 2 * T.arange(8).expand(8, 4, 8, 8, 8), 2)", ((8, 4, 8, 8, 8),)),
    ),
    "nn.functional.interpolate": (
        ("F.interpolate(x, scale_factor=2)", ((8, 16, 14, 14),)),
        ("F.interpolate(x, scale_factor=2, mode='bilinear')", ((8, 16, 14, 14),)),
    ),
    "pixel_shuffle": (("T.pixel_shuffle(x, 2)", (IMAGES,)),),
    "nn.functional.grid_sample": (
        ("F.grid_sample(x, y, align_corners=False)", (IMAGES, (32, 14, 14, 2))),
    ),
    "nn.functional.affine_grid": (
        ("F.affine_grid(x, (16, 1, 56, 56), align_corners=False)", ((16, 2, 3),)),
    ),
    "nn.functional.local_response_norm": (("F.local_response_norm(x, 2)", (IMAGES,)),),
    "nn.functional.bilinear": (("F.bilinear(x, y, z)", ((500, 20), (500, 20), (200, 20, 20))),),
    "nn.functional.margin_ranking_loss": (
        (f"F.margin_ranking_loss(x, y, {SIGNS})", (MATRIX, MATRIX)),
    ),
    "nn.functional.hinge_embedding_loss": ((f"F.hinge_embedding_loss(x, {SIGNS})", (MATRIX,)),),
    "nn.functional.cosine_embedding_loss": (
        (f"F.cosine_embedding_loss(x, y, {SIGNS}[:, 0])", (MATRIX, MATRIX)),
    ),
    "nn.functional.soft_margin_loss": ((f"F.soft_margin_loss(x, {SIGNS})", (MATRIX,)),),
    "nn.functional.multi_margin_loss": (("F.multi_margin_loss(x, columns)", (MATRIX,)),),
    "nn.functional.multilabel_margin_loss": (
        (
            "F.multilabel_margin_loss(x, T.where(T.arange(100) < 3, grid.reshape(1000, 100), -1))",
            ((1000, 100),),
        ),
    ),
    "nn.functional.ctc_loss": (
        (
            "F.ctc_loss(x.log_softmax(2), grid[:32, :10] % 30 + 1, (64,) * 32, (10,) * 32)",
            ((64, 32, 40),),
        ),
    ),
}


def calls(name: str, row: Operation) -> tuple[Call, ...]:
    """What is timed of an operation: the calls above, or the first of its row on larger inputs."""
    if name in LARGE:
        return LARGE[name]
    shapes = row.shapes[0]
    axes = max(map(len, shapes))
    if axes not in SIZES:
        raise ValueError(f"{name}: inputs of {axes} axes need a call in LARGE")
    sizes = SIZES[axes]
    return ((row.forms[0], tuple(_enlarged(shape, sizes) for shape in shapes)),)


def _enlarged(shape: Shape, sizes: Shape) -> Shape:
    return tuple(
        1 if size == 1 else sizes[len(shape) - 1 - axis] for axis, size in enumerate(shape)
    )


def table() -> Iterator[tuple[str, Operation, Call]]:
    """The name of each operation, its first row, and each of its calls."""
    seen = set()
    for rows in FAMILIES.values():
        for row in rows:
            name = row.name.split()[0]
            if name not in seen:
                seen.add(name)
                for call in calls(name, row):
                    yield name, row, call
