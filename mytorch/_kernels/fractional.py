"""Windows whose steps along an axis are drawn, and the largest number in each."""

from __future__ import annotations

from math import prod

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.windows import largest
from mytorch._shapes import Shape

__all__ = ["fractional_places"]


@kernel
def fractional_places(data: Array, samples: Array, kernels: Shape, after: Shape) -> Array:
    """Where in the plane (N, C, ...) the largest number of each window is, flat; of equal ones the
    first, of NaNs the last. `samples` (N, C, axes) are the draws from 0 to 1, one a plane and
    axis."""
    before, axes = data.shape[2:], len(kernels)
    flat = np.zeros((1,) * (2 + 2 * axes), np.intp)
    for axis, (size, width, count) in enumerate(zip(before, kernels, after, strict=True)):
        starts = _beginnings(samples[..., axis], size - width, count)
        shape = [*starts.shape[:2], *(1,) * (2 * axes)]
        shape[2 + axis], shape[2 + axes + axis] = count, width
        flat = flat * size + (starts[..., None] + np.arange(width)).reshape(shape)
    flat = flat.reshape(*data.shape[:2], prod(after), prod(kernels))
    planes = data.reshape(*data.shape[:2], prod(before))
    rows = flat.reshape(*planes.shape[:2], prod(flat.shape[2:]))
    best = largest(np.take_along_axis(planes, rows, 2).reshape(flat.shape))
    at: Array = np.take_along_axis(flat, best[..., None], 3)
    return at.reshape(*data.shape[:2], *after)


def _beginnings(samples: Array, room: int, count: int) -> Array:
    """Where the windows begin: the first at 0, the last at `room`."""
    step = samples.dtype.type(room) / samples.dtype.type(max(count - 1, 1))
    places = np.arange(count, dtype=samples.dtype)
    starts: Array = ((places + samples[..., None]) * step).astype(np.intp)
    starts -= (samples * step).astype(np.intp)[..., None]
    starts[..., -1:] = room
    return starts
