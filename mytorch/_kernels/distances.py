"""The lengths of the differences of rows, and their slopes, by products of matrices where there are
many: |a - b|^2 = |a|^2 + |b|^2 - 2 a b.

That loses the digits of rows that are near each other. Their differences themselves are taken. All
is in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import product
from mytorch._silence import silent

__all__ = ["lengths", "slopes"]

# Of fewer differences, each is taken.
_MANY = 2**15
# The bytes of what is made at a time.
_CACHE = 2**18
# Rows are near if the square of their distance is less than so much of the sum of their squares, by
# the bytes of what is asked for.
_NEAR = {2: 2.0**-20, 4: 2.0**-20, 8: 2.0**-4}


def _are_many(x: Array, y: Array) -> bool:
    return bool(x.shape[-1] > 1 and y.size and x.size * y.shape[-2] >= _MANY)


def _centred(x: Array, y: Array) -> tuple[Array, Array]:
    """Both in float64 about a common centre, where their squares are smaller."""
    wide = y.reshape(-1, y.shape[-1]).astype(np.float64)
    centre = np.nan_to_num(wide.mean(0), nan=0, posinf=0, neginf=0)
    return x - centre, y - centre


def _parts(x: Array, y: Array) -> list[slice]:
    """So many rows of x at a time that what is made of them stays in the processor's cache."""
    step = max(1, _CACHE // (8 * y.size // y.shape[-1]))
    return [slice(start, start + step) for start in range(0, x.shape[-2], step)]


def _differences(x: Array, y: Array, places: Any) -> Array:
    """The differences, in float64, of the pairs of rows at these places of (..., n, m)."""
    *batch, row, column = places
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    rows: Array = np.broadcast_to(x, (*lead, *x.shape[-2:]))[(*batch, row)].astype(np.float64)
    rows -= np.broadcast_to(y, (*lead, *y.shape[-2:]))[(*batch, column)]
    return rows


def _all_differences(x: Array, y: Array) -> Array:
    found: Array = np.subtract(x[..., :, None, :], y[..., None, :, :], dtype=np.float64)
    return found


@kernel
@silent
def lengths(x: Array, y: Array) -> Array:
    """(..., n, m), of rows (..., n, d) and (..., m, d)."""
    if not _are_many(x, y):
        rows = _all_differences(x, y)
        few: Array = np.sqrt(np.vecdot(rows, rows)).astype(x.dtype)
        return few
    a, b = _centred(x, y)
    turned = -2 * b.swapaxes(-2, -1)
    of_a, of_b = np.vecdot(a, a)[..., None], np.vecdot(b, b)[..., None, :]
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    out = np.empty((*lead, x.shape[-2], y.shape[-2]), x.dtype)
    for here in _parts(x, y):
        squares = of_a[..., here, :] + of_b
        found = product(a[..., here, :], turned)
        found += squares
        squares *= _NEAR[x.itemsize]
        # Not so for NaN, too.
        places = np.nonzero(~(found > squares))
        rows = _differences(x[..., here, :], y, places)
        found[places] = np.vecdot(rows, rows)
        np.sqrt(found, out[..., here, :], casting="same_kind")
    return out


@kernel
@silent
def slopes(x: Array, y: Array, lengths: Array, gradient: Array) -> tuple[Array, Array]:
    """Of all lengths (..., n, m), times their gradient, with respect to x and y, with the axes in
    front of those: 0 for rows that are equal."""
    zero = lengths == 0
    parts = np.where(zero, 0.0, gradient / np.where(zero, 1.0, lengths))
    if not _are_many(x, y):
        rows = _all_differences(x, y)
        rows *= parts[..., None]
        return rows.sum(-2), -rows.sum(-3)
    a, b = _centred(x, y)
    squares = np.vecdot(a, a)[..., None] + np.vecdot(b, b)[..., None, :]
    squares *= _NEAR[x.itemsize]
    near = ~(np.square(lengths, dtype=np.float64) > squares) & ~zero
    far = np.where(near, 0, parts)
    turned = far.swapaxes(-2, -1)
    grad_x = a * far.sum(-1)[..., None] - product(far, b)
    grad_y = b * turned.sum(-1)[..., None] - product(turned, a)
    *batch, row, column = places = np.nonzero(near)
    rows = _differences(x, y, places) * parts[places][:, None]
    np.add.at(grad_x, (*batch, row), rows)
    np.subtract.at(grad_y, (*batch, column), rows)
    return grad_x, grad_y
