"""Decompositions of the matrices in the last two axes.

A node has one output, and a decomposition two or three, which depend on each other in their
derivatives. So each part has a node of its own, that knows them all as arrays; its backward takes
them for functions of the matrix again, and can be differentiated as often as one likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._kernels import linalg as kernels
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, sparing
from mytorch.errors import DtypeError, LinAlgError, RangeError
from mytorch.grad_mode import is_recording
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.diagonals import diag_embed, tril, triu
from mytorch.ops.indexing import Found, places_of
from mytorch.ops.joining import cat
from mytorch.ops.systems import SINGULAR, check, matrices, require_fit, square, triangular
from mytorch.tensor import Tensor, wrap

__all__ = ["cholesky", "lu", "lu_solve", "lu_unpack", "pinverse", "qr", "svd"]


class Decomposition(Function):
    """One of the parts of a, which the caller has computed.

    A subclass says the gradient of a in `slope`, from that of one part and from all of them.
    """

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, parts: Sequence[Array], place: int) -> Tensor:
        ctx.save_for_backward(a)
        ctx.parts, ctx.place = parts, place
        # A copy: the caller may change what it gets.
        return wrap(parts[place].copy())

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        parts = parts_of(cls, ctx.saved(0), ctx.parts)
        return cls.slope(ctx.place, grad_output, *parts), None, None

    @classmethod
    def array_backward(cls, ctx: ContextManager, gradient: Array, wanted: Wanted) -> list[Any]:
        # The parts alone: a may have changed.
        ctx.require_unfreed()
        slope = cls.slope(ctx.place, wrap(gradient), *map(wrap, ctx.parts))
        return [slope._data, None, None]

    @staticmethod
    def slope(place: int, gradient: Tensor, *parts: Tensor) -> Tensor:
        """The gradient of a."""
        raise NotImplementedError


def parts_of(kind: type[Decomposition], a: Tensor, parts: Any) -> list[Tensor]:
    """The parts as Tensors."""
    return [kind.apply(a, parts, place) for place in range(len(parts))]


class Cholesky(Function):
    """The triangle L with L L^T = a, or U with U^T U = a, which the caller has computed.

    Its gradient is that of a symmetric matrix, of which only one triangle was read.
    """

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, value: Array, upper: bool) -> Tensor:
        out = wrap(value)
        ctx.upper = upper
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        lower = ctx.saved(0)
        if ctx.upper:
            lower, grad_output = lower.mT, grad_output.mT
        inner = lower.mT @ grad_output
        inner = tril(inner) + tril(inner, -1).mT
        # L^-T inner L^-1 / 2
        half = triangular("cholesky", lower.mT, inner, True)
        return triangular("cholesky", lower, half, False, left=False) / 2, None, None


class Eigh(Decomposition):
    """Eigenvalues and eigenvectors of symmetric matrices.

    The gradient of the vectors is undefined where two values are equal.
    """

    @staticmethod
    def slope(place: int, gradient: Tensor, *parts: Tensor) -> Tensor:
        values, vectors = parts
        inner = diag_embed(gradient) if place == 0 else _skew(vectors, gradient) / _gaps(values) / 2
        return vectors @ inner @ vectors.mT


class Svd(Decomposition):
    """U, the singular values and V^T; of U and V^T the gradient takes what belongs to a singular
    value, and is undefined where two are equal or one is 0."""

    @staticmethod
    def slope(place: int, gradient: Tensor, *parts: Tensor) -> Tensor:
        values = parts[1]
        size = values.shape[-1]
        left, right = parts[0][..., :size], parts[2][..., :size, :].mT
        if place == 1:
            return left * gradient[..., None, :] @ right.mT
        if place == 2:  # the same of the transposed matrix
            left, right, gradient = right, left, gradient.mT
        gradient = gradient[..., :size]
        inner = _skew(left, gradient) / _gaps(values * values) * values[..., None, :]
        slope = left @ inner @ right.mT
        if left.shape[-2] > size:
            rest = gradient / values[..., None, :]
            slope = slope + (rest - left @ (left.mT @ rest)) @ right.mT
        return slope if place == 0 else slope.mT


def _skew(vectors: Tensor, gradient: Tensor) -> Tensor:
    """What of a gradient turns orthonormal vectors, twice."""
    turn = vectors.mT @ gradient
    return turn - turn.mT


def _gaps(values: Tensor) -> Tensor:
    """values[j] - values[i], and 1 on the diagonal."""
    gaps = values[..., None, :] - values[..., None]
    return gaps + wrap(np.eye(values.shape[-1], dtype=values.dtype))


class QR(Decomposition):
    """Q and R of matrices that are not wider than high."""

    @staticmethod
    def slope(place: int, gradient: Tensor, *parts: Tensor) -> Tensor:
        q, r = parts
        if q.shape[-1] > r.shape[-1]:
            raise NotImplementedError(
                "qr: of a matrix with more rows than columns, what mode='complete' adds to Q has "
                "no derivative; use mode='reduced'"
            )
        inner = triu(-(q.mT @ gradient) if place == 0 else gradient @ r.mT)
        slope = q @ (inner + triu(inner, 1).mT)
        slope = gradient + slope if place == 0 else slope
        return triangular("qr", r.mT, slope, False, left=False)


class LU(Function):
    """L and U in one matrix, which the caller has computed; a has its rows in their order."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, packed: Array) -> Tensor:
        out = wrap(packed)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        lower, upper = triangles(ctx.saved(0))
        size = lower.shape[-1]
        grad_l, grad_u = tril(grad_output[..., :size], -1), triu(grad_output[..., :size, :])
        # Where a is no square, L has a block below one, or U one beside it.
        (l1, l2), (to_l1, to_l2) = (_above_below(x, size) for x in (lower, grad_l))
        (u1, u2), (to_u1, to_u2) = (_left_right(x, size) for x in (upper, grad_u))
        inner = tril(l1.mT @ to_l1 - to_u2 @ u2.mT, -1) + triu(to_u1 @ u1.mT - l2.mT @ to_l2)
        left = triangular("lu", u1.mT, cat([inner, to_l2], -2), False, left=False)
        inner, below = _above_below(left, size)
        above = triangular("lu", l1.mT, cat([inner, to_u2], -1), True, unit=True)
        return (cat([above, below], -2) if below.shape[-2] else above), None


def _above_below(a: Tensor, size: int) -> tuple[Tensor, Tensor]:
    return a[..., :size, :], a[..., size:, :]


def _left_right(a: Tensor, size: int) -> tuple[Tensor, Tensor]:
    return a[..., :size], a[..., size:]


def triangles(packed: Tensor) -> tuple[Tensor, Tensor]:
    """L and U, of which a decomposition holds both in one matrix."""
    rows, columns = packed.shape[-2:]
    size = min(rows, columns)
    lower = tril(packed[..., :size], -1) + wrap(np.eye(rows, size, dtype=packed.dtype))
    return lower, triu(packed[..., :size, :])


class PseudoInverse(Function):
    """a^+, which the caller has computed."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, value: Array) -> Tensor:
        out = wrap(value)
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        a, out = ctx.saved_tensors
        turned, back = out.mT, grad_output.mT
        left = back - a @ (out @ back)
        right = back - back @ out @ a
        slope = left @ out @ turned + turned @ out @ right - turned @ grad_output @ turned
        return slope, None


def factored(name: str, a: Tensor, upper: bool) -> tuple[Tensor, Array]:
    """The Cholesky decomposition, and which matrices have none."""
    value, info = kernels.cholesky(square(name, a), upper)
    return Cholesky.apply(a, value, upper), info


@numpy_names
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The triangle L with L L^T = A of each symmetric positive definite matrix A, or U with
    U^T U = A if `upper`. Only that triangle of A is read.

    Raises LinAlgError if a matrix is not positive definite.

    >>> cholesky(Tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    out, info = factored("cholesky", input, flag("cholesky", "upper", upper))
    check("cholesky", info, NOT_POSITIVE)
    return out


NOT_POSITIVE = "is not positive definite: its leading minor of order {0} is not positive"


class QRParts(NamedTuple):
    """Orthonormal columns Q and an upper triangle R."""

    Q: Tensor
    R: Tensor


def orthogonal(name: str, a: Tensor, mode: str) -> QRParts:
    """The QR decomposition."""
    data = matrices(name, a)
    if mode not in ("reduced", "complete", "r"):
        raise RangeError(f"{name}: expected mode 'reduced', 'complete' or 'r', got {mode!r}")
    rows, columns = data.shape[-2:]
    high = a if rows >= columns else a[..., :rows]
    parts = kernels.qr(high._data, "complete" if mode == "complete" else "reduced")
    q, r = parts_of(QR, high, parts)
    if rows < columns:
        r = cat([r, sparing(q.mT @ a[..., rows:], a)], -1)
    return QRParts(wrap(np.empty(0, data.dtype)) if mode == "r" else q, r)


@numpy_names
def qr(input: Tensor, some: bool = True) -> QRParts:
    """The QR decomposition of each matrix: `mytorch.linalg.qr`, with mode "reduced", or "complete"
    unless `some`.

    >>> qr(Tensor([[3.0], [4.0]])).R
    tensor([[-5.]])
    """
    return orthogonal("qr", input, "reduced" if some else "complete")


class SVDFactors(NamedTuple):
    """Left singular vectors as columns, singular values, and right singular vectors as columns."""

    U: Tensor
    S: Tensor
    V: Tensor


def singular(name: str, a: Tensor, full: bool = False) -> list[Tensor]:
    """U, the singular values and V^T."""
    data = matrices(name, a)
    try:
        return parts_of(Svd, a, kernels.svd(data, full))
    except np.linalg.LinAlgError as error:
        raise not_finite(name, error) from None


def singular_values(name: str, a: Tensor) -> Tensor:
    """The singular values, without the vectors where no gradient needs them."""
    if is_recording() and a.requires_grad:
        return singular(name, a)[1]
    try:
        return noted("svdvals", (a,), wrap(kernels.singular_values(matrices(name, a))))
    except np.linalg.LinAlgError as error:
        raise not_finite(name, error) from None


@numpy_names
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVDFactors:
    """The singular value decomposition of each matrix, input = U diag(S) V^T, with square U and V
    unless `some`; see `mytorch.linalg.svd`, which gives V^T. U and V are zeros without
    `compute_uv`.

    >>> svd(Tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    left, values, right = singular("svd", input, not some)
    if not compute_uv:
        left, right = (
            wrap(np.zeros((*input.shape[:-2], size, size), input.dtype))
            for size in input.shape[-2:]
        )
    return SVDFactors(left, values, right.mT)


@explained
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverse of each matrix, with singular values of at most `rcond` times the largest
    one taken for 0: see `mytorch.linalg.pinv`.

    >>> pinverse(Tensor([[2.0], [0.0]]))
    tensor([[0.5, 0. ]])
    """
    return pseudoinverse("pinverse", input, None, rcond)[0]


def pseudoinverse(
    name: str, a: Tensor, atol: Any, rtol: Any, hermitian: bool = False
) -> tuple[Tensor, Array]:
    """a^+, with singular values (eigenvalues if `hermitian`) up to a bound taken for 0, and how
    many are not."""
    data = (square if hermitian else matrices)(name, a)
    bounds = tolerances(data, atol, rtol)
    try:
        value, rank = kernels.pseudo_inverse(data, *bounds, hermitian)
    except np.linalg.LinAlgError as error:
        raise not_finite(name, error) from None
    return PseudoInverse.apply(a, value), rank


def tolerances(data: Array, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """The bounds, with PyTorch's defaults: of rounding, unless an absolute one is given."""
    if rtol is None:
        rounding = float(np.finfo(data.dtype).eps) * max(data.shape[-2:])
        given = atol is not None
        absolute = atol._data if isinstance(atol, Tensor) else atol
        rtol = np.where(absolute > 0, 0.0, rounding) if given else rounding
    atol = 0.0 if atol is None else atol
    first, last = (bound._data if isinstance(bound, Tensor) else bound for bound in (atol, rtol))
    return first, last


def not_finite(name: str, error: Exception) -> LinAlgError:
    """The error where LAPACK finds no end."""
    return LinAlgError(f"{name}: {error}; is there a NaN or infinity in a matrix?")


class LUParts(NamedTuple):
    """A permutation, a lower triangle with ones on its diagonal, and an upper triangle."""

    P: Tensor
    L: Tensor
    U: Tensor


def lu_of(name: str, a: Tensor, pivot: bool) -> tuple[Tensor, Tensor, Array]:
    """L and U in one matrix, which row each row was swapped with, from 1, and the first zero on
    U's diagonal."""
    packed, swaps, info = kernels.lu(matrices(name, a), pivot)
    out = LU.apply(_rows(a, kernels.order_of(swaps, a.shape[-2])), packed)
    return out, noted("lu", (a,), wrap(swaps)), info


def _rows(a: Tensor, order: Array) -> Tensor:
    """The rows of each matrix in another order; the stacks are broadcast."""
    batch = np.broadcast_shapes(order.shape[:-1], a.shape[:-2])
    whole = a.expand(*batch, *a.shape[-2:])
    lead, columns = whole.shape[:-1], whole.shape[-1]
    order = np.broadcast_to(order, lead)
    axis = len(batch)
    # A row is taken sooner than its numbers.
    out = Found.apply(whole.reshape(prod(lead), columns), places_of(order, lead, axis))
    index = np.broadcast_to(order[..., None], whole.shape)
    return noted("gather", (whole, axis, index), out)


@numpy_names
def lu(input: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """`mytorch.linalg.lu_factor` as a plain tuple, with a third part if `get_infos`: the first zero
    on U's diagonal, counted from 1, or 0.

    >>> lu(Tensor([[0.0, 1.0], [2.0, 3.0]]))[1].tolist()
    [2, 2]
    """
    packed, swaps, info = lu_of("lu", input, pivot)
    if not get_infos:
        check("lu", info, SINGULAR)
        return packed, swaps
    return packed, swaps, noted("lu", (input,), wrap(info))


@numpy_names
def lu_unpack(
    LU_data: Tensor,  # noqa: N803 (PyTorch's names)
    LU_pivots: Tensor,  # noqa: N803
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> LUParts:
    """P, L and U of what `lu_factor` gives: A = P L U. What is not unpacked is empty.

    >>> P, L, U = lu_unpack(*lu(Tensor([[0.0, 1.0], [2.0, 3.0]])))
    >>> P @ L @ U
    tensor([[0., 1.],
            [2., 3.]])
    """
    data = matrices("lu_unpack", LU_data)
    empty = wrap(np.empty(0, data.dtype))
    lower, upper = triangles(LU_data) if unpack_data else (empty, empty)
    if not unpack_pivots:
        return LUParts(empty, lower, upper)
    order = kernels.order_of(swaps_of("lu_unpack", LU_pivots), data.shape[-2])
    permutation = np.eye(data.shape[-2], dtype=data.dtype)[order].swapaxes(-2, -1)
    return LUParts(noted("lu_unpack", (LU_pivots,), wrap(permutation)), lower, upper)


def swaps_of(name: str, pivots: Tensor) -> Array:
    """The data of the pivots."""
    data = data_of(name, pivots)
    if data.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integers as pivots, got {data.dtype}")
    return data


def solve_by_lu(
    name: str, factors: Tensor, pivots: Tensor, b: Tensor, left: bool, adjoint: bool
) -> Tensor:
    """x with a x = b, for L and U of a in one matrix."""
    require_fit(name, factors, b, left)
    if not left:
        return solve_by_lu(name, factors, pivots, b.mT, True, not adjoint).mT
    order = kernels.order_of(swaps_of(name, pivots), b.shape[-2])
    if adjoint:
        half = triangular(name, factors.mT, b, False)
        rows = triangular(name, factors.mT, half, True, unit=True)
        return _rows(rows, np.argsort(order, -1))
    half = triangular(name, factors, _rows(b, order), False, unit=True)
    return triangular(name, factors, half, True)


@explained
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:  # noqa: N803
    """x with A x = input, for the factors and pivots of A.

    >>> lu_solve(Tensor([[1.0], [7.0]]), *lu(Tensor([[0.0, 1.0], [2.0, 3.0]])))
    tensor([[2.],
            [1.]])
    """
    return solve_by_lu("lu_solve", LU_data, LU_pivots, input, True, False)


def eigen(name: str, a: Tensor, triangle: str = "L") -> list[Tensor]:
    """The eigenvalues of symmetric matrices, and the eigenvectors."""
    data = _symmetric(name, a, triangle)
    try:
        return parts_of(Eigh, a, kernels.eigh(data, triangle))
    except np.linalg.LinAlgError as error:
        raise not_finite(name, error) from None


def eigenvalues(name: str, a: Tensor, triangle: str = "L") -> Tensor:
    """The eigenvalues, without the vectors where no gradient needs them."""
    if is_recording() and a.requires_grad:
        return eigen(name, a, triangle)[0]
    data = _symmetric(name, a, triangle)
    try:
        return noted("eigvalsh", (a,), wrap(kernels.eigenvalues(data, triangle)))
    except np.linalg.LinAlgError as error:
        raise not_finite(name, error) from None


def _symmetric(name: str, a: Tensor, triangle: str) -> Array:
    if triangle not in ("L", "U"):
        raise RangeError(f"{name}: expected UPLO to be 'L' or 'U', got {triangle!r}")
    return square(name, a)
