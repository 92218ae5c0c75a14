"""Decompositions of matrices, by PyTorch's names in `torch.linalg`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mytorch._kernels.linalg import bound
from mytorch.errors import ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.decompositions import (
    NOT_POSITIVE,
    LUParts,
    QRParts,
    eigen,
    eigenvalues,
    factored,
    lu_of,
    lu_unpack,
    orthogonal,
    singular,
    singular_values,
    tolerances,
)
from mytorch.ops.systems import SINGULAR, SolveTriangular, check, matrices
from mytorch.tensor import Tensor, wrap

__all__ = [
    "cholesky",
    "cholesky_ex",
    "eigh",
    "eigvalsh",
    "householder_product",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "matrix_rank",
    "qr",
    "svd",
    "svdvals",
]

# ruff: noqa: N803 (PyTorch's names)


@numpy_names
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The triangle L with L L^T = A of each symmetric positive definite matrix A, or U with
    U^T U = A if `upper`. Only that triangle of A is read.

    Raises LinAlgError if a matrix is not positive definite.

    >>> cholesky(Tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    out, info = factored("linalg.cholesky", A, upper)
    check("linalg.cholesky", info, NOT_POSITIVE)
    return out


class CholeskyInfo(NamedTuple):
    """Triangles, and for each 0, or the order of the first leading minor that is not positive."""

    L: Tensor
    info: Tensor


@numpy_names
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyInfo:
    """`cholesky`, NaN for what is not positive definite, and which matrices those are.

    >>> cholesky_ex(Tensor([[1.0, 2.0], [2.0, 1.0]])).info.item()
    2
    """
    out, info = factored("linalg.cholesky_ex", A, upper)
    if check_errors:
        check("linalg.cholesky_ex", info, NOT_POSITIVE)
    return CholeskyInfo(out, noted("info", (A,), wrap(info)))


@explained
def qr(A: Tensor, mode: str = "reduced") -> QRParts:
    """A = Q R, with orthonormal columns Q and an upper triangle R.

    Arguments:
        A: matrices (..., m, n).
        mode: "reduced" for Q (..., m, k) and R (..., k, n) with k = min(m, n), "complete" for Q
            (..., m, m) and R (..., m, n), "r" for an empty Q and the reduced R.

    The gradient needs the first k columns to be independent. In mode "complete" there is none if
    m > n; R of mode "r" has one (in PyTorch it has not).

    >>> qr(Tensor([[3.0], [4.0]])).Q
    tensor([[-0.6],
            [-0.8]])
    """
    return orthogonal("linalg.qr", A, mode)


class EighParts(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@explained
def eigh(A: Tensor, UPLO: str = "L") -> EighParts:
    """The eigenvalues of symmetric matrices in ascending order, and orthonormal eigenvectors as
    columns. Only the lower triangle is read, or the upper one for UPLO="U".

    The sign of each vector is LAPACK's choice, and may be another one than PyTorch's. The gradient
    of the vectors is undefined where two eigenvalues are equal.

    >>> eigh(Tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    return EighParts(*eigen("linalg.eigh", A, UPLO))


@explained
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices in ascending order: those of `eigh`.

    >>> eigvalsh(Tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor([-1.,  1.])
    """
    return eigenvalues("linalg.eigvalsh", A, UPLO)


class SVDParts(NamedTuple):
    """Left singular vectors as columns, singular values in descending order, and right singular
    vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@numpy_names
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVDParts:
    """A = U diag(S) Vh, with orthonormal columns U and rows Vh, and S from the largest down.

    Arguments:
        A: matrices (..., m, n).
        full_matrices: whether U is (..., m, m) and Vh (..., n, n), or without the columns and rows
            that belong to no singular value.
        driver: accepted; LAPACK's gesdd is taken.

    The signs of the vectors are LAPACK's choice. The gradient of the vectors is undefined where two
    singular values are equal, and leaves out the vectors that belong to none.

    >>> svd(Tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    return SVDParts(*singular("linalg.svd", A, full_matrices))


@explained
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values of matrices, from the largest down: those of `svd`.

    >>> svdvals(Tensor([[3.0, 0.0], [0.0, -4.0]]))
    tensor([4., 3.])
    """
    return singular_values("linalg.svdvals", A)


@numpy_names
def lu(A: Tensor, *, pivot: bool = True) -> LUParts:
    """A = P L U: a permutation (..., m, m), a lower triangle (..., m, k) with ones on its diagonal,
    and an upper triangle (..., k, n), k = min(m, n); P is the identity without `pivot`.

    >>> lu(Tensor([[0.0, 1.0], [2.0, 3.0]])).U
    tensor([[2., 3.],
            [0., 1.]])
    """
    return lu_unpack(*lu_of("linalg.lu", A, pivot)[:2])


class LUFactors(NamedTuple):
    """L and U in one matrix, and which row each row was swapped with, from 1."""

    LU: Tensor
    pivots: Tensor


@numpy_names
def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactors:
    """L and U of `lu` in one matrix, and the swaps of rows that make P: what `lu_solve` takes.

    Raises LinAlgError if a zero on U's diagonal would be divided by.

    >>> lu_factor(Tensor([[0.0, 1.0], [2.0, 3.0]])).pivots.tolist()
    [2, 2]
    """
    packed, swaps, info = lu_of("linalg.lu_factor", A, pivot)
    check("linalg.lu_factor", info, SINGULAR)
    return LUFactors(packed, swaps)


class LUInfo(NamedTuple):
    """What `lu_factor` gives, and for each matrix 0, or which pivot was 0, counted from 1."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


@numpy_names
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> LUInfo:
    """`lu_factor`, which matrices have a zero on U's diagonal.

    >>> lu_factor_ex(Tensor([[0.0]])).info.item()
    1
    """
    packed, swaps, info = lu_of("linalg.lu_factor_ex", A, pivot)
    if check_errors:
        check("linalg.lu_factor_ex", info, SINGULAR)
    return LUInfo(packed, swaps, noted("info", (A,), wrap(info)))


@numpy_names
def matrix_rank(
    A: Tensor,
    tol: float | Tensor | None = None,
    hermitian: bool = False,
    *,
    atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:
    """The number of singular values (eigenvalues of symmetric matrices if `hermitian`) above the
    larger of `atol` and `rtol` times the largest one; `tol` is `atol` without a default for the
    other. Integers, without a gradient.

    >>> matrix_rank(Tensor([[1.0, 2.0], [2.0, 4.0]])).item()
    1
    """
    name = "linalg.matrix_rank"
    values = (eigenvalues if hermitian else singular_values)(name, A.detach())
    sizes = np.abs(values.data)
    bounds = tolerances(A.data, atol if tol is None else tol, rtol if tol is None else 0.0)
    count = (sizes > bound(sizes, *bounds)).sum(-1)
    return noted("matrix_rank", (A,), wrap(np.asarray(count)))


@explained
def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first n columns of the product of I - tau[i] v v^T, where v is column i of A (..., m, n)
    with 1 on the diagonal and zeros above; tau has up to n numbers for each matrix.

    Raises ShapeError for matrices wider than high, or more numbers than columns.

    >>> householder_product(Tensor([[5.0], [1.0]]), Tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    name = "linalg.householder_product"
    rows, columns = matrices(name, A).shape[-2:]
    sizes = data_of(name, tau).shape
    if rows < columns or sizes[:-1] != A.shape[:-2] or not sizes or sizes[-1] > columns:
        raise ShapeError(
            f"{name}: expected matrices not wider than high and up to as many numbers for each as "
            f"it has columns, got shapes {A.shape} and {sizes}"
        )
    ones = wrap(np.eye(rows, columns, dtype=A.dtype))
    count, scale = sizes[-1], tau.unsqueeze(-1)
    vectors = (A.tril(-1) + ones)[..., :count]
    # The product of all is I - V T V^T with T = (I + D U)^-1 D, where D is the diagonal of tau and
    # U is V^T V above its diagonal.
    inner = scale * (vectors.mT @ vectors).triu(1)
    turned = SolveTriangular.apply(inner, scale * vectors[..., :columns, :].mT, True, True)
    return ones - vectors @ turned
