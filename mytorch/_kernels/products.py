"""Matrix products of arrays, by BLAS however they lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy import ndarray

from mytorch._dtypes import Array, promote
from mytorch._recorders import recorders

# NumPy's stubs leave its type open.
matmul: Callable[..., Array] = np.matmul

# Those that BLAS knows.
_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
# Fewer multiplications than this take less time than finding the best way to do them.
_FEW = 2**12
# `np.dot` of matrices is no slower than another way up to this product of their sizes.
_SMALL = 2**16
# Whole numbers below it are exact in float64.
_EXACT = 2**53


def dot(x: Array, y: Array) -> Array:
    """`np.dot(x, y)`. That would first ask both for another `np.dot` of their own, as the arrays
    have that `compile` records."""
    result: Array = np.dot(x, y) if recorders else x.dot(y)
    return result


def product(x: Array, y: Array) -> Array:
    """`np.matmul(x, y)` for numbers.

    NumPy leaves BLAS for many layouts of stacked matrices, in `np.dot` for all of them. BLAS knows
    neither float16, which is multiplied in float32 and rounded once, nor integers, which are
    multiplied in float64 where that is exact. Raises ValueError for shapes that do not fit.
    """
    # What an array is asked takes a good part of the time of a small product.
    dtype = x.dtype
    if dtype is y.dtype and (dtype is _SINGLE or dtype is _DOUBLE):
        if (
            x.ndim == 2 == y.ndim and (x.size * y.size <= _SMALL or len(x) > 1 < len(y) < y.size)
        ) or _by_dot(x, y):
            # As in `dot`, without another call.
            return np.dot(x, y) if recorders else x.dot(y)  # type: ignore[no-any-return]
        return _stacked(x, y)
    if dtype != y.dtype:
        return product(*promote(x, y))
    if dtype.kind != "f":
        return _of_integers(x, y)
    if dtype.itemsize == 2:
        return product(x.astype(np.float32), y.astype(np.float32)).astype(dtype)
    if dtype.char in "fd" and dtype.isnative:
        # A dtype that was pickled is equal, and yet another object.
        return product(x.view(dtype.char), y.view(dtype.char))
    return matmul(x, y)


def product_for(rows: Array, matrix: Array) -> Callable[[Array, Array], Array]:
    """How a linear layer multiplies, forward and backward, with rows and a matrix of one dtype:
    by `dot` where `product` would choose that for each of its three products; else by `product`,
    which asks the arrays each time."""
    dtype = rows.dtype
    if rows.ndim == 2 and (dtype is _SINGLE or dtype is _DOUBLE):
        count, (outs, ins) = len(rows), matrix.shape
        few = count == 1 and outs * ins * (outs + ins) <= _SMALL
        if few or (count > 1 < ins and outs > 1):
            return dot
    return product


def _by_dot(x: Array, y: Array) -> bool:
    """Whether `dot` takes vectors, and matrices of one row or column, to BLAS as they lie: it would
    copy the rows of a larger matrix before it takes a vector times them."""
    if not (x.ndim in (1, 2) and y.ndim in (1, 2)):
        return False
    matrix = x if x.size > y.size else y
    return x.size * y.size <= _SMALL or (len(y) > 1 and matrix.flags.forc)


def _of_integers(x: Array, y: Array) -> Array:
    if 0 in (x.ndim, y.ndim) or x.size * y.shape[-1] <= _FEW:
        return matmul(x, y)
    wide = x.astype(np.float64), y.astype(np.float64)
    terms = x.shape[-1]
    if x.itemsize <= 2:
        exact = terms * 2 ** (16 * x.itemsize) <= _EXACT
    else:
        # Values are not read where they are recorded: another run may have larger ones.
        exact = type(x) is type(y) is ndarray and bool(
            np.abs(wide[0]).max(initial=0) * np.abs(wide[1]).max(initial=0) * terms <= _EXACT
        )
    # By int64 what the dtype cannot hold wraps around.
    return product(*wide).astype(np.int64).astype(x.dtype) if exact else matmul(x, y)


def _stacked(x: Array, y: Array) -> Array:
    """The products of floats in the last two axes, the others broadcast."""
    if x.ndim > 1 and y.ndim > 1 and x.size * y.shape[-1] <= _FEW >= y.size * x.shape[-2]:
        return matmul(x, y)
    if x.ndim == 1 and y.ndim:
        row: Array = _stacked(x.reshape(1, -1), y)[..., 0, :] if y.ndim > 1 else x.dot(y)
        return row
    if y.ndim == 1 and x.ndim:
        column: Array = _stacked(x, y.reshape(-1, 1))[..., 0]
        return column
    if not x.ndim or not y.ndim or x.shape[-1] != y.shape[-2]:
        return matmul(x, y)  # which refuses them
    if x.shape[-1] == 1:
        return _outer(x, y)
    if y.ndim == 2 and x.ndim > 2:
        return _rows_times(x, y)
    ndim = max(x.ndim, y.ndim)
    in_x, in_y = x.shape[:-2], y.shape[:-2]
    batch = in_x if in_x == in_y else np.broadcast_shapes(in_x, in_y)
    out = _distinct(_unrepeated(x, ndim), _unrepeated(y, ndim))
    if out.shape[:-2] != batch:
        out = np.broadcast_to(out, (*batch, *out.shape[-2:])).copy()
    return out


def _outer(x: Array, y: Array) -> Array:
    """The products of columns and rows. With zeros beside them they are products of matrices: for
    a single column NumPy calls no BLAS, and a product with broadcasting is slower."""
    columns = np.zeros((*x.shape[:-1], 2), x.dtype, like=x)
    rows = np.zeros((*y.shape[:-2], 2, y.shape[-1]), y.dtype, like=y)
    columns[..., :1], rows[..., :1, :] = x, y
    return _stacked(columns, rows)


def _rows_times(x: Array, matrix: Array) -> Array:
    """The product of a stack with one matrix: its rows below each other."""
    rows = product(x.reshape(prod(x.shape[:-1]), x.shape[-1]), matrix)
    return rows.reshape(*x.shape[:-1], matrix.shape[-1])


def _unrepeated(a: Array, ndim: int) -> Array:
    """The stack with as many axes, of size 1 where the same matrices are repeated."""
    if a.ndim < ndim:
        a = a.reshape((*(1,) * (ndim - a.ndim), *a.shape))
    if 0 in a.strides[:-2] and a.size:
        a = a[tuple([slice(None if stride else 1) for stride in a.strides[:-2]])]
    return a


def _distinct(x: Array, y: Array) -> Array:
    """The products of stacks of as many axes."""
    ndim = x.ndim - 2
    again = [axis for axis in range(ndim) if x.shape[axis] > 1 == y.shape[axis]]
    if ndim and y.size == y.shape[-2] * y.shape[-1]:
        return _rows_times(x, y.reshape(y.shape[-2:]))
    if again and x.shape[-2] == 1:
        # Vectors and matrices: one product for all vectors that meet the same matrix.
        order = [*(axis for axis in range(ndim) if axis not in again), *again, ndim, ndim + 1]
        rows, matrices = x.transpose(order), y.transpose(order)
        stay = ndim - len(again)
        out = _stacked(
            rows.reshape(*rows.shape[:stay], prod(rows.shape[stay:-1]), x.shape[-1]),
            matrices.reshape(*matrices.shape[:stay], *y.shape[-2:]),
        )
        back: Any = np.argsort(order).tolist()
        shape = (*out.shape[:stay], *rows.shape[stay:-1], y.shape[-1])
        whole: Array = out.reshape(shape).transpose(back)
        return whole
    if y.shape[-1] == 1 and any(y.shape[axis] > 1 == x.shape[axis] for axis in range(ndim)):
        swapped: Array = _distinct(y.swapaxes(-2, -1), x.swapaxes(-2, -1)).swapaxes(-2, -1)
        return swapped
    return matmul(_readable(x), _readable(y))


def _readable(a: Array) -> Array:
    """The stack, copied unless the rows or columns of its matrices are in one piece each and do
    not overlap: only so BLAS can read them where they lie."""
    (rows, columns), (down, right), size = a.shape[-2:], a.strides[-2:], a.itemsize
    if (right == size or columns == 1) and (down >= columns * size or rows == 1):
        fits = down % size == 0
    else:
        fits = (down == size or rows == 1) and right >= rows * size and right % size == 0
    return a if fits else a.copy()
