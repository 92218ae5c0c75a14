"""The windows of images side by side, and what puts them back."""

from __future__ import annotations

from math import prod
from typing import Any

from mytorch._dtypes import Array
from mytorch._kernels.convolution import Geometry, folded, unfolded
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import ShapeError
from mytorch.nn.functional.convolutions import Numbers, each_axis, places_of
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = ["fold", "unfold"]


class Unfold(Function):
    """What the windows of images (N, C, *sizes) see: (N, C * taps, places)."""

    @staticmethod
    def forward(ctx: ContextManager, x: Tensor, geometry: Geometry) -> Tensor:
        ctx.geometry = geometry
        return wrap(unfolded(x._data, geometry))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Fold.apply(grad_output, ctx.geometry), None


class Fold(Function):
    """The adjoint of `Unfold`: what windows see, added up where they saw it."""

    @staticmethod
    def forward(ctx: ContextManager, columns: Tensor, geometry: Geometry) -> Tensor:
        ctx.geometry = geometry
        return wrap(silenced().run(folded, columns._data, geometry))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Unfold.apply(grad_output, ctx.geometry), None


def _geometry(
    name: str, sizes: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> Geometry:
    taps = each_axis(name, "kernel_size", kernel_size, 2, 1, False)
    steps = each_axis(name, "stride", stride, 2, 1, False)
    before = each_axis(name, "padding", padding, 2, 0, False)
    apart = each_axis(name, "dilation", dilation, 2, 1, False)
    places = places_of(name, sizes, taps, steps, before, apart)
    return 1, steps, before, apart, sizes, taps, places


def _checked(name: str, input: Tensor, axes: int) -> Array:
    """The data, of so many axes or one more."""
    data = data_of(name, input)
    if data.ndim not in (axes, axes + 1) or 0 in data.shape[-axes:]:
        raise ShapeError(
            f"{name}: expected an input of {axes + 1} axes, or {axes} without a batch, of which "
            f"only the batch may be empty; got shape {data.shape}"
        )
    return data


def _batched(operation: type[Function], input: Tensor, axes: int, geometry: Geometry) -> Tensor:
    if input.ndim > axes:
        return operation.apply(input, geometry)
    return operation.apply(input.unsqueeze(0), geometry).squeeze(0)


@explained
def unfold(
    input: Tensor,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """What the windows over the last two axes of an input (N, C, H, W), or (C, H, W), see:
    (N, C * K * K, L) with a column for each of L windows, in reading order. See `conv2d` for the
    options: a convolution is the product of its weight (O, C * K * K) with these columns.

    Raises ShapeError or RangeError for what does not fit.

    >>> x = Tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    >>> unfold(x, 2)
    tensor([[1., 2.],
            [2., 3.],
            [4., 5.],
            [5., 6.]])
    """
    shape = _checked("unfold", input, 3).shape
    geometry = _geometry("unfold", shape[-2:], kernel_size, dilation, padding, stride)
    return _batched(Unfold, input, 3, geometry)


@explained
def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """The adjoint of `unfold`: images (N, C, H, W) of `output_size` (H, W) where each place has the
    sum of all that the columns (N, C * K * K, L), or (C * K * K, L), have of it.

    Raises ShapeError or RangeError for what does not fit.

    >>> fold(unfold(Tensor.ones(1, 1, 2, 3), 2), (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    shape = _checked("fold", input, 2).shape
    sizes = each_axis("fold", "output_size", output_size, 2, 1, False)
    geometry = _geometry("fold", sizes, kernel_size, dilation, padding, stride)
    taps, places = geometry[-2:]
    if shape[-2] % prod(taps) or shape[-1] != prod(places):
        raise ShapeError(
            f"fold: expected an input (N, C * {prod(taps)}, {prod(places)}) for windows of sizes "
            f"{taps} in images of sizes {sizes}, got shape {shape}"
        )
    return _batched(Fold, input, 2, geometry)
