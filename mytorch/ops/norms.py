"""The p-norm of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import FEW, kernel
from mytorch._kernels.sums import MOST_COLUMNS, add_reduce, add_up, equal_parts
from mytorch._shapes import Axes, Shape, kept_shape, normalize_axes
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import RangeError, ShapeError
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import require_floating
from mytorch.ops.conversion import to
from mytorch.ops.decompositions import singular_values
from mytorch.ops.elementwise import Flat, signs_of
from mytorch.ops.selection import where
from mytorch.ops.shaping import movedim
from mytorch.tensor import Tensor, wrap

__all__ = ["norm"]


class Norm(Function):
    """sum(|a| ** p) ** (1 / p) over axes: for p = inf and -inf the largest and the smallest |a|,
    for p = 0 the number of elements that are not 0.

    The gradient where the norm is 0 is 0; equal extremes share it.
    """

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(
        ctx: ContextManager, a: Tensor, p: float, axis: Axes = None, keepdims: bool = False
    ) -> Tensor:
        data = require_floating("norm", a)
        ctx.p = p
        ctx.axes = axes = normalize_axes(axis, data.ndim, "norm")
        if p == 2 and data.itemsize == 4 and data.size >= FEW and _are_last(axes, data.ndim):
            length = _length(data.reshape(*data.shape[: data.ndim - len(axes)], -1))
            out = wrap(length.reshape(kept_shape(data.shape, axes)) if keepdims else length)
        else:
            # Squares leave single precision soon, and half precision at once.
            single = abs(p) == inf or (p == 1 and data.itemsize == 4)
            wide = data if single or data.itemsize >= 8 else data.astype(np.float64)
            out = wrap(_norm(wide, p, axes, keepdims).astype(data.dtype, copy=False))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        a, out = ctx.saved_tensors
        shape = kept_shape(a.shape, ctx.axes)
        slope = _slope(a, out.reshape(shape), grad_output.reshape(shape), ctx.p, ctx.axes)
        return slope, None, None, None

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        if ctx.p != 2:
            return super().array_backward(ctx, gradient, wanted)
        data, out = ctx.saved_array(0), ctx.saved_array(1)
        shape = kept_shape(data.shape, ctx.axes)
        if data.size == out.size:
            return signs_of(data) * gradient.reshape(shape), *[None] * 3
        slope = _slope_of_length(data, out.reshape(shape), gradient.reshape(shape))
        return slope, *[None] * 3


@kernel
def _slope_of_length(data: Array, length: Array, gradient: Array) -> Array:
    flat = length == 0
    zero = number(0.0, data.dtype)
    out: Array
    # Of small ones the inverse is infinite.
    if (length < np.finfo(data.dtype).tiny).any() and not flat.all():
        out = data / np.where(flat, number(1.0, data.dtype), length)
        out *= np.where(flat, zero, gradient)
    else:
        out = data * np.where(flat, zero, gradient / length)
    return out


def spectral_norm(a: Tensor, p: float | str, axes: Shape, keepdims: bool) -> Tensor:
    """The largest (p = 2) or smallest (-2) singular value of matrices, or all of them added up
    ("nuc")."""
    values = singular_values("norm", movedim(a, axes, (-2, -1)))
    if p == "nuc" or (p == 2 and not values.shape[-1]):
        out = values.sum(-1)
    else:
        out = values.amax(-1) if p == 2 else values.amin(-1)
    return out.reshape(kept_shape(a.shape, axes)) if keepdims else out


def _norm(data: Array, p: float, axes: Shape, keepdims: bool) -> Array:
    out: Array
    if (p < 0 or p == inf) and not all(data.shape[axis] for axis in axes):
        raise ShapeError(f"norm: shape {data.shape} has no elements to choose from for p = {p}")
    alone = all(data.shape[axis] == 1 for axis in axes)
    if p == 2 and not alone:
        out = np.sqrt(_sum_of_squares(data, axes, keepdims))
    elif p == 0:
        out = add_reduce(data != 0, axes, np.float64, keepdims=keepdims)
    elif abs(p) == inf:
        out = (np.max if p > 0 else np.min)(np.abs(data), axes, keepdims=keepdims)
    elif p == 1 or alone:
        out = add_up(np.abs(data), axes, keepdims)
    else:
        out = add_up(np.abs(data) ** p, axes, keepdims) ** (1 / p)
    return out


def _sum_of_squares(data: Array, axes: Shape, keepdims: bool) -> Array:
    if data.size < FEW or not _are_last(axes, data.ndim):
        return add_up(data * data, axes, keepdims)
    rows = data.reshape(*data.shape[: data.ndim - len(axes)], -1)
    total: Array = np.vecdot(rows, rows)
    return total.reshape(kept_shape(data.shape, axes)) if keepdims else total


def _are_last(axes: Shape, ndim: int) -> bool:
    return axes == tuple(range(ndim - len(axes), ndim))


# BLAS loses no digits in the sum of so many squares.
_LONG = 1024


@kernel
def _length(rows: Array) -> Array:
    """The 2-norm along the last axis, in single precision where the squares stay within it."""
    *lead, size = rows.shape
    if size <= MOST_COLUMNS:
        total = np.vecdot(rows, rows)
    elif many := equal_parts(size):
        parts = rows.reshape(*lead, many, -1)
        total = add_reduce(np.vecdot(parts, parts), -1, np.float64)
    else:
        cut = size - size % _LONG
        parts, rest = rows[..., :cut].reshape(*lead, -1, _LONG), rows[..., cut:]
        total = add_reduce(np.vecdot(parts, parts), -1, np.float64) + np.vecdot(rest, rest)
    low, high = (total.min(initial=1), total.max(initial=1)) if lead else (total, total)
    if not (low > 1e-30 and high < inf):
        wide = rows.astype(np.float64)
        total = np.vecdot(wide, wide)
    length: Array = np.sqrt(total).astype(rows.dtype)
    return length


def _slope(a: Tensor, norm: Tensor, gradient: Tensor, p: float, axes: Shape) -> Tensor:
    """The gradient of the norm times `gradient`; both have the axes with size 1."""
    if p == 0:
        return wrap(np.zeros_like(a.data))
    sign = wrap(signs_of(a.data))
    if p == 1 or (p == 2 and a.data.size == norm.data.size):
        return Flat.apply(sign * gradient, a)
    if abs(p) == inf:
        size = np.abs(a.data)
        chosen = (size == norm.data) | (np.isnan(size) & np.isnan(norm.data))
        weights = chosen / add_reduce(chosen, axes, np.float64, keepdims=True)
        return Flat.apply(sign * (gradient * wrap(weights.astype(a.dtype))), a)
    if p < 1:
        power = where(a.data == 0, 0.0, where(a.data == 0, 1.0, a.abs()) ** (p - 1))
        return sign * power * (gradient * norm ** (1 - p))
    # Masked before and after the division: in a second derivative, too, nothing is divided by 0.
    flat = norm.data == 0
    part = a / where(flat, 1.0, norm)  # whose powers stay within the dtype
    gradient = where(flat, 0.0, gradient)
    if p == 2:
        return part * gradient
    # Of a power that is no whole number, 0 has no slope.
    zero = part.data == 0
    power = where(zero, 0.0, where(zero, 1.0, part.abs()) ** (p - 1))
    return sign * power * gradient


@numpy_names
def norm(
    input: Tensor,
    p: float | str | None = "fro",
    dim: Axes = None,
    keepdim: bool = False,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """sum(|input| ** p) ** (1 / p) over `dim` (all axes for None), in `dtype` if one is given.

    p = inf and -inf are the largest and the smallest |input|, 0 the number of elements that are
    not 0; "fro" is 2, "nuc" the sum of the singular values of matrices (in two axes). The gradient
    where the norm is 0 is 0, and equal extremes share it.

    Raises DtypeError unless floating and ShapeError for a negative or infinite p over no elements.

    >>> norm(Tensor([3.0, 4.0]))
    tensor(5.)
    """
    if p == "fro" or p is None:
        p = 2.0
    require_floating("norm", input)
    x = input if dtype is None else to(input, dtype)
    if p == "nuc":
        axes = normalize_axes(dim, x.ndim, "norm")
        if len(axes) != 2:
            raise ShapeError(f"norm: expected two axes of matrices for 'nuc', got {axes}")
        return spectral_norm(x, p, axes, keepdim)
    if isinstance(p, str):
        raise RangeError(f"norm: expected p to be a number, 'fro' or 'nuc', got {p!r}")
    return Norm.apply(x, p, dim, keepdim)
