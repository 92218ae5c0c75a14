"""Sums, means, variances, norms and products over axes."""

from tests.operations.row import Operation

MATRIX = (((3, 4),),)
CUBE = (((2, 3, 4),),)
NO_WARNING = "Without a degree of freedom there is no warning: the NaN tells."
INFINITE_MEAN = NO_WARNING + " The mean of infinities is that of `mean`; PyTorch's is NaN here."

ROWS = [
    Operation(
        "sum",
        (
            "T.sum(x)",
            "x.sum(1, True)",
            "x.sum(dim=(0, -1))",
            "x.sum([-1, 0], keepdim=True)",
            "x.sum(())",
            "x.sum(axis=-1, keepdims=True)",
            "x.sum(1, dtype=T.float64)",
        ),
        CUBE,
        refused=(
            "T.ones(2, 3).sum((0, 0))",
            "T.ones(2, 3).sum((0, -2))",
            "T.ones(2, 3).sum(2)",
            "T.ones(2, 3).sum(-3)",
            "T.tensor(1.0).sum(1)",
            "T.ones(2).sum(1.5)",
            "T.ones(2).sum(True)",
            "T.sum([1.0, 2.0])",
        ),
    ),
    Operation(
        "sum",
        ("x.sum()", "x.sum(0)", "x.sum(-1, True)"),
        (((),), ((0, 3),), ((0,),)),
    ),
    Operation(
        "mean",
        (
            "T.mean(x)",
            "x.mean(1, True)",
            "x.mean(dim=(0, -1))",
            "x.mean([])",
            "x.mean(1, dtype=T.float64)",
        ),
        CUBE,
        refused=("T.ones(2).mean(dtype=T.int64)", "T.ones(2, 3).mean((1, 1))"),
    ),
    Operation("mean", ("x.mean()", "x.mean(0)"), (((),), ((0, 3),))),
    Operation(
        "var",
        (
            "T.var(x)",
            "x.var(1)",
            "x.var((0, -1), keepdim=True)",
            "x.var(0, correction=0)",
            "x.var(dim=1, unbiased=False)",
            "x.var(False)",
            "x.var([1], True, True)",
            "x.var(correction=0.5)",
        ),
        MATRIX,
        refused=("T.ones(2).var(0, unbiased=True, correction=0)", "T.ones(2, 3).var((0, 0))"),
        note=NO_WARNING,
    ),
    Operation(
        "std",
        (
            "T.std(x)",
            "x.std(1)",
            "x.std((0, -1), keepdim=True)",
            "x.std(0, correction=0)",
            "x.std(dim=1, unbiased=False)",
            "x.std(False)",
        ),
        MATRIX,
        refused=("T.ones(2).std(2)",),
        note=NO_WARNING,
    ),
    Operation(
        "var_mean",
        ("T.var_mean(x)", "T.var_mean(x, 1, keepdim=True)", "T.var_mean(x, dim=0, unbiased=False)"),
        MATRIX,
        special=False,
        note=INFINITE_MEAN,
    ),
    Operation(
        "std_mean",
        ("T.std_mean(x)", "T.std_mean(x, 1, correction=0)", "T.std_mean(x, False)"),
        MATRIX,
        special=False,
        note=INFINITE_MEAN,
    ),
    Operation(
        "prod",
        ("T.prod(x)", "x.prod(1)", "x.prod(-2, keepdim=True)", "x.prod(0, dtype=T.float64)"),
        (((2, 3),),),
        refused=(
            "T.ones(2, 3).prod((0, 1))",
            "T.ones(2, 3).prod(2)",
            "T.tensor(1.0).prod(1)",
        ),
    ),
    Operation("prod", ("x.prod()", "x.prod(0)"), (((),), ((0, 3),), ((3, 0),))),
    Operation(
        # Zeros, one and more in a row: a division would give NaN.
        "prod",
        (
            "(x * T.tensor([[0.0, 1, 1], [0, 1, 0]], dtype=x.dtype)).prod(1)",
            "(x * T.tensor([1.0, 0, 1], dtype=x.dtype)).prod()",
        ),
        (((2, 3),),),
        special=False,
    ),
    Operation(
        "norm",
        (
            "T.norm(x)",
            "x.norm(1)",
            "x.norm(2, 1)",
            "x.norm(p=float('inf'), dim=(0, -1), keepdim=True)",
            "x.norm(float('-inf'), 1)",
            "x.norm(0, 0)",
            "x.norm(3, -1, True)",
            "x.norm(1.5)",
            "x.norm(0.5, 1)",
            "x.norm(-2)",
            "x.norm('fro', dim=(0, 1))",
        ),
        MATRIX,
        low=0.5,
        refused=(
            "T.zeros(0).norm(float('inf'))",
            "T.zeros(0, 3).norm(-1, 0)",
            "T.ones(2, 3).norm(2, (0, 0))",
            "T.ones(2).norm(2, 1)",
        ),
    ),
    Operation(
        "norm of singular values",
        (
            "T.norm(x, 'nuc')",
            "x.norm('nuc', (1, 0), True)",
            "T.linalg.norm(x, 2)",
            "T.linalg.norm(x, -2, (0, 1), True)",
            "T.linalg.norm(x, 'nuc')",
        ),
        (((3, 4),), ((4, 2),)),
        special=False,  # there are no singular values of NaN
        rounding=2**12,
        integers=False,
        refused=(
            "T.norm(T.ones(2), 'nuc')",
            "T.norm(T.ones(2, 2), 'spectral')",
            "T.norm(T.ones(2, 2, 2), 'nuc', (0, 0))",
            "T.linalg.norm(T.ones(2, 2) * float('nan'), 2)",
            "T.linalg.norm(T.ones(2, 2).half(), 2)",
            "T.linalg.norm(T.zeros(0, 0), -2)",
        ),
    ),
    Operation(
        "norm of singular values",
        ("T.linalg.norm(x, 'nuc', (0, -1))", "T.linalg.norm(x, 2, (2, 1))"),
        (((2, 3, 2),), ((2, 0, 0),)),
        rounding=2**12,
        special=False,
        integers=False,
    ),
    Operation("norm", ("x.norm()", "x.norm(2, 0)", "x.norm(0)"), (((0, 3),), ((),)), low=0.5),
    Operation(
        "linalg.vector_norm",
        (
            "T.linalg.vector_norm(x)",
            "T.linalg.vector_norm(x, 1, -1, True)",
            "T.linalg.vector_norm(x, ord=3.0, dim=(0, 1), dtype=T.float64)",
        ),
        MATRIX,
        low=0.5,
        refused=(
            "T.linalg.vector_norm(T.ones(2), 'fro')",
            "T.linalg.vector_norm(T.zeros(0), float('inf'))",
        ),
    ),
    Operation(
        "linalg.norm",
        (
            "T.linalg.norm(x)",
            "T.linalg.norm(x, 'fro')",
            "T.linalg.norm(x, 1)",
            "T.linalg.norm(x, float('-inf'), (1, 0), True)",
            "T.linalg.norm(x, 3, 1)",
        ),
        MATRIX,
        low=0.5,
        refused=(
            "T.linalg.norm(T.ones(2, 2, 2), 1)",
            "T.linalg.norm(T.ones(3), 'fro')",
            "T.linalg.norm(T.ones(2, 2), 3)",
            "T.linalg.norm(T.zeros(2, 0), -1)",
        ),
    ),
    Operation(
        "linalg.norm",
        ("T.linalg.norm(x, 1)", "T.linalg.norm(x, float('inf'), (0, 1), True)"),
        (((0, 0),), ((2, 0),), ((0, 2),)),
        special=False,
        integers=False,
    ),
    Operation(
        "linalg.matrix_norm",
        (
            "T.linalg.matrix_norm(x)",
            "T.linalg.matrix_norm(x, 'nuc', keepdim=True)",
            "T.linalg.matrix_norm(x, 1, (1, 0), dtype=T.float64)",
        ),
        MATRIX,
        low=0.5,
        special=False,
        integers=False,
        rounding=2**12,
        refused=("T.linalg.matrix_norm(T.ones(2))", "T.linalg.matrix_norm(T.ones(2, 2), dim=(0,))"),
    ),
    Operation(
        "logsumexp",
        ("T.logsumexp(x, 1)", "x.logsumexp((0, -1), keepdim=True)", "x.logsumexp(dim=-2)"),
        CUBE,
        refused=("T.ones(2).logsumexp()", "T.ones(2).logsumexp(1)"),
    ),
    Operation("logsumexp", ("x.logsumexp(0)",), (((),), ((0, 3),), ((3, 0),))),
    Operation(
        "count_nonzero",
        ("T.count_nonzero(x)", "x.count_nonzero(1)", "x.count_nonzero(dim=(0, -1))"),
        MATRIX,
        derivatives=0,
        refused=("T.ones(2).count_nonzero((0, 0))", "T.ones(2).count_nonzero(1)"),
    ),
    Operation(
        "nansum",
        ("[T.nansum(x), x.nansum(0), T.nanmean(T.where(x > 0, x, float('nan')), 1)]",),
        (((3, 4),),),
        derivatives=1,
        special=False,  # infinities cancel
        integers=False,  # there is no quotient of booleans
        refused=("T.nanmean(T.tensor([1]))", "T.ones(2).nansum(1)"),
    ),
]
