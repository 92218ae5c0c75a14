"""Images made larger or smaller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._kernels.resampling import resampled, smoothed
from mytorch._shapes import is_list, whole
from mytorch.errors import DtypeError, ShapeError
from mytorch.nn.functional.average_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from mytorch.nn.functional.linked import Linked
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

# For each mode the numbers of axes that it is for, and its kind along each of them.
_MODES = {
    "nearest": ((1, 2, 3), "nearest"),
    "nearest-exact": ((1, 2, 3), "nearest-exact"),
    "linear": ((1,), "linear"),
    "bilinear": ((2,), "linear"),
    "trilinear": ((3,), "linear"),
    "bicubic": ((2,), "cubic"),
    "area": ((1, 2, 3), "area"),
}
_AREA: dict[int, Callable[[Tensor, Any], Tensor]] = {
    1: adaptive_avg_pool1d,
    2: adaptive_avg_pool2d,
    3: adaptive_avg_pool3d,
}


@numpy_names
def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input (N, C, ...), of one to three more axes, with these of another `size`, or
    `scale_factor` times as long (rounded down); both a number, or one for each axis.

    Arguments:
        mode: "nearest" (the place at or before each point) or "nearest-exact", for all; "linear",
            "bilinear", "trilinear" for one, two and three axes; "bicubic" for two; "area" takes
            means, as `adaptive_avg_pool1d`.
        align_corners: of linear and cubic modes, whether the outer places meet; otherwise the
            outer ends do.
        recompute_scale_factor: whether the points' distance follows from the sizes, which are
            whole numbers, instead of from the given factor.
        antialias: of "bilinear" and "bicubic", whether an image that becomes smaller is made of all
            its places, weighed by distance, as Pillow does it.

    Raises ShapeError or ValueError for options that do not fit, NotImplementedError for another
    mode or number of axes, DtypeError for numbers that are not floating (nearest modes take bytes).

    >>> interpolate(Tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    >>> interpolate(Tensor([[[1.0, 3.0]]]), 4, mode="linear")
    tensor([[[1. , 1.5, 2.5, 3. ]]])
    """
    shape = data_of("interpolate", input).shape
    axes = len(shape) - 2
    if axes < 1:
        raise ShapeError(f"interpolate: expected an input (N, C, ...), got shape {shape}")
    sizes, steps = _sizes(shape, size, scale_factor, bool(recompute_scale_factor))
    if mode not in _MODES or axes not in _MODES[mode][0]:
        raise NotImplementedError(
            f"interpolate: expected one of the modes {sorted(_MODES)} for its number of axes, got "
            f"{mode!r} for an input of shape {shape}"
        )
    smooth = flag("interpolate", "antialias", antialias)
    if smooth and mode not in ("bilinear", "bicubic"):
        raise ValueError(
            f"interpolate: antialias is for the modes bilinear and bicubic, got {mode!r}"
        )
    kind = _MODES[mode][1]
    if align_corners is not None and kind not in ("linear", "cubic"):
        raise ValueError(f"interpolate: align_corners has no meaning for mode {mode!r}")
    if 0 in shape[1:] or min(sizes) < 1:
        raise ShapeError(
            f"interpolate: expected an input with no size of 0 but the batch's and sizes of at "
            f"least 1, got shape {shape} and {sizes}"
        )
    dtype = input.dtype
    if dtype.kind != "f" and not (dtype == np.uint8 and kind.startswith("nearest")):
        raise DtypeError(
            f"interpolate: expected a floating dtype, got {dtype}; convert with x.to(float)"
        )
    if kind == "area":
        return _AREA[axes](input, sizes)
    computed = np.dtype(np.float64 if dtype.itemsize >= 8 else np.float32)
    map_of = smoothed if smooth else resampled
    maps = [
        (axis, map_of(before, after, kind, bool(align_corners), step, computed))
        for axis, (before, after, step) in enumerate(zip(shape[2:], sizes, steps, strict=True), 2)
    ]
    return Linked.apply(input, tuple(maps))


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate`, by its name of old, of which PyTorch warns.

    >>> upsample(Tensor([[[1.0, 2.0]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """`interpolate` by the nearest places, by its name of old, of which PyTorch warns.

    >>> upsample_nearest(Tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor)


def upsample_bilinear(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """`interpolate` of images along lines, the outer places meeting, by its name of old, of which
    PyTorch warns.

    >>> upsample_bilinear(Tensor([[[[1.0, 2.0]]]]), (1, 3))
    tensor([[[[1. , 1.5, 2. ]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", True)


def _sizes(
    shape: tuple[int, ...], size: Any, factor: Any, recomputed: bool
) -> tuple[tuple[int, ...], list[float | None]]:
    """The new sizes, and how far apart the points are where a factor tells."""
    axes = len(shape) - 2
    if (size is None) is (factor is None):
        raise ValueError("interpolate: expected either size or scale_factor")
    given = factor if size is None else size
    values = list(given) if is_list(given) else [given] * axes
    if len(values) != axes:
        raise ValueError(
            f"interpolate: expected one number, or one for each of {axes} axes, got {given!r}"
        )
    if size is not None:
        if recomputed:
            raise ValueError("interpolate: recompute_scale_factor needs a scale_factor, not a size")
        return tuple([whole(value, "interpolate: size") for value in values]), [None] * axes
    sizes = tuple([floor(n * float(value)) for n, value in zip(shape[2:], values, strict=True)])
    if recomputed:
        return sizes, [None] * axes
    return sizes, [1 / float(value) if value > 0 else None for value in values]
