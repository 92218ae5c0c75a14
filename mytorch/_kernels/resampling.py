"""The maps along an axis that make an image larger or smaller."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.links import Links, Turn

__all__ = ["cubic_weights", "resampled", "smoothed"]

# The slope of cubic convolution, as OpenCV and PyTorch have it; and where it is smoothed, as Pillow
# has it.
_A, _SMOOTH = -0.75, -0.5


def cubic_weights(t: Any) -> list[Any]:
    """The weights of the four places around one that lies `t` behind the second."""
    far, near = (1 + t, 2 - t), (t, 1 - t)
    outer = [((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A for x in far]
    inner = [((_A + 2) * x - (_A + 3)) * x * x + 1 for x in near]
    return [outer[0], *inner, outer[1]]


@lru_cache(maxsize=256)
def resampled(
    before: int, after: int, kind: str, align: bool, step: float | None, dtype: np.dtype[Any]
) -> Links:
    """The map of an axis to another size: `kind` is "nearest", "nearest-exact", "linear" or
    "cubic". With `align` the outer places meet, otherwise the outer ends; `step` is how far apart
    the new places are, None for what the sizes say. Computed in a dtype, for PyTorch rounds so."""
    places = np.arange(after).astype(dtype)
    half = dtype.type(0.5)
    gap = _gap(before, after, align, step, dtype)
    everywhere = np.arange(after)
    if kind.startswith("nearest"):
        # In single precision whatever the dtype is.
        source = ((places + half if kind == "nearest-exact" else places) * gap).astype(np.float32)
        return Links(before, after, [Turn(everywhere, _inside(np.floor(source), before))])
    source = places * gap if align else (places + half) * gap - half
    if kind == "linear":
        source = np.maximum(source, dtype.type(0))
        low = _inside(np.floor(source), before)
        share = np.clip(source - low.astype(dtype), 0, 1)
        weights: list[Array] = [1 - share, share]
        sources = [low, _inside(low + 1, before)]
    else:
        low = np.floor(source).astype(np.intp)
        weights = cubic_weights(source - low.astype(dtype))
        sources = [_inside(low + k, before) for k in (-1, 0, 1, 2)]
    pairs = zip(sources, weights, strict=True)
    return Links(before, after, [Turn(everywhere, at, weight) for at, weight in pairs])


@lru_cache(maxsize=256)
def smoothed(
    before: int, after: int, kind: str, align: bool, step: float | None, dtype: np.dtype[Any]
) -> Links:
    """`resampled` for "linear" and "cubic" that leaves no place out: each new one is a mean of all
    that are nearer than the next ones, in their distance."""
    half = dtype.type(0.5)
    gap = _gap(before, after, align, step, dtype)
    spread = max(gap, dtype.type(1))
    reach = spread * dtype.type(1 if kind == "linear" else 2)
    center = (np.arange(after).astype(dtype) + half) * gap
    first = np.maximum((center - reach + half).astype(np.intp), 0)
    count = np.minimum((center + reach + half).astype(np.intp), before) - first
    nearby = np.arange(max(int(count.max()), 1))[:, None]
    far = np.abs((first + nearby).astype(dtype) - center + half) / spread
    if kind == "linear":
        weights = np.maximum(1 - far, 0)
    else:
        near = ((_SMOOTH + 2) * far - (_SMOOTH + 3)) * far * far + 1
        outer = ((_SMOOTH * far - 5 * _SMOOTH) * far + 8 * _SMOOTH) * far - 4 * _SMOOTH
        weights = np.where(far < 1, near, np.where(far < 2, outer, 0))
    weights = np.where(nearby < count, weights, 0).astype(dtype)
    weights /= weights.sum(0)
    sources = _inside(first + nearby, before)
    turns = [Turn(np.arange(after), *pair) for pair in zip(sources, weights, strict=True)]
    return Links(before, after, turns)


def _gap(before: int, after: int, align: bool, step: float | None, dtype: np.dtype[Any]) -> Any:
    """How far apart the new places are."""
    if align:
        return dtype.type((before - 1) / (after - 1) if after > 1 else 0)
    return dtype.type(step) if step is not None else dtype.type(before) / dtype.type(after)


def _inside(places: Array, size: int) -> Array:
    inside: Array = np.clip(places.astype(np.intp), 0, size - 1)
    return inside
