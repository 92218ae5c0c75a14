"""Sums, means and variances over axes."""

from math import prod

import numpy as np

from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, data_of, numpy_names, require_floating
from mytorch.ops.broadcasting import Expand
from mytorch.tensor import Tensor, wrap

__all__ = ["mean", "sum", "var"]


def spread(gradient: Tensor, shape: Shape, axes: Shape) -> Tensor:
    """The gradient of a reduction, repeated to the shape before it."""
    return Expand.apply(gradient.reshape(*kept_shape(shape, axes)), shape)


class Sum(Function):
    """The sum over axes; integers and booleans are summed in int64."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        data = data_of("sum", a)
        axes = normalize_axes(axis, data.ndim, "sum")
        ctx.shapes = data.shape, axes
        dtype = None if data.dtype.kind == "f" else np.int64
        return wrap(add_reduce(data, axes, dtype, keepdims=keepdims))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return spread(grad_output, *ctx.shapes), None, None


class Mean(Function):
    """The mean over axes, of a floating tensor; NaN over no elements."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        data = require_floating("mean", a)
        axes = normalize_axes(axis, data.ndim, "mean")
        ctx.shapes = data.shape, axes
        with np.errstate(invalid="ignore"):
            total = add_reduce(data, axes, keepdims=keepdims)
            return wrap(total / np.asarray(_count(data.shape, axes), data.dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return spread(grad_output, *ctx.shapes) / float(_count(*ctx.shapes)), None, None


class Var(Function):
    """sum((a - mean)**2) / (n - correction) over axes, of a floating tensor."""

    @staticmethod
    def forward(
        ctx: ContextManager,
        a: Tensor,
        axis: Axes = None,
        correction: float = 1,
        keepdims: bool = False,
    ) -> Tensor:
        ctx.save_for_backward(a)
        data = require_floating("var", a)
        ctx.axes = axes = normalize_axes(axis, data.ndim, "var")
        ctx.freedom = max(_count(data.shape, axes) - correction, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            size = np.asarray(_count(data.shape, axes), data.dtype)
            centred = data - add_reduce(data, axes, keepdims=True) / size
            total = add_reduce(centred * centred, axes, keepdims=keepdims)
            return wrap(total / np.asarray(ctx.freedom, data.dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        (a,) = ctx.saved_tensors
        with np.errstate(divide="ignore"):
            slope = float(np.divide(2.0, ctx.freedom))
        centred = a - a.mean(ctx.axes or None, keepdims=True)
        return spread(grad_output, a.shape, ctx.axes) * centred * slope, None, None, None


def _count(shape: Shape, axes: Shape) -> int:
    return prod(shape[axis] for axis in axes)


@numpy_names
def sum(input: Tensor, dim: Axes = None, keepdim: bool = False) -> Tensor:
    """The sum over `dim` (all axes for None); integers and booleans are summed in int64.

    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([4., 6.])
    """
    return Sum.apply(input, dim, keepdim)


@numpy_names
def mean(input: Tensor, dim: Axes = None, keepdim: bool = False) -> Tensor:
    """The mean over `dim` (all axes for None), NaN over no elements. Raises DtypeError unless
    floating.

    >>> mean(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([2., 3.])
    """
    return Mean.apply(input, dim, keepdim)


@numpy_names
def var(input: Tensor, dim: Axes = None, *, correction: float = 1, keepdim: bool = False) -> Tensor:
    """The variance sum((x - mean)**2) / (n - correction) over `dim` (all axes for None).

    Unbiased unless correction=0, as PyTorch's; NumPy's default is the biased one.

    >>> var(Tensor([1.0, 3.0]))
    tensor(2.)
    """
    return Var.apply(input, dim, correction, keepdim)
