"""The largest and smallest elements, and where they are."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes, normalize_axis
from mytorch.autograd_engine import Function
from mytorch.errors import DimensionError, ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, numpy_names
from mytorch.ops.reduction import spread
from mytorch.tensor import Tensor, wrap

__all__ = ["amax", "amin", "argmax", "argmin", "max", "min"]


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
        whole = spread(grad_output, a.shape, ctx.axes)
        return whole * Tensor(shares.astype(grad_output.dtype)), None, None


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


@numpy_names
def amax(input: Tensor, dim: Axes = (), keepdim: bool = False) -> Tensor:
    """The largest element over `dim` (all axes for an empty tuple); equal maxima share the
    gradient.

    >>> amax(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1)
    tensor([5., 7.])
    """
    return Max.apply(input, () if dim is None else dim, keepdim)


@numpy_names
def amin(input: Tensor, dim: Axes = (), keepdim: bool = False) -> Tensor:
    """The smallest element over `dim` (all axes for an empty tuple); equal minima share the
    gradient.

    >>> amin(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1)
    tensor([1., 2.])
    """
    return Min.apply(input, () if dim is None else dim, keepdim)


@numpy_names
def max(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The largest element; along an axis, the named tuple (values, indices).

    Without an axis, equal maxima share the gradient; with one, the element at the returned index
    gets it.

    >>> max(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1).indices
    tensor([1, 0])
    """
    if dim is None:
        return Max.apply(input, None, False)
    return extreme_along(np.argmax, input, dim, keepdim)


@numpy_names
def min(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest element; along an axis, the named tuple (values, indices), as `max`.

    >>> min(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1).indices
    tensor([0, 1])
    """
    if dim is None:
        return Min.apply(input, None, False)
    return extreme_along(np.argmin, input, dim, keepdim)


@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first largest element, of the flattened tensor for None; int64.

    >>> argmax(Tensor([[1.0, 5.0], [7.0, 2.0]]))
    tensor(2)
    """
    return arg_extreme(np.argmax, input, dim, keepdim)


@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first smallest element, of the flattened tensor for None; int64.

    >>> argmin(Tensor([[1.0, 5.0], [7.0, 2.0]]))
    tensor(0)
    """
    return arg_extreme(np.argmin, input, dim, keepdim)
