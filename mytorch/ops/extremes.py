"""The largest and smallest elements, and where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any, NamedTuple, overload

import numpy as np

from mytorch._dtypes import Array, Scalar, promote
from mytorch._kernels.constants import number, setting
from mytorch._kernels.elementwise import SPREAD, chosen, kept_where, of_two_shapes, within
from mytorch._kernels.reductions import reduced
from mytorch._kernels.sums import add_reduce
from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes, normalize_axis
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DimensionError, ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import broadcast_error, data_of, operands, pair, require_numbers
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.indexing import found_along
from mytorch.ops.reduction import spread
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "amax",
    "amin",
    "aminmax",
    "argmax",
    "argmin",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "max",
    "maximum",
    "min",
    "minimum",
]


class Max(Function):
    """The largest element over axes; equal ones share the gradient.

    Among the NaNs that win, too, if no axes are named (PyTorch's `max()`); with axes named every
    element's gradient is NaN then (PyTorch's `amax`).
    """

    pick: Callable[..., Any] = partial(reduced, np.maximum)

    @classmethod
    def forward(
        cls, ctx: ContextManager, a: Tensor, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        name = cls.__name__.lower()
        data = data_of(name, a)
        ctx.axes = axes = normalize_axes(axis, data.ndim, name)
        ctx.nans_share = axis is None
        if axis is None or axis == ():
            _require_some(name, data.shape)
        _require_elements(name, data.shape, axes)
        out = wrap(cls.pick(data, axes, keepdims))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        a, out = ctx.saved_tensors
        best = out.data.reshape(kept_shape(a.shape, ctx.axes))
        chosen = a.data == best
        if ctx.nans_share and np.isnan(best).any():
            chosen = np.isnan(a.data)
        count = add_reduce(chosen, ctx.axes, np.float64, keepdims=True)
        whole = spread(grad_output, a.shape, ctx.axes)
        if ctx.nans_share:
            return where(chosen, whole / wrap(count.astype(grad_output.dtype)), 0.0), None, None
        # As PyTorch's, an infinite gradient is NaN where nothing is chosen, too.
        return whole * wrap((chosen / count).astype(grad_output.dtype)), None, None


class Min(Max):
    """The smallest element over axes; equal ones share the gradient."""

    pick = partial(reduced, np.minimum)


class Maximum(Function):
    """The larger of a and b; equal ones share the gradient, NaN wins."""

    fresh_gradients = True
    choose: np.ufunc = np.maximum

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        name = cls.__name__.lower()
        x, y = operands(name, a, b)
        ctx.save_for_backward(a, b)
        try:
            if x.size * y.size < SPREAD:
                return wrap(silenced().run(cls.choose, x, y))
            return wrap(silenced().run(of_two_shapes, cls.choose, x, y))
        except ValueError:
            raise broadcast_error(name, a, b) from None

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        x, y = (a.data, b.data) if cls.choose is np.maximum else (b.data, a.data)
        halved = where(x == y, grad_output / 2, grad_output)
        first, second = where(x < y, 0.0, halved), where(x > y, 0.0, halved)
        return unbroadcast(first, a.shape), unbroadcast(second, b.shape)

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        a, b = ctx.saved_array(0), ctx.saved_array(1)
        x, y = (a, b) if cls.choose is np.maximum else (b, a)
        halved = gradient * chosen(x == y, number(0.5, gradient.dtype), number(1.0, gradient.dtype))
        to_a, to_b = wanted
        first = second = None
        if to_a is not None:
            first = unbroadcast_array(kept_where(~(x < y), halved), a.shape)
        if to_b is not None:
            second = unbroadcast_array(kept_where(~(x > y), halved), b.shape)
        return first, second


class Minimum(Maximum):
    """The smaller of a and b; equal ones share the gradient, NaN wins."""

    choose = np.minimum


class Clamp(Function):
    """min(max(a, low), high), where either bound may be None.

    The gradient at a bound is a's; that of NaN is lost, as in PyTorch.
    """

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, low: Tensor | None, high: Tensor | None) -> Tensor:
        bounds = [bound for bound in (low, high) if bound is not None]
        ctx.save_for_backward(a, *bounds)
        ctx.bounded = low is not None, high is not None
        try:
            return wrap(silenced().run(_clamp, data_of("clamp", a), low, high))
        except ValueError:
            raise broadcast_error("clamp", a, *bounds) from None

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        a, *bounds = ctx.saved_tensors
        low = bounds[0] if ctx.bounded[0] else None
        high = bounds[-1] if ctx.bounded[1] else None
        x, gradient = a.data, grad_output
        grad_low = grad_high = None
        if low is not None:
            gradient = where(x >= low.data, gradient, 0.0)
            clipped = x < low.data
            if high is not None:
                clipped = clipped & (low.data < high.data)
            grad_low = unbroadcast(where(clipped, grad_output, 0.0), low.shape)
        if high is not None:
            gradient = where(x <= high.data, gradient, 0.0)
            clipped = x > high.data
            if low is not None:
                clipped = clipped | (high.data < low.data)
            grad_high = unbroadcast(where(clipped, grad_output, 0.0), high.shape)
        return unbroadcast(gradient, a.shape), grad_low, grad_high

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        if wanted[1] is not None or wanted[2] is not None:
            return super().array_backward(ctx, gradient, wanted)
        data, bound = ctx.saved_array(0), ctx.saved_array(1)
        inside = data >= bound if ctx.bounded[0] else data <= bound
        if ctx.bounded == (True, True):
            inside = inside & (data <= ctx.saved_array(2))
        return unbroadcast_array(kept_where(inside, gradient), data.shape), None, None


def _clamp(data: Array, low: Tensor | None, high: Tensor | None) -> Array:
    dtype = data.dtype
    if dtype.kind == "f":
        lowest = number(-inf, dtype) if low is None else low._data
        highest = number(inf, dtype) if high is None else high._data
        if lowest.dtype is dtype is highest.dtype:
            return within(data, lowest, highest)
    if low is not None:
        data = np.maximum(*promote(data, low._data))
    return data if high is None else np.minimum(*promote(data, high._data))


class Extreme(NamedTuple):
    """The extreme elements along an axis, and where they are (the first of equal ones)."""

    values: Tensor
    indices: Tensor


def extreme_along(search: Callable[..., Any], a: Tensor, axis: int, keepdims: bool) -> Extreme:
    """The elements that `search` (argmax or argmin) finds along an axis."""
    data = data_of(search.__name__, a)
    axis = normalize_axis(axis, data.ndim, search.__name__)
    indices = _positions(search, data, axis, keepdims=True)
    values = found_along(a, axis, indices)
    if keepdims or not data.ndim:
        return Extreme(values, wrap(indices))
    shape = data.shape[:axis] + data.shape[axis + 1 :]
    places = noted("Reshape", (indices,), indices.reshape(shape))
    return Extreme(values.reshape(*shape), wrap(places))


def arg_extreme(search: Callable[..., Any], a: Tensor, axis: int | None, keepdims: bool) -> Tensor:
    """Where `search` (argmax or argmin) finds the extreme: int64, without a gradient."""
    name = search.__name__
    data = require_numbers(name, a)
    if axis is not None:
        return wrap(_positions(search, data, normalize_axis(axis, data.ndim, name), keepdims))
    _require_elements(name, data.shape, tuple(range(data.ndim)))
    out = wrap(search(data, axis=None, keepdims=keepdims))
    return noted(name, (data, None, keepdims), out)


def _positions(search: Callable[..., Any], data: Array, axis: int, keepdims: bool) -> Array:
    if not data.ndim:
        return np.zeros((), np.int64)
    _require_elements(search.__name__, data.shape, (axis,))
    positions: Array = search(data, axis=axis, keepdims=keepdims)
    return noted(search.__name__, (data, axis, keepdims), positions)


def _require_some(name: str, shape: Shape) -> None:
    if 0 in shape:
        raise ShapeError(f"{name}: a tensor of shape {shape} has no elements to choose from")


def _require_elements(name: str, shape: Shape, axes: Shape) -> None:
    for axis in axes:
        if not shape[axis]:
            raise DimensionError(
                f"{name}: axis {axis} of shape {shape} has no elements to choose from"
            )


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


class Both(NamedTuple):
    """The smallest and the largest element."""

    min: Tensor
    max: Tensor


@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Both:
    """`amin` and `amax` over `dim` (all axes for None): (min, max).

    >>> aminmax(Tensor([3.0, 1.0, 2.0]))
    Both(min=tensor(1.), max=tensor(3.))
    """
    shape = data_of("aminmax", input).shape
    if dim is None:
        _require_some("aminmax", shape)
    return Both(amin(input, dim, keepdim), amax(input, dim, keepdim))


@overload
def max(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def max(input: Tensor, dim: int, keepdim: bool = False) -> Extreme: ...
@overload
def max(input: Tensor, other: Tensor, /) -> Tensor: ...
@overload
def max(input: Tensor, *, other: Tensor) -> Tensor: ...


@numpy_names
def max(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Any:
    """The largest element; along an axis, the named tuple (values, indices); with another tensor
    in place of the axis, `maximum`.

    Of the whole tensor, equal maxima share the gradient; along an axis, the element at the
    returned index, the first of equal ones, gets it.

    >>> max(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1).indices
    tensor([1, 0])
    """
    if isinstance(dim, Tensor):
        other, dim = dim, None
    if other is not None:
        return maximum(input, other)
    if dim is None:
        return Max.apply(input, None, keepdim)
    return extreme_along(np.argmax, input, dim, keepdim)


@overload
def min(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def min(input: Tensor, dim: int, keepdim: bool = False) -> Extreme: ...
@overload
def min(input: Tensor, other: Tensor, /) -> Tensor: ...
@overload
def min(input: Tensor, *, other: Tensor) -> Tensor: ...


@numpy_names
def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Any:
    """The smallest element; along an axis, the named tuple (values, indices); with another tensor
    in place of the axis, `minimum`. As `max`.

    >>> min(Tensor([[1.0, 5.0], [7.0, 2.0]]), 1).indices
    tensor([0, 1])
    """
    if isinstance(dim, Tensor):
        other, dim = dim, None
    if other is not None:
        return minimum(input, other)
    if dim is None:
        return Min.apply(input, None, keepdim)
    return extreme_along(np.argmin, input, dim, keepdim)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of each two elements, with broadcasting; equal ones share the gradient. NaN wins.

    >>> maximum(Tensor([1.0, 5.0]), Tensor([3.0, 3.0]))
    tensor([3., 5.])
    """
    return Maximum.apply(input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of each two elements, with broadcasting; equal ones share the gradient. NaN
    wins.

    >>> minimum(Tensor([1.0, 5.0]), Tensor([3.0, 3.0]))
    tensor([1., 3.])
    """
    return Minimum.apply(input, other)


Bound = Tensor | Array | Scalar | None


def clamp(input: Tensor, min: Bound = None, max: Bound = None) -> Tensor:
    """min(max(input, min), max), elementwise with broadcasting: where min > max it is max.

    The bounds are numbers or tensors; at least one is given. The gradient at a bound is 1. NaN
    stays, and a bound that is NaN gives NaN. Raises DtypeError for an integer bound that the
    dtype cannot hold (PyTorch lets some of them wrap around).

    >>> clamp(Tensor([1.0, 5.0, 9.0]), 2, 6)
    tensor([2., 5., 6.])
    """
    data_of("clamp", input)
    if min is None and max is None:
        raise ShapeError("clamp: expected min or max, or both; got neither")
    return Clamp.apply(input, _bound(input, min), _bound(input, max))


def _bound(input: Tensor, bound: Bound) -> Tensor | None:
    dtype = input._data.dtype
    if type(bound) is float and dtype.char in "fd":
        return wrap(setting(bound, dtype))
    return None if bound is None else pair("clamp", input, bound)[1]


def clip(input: Tensor, min: Bound = None, max: Bound = None) -> Tensor:
    """`clamp` by NumPy's name.

    >>> clip(Tensor([1.0, 5.0, 9.0]), 2, 6)
    tensor([2., 5., 6.])
    """
    return clamp(input, min, max)


def clamp_min(input: Tensor, min: Bound) -> Tensor:
    """`clamp` from below alone.

    >>> clamp_min(Tensor([1.0, 5.0]), 2)
    tensor([2., 5.])
    """
    return clamp(input, min)


def clamp_max(input: Tensor, max: Bound) -> Tensor:
    """`clamp` from above alone.

    >>> clamp_max(Tensor([1.0, 5.0]), 2)
    tensor([1., 2.])
    """
    return clamp(input, None, max)


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
