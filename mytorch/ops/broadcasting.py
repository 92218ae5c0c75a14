"""Repeating along axes and summing over them: each is the other's backward."""

import numpy as np

from mytorch._shapes import Shape, broadcast_axes
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce
from mytorch.tensor import Tensor, wrap

__all__ = ["Expand", "SumTo", "expand", "unbroadcast"]


class Expand(Function):
    """The tensor repeated to `shape`, a read-only view, as `numpy.broadcast_to`."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        ctx.shape_before = a.shape
        try:
            return wrap(np.broadcast_to(a.data, shape))
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


def expand(a: Tensor, sizes: Shape) -> Tensor:
    """`Expand` with -1 for a size that stays as it is."""
    lead = len(sizes) - a.ndim
    shape = tuple(
        a.shape[axis - lead] if size == -1 and axis >= lead else size
        for axis, size in enumerate(sizes)
    )
    if lead < 0 or any(size < 0 for size in shape):
        raise ShapeError(
            f"expand: sizes {sizes} do not fit shape {a.shape}: name at least {a.ndim} sizes, "
            "and -1 only for an axis that exists"
        )
    return Expand.apply(a, shape)
