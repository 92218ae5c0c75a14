"""Sums, means, variances and extremes over axes."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes, normalize_axis
from mytorch.autograd_engine import Function
from mytorch.errors import DimensionError, ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, require_floating
from mytorch.ops.broadcasting import Expand
from mytorch.tensor import Tensor, wrap

__all__ = ["Extreme", "Max", "Mean", "Min", "Sum", "Var", "arg_extreme", "extreme_along"]


def _spread(gradient: Tensor, shape: Shape, axes: Shape) -> Tensor:
    """The gradient of a reduction, repeated to the shape before it."""
    return Expand.apply(gradient.reshape(*kept_shape(shape, axes)), shape)


class Sum(Function):
    """The sum over axes; integers and booleans are summed in int64."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        data = a.data
        axes = normalize_axes(axis, data.ndim, "sum")
        ctx.shapes = data.shape, axes
        dtype = None if data.dtype.kind == "f" else np.int64
        return wrap(add_reduce(data, axes, dtype, keepdims=keepdims))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return _spread(grad_output, *ctx.shapes), None, None


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
        return _spread(grad_output, *ctx.shapes) / float(_count(*ctx.shapes)), None, None


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
        return _spread(grad_output, a.shape, ctx.axes) * centred * slope, None, None, None


class Max(Function):
    """The largest element over axes; equal ones share the gradient.

    Among the NaNs that win, too, if no axes are named (PyTorch's `max()`); with axes named every
    element's gradient is NaN then (PyTorch's `amax`).
    """

    pick: Callable[..., Any] = np.max

    @classmethod
    def forward(
        cls, ctx: ContextManager, a: Tensor, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        axes = normalize_axes(axis, a.ndim, cls.__name__.lower())
        ctx.axes = axes
        ctx.nans_share = axis is None
        _require_elements(cls.__name__.lower(), a.shape, axes, axis)
        out = wrap(cls.pick(a.data, axis=axes, keepdims=keepdims))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        a, out = ctx.saved_tensors
        best = out.data.reshape(kept_shape(a.shape, ctx.axes))
        chosen = a.data == best
        if ctx.nans_share and np.isnan(best).any():
            chosen = np.isnan(a.data)
        shares = chosen / add_reduce(chosen, ctx.axes, grad_output.dtype, keepdims=True)
        spread = _spread(grad_output, a.shape, ctx.axes)
        return spread * Tensor(shares.astype(grad_output.dtype)), None, None


class Min(Max):
    """The smallest element over axes; equal ones share the gradient."""

    pick = np.min


class Extreme(NamedTuple):
    """The extreme elements along an axis, and where they are (the first of equal ones)."""

    values: Tensor
    indices: Tensor


def extreme_along(
    search: Callable[..., Any], a: Tensor, axis: int, keepdims: bool = False
) -> Extreme:
    """The elements that `search` (argmax or argmin) finds along an axis."""
    indices = arg_extreme(search, a, axis, keepdims=True)
    if a.ndim == 0:
        return Extreme(a.clone(), indices)
    axis = normalize_axis(axis, a.ndim, "max")
    grid: list[Array] = list(np.ogrid[tuple(slice(size) for size in indices.shape)])
    grid[axis] = indices.data
    values = a[tuple(grid)]
    if not keepdims:
        shape = a.shape[:axis] + a.shape[axis + 1 :]
        return Extreme(values.reshape(*shape), Tensor(indices.data.reshape(shape)))
    return Extreme(values, indices)


def arg_extreme(
    search: Callable[..., Any], a: Tensor, axis: int | None, keepdims: bool = False
) -> Tensor:
    """Where `search` (argmax or argmin) finds the extreme: int64, without a gradient."""
    name = search.__name__
    axes = normalize_axes(axis, a.ndim, name)
    _require_elements(name, a.shape, axes, axis)
    if a.ndim == 0:
        return wrap(np.zeros((), np.int64))
    return wrap(search(a.data, axis=None if axis is None else axes[0], keepdims=keepdims))


def _require_elements(name: str, shape: Shape, axes: Shape, asked: Axes) -> None:
    if all(shape[axis] for axis in axes):
        return
    if asked is None:
        raise ShapeError(f"{name}: a tensor of shape {shape} has no elements to choose from")
    raise DimensionError(f"{name}: axis {asked} of shape {shape} has no elements to choose from")


def _count(shape: Shape, axes: Shape) -> int:
    return prod(shape[axis] for axis in axes)
