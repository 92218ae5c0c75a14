"""Sums of floats over axes: by BLAS where there are many, without losing digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import ones
from mytorch._kernels.products import matmul
from mytorch._recorders import recorders
from mytorch._shapes import Shape, kept_shape
from mytorch._silence import silenced

# The sum over axes, without the function `np.sum` that wraps it.
add_reduce: Callable[..., Array] = np.add.reduce

# Up to this many numbers NumPy's own sum takes less time than preparing another.
FEW = 2**12
# As many rows are added up one after the other; of more, sums of so many are added up in float64.
_ROWS = 64
_MANY_ROWS = 2 * _ROWS
# Numbers side by side BLAS adds up in many sums at once.
_COLUMNS = 1024
MOST_COLUMNS = 2 * _COLUMNS


def add_up(data: Array, axes: Shape | None, keepdims: bool = False) -> Array:
    """The sum of floats over axes, silent; in float64 where their own dtype would lose digits."""
    total: Array
    if data.size <= FEW or data.itemsize not in (2, 4, 8):
        wide = np.float64 if _loses_digits(data, axes) else None
        total = silenced().run(add_reduce, data, axes, wide, keepdims=keepdims)
        return total
    over = tuple(range(data.ndim)) if axes is None else tuple(sorted(axes))
    total = silenced().run(_sum_of_many, data, over)
    return total.reshape(_shape_after(data.shape, over, keepdims))


@lru_cache(maxsize=1024)
def _shape_after(shape: Shape, axes: Shape, keepdims: bool) -> Shape:
    kept = kept_shape(shape, axes)
    return kept if keepdims else tuple(n for axis, n in enumerate(shape) if axis not in axes)


def sum_rows(matrix: Array) -> Array:
    """The sum of a matrix's rows, by BLAS."""
    rows, dtype = len(matrix), matrix.dtype
    if rows > _MANY_ROWS or dtype.itemsize == 2:
        return add_up(matrix, (0,)).astype(dtype)
    row = ones(rows, dtype)
    # As in `dot`, without another call.
    return np.dot(row, matrix) if recorders else row.dot(matrix)  # type: ignore[no-any-return]


def _loses_digits(data: Array, axes: Shape | None) -> bool:
    """NumPy adds by pairs along the last axis alone, along others one after the other."""
    if data.itemsize != 4:
        return data.itemsize == 2
    if axes is None or (data.ndim - 1 in axes and data.flags.c_contiguous):
        return False
    rows: int = prod([data.shape[axis] for axis in axes])
    return rows > _MANY_ROWS


def _sum_of_many(data: Array, axes: Shape) -> Array:
    """The sum over axes in ascending order, in any shape of as many numbers in C order."""
    if not axes:
        return data
    if data.itemsize == 2:
        data = data.astype(np.float32)
    if not data.flags.c_contiguous:
        return _sum_of_scattered(data, axes)
    three, left, rest = _last_run(data.shape, axes)
    total = _sum_middle(data.reshape(three))
    return _sum_of_many(total.reshape(left), rest) if rest else total


@lru_cache(maxsize=1024)
def _last_run(shape: Shape, axes: Shape) -> tuple[Shape, Shape, Shape]:
    """Axes side by side are one: the shape in which the last of the axes, with those beside it, are
    the middle one of three; the shape that their sum leaves; and the axes that are left."""
    last = first = axes[-1]
    while first - 1 in axes:
        first -= 1
    before, length, after = shape[:first], shape[first : last + 1], shape[last + 1 :]
    three = prod(before), prod(length), prod(after)
    return three, (*before, three[2]), axes[: first - last - 1]


def _sum_of_scattered(data: Array, axes: Shape) -> Array:
    """`_sum_of_many` of an array that is not contiguous."""
    shape = kept_shape(data.shape, axes)
    # What is the same all along an axis, as the gradient of a sum, is there once.
    once = [axis for axis in range(data.ndim) if not data.strides[axis] and data.shape[axis] > 1]
    if once:
        times = prod([data.shape[axis] for axis in once if axis in axes])
        first = data[tuple([slice(1 if axis in once else None) for axis in range(data.ndim)])]
        total = _sum_of_many(first, axes).reshape(kept_shape(first.shape, axes))
        total = total * np.asarray(times, np.float64) if times > 1 else total
        return np.broadcast_to(total, shape)
    order = sorted(range(data.ndim), key=lambda axis: -data.strides[axis])
    moved = data.transpose(order)
    if not moved.flags.c_contiguous:
        return add_reduce(data, axes, _wide(data))
    over = tuple([place for place, axis in enumerate(order) if axis in axes])
    total = _sum_of_many(moved, over).reshape(kept_shape(moved.shape, over))
    back: Any = np.argsort(order).tolist()
    return total.transpose(back)


def _wide(data: Array) -> Any:
    return np.float64 if data.itemsize == 4 else None


@lru_cache(maxsize=1024)
def equal_parts(length: int) -> int:
    """Into how many equal parts of at most `MOST_COLUMNS`, and not few, columns are cut without a
    rest and so without a copy; 0 if that number is not found soon."""
    least = -(-length // MOST_COLUMNS)
    return next((n for n in range(least, min(4 * least, least + 64)) if length % n == 0), 0)


def _sum_middle(data: Array) -> Array:
    """The sum of contiguous data over the axis in the middle of three."""
    lead, length, tail = data.shape
    dtype = data.dtype
    if data.size <= FEW:
        return add_reduce(data, 1, _wide(data))
    if tail == 1:
        rows = data.reshape(lead, length)
        if length <= MOST_COLUMNS:
            sums: Array = rows.dot(ones(length, dtype))
            return sums
        if many := equal_parts(length):
            sums = rows.reshape(lead * many, -1).dot(ones(length // many, dtype))
            return add_reduce(sums.reshape(lead, many), 1, _wide(data))
        blocks, rest = divmod(length, _COLUMNS)
        cut = length - rest
        parts = rows[:, :cut].reshape(lead * blocks, _COLUMNS).dot(ones(_COLUMNS, dtype))
        total = add_reduce(parts.reshape(lead, blocks), 1, _wide(data))
        return total + rows[:, cut:].dot(ones(rest, dtype)) if rest else total
    if length <= _MANY_ROWS:
        return matmul(ones(length, dtype), data)
    blocks, rest = divmod(length, _ROWS)
    cut = length - rest
    parts = matmul(ones(_ROWS, dtype), data[:, :cut].reshape(lead, _ROWS, blocks * tail))
    total = add_reduce(parts.reshape(lead, blocks, tail), 1, _wide(data))
    return total + matmul(ones(rest, dtype), data[:, cut:]) if rest else total
