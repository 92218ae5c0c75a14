"""Passes over many images channel by channel, for so few at a time that they stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.sums import add_up

__all__ = ["channel_products", "scaled_channels", "without_moments"]

# Numbers of a block, and the longest rows whose products BLAS adds up without losing digits.
_BLOCK, _LONG = 2**16, 2**14


def _blocks(data: Array) -> Iterator[slice]:
    count = max(1, _BLOCK * len(data) // data.size)
    return (slice(start, start + count) for start in range(0, len(data), count))


def _rows(data: Array) -> Array:
    """(N, C, ...) as (N, C, places)."""
    return data.reshape(*data.shape[:2], -1)


@kernel
def channel_products(data: Array, mean: Array, other: Array | None) -> Array:
    """The sum of (data - mean) * other for each channel of (N, C, ...); without another the sum of
    squares."""
    rows, mean = _rows(data), mean[:, None]
    others = None if other is None else _rows(other)
    total = np.zeros(data.shape[1])
    for part in _blocks(data):
        centred = rows[part] - mean
        factor = centred if others is None else others[part]
        if rows.shape[2] > _LONG:
            total += add_up(centred * factor, (0, 2))
        else:
            total += np.vecdot(centred, factor).sum(0, dtype=np.float64)
    return total.astype(data.dtype)


@kernel
def scaled_channels(data: Array, mean: Array, scale: Array, shift: Array) -> Array:
    """(data - mean) * scale + shift for each channel of (N, C, ...)."""
    rows = _rows(data)
    out = np.empty_like(rows)
    mean, scale, shift = mean[:, None], scale[:, None], shift[:, None]
    for part in _blocks(data):
        target = out[part]
        np.subtract(rows[part], mean, out=target)
        target *= scale
        target += shift
    return out.reshape(data.shape)


@kernel
def without_moments(
    gradient: Array, data: Array, mean: Array, along: Array, across: Array, scale: Array
) -> Array:
    """(gradient - (data - mean) * along - across) * scale for each channel of (N, C, ...)."""
    rows, gradients = _rows(data), _rows(gradient)
    out = np.empty_like(rows)
    mean, along, across, scale = (v[:, None] for v in (mean, along, across, scale))
    for part in _blocks(data):
        target = out[part]
        np.subtract(rows[part], mean, out=target)
        target *= along
        target += across
        np.subtract(gradients[part], target, out=target)
        target *= scale
    return out.reshape(data.shape)
