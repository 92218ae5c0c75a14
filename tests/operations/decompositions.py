"""Decompositions of matrices: whatever signs vectors have is left out by what is asked of them."""

from tests.operations.row import Operation

# Where matrices are inverted, rounding grows by their condition.
ROUNDING = 2**12
POSITIVE = "(x @ x.mT + T.eye(3, dtype=x.dtype))"
SYMMETRIC = "(x + x.mT)"
SQUARES = (((3, 3),), ((2, 2, 2),))
ANY = (((2, 3),), ((3, 2),))
SIGNS = "The signs of the vectors are LAPACK's choice, which may be another one."

ROWS = [
    Operation(
        "linalg.cholesky",
        (
            f"T.linalg.cholesky({POSITIVE})",
            f"T.linalg.cholesky({POSITIVE}, upper=True)",
            f"T.linalg.cholesky_ex({POSITIVE}, upper=False)",
        ),
        (((3, 3),), ((2, 3, 3),)),
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=(
            "T.linalg.cholesky(-T.eye(2))",
            "T.linalg.cholesky(-T.eye(2).expand(3, 2, 2))",
            "T.linalg.cholesky_ex(-T.eye(2), check_errors=True)",
            "T.linalg.cholesky(T.ones(2, 3))",
            "T.linalg.cholesky(T.ones(2))",
            "T.linalg.cholesky(T.ones(2, 2).int())",
            "T.linalg.cholesky(T.ones(2, 2).half())",
        ),
    ),
    Operation(
        "linalg.qr",
        (
            "T.linalg.qr(x)[0]",
            "T.linalg.qr(x)[1]",
            "T.linalg.qr(A=x, mode='reduced')",
        ),
        (((2, 3),), ((3, 2),), ((2, 3, 3),), ((0, 2),)),
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=("T.linalg.qr(T.ones(2, 2), 'full')", "T.linalg.qr(T.ones(2))"),
    ),
    Operation(
        "linalg.qr without a derivative",
        ("T.linalg.qr(x.detach(), 'complete')", "T.linalg.qr(x.detach(), mode='r')"),
        (((3, 2),), ((2, 3),)),
        derivatives=0,
        special=False,
        integers=False,
        rounding=64,
        note="R of mode='r' has a derivative, too.",
    ),
    Operation(
        "linalg.eigh",
        (
            f"T.linalg.eigh({SYMMETRIC}).eigenvalues",
            f"T.linalg.eigh({SYMMETRIC}, UPLO='U')[1].abs()",
            f"T.linalg.eigvalsh({SYMMETRIC}, 'U')",
            f"[v @ w.sin().diag_embed() @ v.mT for w, v in [T.linalg.eigh({SYMMETRIC})]]",
        ),
        SQUARES,
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=("T.linalg.eigh(T.ones(2, 3))", "T.linalg.eigh(T.ones(2, 2), 'B')"),
        note=SIGNS,
    ),
    Operation(
        "linalg.svd",
        (
            "T.linalg.svd(x)[1]",
            "T.linalg.svdvals(x)",
            "T.linalg.svd(x, full_matrices=False)[0].abs()",
            "T.linalg.svd(x, False).Vh.abs()",
            "T.svd(x).V.abs()",
            "x.svd(compute_uv=False)",
            "[u @ s.sin().diag_embed() @ v for u, s, v in [T.linalg.svd(x, False)]]",
        ),
        (((2, 3),), ((3, 2),), ((2, 2, 2),)),
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=("T.linalg.svd(T.ones(2, 2) * float('nan'))", "T.linalg.svd(T.ones(3))"),
        note=SIGNS,
    ),
    Operation(
        "linalg.lu",
        (
            "T.linalg.lu(x)",
            "T.linalg.lu_factor_ex(x)",
            "T.lu_unpack(*T.linalg.lu_factor(x))",
            "T.lu_unpack(*T.linalg.lu_factor(x), unpack_pivots=False)[1]",
        ),
        (((2, 3),), ((3, 2),), ((2, 3, 3),), ((0, 2),)),
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=("T.linalg.lu_factor(T.zeros(2, 2))", "T.linalg.lu(T.ones(2))"),
    ),
    Operation(
        "lu_unpack",
        ("T.lu_unpack(*T.linalg.lu_factor(x), unpack_data=False)[0]",),
        (((2, 3),), ((2, 3, 2),)),
        derivatives=0,
        special=False,
        integers=False,
    ),
    Operation(
        "linalg.pinv",
        (
            "T.linalg.pinv(x)",
            "T.pinverse(x)",
            "x.pinverse(rcond=1e-3)",
            "T.linalg.pinv(x, atol=0.01, rtol=1e-3)",
            "T.linalg.pinv(x @ x.mT, hermitian=True)",
        ),
        (((2, 2),), ((2, 3),), ((2, 2, 3),)),
        special=False,
        integers=False,
        rounding=ROUNDING,
        refused=("T.linalg.pinv(T.ones(2))",),
    ),
    Operation(
        "linalg.matrix_rank",
        (
            "T.linalg.matrix_rank(x)",
            "T.linalg.matrix_rank(x[..., :1] @ x[..., :1, :])",
            "T.linalg.matrix_rank(x @ x.mT, hermitian=True)",
            "T.linalg.matrix_rank(x, 1.0)",
            "T.linalg.matrix_rank(x, atol=0.5, rtol=0.5)",
        ),
        (((2, 3),), ((2, 3, 2),)),
        derivatives=0,
        special=False,
        integers=False,
        refused=("T.linalg.matrix_rank(T.ones(2))",),
    ),
    Operation(
        "linalg.householder_product",
        ("T.linalg.householder_product(x, y)",),
        (((3, 2), (2,)), ((2, 3, 3), (2, 2))),
        special=False,
        integers=False,
        rounding=64,
        refused=("T.linalg.householder_product(T.ones(2, 3), T.ones(2))",),
    ),
]
