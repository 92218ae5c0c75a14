"""Sums, products, means and variances over axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.reductions import reduced
from mytorch._kernels.sums import add_reduce, add_up
from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes, normalize_axis
from mytorch._silence import silenced, silent
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.engine.context import ContextManager, Wanted
from mytorch.observe import noted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of, floating_data, require_floating
from mytorch.ops.broadcasting import Expand
from mytorch.ops.comparison import isnan, logical_not
from mytorch.ops.conversion import to
from mytorch.ops.joining import cat
from mytorch.ops.scans import cumprod
from mytorch.ops.selection import where
from mytorch.ops.shaping import flip
from mytorch.tensor import Tensor, wrap

__all__ = [
    "count_nonzero",
    "logsumexp",
    "mean",
    "nanmean",
    "nansum",
    "prod",
    "std",
    "std_mean",
    "sum",
    "var",
    "var_mean",
]


# NumPy's own way takes less time for fewer numbers.
_FEW = 2**12


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
        if data.dtype.kind != "f":
            return wrap(add_reduce(data, axes, np.int64, keepdims=keepdims))
        return wrap(cast(add_up(data, axes, keepdims), data.dtype))

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
        return wrap(mean_of(data, axes, keepdims))

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
        freedom = _count(data.shape, axes) - correction
        ctx.freedom = freedom if freedom > 0 else 0
        return wrap(_variance(data, axes, ctx.freedom, keepdims))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        a = ctx.saved(0)
        centred = a - a.mean(ctx.axes or None, keepdims=True)
        # Without a degree of freedom PyTorch's slope is infinite, or NaN at the mean.
        slope = centred * (2 / ctx.freedom) if ctx.freedom else centred.abs() * math.inf
        return spread(grad_output, a.shape, ctx.axes) * slope, None, None, None


class Std(Function):
    """The square root of `Var`, whose gradient is 0 where it is 0."""

    @staticmethod
    def forward(
        ctx: ContextManager,
        a: Tensor,
        axis: Axes = None,
        correction: float = 1,
        keepdims: bool = False,
    ) -> Tensor:
        variance = Var.forward(ctx, a, axis, correction, keepdims)._data
        out = wrap(_deviation(a._data, variance, ctx.axes, ctx.freedom, keepdims))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        _, out = ctx.saved_tensors
        return Var.backward(ctx, where(out.data == 0, 0.0, grad_output / (2 * out)))


class Prod(Function):
    """The product along an axis; integers and booleans are multiplied in int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int, keepdims: bool = False) -> Tensor:
        data = data_of("prod", a)
        ctx.axis = axis
        out = wrap(silenced().run(_product_of, data, axis, keepdims))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        a, out = ctx.saved_tensors
        shape = kept_shape(a.shape, (ctx.axis,))
        if (a.data == 0).any():
            others = _products_of_others(a, ctx.axis)
        else:
            others = out.reshape(*shape) / a
        return grad_output.reshape(*shape) * others, None, None

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        data = ctx.saved_array(0)
        if data.ndim == 1 and (data == 0).sum() > 1:
            # As in PyTorch, however large the gradient is.
            return np.zeros_like(data), None, None
        return super().array_backward(ctx, gradient, wanted)


def _product_of(data: Array, axis: int, keepdims: bool) -> Array:
    floats = data.dtype.kind == "f"
    if data.dtype == np.float32 and data.size > _FEW and axis == data.ndim - 1:
        # Halves by halves: products of many numbers underflow, and one that has done so is slow to
        # multiply by each of the others.
        while data.shape[-1] > 1:
            half, odd = divmod(data.shape[-1], 2)
            products = data[..., :half] * data[..., half : 2 * half]
            if odd:
                products[..., :1] *= data[..., -1:]
            data = products
    multiply: Callable[..., Array] = np.multiply.reduce
    return multiply(data, axis, None if floats else np.int64, keepdims=keepdims)


def _products_of_others(a: Tensor, axis: int) -> Tensor:
    """For each element the product of all others along the axis, without a division."""
    one = Tensor(np.ones(kept_shape(a.shape, (axis,)), a.dtype))
    before = (slice(None),) * axis
    left = cat([one, a[(*before, slice(None, -1))]], axis)
    right = cat([one, flip(a[(*before, slice(1, None))], axis)], axis)
    return cumprod(left, axis) * flip(cumprod(right, axis), axis)


class LogSumExp(Function):
    """log(sum(exp(a))) over axes, after subtracting the largest element."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: Axes, keepdims: bool = False) -> Tensor:
        data = floating_data("logsumexp", a)
        ctx.axes = axes = normalize_axes(axis, data.ndim, "logsumexp")
        out = wrap(silenced().run(_log_sum_exp, data, axes, keepdims))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        a, out = ctx.saved_tensors
        shape = kept_shape(a.shape, ctx.axes)
        return grad_output.reshape(*shape) * (a - out.reshape(*shape)).exp(), None, None


def _log_sum_exp(data: Array, axes: Shape, keepdims: bool) -> Array:
    if data.size:
        largest = reduced(np.maximum, data, axes, True)
    else:
        largest = np.maximum.reduce(data, axes, keepdims=True, initial=-math.inf)
    # Infinities would cancel to NaN.
    largest = np.where(np.abs(largest) == math.inf, np.zeros_like(largest), largest)
    total = cast(add_up(np.exp(data - largest), axes, True), data.dtype)
    out: Array = np.log(total) + largest
    return out if keepdims else out.reshape(_left_shape(data.shape, axes))


def _left_shape(shape: Shape, axes: Shape) -> Shape:
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def _variance(data: Array, axes: Shape, freedom: float, keepdims: bool) -> Array:
    # A square leaves half precision at once.
    wide = data.astype(np.float32) if data.itemsize == 2 else data
    total = add_up(silenced().run(_squares, wide, axes), axes, keepdims)
    return _quotient(total, freedom, data.dtype)


@kernel
@silent
def _deviation(data: Array, variance: Array, axes: Shape, freedom: float, keepdims: bool) -> Array:
    """The square root of the variance; once more in double precision if that has left the range of
    a smaller one, in which its root is."""
    out = np.asarray(np.sqrt(variance))
    low, high = np.finfo(data.dtype).tiny * 1e4, np.finfo(data.dtype).max
    if data.itemsize < 8 and not ((variance > low) & (variance < high)).all():
        wide = _variance(data.astype(np.float64), axes, freedom, keepdims)
        out = np.asarray(np.sqrt(wide)).astype(data.dtype)
    return out


def _squares(data: Array, axes: Shape) -> Array:
    """(data - mean)**2."""
    # Twice: the first mean is rounded, which is all that would be left of equal numbers.
    data = data - mean_of(data, axes, True)
    data -= mean_of(data, axes, True)
    data *= data
    return data


def _count(shape: Shape, axes: Shape) -> int:
    return math.prod([shape[axis] for axis in axes])


def _quotient(total: Array, count: float, dtype: np.dtype[Any]) -> Array:
    """total / count in a dtype."""
    return cast(silenced().run(np.divide, total, number(count, total.dtype)), dtype)


def mean_of(data: Array, axes: Shape, keepdims: bool) -> Array:
    """`Mean` on arrays."""
    return _quotient(add_up(data, axes, keepdims), _count(data.shape, axes), data.dtype)


@numpy_names
def sum(
    input: Tensor, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None
) -> Tensor:
    """The sum over `dim` (all axes for None), in `dtype` if one is given; integers and booleans
    are summed in int64.

    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([4., 6.])
    """
    if dtype is not None:
        return to(Sum.apply(to(input, dtype), dim, keepdim), dtype)
    return Sum.apply(input, dim, keepdim)


@numpy_names
def mean(
    input: Tensor, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None
) -> Tensor:
    """The mean over `dim` (all axes for None), NaN over no elements. Raises DtypeError unless the
    input, or `dtype` if one is given, is floating.

    >>> mean(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([2., 3.])
    """
    return Mean.apply(input if dtype is None else to(input, dtype), dim, keepdim)


@numpy_names
def nansum(
    input: Tensor, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None
) -> Tensor:
    """`sum` of the elements that are no NaN.

    >>> nansum(Tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    data = data_of("nansum", input)
    known = input if data.dtype.kind != "f" else where(isnan(input), 0.0, input)
    return sum(known, dim, keepdim, dtype=dtype)


@numpy_names
def nanmean(
    input: Tensor, dim: Axes = None, keepdim: bool = False, *, dtype: DTypeLike | None = None
) -> Tensor:
    """`mean` of the elements that are no NaN; NaN if there are none. NaN has the gradient 0, where
    PyTorch's is NaN if there is nothing else.

    >>> nanmean(Tensor([1.0, float("nan"), 2.0]))
    tensor(1.5)
    """
    require_floating("nanmean", input)
    count = sum(logical_not(isnan(input)), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


@numpy_names
def var(
    input: Tensor,
    dim: Axes = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The variance sum((x - mean)**2) / (n - correction) over `dim` (all axes for None).

    Unbiased (correction=1) unless told otherwise, as PyTorch's; NumPy's default is the biased
    one. `unbiased=False` is an old name of correction=0, which may come first, as in var(False).
    Over one element the unbiased variance is NaN, without PyTorch's warning.

    Raises DtypeError unless floating.

    >>> var(Tensor([1.0, 3.0]))
    tensor(2.)
    """
    return Var.apply(input, *_corrected("var", dim, unbiased, correction), keepdim)


@numpy_names
def std(
    input: Tensor,
    dim: Axes = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation, the square root of `var`. The gradient where it is 0 is 0.

    >>> std(Tensor([1.0, 3.0]), correction=0)
    tensor(1.)
    """
    return Std.apply(input, *_corrected("std", dim, unbiased, correction), keepdim)


@numpy_names
def var_mean(
    input: Tensor,
    dim: Axes = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The variance, as `var`, and the mean over `dim`.

    >>> var_mean(Tensor([1.0, 3.0]))
    (tensor(2.), tensor(2.))
    """
    dim, correction = _corrected("var_mean", dim, unbiased, correction)
    return Var.apply(input, dim, correction, keepdim), Mean.apply(input, dim, keepdim)


@numpy_names
def std_mean(
    input: Tensor,
    dim: Axes = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The standard deviation, as `std`, and the mean over `dim`.

    >>> std_mean(Tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    dim, correction = _corrected("std_mean", dim, unbiased, correction)
    return Std.apply(input, dim, correction, keepdim), Mean.apply(input, dim, keepdim)


def _corrected(
    name: str, dim: Axes, unbiased: bool | None, correction: float | None
) -> tuple[Axes, float]:
    """The axes and the correction, of which PyTorch has an old way to tell."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, 1 if correction is None else correction
    if correction is not None:
        raise TypeError(f"{name}: unbiased and correction mean the same; give one of them")
    return dim, int(unbiased)


@numpy_names
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DTypeLike | None = None
) -> Tensor:
    """The product along `dim` (of all elements for None), in `dtype` if one is given; integers
    and booleans are multiplied in int64.

    Raises DimensionError for an axis that does not exist.

    >>> prod(Tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([3., 8.])
    """
    if dtype is not None:
        return to(prod(to(input, dtype), dim, keepdim), dtype)
    data = data_of("prod", input)
    shape = data.shape
    axis = 0 if dim is None else normalize_axis(dim, len(shape), "prod")
    if not shape and data.dtype.kind == "f":
        return input.clone()
    if dim is None or not shape:
        out = Prod.apply(input.reshape(-1), 0)
        return out.reshape(*(1 for _ in shape)) if keepdim else out
    return Prod.apply(input, axis, keepdim)


@numpy_names
def logsumexp(input: Tensor, dim: Axes, keepdim: bool = False) -> Tensor:
    """log(sum(exp(input))) over `dim`, finite for any finite input; -inf over no elements.

    >>> logsumexp(Tensor([1000.0, 1000.0]), 0)
    tensor(1000.69314718)
    """
    return LogSumExp.apply(input, dim, keepdim)


@numpy_names
def count_nonzero(input: Tensor, dim: Axes = None) -> Tensor:
    """How many elements over `dim` (all axes for None) are not 0; int64, without a gradient.

    >>> count_nonzero(Tensor([[1.0, 0.0], [2.0, 3.0]]), 0)
    tensor([2, 1])
    """
    data = data_of("count_nonzero", input)
    axes = normalize_axes(dim, data.ndim, "count_nonzero")
    return noted("count_nonzero", (data, axes), wrap(add_reduce(data != 0, axes, np.int64)))
