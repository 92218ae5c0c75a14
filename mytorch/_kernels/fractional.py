"""Windows whose steps along an axis are drawn, and the largest number in each."""

from __future__ import annotations

from math import prod

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.windows import largest_row
from mytorch._shapes import Shape

__all__ = ["fractional_places"]


@kernel
def fractional_places(data: Array, samples: Array, kernels: Shape, after: Shape) -> Array:
    """Where in the plane (N, C, ...) the largest number of each window is, flat; of equal ones the
    first, of NaNs the last. `samples` (N, C, axes) are the draws from 0 to 1, one a plane and
    axis."""
    before, planes = data.shape[2:], prod(data.shape[:2])
    # The first place of each window among all planes, and how far behind it the others are.
    first = np.arange(planes).reshape(*data.shape[:2], *(1,) * len(kernels))
    behind = np.zeros(1, np.intp)
    for axis, (size, width, count) in enumerate(zip(before, kernels, after, strict=True), 2):
        starts = _beginnings(samples[..., axis - 2], size - width, count)
        shape = [*starts.shape[:2], *(1,) * len(kernels)]
        shape[axis] = count
        first = first * size + starts.reshape(shape)
        behind = (behind[:, None] * size + np.arange(width)).reshape(-1)
    numbers = data.reshape(-1).take(first.reshape(-1) + behind[:, None])
    at: Array = first + behind.take(largest_row(numbers)).reshape(first.shape)
    at %= prod(before)
    return at


def _beginnings(samples: Array, room: int, count: int) -> Array:
    """Where the windows begin: the first at 0, the last at `room`."""
    step = samples.dtype.type(room) / samples.dtype.type(max(count - 1, 1))
    places = np.arange(count, dtype=samples.dtype)
    starts: Array = ((places + samples[..., None]) * step).astype(np.intp)
    starts -= (samples * step).astype(np.intp)[..., None]
    starts[..., -1:] = room
    return starts
