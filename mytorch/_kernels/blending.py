"""Rows of a matrix, weighed and added up, as those around a point."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import ones
from mytorch._kernels.elementwise import kernel

__all__ = ["blend_shares", "blended", "repeated"]


def repeated(weights: Array, count: int) -> Array:
    """The weights so many times in a new last axis: a product with them is faster than with a
    column that NumPy repeats."""
    return np.repeat(weights, count).reshape(*weights.shape, count)


@kernel
def blended(rows: Array, weights: Array, places: Array) -> Array:
    """The sum over k of rows[places[k]] * weights[k]; the place behind the last row stands for a
    row of zeros."""
    padded = _padded(rows)
    out: Any = None
    for weight, place in zip(weights, places, strict=True):
        part = padded.take(place, 0)
        part *= repeated(weight, rows.shape[1])
        out = part if out is None else np.add(out, part, out=out)
    return np.asarray(out)


@kernel
def blend_shares(rows: Array, gradient: Array, places: Array) -> Array:
    """The weights' gradients in `blended`, up to those of zeros."""
    padded = _padded(rows)
    out = np.empty(places.shape, rows.dtype)
    for place, share in zip(places, out, strict=True):
        part = padded.take(place, 0)
        part *= gradient
        np.matmul(part, ones(rows.shape[1], rows.dtype), out=share)
    return out


def _padded(rows: Array) -> Array:
    return np.concatenate([rows, np.zeros((1, rows.shape[1]), rows.dtype)])
