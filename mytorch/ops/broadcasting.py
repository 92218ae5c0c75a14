"""Repeating along axes and summing over them: each is the other's backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels.sums import add_up
from mytorch._shapes import Shape, Size, broadcast_axes, sizes_of
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import broadcast_error, data_of
from mytorch.tensor import Tensor, view, wrap

__all__ = [
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "expand",
    "expand_as",
    "repeat",
    "sum_to_size",
    "tile",
]


class Expand(Function):
    """The tensor repeated to `shape`: a view, read-only where an element is repeated."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        data = data_of("expand", a)
        ctx.shape_before = data.shape
        try:
            out = _repeated(data, shape)
        except ValueError:
            raise ShapeError(
                f"expand: shape {a.shape} cannot be repeated to {shape}: counted from the last "
                "axis, each size must be equal or 1"
            ) from None
        # What is not repeated may be written to.
        return view(data.reshape(shape) if out.size == data.size else out, Expand, a, shape)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return SumTo.apply(grad_output, ctx.shape_before), None


def _repeated(data: Array, shape: Shape) -> Array:
    """`np.broadcast_to(data, shape)`, by what that calls; a shape of no axes needs no look."""
    if type(data) is not np.ndarray or not shape:
        return np.broadcast_to(data, shape)
    repeated: Array = _iterate((data,), _ANY_SIZE, _READ, itershape=shape, order="C").itviews[0]
    return repeated


_iterate: Any = np.nditer
_ANY_SIZE, _READ = ["multi_index", "zerosize_ok"], [["readonly"]]


class SumTo(Function):
    """The sum over every axis along which a tensor of shape `shape` would be repeated."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        ctx.shape_before = a.shape
        return wrap(sum_to(a._data, shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Expand.apply(grad_output, ctx.shape_before), None


def sum_to(data: Array, shape: Shape) -> Array:
    """`SumTo` on arrays."""
    total = add_up(data, broadcast_axes(shape, data.shape))
    return cast(total, data.dtype).reshape(shape)


def unbroadcast(gradient: Tensor, shape: Shape) -> Tensor:
    """The gradient of an operand of shape `shape` that was broadcast to `gradient.shape`:
    summed over the axes along which the operand was repeated."""
    return gradient if gradient._data.shape == shape else SumTo.apply(gradient, shape)


def unbroadcast_array(gradient: Array, shape: Shape) -> Array:
    """`unbroadcast` on arrays."""
    return gradient if gradient.shape == shape else sum_to(gradient, shape)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The tensor repeated to `sizes` as broadcasting does; -1 keeps a size. A view, which cannot be
    written to if an element is repeated.

    Raises ShapeError if a size is neither equal nor repeats a size of 1.

    >>> expand(Tensor([[1.0], [2.0]]), -1, 2)
    tensor([[1., 1.],
            [2., 2.]])
    """
    wanted = sizes_of(sizes, "expand")
    shape = data_of("expand", input).shape
    lead = len(wanted) - len(shape)
    whole = wanted
    if -1 in wanted:
        whole = tuple(
            shape[axis - lead] if size == -1 and axis >= lead else size
            for axis, size in enumerate(wanted)
        )
    if lead < 0 or min(whole, default=0) < 0:
        raise ShapeError(
            f"expand: sizes {wanted} do not fit shape {shape}: name at least {len(shape)} sizes, "
            "and -1 only for an axis that exists"
        )
    return Expand.apply(input, whole)


@explained
def broadcast_to(input: Tensor, size: Shape) -> Tensor:
    """The tensor repeated to the shape `size`, as `expand`.

    >>> broadcast_to(Tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return expand(input, *size)


@explained
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor repeated to the shape of another, as `expand`.

    >>> expand_as(Tensor([1.0, 2.0]), Tensor.zeros(3, 2)).shape
    (3, 2)
    """
    return expand(input, *other.shape)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors repeated to the one shape that they have in arithmetic.

    Raises ShapeError if there is none.

    >>> a, b = broadcast_tensors(Tensor.zeros(2, 1), Tensor.zeros(3))
    >>> a.shape, b.shape
    ((2, 3), (2, 3))
    """
    shapes = [data_of("broadcast_tensors", tensor).shape for tensor in tensors]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise broadcast_error("broadcast_tensors", *tensors) from None
    return tuple([Expand.apply(tensor, shape) for tensor in tensors])


def repeat(input: Tensor, *sizes: Any) -> Tensor:
    """A copy with the whole tensor repeated `sizes` times along its axes, new ones in front.

    Raises ShapeError for fewer sizes than axes, or a negative one.

    >>> repeat(Tensor([1.0, 2.0]), 2, 2)
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    times = sizes_of(sizes, "repeat")
    shape = data_of("repeat", input).shape
    if len(times) < len(shape) or any(n < 0 for n in times):
        raise ShapeError(
            f"repeat: expected at least {len(shape)} numbers of at least 0 for shape {shape}, "
            f"got {times}"
        )
    whole = (1,) * (len(times) - len(shape)) + shape
    # (2, 3) repeated (4, 5) times is (1, 2, 1, 3) expanded to (4, 2, 5, 3).
    spread = input.reshape(tuple(size for n in whole for size in (1, n)))
    spread = spread.expand(tuple(size for both in zip(times, whole, strict=True) for size in both))
    return spread.clone().reshape(tuple(n * size for n, size in zip(times, whole, strict=True)))


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """The sum over the axes along which a tensor of this size would be broadcast to the input.

    Raises ShapeError if it would not.

    >>> sum_to_size(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 2)
    tensor([[4., 6.]])
    """
    shape, wanted = data_of("sum_to_size", input).shape, sizes_of(size, "sum_to_size")
    lead = len(shape) - len(wanted)
    if lead < 0 or any(n not in (1, m) for n, m in zip(wanted, shape[lead:], strict=True)):
        raise ShapeError(f"sum_to_size: shape {wanted} cannot be broadcast to shape {shape}")
    if wanted == shape and shape:
        return input
    return SumTo.apply(input if input.dtype.kind == "f" else input.to(np.int64), wanted)


def tile(input: Tensor, *dims: Any) -> Tensor:
    """`repeat` in which missing numbers, those of the first axes, are 1, as NumPy has it.

    >>> tile(Tensor([[1.0, 2.0]]), 2)
    tensor([[1., 2., 1., 2.]])
    """
    times = sizes_of(dims, "tile")
    return repeat(input, *(1,) * (data_of("tile", input).ndim - len(times)), *times)


def broadcast_shapes(*shapes: int | Sequence[int]) -> Shape:
    """The one shape that tensors of these have in arithmetic; a number is the shape of a vector.

    Raises ShapeError if there is none.

    >>> broadcast_shapes((2, 1), 3)
    (2, 3)
    """
    given = [sizes_of((shape,), "broadcast_shapes") for shape in shapes]
    try:
        return Size(np.broadcast_shapes(*given))
    except ValueError:
        raise ShapeError(f"broadcast_shapes: {given} have no common shape") from None
