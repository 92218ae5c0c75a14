"""Systems and decompositions of stacks of matrices, by NumPy's LAPACK.

NumPy raises for a whole stack if one of its matrices is singular. Here the others are computed,
that one is NaN, and an array `info` says by a number above 0 what is wrong with it, as LAPACK's
own. Of what NumPy does not have, LU and triangular systems are computed in blocks, whose sums are
products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import matmul, product
from mytorch._silence import silent

# So many columns are a block of LU.
_BLOCK = 16
# Triangular systems of so many rows, and of up to so many columns, are LAPACK's as a whole, unless
# there are more than a few: it takes one after the other, where a product takes them all.
_LEAST, _MOST, _COLUMNS, _SYSTEMS = 6, 64, 128, 8


def _sparing(
    compute: Callable[..., Array], info: Callable[[Array], int], a: Array, *others: Array
) -> tuple[Array, Array]:
    """What is computed of a stack; where that fails, once more with other matrices in the place of
    those that `info` finds wrong by a number above 0, or of which nothing is known by -1."""
    infos = np.zeros(a.shape[:-2], np.int32)
    try:
        return compute(a, *others), infos
    except np.linalg.LinAlgError:
        a = a.copy()
    for place in np.ndindex(*infos.shape):
        infos[place] = info(a[place])
        if infos[place]:
            a[place] = np.eye(a.shape[-1])
    out = compute(a, *others)
    out[np.broadcast_to(infos != 0, out.shape[:-2])] = np.nan
    return out, np.maximum(infos, 0)


def _with_nan(out: Array, infos: Array, a: Array) -> tuple[Array, Array]:
    """What is computed of matrices, where one with NaN in it gives NaN: LAPACK may go past it."""
    if not isfinite(out.sum()):
        out[np.broadcast_to(np.isnan(a).any((-2, -1)), out.shape[:-2])] = np.nan
    return out, infos


def _zero_pivot(a: Array) -> int:
    """The number of the first diagonal element of U that is zero, from 1; -1 if there is NaN in a,
    in which LAPACK may find such a zero."""
    if np.isnan(a).any():
        return -1
    try:
        np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return int(lu(a, True)[2]) or len(a)
    return 0


@kernel
@silent
def inverse(a: Array) -> Any:
    """The inverse, and info."""
    return _with_nan(*_sparing(np.linalg.inv, _zero_pivot, a), a)


@kernel
@silent
def solve(a: Array, b: Array) -> Any:
    """x with a x = b, for matrices b, and info. The stacks are broadcast."""
    return _with_nan(*_sparing(np.linalg.solve, _zero_pivot, a, b), a)


@kernel
@silent
def cholesky(a: Array, upper: bool) -> Any:
    """The triangle L with L L^T = a, of a's lower triangle, or U = L^T of its upper one, and info:
    the order of the first leading minor that is not positive."""
    lower, infos = _sparing(np.linalg.cholesky, _bad_minor, a.swapaxes(-2, -1) if upper else a)
    # LAPACK goes past a minor that is NaN.
    unknown = np.isnan(np.diagonal(lower, 0, -2, -1)) & (infos == 0)[..., None]
    if unknown.any():
        infos = np.where(unknown.any(-1), unknown.argmax(-1) + 1, infos).astype(np.int32)
        lower[infos > 0] = np.nan
    return (np.ascontiguousarray(lower.swapaxes(-2, -1)) if upper else lower), infos


def _bad_minor(a: Array) -> int:
    """The order of the first leading minor that is not positive, or 0."""
    unknown = np.isnan(np.tril(a)).any(1)
    good, bad = 0, int(unknown.argmax()) + 1 if unknown.any() else len(a) + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            np.linalg.cholesky(a[:middle, :middle])
            good = middle
        except np.linalg.LinAlgError:
            bad = middle
    return bad % (len(a) + 1)


@kernel
@silent
def eigh(a: Array, triangle: Any) -> Any:
    """The eigenvalues of symmetric matrices in ascending order, and the eigenvectors as columns."""
    return tuple(np.linalg.eigh(a, triangle))


@kernel
@silent
def eigenvalues(a: Array, triangle: Any) -> Array:
    """The eigenvalues alone."""
    return np.linalg.eigvalsh(a, triangle)


@kernel
@silent
def singular_values(a: Array) -> Array:
    """The singular values alone."""
    return np.linalg.svdvals(a)


@kernel
@silent
def svd(a: Array, full: bool) -> Any:
    """U, the singular values in descending order, and V^T."""
    return _svd(a, full)


def _svd(a: Array, full: bool = True) -> Any:
    """NumPy's, whose LAPACK finds no end in some matrices with an infinity."""
    if not isfinite(a.sum()) and not np.isfinite(a).all():
        raise np.linalg.LinAlgError("SVD did not converge")
    return tuple(np.linalg.svd(a, full))


@kernel
@silent
def pseudo_inverse(a: Array, atol: Any, rtol: Any, hermitian: bool) -> Any:
    """The pseudoinverse, with singular values up to the larger bound taken for 0, and how many are
    not."""
    if hermitian:
        values, left = np.linalg.eigh(a)
        right = left.swapaxes(-2, -1)
    else:
        left, values, right = _svd(a, False)
    sizes = np.abs(values)
    kept = sizes > bound(sizes, atol, rtol)
    scale = np.where(kept, 1 / values, 0).astype(a.dtype)
    inverse = product(right.swapaxes(-2, -1) * scale[..., None, :], left.swapaxes(-2, -1))
    return inverse, np.asarray(kept.sum(-1))


def bound(sizes: Array, atol: Any, rtol: Any) -> Array:
    """The largest size that counts as 0: atol, or rtol times the largest one."""
    largest = sizes.max(-1, initial=0)
    found: Array = np.maximum(atol, rtol * largest)
    return found[..., None]


@kernel
@silent
def qr(a: Array, mode: Any) -> Any:
    """Q and R."""
    return tuple(np.linalg.qr(a, mode))


@kernel
@silent
def determinant(a: Array) -> Array:
    """The determinant. LAPACK may find a matrix with NaN in it singular."""
    out = np.asarray(np.linalg.det(a))
    singular = out == 0
    if singular.any():
        out[singular & np.isnan(a).any((-2, -1))] = np.nan
    return out


@kernel
@silent
def log_determinant(a: Array) -> Any:
    """The sign of the determinant, and the logarithm of its absolute value: 0 and NaN for a matrix
    with NaN in it, which LAPACK may find singular."""
    sign, value = (np.asarray(part) for part in np.linalg.slogdet(a))
    if not np.isfinite(value).all():
        unknown = np.isnan(a).any((-2, -1)) | np.isnan(value)
        sign[unknown], value[unknown] = 0, np.nan
    return sign, value


@kernel
@silent
def cofactors(a: Array) -> Array:
    """The determinant's derivative: det(a) a^-T, or near a singular matrix by singular values,
    without the division by what may be 0."""
    wide = a.astype(np.float64, copy=False)
    turned = inverse(wide)[0]
    norms = np.abs(wide).sum(-1).max(-1, initial=0) * np.abs(turned).sum(-1).max(-1, initial=0)
    out: Array = np.linalg.det(wide)[..., None, None] * turned.swapaxes(-2, -1)
    out = out.astype(a.dtype)
    singular = ~(norms * _small(wide) < 1)
    if singular.any():
        out[singular] = _cofactors_of_singular(a[singular])
    return out


def _cofactors_of_singular(a: Array) -> Array:
    try:
        u, values, v = _svd(a)
    except np.linalg.LinAlgError:
        return np.full(a.shape, np.nan, a.dtype)
    others = _signs(u, v)[..., None] * _products_of_others(values) if a.shape[-1] else values
    return product(u * others[..., None, :], v)


def _products_of_others(values: Array) -> Array:
    """For each of one or more numbers along the last axis the product of the others, without a
    division."""
    ends = np.ones((*values.shape[:-1], 1), values.dtype)
    before = np.cumprod(np.concatenate([ends, values[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ends, values[..., :0:-1]], -1), -1)[..., ::-1]
    found: Array = before * after
    return found


def _signs(u: Array, v: Array) -> Array:
    """The determinants of orthogonal matrices' products, 1 or -1."""
    found: Array = np.rint(np.linalg.det(u) * np.linalg.det(v)).astype(u.dtype)
    return found


@kernel
@silent
def cofactors_slope(a: Array, gradient: Array) -> Array:
    """The adjoint of the derivative of `cofactors`, exact for a singular matrix, too: by products
    of all singular values but two."""
    try:
        u, values, v = _svd(a)
    except np.linalg.LinAlgError:
        return np.full(a.shape, np.nan, a.dtype)
    size = a.shape[-1]
    one = np.eye(size, dtype=bool)
    rows = np.where(one, 1, values[..., None, :])
    others = np.where(one, 0, _products_of_others(rows)).astype(a.dtype)
    turned = product(product(u.swapaxes(-2, -1), gradient), v.swapaxes(-2, -1))
    inner = -others * turned.swapaxes(-2, -1)
    inner[..., one] = (others * np.diagonal(turned, 0, -2, -1)[..., None, :]).sum(-1)
    return product(_signs(u, v)[..., None, None] * product(u, inner), v)


def _small(a: Array) -> float:
    """How near a singular matrix, of norm 1, one counts as such: what a second derivative of its
    determinant loses by a nudge of so much is as much as it loses by rounding otherwise."""
    return float(np.cbrt(np.finfo(a.dtype).eps))


@kernel
@silent
def nudge(a: Array) -> Array:
    """What is to be added to a matrix for it to be far enough from a singular one: 0 for most."""
    try:
        u, values, v = _svd(a)
    except np.linalg.LinAlgError:
        return np.zeros_like(a)
    largest = values[..., :1]
    floor = np.where(largest > 0, largest, 1) * _small(a)
    return product(u * np.maximum(floor - values, 0)[..., None, :].astype(a.dtype), v)


@kernel
@silent
def halvings(a: Array, bound: float) -> Array:
    """How often each matrix is to be halved for its norm not to be above the bound."""
    norms = np.abs(a).sum(-2).max(-1, initial=0)[..., None, None]
    ratios = np.where(norms < inf, np.maximum(norms / bound, 1), 1)
    counts: Array = np.ceil(np.log2(ratios.astype(np.float64)))
    return counts


@kernel
@silent
def solve_triangular(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    """x with a x = b, where only one triangle of a is read; with `unit` its diagonal is 1."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*batch, *b.shape[-2:])), order="C")
    _substitute(a, x, upper, unit)
    return x


def _substitute(a: Array, x: Array, upper: bool, unit: bool) -> None:
    """Solves in x's place, by halves: each is known to the other by a product of matrices."""
    size = a.shape[-1]
    if size <= 1:
        if size and not unit:
            x /= a
        return
    columns = x.shape[-1]
    few = columns <= _COLUMNS and x.size <= _SYSTEMS * size * columns
    if few and _LEAST <= size <= _MOST and x.dtype.char in "fd" and _by_lapack(a, x, upper, unit):
        return
    first, last = slice(size // 2), slice(size // 2, None)
    if upper:
        first, last = last, first
    _substitute(a[..., first, first], x[..., first, :], upper, unit)
    factor, known = a[..., last, first], x[..., first, :]
    # One column times one row needs no product of matrices.
    x[..., last, :] -= factor * known if factor.shape[-1] == 1 else matmul(factor, known)
    _substitute(a[..., last, last], x[..., last, :], upper, unit)


def _by_lapack(a: Array, x: Array, upper: bool, unit: bool) -> bool:
    """Solves in x's place by LAPACK, which of an upper triangle finds that it is one, if all is
    finite: in what it computes besides, zeros meet all numbers."""
    if not upper:  # turned round it is one
        a, x = a[..., ::-1, ::-1], x[..., ::-1, :]
    a = np.triu(a)
    if unit:
        a[..., range(a.shape[-1]), range(a.shape[-1])] = 1
    elif not np.diagonal(a, 0, -2, -1).all():
        return False
    if not isfinite(a.sum()) or not isfinite(x.sum()):
        return False
    x[...] = np.linalg.solve(a, x)
    return True


@kernel
@silent
def lu(a: Array, pivot: bool) -> Any:
    """L below its diagonal of ones and U above, in one matrix; which row each row was swapped
    with, from 1; and info: the first zero on U's diagonal, from 1."""
    *batch, rows, columns = a.shape
    out = np.array(a, order="C")
    stack = out.reshape(int(np.prod(batch)), rows, columns)
    size = min(rows, columns)
    swaps = np.empty((len(stack), size), np.int32)
    each = np.arange(len(stack))
    for start in range(0, size, _BLOCK):
        end = min(start + _BLOCK, size)
        for place in range(start, end):
            swaps[:, place] = place + 1
            if pivot:
                best = np.abs(stack[:, place:, place]).argmax(1)
                best += place
                found = stack[each, best]
                stack[each, best] = stack[:, place]
                stack[:, place] = found
                swaps[:, place] = best + 1
            row, below = stack[:, place, place:end], stack[:, place + 1 :, place]
            divisor = row[:, :1]
            below /= divisor if divisor.all() else np.where(divisor == 0, 1, divisor)
            rest = stack[:, place + 1 :, place + 1 : end]
            rest -= below[..., None] * row[:, None, 1:]
        if end < columns:
            block, right = stack[:, start:end, start:end], stack[:, start:end, end:]
            _substitute(block, right, False, True)
            stack[:, end:, end:] -= product(stack[:, end:, start:end], right)
    zeros = np.diagonal(stack, 0, 1, 2) == 0
    info = np.where(zeros.any(1), zeros.argmax(1) + 1, 0) if size else np.zeros(len(stack))
    return out, swaps.reshape(*batch, size), info.astype(np.int32).reshape(batch)


@kernel
def order_of(swaps: Array, rows: int) -> Array:
    """Which row each row of L U is, after the swaps that `lu` says."""
    *batch, count = swaps.shape
    best = swaps.reshape(int(np.prod(batch)), count).astype(np.int64) - 1
    each = np.arange(len(best))
    order = np.tile(np.arange(rows), (len(best), 1))
    for place in range(count):
        moved = order[:, place].copy()
        order[:, place] = order[each, best[:, place]]
        order[each, best[:, place]] = moved
    return order.reshape(*batch, rows)
