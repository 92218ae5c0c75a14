"""Passes over many images channel by channel, for so few at a time that they stay in the cache.

A mean that is near 0, beside the deviations from it, is taken off sums; another one off the numbers
themselves, which loses no digits and takes further passes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import ones
from mytorch._kernels.elementwise import WRITING, kernel
from mytorch._kernels.products import matmul
from mytorch._kernels.sums import add_up

__all__ = ["channel_moments", "channel_products", "scaled_channels", "without_moments"]

# Numbers of a block, and the longest rows whose products BLAS adds up without losing digits.
_BLOCK, _LONG = 2**16, 2**14
# Up to so many standard deviations from 0 a mean is near.
_NEAR = 3


def _blocks(data: Array) -> Iterator[slice]:
    count = max(1, _BLOCK * len(data) // data.size)
    return (slice(start, start + count) for start in range(0, len(data), count))


def _rows(data: Array) -> Array:
    """(N, C, ...) as (N, C, places)."""
    return data.reshape(*data.shape[:2], -1)


def _are_near(mean: Array, variance: Array) -> bool:
    return bool((mean * mean <= _NEAR**2 * variance).all())


def _sums(data: Array, other: Array) -> tuple[Array, Array]:
    """The sums of data, and of data * other, for each channel of two (N, C, places)."""
    row = ones(data.shape[2], data.dtype)
    total, products = np.zeros((2, data.shape[1]))
    for part in _blocks(data):
        some = data[part]
        total += matmul(some, row).sum(0, dtype=np.float64)
        products += np.vecdot(some, other[part]).sum(0, dtype=np.float64)
    return total, products


def _centred_products(data: Array, mean: Array, other: Array | None) -> Array:
    """The sum of (data - mean) * other; without another the sum of squares."""
    mean = mean.astype(data.dtype)[:, None]
    total = np.zeros(data.shape[1])
    for part in _blocks(data):
        centred = data[part] - mean
        factor = centred if other is None else other[part]
        if data.shape[2] > _LONG:
            total += add_up(centred * factor, (0, 2))
        else:
            total += np.vecdot(centred, factor).sum(0, dtype=np.float64)
    return total


@kernel
def channel_moments(data: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel of (N, C, ...)."""
    rows = _rows(data)
    count = len(rows) * rows.shape[2]
    if rows.shape[2] > _LONG:
        mean, variance = add_up(rows, (0, 2)) / count, None
    else:
        total, squares = _sums(rows, rows)
        mean = total / count
        variance = squares / count - mean * mean
    if variance is None or not _are_near(mean, variance):
        variance = _centred_products(rows, mean, None) / count
    return mean.astype(data.dtype), variance.astype(data.dtype)


@kernel
def channel_products(gradient: Array, data: Array, mean: Array, root: Array) -> tuple[Array, Array]:
    """The sums of gradient, and of gradient * (data - mean), for each channel of (N, C, ...), whose
    standard deviations are about root."""
    rows, gradients = _rows(data), _rows(gradient)
    if rows.shape[2] > _LONG or not _are_near(mean, root * root):
        total, products = add_up(gradients, (0, 2)), _centred_products(rows, mean, gradients)
    else:
        total, products = _sums(gradients, rows)
        products -= total * mean
    return total.astype(data.dtype), products.astype(data.dtype)


@kernel
def scaled_channels(data: Array, mean: Array, root: Array, scale: Array, shift: Array) -> Array:
    """(data - mean) * scale + shift for each channel of (N, C, ...), whose standard deviations are
    about root."""
    rows = _rows(data)
    out = np.empty_like(rows)
    near = _are_near(mean, root * root)
    if near:
        shift = shift - np.multiply(mean, scale, dtype=np.float64)
    mean, scale, shift = mean[:, None], scale[:, None], shift.astype(data.dtype)[:, None]
    for part in _blocks(data):
        target = out[part]
        if near:
            np.multiply(rows[part], scale, out=target)
        else:
            np.subtract(rows[part], mean, out=target)
            target *= scale
        target += shift
    return out.reshape(data.shape)


@kernel
def without_moments(
    gradient: Array,
    data: Array,
    mean: Array,
    root: Array,
    along: Array,
    across: Array,
    scale: Array,
    out: Array | None = None,
) -> Array:
    """(gradient - (data - mean) * along - across) * scale for each channel of (N, C, ...), whose
    standard deviations are about root; `out` may be the gradient."""
    rows, gradients = _rows(data), _rows(gradient)
    results = np.empty_like(rows) if out is None else _rows(out)
    near = _are_near(mean, root * root)
    along, across = (np.multiply(-v, scale, dtype=np.float64) for v in (along, across))
    if near:
        across -= along * mean
    along, across = (v.astype(data.dtype)[:, None] for v in (along, across))
    mean, scale = mean[:, None], scale[:, None]
    for part in _blocks(data):
        target, scaled = results[part], gradients[part] * scale
        if near:
            np.multiply(rows[part], along, out=target)
        else:
            np.subtract(rows[part], mean, out=target)
            target *= along
        target += across
        target += scaled
    return results.reshape(data.shape)


WRITING[without_moments] = 0
