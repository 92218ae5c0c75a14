"""Views of memory by strides: windows along an axis, and any layout."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import Shape, normalize_axis, sizes_of, whole
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import RangeError, ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, view, wrap

__all__ = ["as_strided", "unfold"]


def _laid_out(data: Array, shape: Any, strides: Any, alone: bool) -> Array:
    """A view of memory by strides in bytes; unless each element is `alone`, not to be written."""
    if not data.flags.c_contiguous:
        writeable = data.flags.writeable and alone
        return np.lib.stride_tricks.as_strided(data, shape, strides, writeable=writeable)
    return _of_contiguous(data, shape, strides, alone)


def _of_contiguous(data: Array, shape: Any, strides: Any, alone: bool, offset: int = 0) -> Array:
    """`_laid_out` where it is known to lie without gaps: NumPy's constructor takes it sooner."""
    out: Array = np.ndarray(shape, data.dtype, data, offset, strides)
    if not alone:
        out.flags.writeable = False
    return out


@kernel
def _windows(data: Array, axis: int, size: int, step: int) -> Array:
    """Windows of `size` places, `step` apart, in a new last axis: a view, to be written to if no
    two windows overlap."""
    layout = _windows_in(data.shape, data.strides, axis, size, step)
    return _laid_out(data, *layout, step >= size)


@lru_cache(maxsize=1024)
def _windows_in(
    before: Shape, jumps: Shape, axis: int, size: int, step: int
) -> tuple[Shape, Shape]:
    """The shape and the strides of `_windows` in memory of such."""
    shape, strides = list(before), list(jumps)
    shape[axis] = (shape[axis] - size) // step + 1
    strides[axis] *= step
    return (*shape, size), (*strides, jumps[axis])


class Windows(Function):
    """The windows along an axis, as a new last axis: a view."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int, size: int, step: int) -> Tensor:
        ctx.shapes, ctx.window = a.shape, (axis, size, step)
        return view(_windows(a._data, axis, size, step), Windows, a, axis, size, step)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        return Overlap.apply(grad_output, ctx.shapes, *ctx.window), None, None, None


class Overlap(Function):
    """Windows added up where they lie: the transpose of `Windows`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, shape: Shape, axis: int, size: int, step: int
    ) -> Tensor:
        ctx.window = axis, size, step
        whole = np.zeros(shape, a.dtype, like=a._data)
        count = a.shape[axis]
        before = (slice(None),) * axis
        for place in range(size if count else 0):
            part = slice(place, place + step * (count - 1) + 1, step)
            whole[(*before, part)] += a._data[..., place]
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None, None]:
        return Windows.apply(grad_output, *ctx.window), None, None, None, None


@explained
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` places along an axis, `step` apart, in a new last axis: a view.

    Raises ShapeError for windows larger than the axis.

    >>> unfold(Tensor([1.0, 2.0, 3.0, 4.0]), 0, 2, 1)
    tensor([[1., 2.],
            [2., 3.],
            [3., 4.]])
    """
    shape = data_of("unfold", input).shape
    axis = normalize_axis(dimension, len(shape), "unfold")
    most = shape[axis] if shape else 1
    if not 0 <= whole(size, "unfold") <= most:
        raise ShapeError(f"unfold: expected windows of at most {most} places, got {size}")
    if whole(step, "unfold") < 1:
        raise RangeError(f"unfold: expected a step of at least 1, got {step}")
    if not shape:
        return input.reshape(1)[:size]
    return Windows.apply(input, axis, size, step)


@kernel
def _strided(data: Array, size: Shape, stride: Shape, offset: int) -> Array:
    itemsize, (_, alone) = data.itemsize, _reach(size, stride)
    strides = [step * itemsize for step in stride]
    return _of_contiguous(data, size, strides, alone, offset * itemsize)


@lru_cache(maxsize=1024)
def _reach(size: Shape, stride: Shape) -> tuple[int, bool]:
    """How far the last element is from the first, below 0 if the two are none of a view, and
    whether no element occurs twice: where a step goes farther than all shorter ones together."""
    if len(size) != len(stride) or min((*size, *stride), default=0) < 0:
        return -1, False
    alone, reach = True, 0
    for step, count in sorted(zip(stride, size, strict=True)):
        alone &= count < 2 or step > reach
        reach += step * (count - 1)
    return reach, alone


class Strided(Function):
    """The elements of contiguous memory at offset + sum(place * stride): a view."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, size: Shape, stride: Shape, offset: int) -> Tensor:
        ctx.shapes, ctx.layout = a.shape, (size, stride, offset)
        if not a._data.flags.c_contiguous:  # a gradient may lie in memory as it likes
            return wrap(_strided(np.ascontiguousarray(a._data), size, stride, offset))
        out = _strided(a._data, size, stride, offset)
        return view(out, Strided, a, size, stride, offset)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        return Unstrided.apply(grad_output, ctx.shapes, *ctx.layout), None, None, None


class Unstrided(Function):
    """The elements added up where they lie: the transpose of `Strided`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, shape: Shape, size: Shape, stride: Shape, offset: int
    ) -> Tensor:
        ctx.layout = size, stride, offset
        whole = np.zeros(shape, a.dtype, like=a._data)
        places = np.full(size, offset)
        for axis, step in enumerate(stride):
            along = np.arange(size[axis]) * step
            places += along.reshape(-1, *(1,) * (len(size) - axis - 1))
        np.add.at(whole.reshape(-1), places.reshape(-1), a._data.reshape(-1))
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None, None]:
        return Strided.apply(grad_output, *ctx.layout), None, None, None, None


@explained
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The elements in memory at storage_offset + sum(place * stride) for the places of `size`: a
    view, in which one element may occur several times.

    The memory is the tensor's own: its elements in C order, the first one at 0, and it has to be
    contiguous. (PyTorch takes that of the tensor from which a view was taken.)

    Raises ShapeError for what lies outside.

    >>> as_strided(Tensor([1.0, 2.0, 3.0, 4.0]), (2, 3), (1, 1))
    tensor([[1., 2., 3.],
            [2., 3., 4.]])
    """
    data = data_of("as_strided", input)
    sizes, steps = sizes_of((size,), "as_strided"), sizes_of((stride,), "as_strided")
    offset = 0 if storage_offset is None else whole(storage_offset, "as_strided")
    if not data.flags.c_contiguous:
        raise ShapeError("as_strided: expected a contiguous tensor; call contiguous() first")
    reach, _ = _reach(sizes, steps)
    if reach < 0 or offset < 0:
        raise ShapeError(
            f"as_strided: expected as many sizes as strides, of at least 0, got {sizes}, {steps} "
            f"and the offset {offset}"
        )
    last, most = offset + reach, data.size
    if last >= most and 0 not in sizes:
        raise ShapeError(
            f"as_strided: element {last} lies outside of the {most} of shape {data.shape}"
        )
    return Strided.apply(input, sizes, steps, offset if offset < most else most)
