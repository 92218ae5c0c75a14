"""Images looked up at points between their places, and grids of such points."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.blending import blend_shares, blended, repeated
from mytorch._kernels.elementwise import kept_where
from mytorch._kernels.resampling import cubic_weights
from mytorch._shapes import whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import ShapeError
from mytorch.observe import noted
from mytorch.ops import matmul, stack, where
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import require_floating
from mytorch.ops.indexing import Index, Unindex, unindexed
from mytorch.tensor import Tensor, wrap

__all__ = ["affine_grid", "grid_sample"]

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


class Bent(Function):
    """`values`, which the caller has computed of a, and their slopes, which are constants."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, values: Array, slopes: Array) -> Tensor:
        ctx.slopes = slopes
        return wrap(values)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return grad_output * wrap(ctx.slopes), None, None


class Blend(Function):
    """The sum over k of rows[places[k]] * weights[k]. The place behind the last row stands for a
    row of zeros, which gives and takes no gradient."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, rows: Tensor, weights: Tensor, places: Array) -> Tensor:
        ctx.save_for_backward(rows, weights)
        ctx.places = places
        return wrap(silenced().run(blended, rows._data, weights._data, places))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        rows, weights = ctx.saved_tensors
        within = ctx.places < len(rows)
        inside = np.where(within, ctx.places, 0)
        part = where(within[..., None], grad_output * weights.unsqueeze(-1), 0.0)
        shares = (Index.apply(rows, inside) * grad_output).sum(-1)
        return Unindex.apply(part, inside, rows.shape), where(within, shares, 0.0), None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None, None]:
        rows, weights, places = ctx.saved_array(0), ctx.saved_array(1), ctx.places
        count, channels = rows.shape
        to_rows = to_weights = None
        if wanted[0] is not None:
            parts = repeated(weights, channels)
            parts *= gradient
            to_rows = unindexed(parts, places, (count + 1, channels))[:count]
        if wanted[1] is not None:
            shares = blend_shares(rows, gradient, places)
            to_weights = kept_where(places < count, shares)
        return to_rows, to_weights, None


@numpy_names
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input (N, C, H, W) at the points of a grid (N, h, w, 2): (N, C, h, w); of an input
    (N, C, D, H, W) and a grid (N, d, h, w, 3) likewise.

    A point names the place along W first, then H (and D), -1 and 1 being the two ends: those of
    the outer places, or with `align_corners` their middles.

    Arguments:
        mode: "bilinear" between the places around a point, "nearest", or "bicubic" (for four axes).
            As in PyTorch, bicubic is NaN at a point that is NaN, and bilinear with "zeros" at one
            that is NaN or infinite, too; in a volume that is beyond the ends.
        padding_mode: what is beyond the ends: "zeros", the "border" place, or the "reflection".

    Raises ShapeError for shapes that do not fit, ValueError for another mode, DtypeError unless
    both are floating.

    >>> image = Tensor([[[[1.0, 3.0]]]])
    >>> grid_sample(image, Tensor([[[[-0.5, 0.0], [0.0, 0.0], [0.5, 0.0]]]]), align_corners=False)
    tensor([[[[1., 2., 3.]]]])
    """
    data, points = (require_floating("grid_sample", x) for x in (input, grid))
    axes = data.ndim - 2
    if mode not in _MODES or padding_mode not in _PADDINGS:
        raise ValueError(
            f"grid_sample: expected a mode of {_MODES} and a padding_mode of {_PADDINGS}, got "
            f"{mode!r} and {padding_mode!r}"
        )
    if (
        axes not in (2, 3)
        or points.ndim != data.ndim
        or points.shape[-1] != axes
        or points.shape[0] != data.shape[0]
        or 0 in data.shape[2:]
        or data.dtype is not points.dtype
        or (mode == "bicubic" and axes == 3)
    ):
        raise ShapeError(
            "grid_sample: expected an input (N, C, H, W) and a grid (N, h, w, 2) of the same "
            "dtype, or (N, C, D, H, W) and (N, d, h, w, 3) but for bicubic, got shapes "
            f"{data.shape} and {points.shape} of {data.dtype} and {points.dtype}"
        )
    align = bool(align_corners)
    count, channels, *sizes = data.shape
    shape = points.shape[1:-1]
    rows = input.reshape(count, channels, prod(sizes)).permute(0, 2, 1).reshape(-1, channels)
    along = grid.reshape(-1, axes)
    # For each corner around the points its place, whether that is within the ends, its weight.
    corners: list[Any] = [(np.arange(count).repeat(prod(shape)), None, None)]
    for axis, size in enumerate(sizes):
        place = along[:, axes - 1 - axis]
        middle = (place + 1) * ((size - 1) / 2) if align else ((place + 1) * size - 1) / 2
        bend = (padding_mode, size, align, axes == 3)
        if mode != "bicubic":
            middle = _bent(middle, *bend)
        taps = _taps(middle, mode, bend)
        corners = [
            (flat * size + at, inside & within, share * weight)
            if axis
            else (flat * size + at, inside, share)
            for flat, within, weight in corners
            for at, inside, share in taps
        ]
    places = [np.where(within, flat, rows.shape[0]) for flat, within, _ in corners]
    weights = [where(within, weight, 0.0) if axes == 3 else weight for _, within, weight in corners]
    out = Blend.apply(rows, stack(weights), np.stack(places))
    out = out.reshape(count, prod(shape), channels).permute(0, 2, 1)
    result: Tensor = out.reshape(count, channels, *shape)
    return noted("GridSample", (input, grid, mode, padding_mode, align), result)


def _taps(
    middle: Tensor, mode: str, bend: tuple[str, int, bool, bool]
) -> list[tuple[Array, Array, Tensor]]:
    """The places around points along an axis, whether they are within the ends, and their
    shares."""
    size = bend[1]
    numbers = middle.data
    if mode == "nearest":
        taps = [(np.rint(numbers), wrap(np.ones_like(numbers)))]
    else:
        low = np.floor(numbers)
        share = middle - wrap(low)
        if mode == "bilinear":
            taps = [(low, 1 - share), (low + 1, share)]
        else:
            places = [_bent(wrap(low + k), *bend).data for k in (-1, 0, 1, 2)]
            taps = list(zip(places, cubic_weights(share), strict=True))
    found = []
    for place, share in taps:
        inside = (place >= 0) & (place <= size - 1)
        at = np.where(inside, place, 0).astype(np.intp)
        found.append((at, inside, share))
    return found


def _bent(middle: Tensor, padding: str, size: int, align: bool, volume: bool) -> Tensor:
    """Points along an axis, those beyond the ends brought back to the border or reflected."""
    if padding == "zeros":
        return middle
    values, slopes = silenced().run(_brought_back, middle.data, padding, size, align, volume)
    return Bent.apply(middle, values, slopes)


def _brought_back(
    values: Array, padding: str, size: int, align: bool, volume: bool
) -> tuple[Array, Array]:
    slopes = np.ones_like(values)
    if padding == "reflection":
        low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
        if span == 0:
            return np.zeros_like(values), np.zeros_like(values)
        from_low = values - low
        slopes = np.where(from_low < 0, -slopes, slopes)
        from_low = np.abs(from_low)
        rest = np.fmod(from_low, span)
        odd = np.fmod(np.floor(from_low / span), 2) == 1
        values = np.where(odd, span - rest + low, rest + low)
        slopes = np.where(odd, -slopes, slopes)
    inside = (values > 0) & (values < size - 1)
    # As in PyTorch, NaN comes to the first place of an image, the last of a volume.
    if volume:
        values = np.fmax(np.fmin(values, size - 1), 0)
    else:
        values = np.fmin(np.fmax(values, 0), size - 1)
    return values, np.where(inside, slopes, 0)


@numpy_names
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid for `grid_sample` that looks an output of `size` (N, C, H, W) up at affine images of
    its places: theta (N, 2, 3) has a matrix and a shift for each example. For five sizes theta is
    (N, 3, 4).

    Raises ShapeError for shapes that do not fit, DtypeError unless theta is floating.

    >>> affine_grid(Tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2), False)
    tensor([[[[-0.5,  0. ],
              [ 0.5,  0. ]]]])
    """
    data = require_floating("affine_grid", theta)
    sizes = tuple([whole(n, "affine_grid: size") for n in size])
    axes = len(sizes) - 2
    if axes not in (2, 3) or min(sizes) < 1 or data.shape != (sizes[0], axes, axes + 1):
        raise ShapeError(
            "affine_grid: expected theta (N, 2, 3) and a positive size (N, C, H, W), or (N, 3, 4) "
            f"and (N, C, D, H, W), got shape {data.shape} and {sizes}"
        )
    lines = []
    for n in sizes[2:]:
        line = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
        lines.append(line if align_corners else line * ((n - 1) / n))
    points = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(sizes[2:])], -1)
    places = wrap(points.reshape(-1, axes + 1).astype(data.dtype))
    return matmul(places, theta.transpose(1, 2)).reshape(sizes[0], *sizes[2:], axes)
