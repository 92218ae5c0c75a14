"""Repeating along axes and summing over them: each is the other's backward."""

from typing import Any

import numpy as np

from mytorch._shapes import Shape, broadcast_axes, sizes_of
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, data_of
from mytorch.tensor import Tensor, view, wrap

__all__ = ["broadcast_to", "expand"]


class Expand(Function):
    """The tensor repeated to `shape`, a read-only view, as `numpy.broadcast_to`."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        ctx.shape_before = a.shape
        try:
            return view(np.broadcast_to(data_of("expand", a), shape), Expand, a, shape)
        except ValueError:
            raise ShapeError(
                f"expand: shape {a.shape} cannot be repeated to {shape}: counted from the last "
                "axis, each size must be equal or 1"
            ) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return SumTo.apply(grad_output, ctx.shape_before), None


class SumTo(Function):
    """The sum over every axis along which a tensor of shape `shape` would be repeated."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        ctx.shape_before = a.shape
        axes = broadcast_axes(shape, a.shape)
        return wrap(add_reduce(a.data, axes, keepdims=True).reshape(shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Expand.apply(grad_output, ctx.shape_before), None


def unbroadcast(gradient: Tensor, shape: Shape) -> Tensor:
    """The gradient of an operand of shape `shape` that was broadcast to `gradient.shape`:
    summed over the axes along which the operand was repeated."""
    return gradient if gradient._data.shape == shape else SumTo.apply(gradient, shape)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The tensor repeated to `sizes` as broadcasting does; -1 keeps a size. A read-only view.

    Raises ShapeError if a size is neither equal nor repeats a size of 1.

    >>> expand(Tensor([[1.0], [2.0]]), -1, 2)
    tensor([[1., 1.],
            [2., 2.]])
    """
    wanted = sizes_of(sizes)
    shape = data_of("expand", input).shape
    lead = len(wanted) - len(shape)
    whole = tuple(
        shape[axis - lead] if size == -1 and axis >= lead else size
        for axis, size in enumerate(wanted)
    )
    if lead < 0 or any(size < 0 for size in whole):
        raise ShapeError(
            f"expand: sizes {wanted} do not fit shape {shape}: name at least {len(shape)} sizes, "
            "and -1 only for an axis that exists"
        )
    return Expand.apply(input, whole)


def broadcast_to(input: Tensor, size: Shape) -> Tensor:
    """The tensor repeated to the shape `size`, as `expand`.

    >>> broadcast_to(Tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return expand(input, *size)
