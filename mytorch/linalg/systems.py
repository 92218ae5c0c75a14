"""Linear systems, inverses and determinants, by PyTorch's names in `torch.linalg`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from mytorch import ops
from mytorch._dtypes import Array
from mytorch._shapes import normalize_axes
from mytorch.errors import RangeError, ShapeError
from mytorch.linalg.decompositions import svdvals
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.decompositions import pseudoinverse, solve_by_lu
from mytorch.ops.systems import (
    SINGULAR,
    SignLogDet,
    check,
    inverted,
    matrices,
    require_fit,
    solved,
    square,
    triangular,
)
from mytorch.tensor import Tensor, wrap

__all__ = [
    "det",
    "inv",
    "inv_ex",
    "lstsq",
    "lu_solve",
    "matrix_exp",
    "matrix_power",
    "pinv",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "tensorinv",
    "tensorsolve",
]

# ruff: noqa: N803 (PyTorch's names)


@explained
def det(A: Tensor) -> Tensor:
    """The determinant of each square matrix: `mytorch.det`.

    >>> det(Tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    -2.0000000000000004
    """
    return ops.det(A)


@explained
def slogdet(A: Tensor) -> SignLogDet:
    """The sign of the determinant of each square matrix, and log |det|: `mytorch.slogdet`.

    >>> slogdet(Tensor([[2.0, 0.0], [0.0, -0.5]]))
    SignLogDet(sign=tensor(-1.), logabsdet=tensor(0.))
    """
    return ops.slogdet(A)


class InverseInfo(NamedTuple):
    """Inverses, and for each 0, or which pivot was 0, counted from 1."""

    inverse: Tensor
    info: Tensor


@numpy_names
def inv_ex(A: Tensor, *, check_errors: bool = False) -> InverseInfo:
    """The inverse of each square matrix, NaN for a singular one, and which those are.

    Raises LinAlgError for singular ones only with `check_errors`.

    >>> inv_ex(Tensor([[0.0]])).info.item()
    1
    """
    out, info = inverted("linalg.inv_ex", A)
    if check_errors:
        check("linalg.inv_ex", info, SINGULAR)
    return InverseInfo(out, _info(info, A))


def _info(info: Array, *of: Tensor) -> Tensor:
    return noted("info", of, wrap(info))


@explained
def inv(A: Tensor) -> Tensor:
    """The inverse of each square matrix. To solve a system `solve` is faster and more exact.

    Raises LinAlgError if a matrix is singular.

    >>> inv(Tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    out, info = inverted("linalg.inv", A)
    check("linalg.inv", info, SINGULAR)
    return out


class SolveInfo(NamedTuple):
    """Solutions, and for each matrix 0, or which pivot was 0, counted from 1."""

    result: Tensor
    info: Tensor


def _are_vectors(name: str, A: Tensor, B: Tensor) -> bool:
    """PyTorch's rule: whether B can be one vector, or one for each matrix of A."""
    return data_of(name, B).ndim == 1 or B.shape == A.shape[:-1]


def _solve(name: str, A: Tensor, B: Tensor, left: bool) -> tuple[Tensor, Array]:
    square(name, A)
    vectors = _are_vectors(name, A, B)
    if vectors and not left:
        raise ShapeError(f"{name}: expected matrices B for left=False, got shape {B.shape}")
    b = B.unsqueeze(-1) if vectors else B
    require_fit(name, A, b, left)
    out, info = solved(name, A, b) if left else solved(name, A.mT, b.mT)
    return (out.squeeze(-1) if vectors else out if left else out.mT), info


@numpy_names
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> SolveInfo:
    """`solve`, NaN for a singular matrix, and which those are.

    >>> solve_ex(Tensor([[0.0]]), Tensor([1.0])).result
    tensor([nan])
    """
    out, info = _solve("linalg.solve_ex", A, B, left)
    if check_errors:
        check("linalg.solve_ex", info, SINGULAR)
    return SolveInfo(out, _info(info, A))


@numpy_names
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B, or X A = B if not `left`.

    Arguments:
        A: square matrices (..., n, n).
        B: matrices (..., n, k), or (..., k, n) if not `left`, whose stack is broadcast with A's;
            a vector (n,), or one for each matrix of A: B's shape is A's without its last axis.

    Raises LinAlgError if a matrix is singular, ShapeError for shapes that do not fit.

    >>> solve(Tensor([[2.0, 0.0], [0.0, 4.0]]), Tensor([1.0, 1.0]))
    tensor([0.5 , 0.25])
    """
    out, info = _solve("linalg.solve", A, B, left)
    check("linalg.solve", info, SINGULAR)
    return out


@numpy_names
def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """X with A X = B, or X A = B if not `left`, for triangles A, of which the other triangle is not
    read; with `unitriangular` the diagonal counts as ones. A zero on the diagonal is divided by.

    >>> solve_triangular(Tensor([[2.0, 1.0], [0.0, 4.0]]), Tensor([[2.0], [4.0]]), upper=True)
    tensor([[0.5],
            [1. ]])
    """
    return triangular("linalg.solve_triangular", A, B, upper, left, unitriangular)


@numpy_names
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """X with A X = B, for the factors and pivots that `lu_factor` gave of A; X A = B if not `left`,
    and A's transpose in place of A if `adjoint`.

    >>> from mytorch.linalg import lu_factor
    >>> lu_solve(*lu_factor(Tensor([[0.0, 1.0], [2.0, 3.0]])), Tensor([[1.0], [7.0]]))
    tensor([[2.],
            [1.]])
    """
    return solve_by_lu("linalg.lu_solve", LU, pivots, B, left, adjoint)


@explained
def matrix_power(A: Tensor, n: int) -> Tensor:
    """The product of n times each square matrix; of its inverse if n is negative:
    `mytorch.matrix_power`.

    >>> matrix_power(Tensor([[2.0]]), -2)
    tensor([[0.25]])
    """
    return ops.matrix_power(A, n)


@explained
def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of each square matrix: `mytorch.matrix_exp`.

    >>> matrix_exp(Tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return ops.matrix_exp(A)


@numpy_names
def pinv(
    A: Tensor,
    rcond: float | Tensor | None = None,
    hermitian: bool = False,
    *,
    atol: float | Tensor | None = None,
    rtol: float | Tensor | None = None,
) -> Tensor:
    """The pseudoinverse of each matrix.

    Singular values up to the larger of `atol` and `rtol` (or `rcond`) times the largest one count
    as 0; by default that is what rounding makes of a 0. With `hermitian` the matrices are symmetric
    and decomposed by `eigh`. The gradient is that of matrices which keep their rank.

    >>> pinv(Tensor([[2.0], [0.0]]))
    tensor([[0.5, 0. ]])
    """
    return pseudoinverse("linalg.pinv", A, atol, rtol if rcond is None else rcond, hermitian)[0]


class LeastSquares(NamedTuple):
    """Solutions, sums of squares that are left, ranks, and singular values; empty what was not
    computed."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


@explained
def lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> LeastSquares:
    """X with the smallest sum of squares of A X - B, and of all those the smallest X.

    Arguments:
        A: matrices (..., m, n).
        B: matrices (..., m, k), or a vector for each matrix (..., m).
        rcond: singular values up to this times the largest one count as 0.
        driver: "gels", "gelsy" (the default), "gelsd" or "gelss": which parts PyTorch computes.
            All are computed in one way here, by the pseudoinverse, whose gradient they have.

    Raises ShapeError unless A and B have as many rows, RangeError for another driver.

    >>> lstsq(Tensor([[1.0], [1.0]]), Tensor([[1.0], [3.0]])).solution
    tensor([[2.]])
    """
    name = "linalg.lstsq"
    driver = "gelsy" if driver is None else driver
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RangeError(f"{name}: expected driver gels, gelsy, gelsd or gelss, got {driver!r}")
    data = matrices(name, A)
    vectors = _are_vectors(name, A, B)
    b = B.unsqueeze(-1) if vectors else B
    matrices(name, b)
    if data.shape[-2] != b.shape[-2]:
        raise ShapeError(f"{name}: A of {A.shape} and B of {B.shape} have not as many rows")
    inverse, found = pseudoinverse(name, A, None, rcond)
    solution = inverse @ b
    empty, (rows, columns) = wrap(np.empty(0, data.dtype)), data.shape[-2:]
    residuals, rank, values = empty, wrap(np.empty(0, np.int64)), empty
    if driver != "gels":
        rank = noted("matrix_rank", (A,), wrap(found))
    if driver in ("gelsd", "gelss"):
        values = svdvals(A).detach()
    full = driver == "gels" or bool((rank.data == columns).all())
    if rows > columns and driver != "gelsy" and full:
        residuals = ((A @ solution - b) ** 2).sum(-2)
        residuals = residuals.squeeze(-1) if vectors else residuals
    solution = solution.squeeze(-1) if vectors else solution
    return LeastSquares(solution, residuals, rank, values)


@explained
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of A as a matrix, whose rows are the first `ind` axes and whose columns are the
    others; its axes are the columns' and then the rows'.

    Raises ShapeError unless there are as many rows as columns, RangeError unless `ind` is above 0.

    >>> tensorinv(Tensor.ones(1, 1), 1)
    tensor([[1.]])
    """
    name = "linalg.tensorinv"
    shape = data_of(name, A).shape
    if ind <= 0:
        raise RangeError(f"{name}: expected ind to be above 0, got {ind}")
    rows, columns = shape[:ind], shape[ind:]
    if prod(rows) != prod(columns):
        raise ShapeError(f"{name}: {rows} rows and {columns} columns of {shape} make no square")
    return inv(A.reshape(prod(rows), prod(columns))).reshape(*columns, *rows)


@explained
def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B; the axes `dims` of A are moved to its end first.

    Raises ShapeError unless the system is square.

    >>> tensorsolve(Tensor([[2.0]]), Tensor([4.0]))
    tensor([2.])
    """
    name = "linalg.tensorsolve"
    shape, whole = data_of(name, A).shape, data_of(name, B)
    if dims is not None:
        axes = normalize_axes(tuple(dims), len(shape), name)
        A = A.movedim(axes, tuple(range(len(shape) - len(axes), len(shape))))
    inner = A.shape[whole.ndim :]
    if prod(inner) != whole.size or prod(A.shape[: whole.ndim]) != whole.size:
        raise ShapeError(f"{name}: A of {A.shape} and B of {B.shape} make no square system")
    return solve(A.reshape(whole.size, whole.size), B.reshape(whole.size)).reshape(*inner)
