"""The same elements in another arrangement: views, where NumPy can make them without a copy."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from mytorch._shapes import Shape, normalize_axes, normalize_axis, resolve_reshape, sizes_of, whole
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DimensionError, ShapeError
from mytorch.ops._arguments import numpy_names, sizes_named
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap
from mytorch.tensor import view as view_of

__all__ = [
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "reshape_as",
    "roll",
    "rot90",
    "squeeze",
    "swapaxes",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


class Reshape(Function):
    """The elements, in C order, in another shape; one size may be -1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        data = data_of("reshape", a)
        ctx.shapes = data.shape
        try:
            if shape and min(shape) < -1:  # which NumPy takes for -1
                raise ValueError
            out = data.reshape(shape)
        except ValueError:
            resolve_reshape(data.shape, shape, "reshape")  # says what is wrong
            raise
        # Only of contiguous elements it is certain that NumPy did not have to copy.
        if data.flags.c_contiguous or np.may_share_memory(data, out):
            return view_of(out, Reshape, a, shape)
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output.reshape(*ctx.shapes), None


class Transpose(Function):
    """The axes in the order `axes`, counted from the front; reversed for None."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axes: Shape | None = None) -> Tensor:
        ctx.axes = axes
        return view_of(data_of("transpose", a).transpose(axes), Transpose, a, axes)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Any:
        axes = ctx.axes
        if axes is None:
            return Transpose.apply(grad_output)
        back = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        return Transpose.apply(grad_output, back), None


class Flip(Function):
    """The elements in reverse order along axes."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axes: Shape) -> Tensor:
        ctx.axes = axes
        return wrap(np.flip(a._data, axes).copy())

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Flip.apply(grad_output, ctx.axes), None


class Roll(Function):
    """The elements moved along axes; what leaves at one end comes in at the other."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shifts: Shape, axes: Shape) -> Tensor:
        ctx.shifts, ctx.axes = shifts, axes
        return wrap(np.roll(a._data, shifts, axes))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Roll.apply(grad_output, tuple(-n for n in ctx.shifts), ctx.axes), None, None


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements, in C order, in another shape; one size may be -1, which is inferred.

    Raises ShapeError if the numbers of elements differ.

    >>> reshape(Tensor([1.0, 2.0, 3.0, 4.0]), 2, -1)
    tensor([[1., 2.],
            [3., 4.]])
    """
    return Reshape.apply(input, sizes_of(shape, "reshape"))


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of another tensor.

    >>> reshape_as(Tensor([1.0, 2.0]), Tensor.zeros(2, 1)).shape
    (2, 1)
    """
    return Reshape.apply(input, data_of("reshape_as", other).shape)


def view(input: Tensor, *shape: Any) -> Tensor:
    """`reshape` that never copies: the result shares the memory.

    Raises ShapeError if the elements do not lie in memory as that would need. Another dtype in
    place of a shape, as PyTorch has it, is not supported.

    >>> view(Tensor.zeros(2, 3), -1).shape
    (6,)
    """
    out = Reshape.apply(input, sizes_of(shape, "view"))
    if out._view is None and out.numel():
        raise ShapeError(
            f"view: the elements of this tensor of shape {input.shape} do not lie in memory as "
            f"shape {out.shape} needs (it was transposed or cut); use reshape, which copies"
        )
    return out


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """`view` in the shape of another tensor.

    >>> view_as(Tensor([1.0, 2.0]), Tensor.zeros(2, 1)).shape
    (2, 1)
    """
    return view(input, data_of("view_as", other).shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from `start_dim` to `end_dim` as one; a 0-d tensor becomes one of shape (1,).

    Raises DimensionError for an axis out of range, ShapeError if the first comes after the last.

    >>> flatten(Tensor.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    shape = data_of("flatten", input).shape
    first = normalize_axis(start_dim, len(shape), "flatten")
    last = normalize_axis(end_dim, len(shape), "flatten")
    if first > last:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    middle = prod(shape[first : last + 1])
    return Reshape.apply(input, (*shape[:first], middle, *shape[last + 1 :]))


@numpy_names
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """The axis `dim` as several, of the given sizes; one of them may be -1.

    Raises ShapeError if the sizes do not multiply to that of the axis.

    >>> unflatten(Tensor.zeros(2, 6), 1, (2, -1)).shape
    (2, 2, 3)
    """
    shape = data_of("unflatten", input).shape
    if not shape or not sizes:
        raise ShapeError(f"unflatten: expected an axis and its sizes, got {shape} and {sizes}")
    axis = normalize_axis(dim, len(shape), "unflatten")
    parts = sizes_of((sizes,), "unflatten")
    if prod(parts) != shape[axis] or min(parts) < 0:
        parts = resolve_reshape((shape[axis],), parts, "unflatten")
    return Reshape.apply(input, (*shape[:axis], *parts, *shape[axis + 1 :]))


@numpy_names
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without the axes of size 1: all of them, or those of `dim` that are of size 1.

    >>> squeeze(Tensor.zeros(1, 2, 1)).shape, squeeze(Tensor.zeros(1, 2, 1), -1).shape
    ((2,), (1, 2))
    """
    shape = data_of("squeeze", input).shape
    if dim is None:
        return Reshape.apply(input, tuple([size for size in shape if size != 1]))
    # An empty tuple names no axis here, though it names all of them elsewhere.
    named = () if dim == () or dim == [] else normalize_axes(dim, len(shape), "squeeze")
    kept = [size for axis, size in enumerate(shape) if size != 1 or axis not in named]
    return Reshape.apply(input, tuple(kept))


@numpy_names
def unsqueeze(input: Tensor, dim: int = 0) -> Tensor:
    """With a new axis of size 1 at the place `dim` (PyTorch asks for one).

    >>> unsqueeze(Tensor.zeros(2, 3), -1).shape
    (2, 3, 1)
    """
    shape = data_of("unsqueeze", input).shape
    axis = normalize_axis(dim, len(shape) + 1, "unsqueeze")
    return Reshape.apply(input, (*shape[:axis], 1, *shape[axis:]))


@sizes_named("dims")
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The axes in the order `dims`.

    Raises ShapeError unless all axes are named, DimensionError for one that does not exist or is
    named twice.

    >>> permute(Tensor.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    axes, ndim = sizes_of(dims, "permute"), data_of("permute", input).ndim
    if len(axes) != ndim:
        raise ShapeError(f"permute: {ndim} axes need an order of {ndim}, got {axes}")
    return Transpose.apply(input, normalize_axes(axes, ndim, "permute"))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged (PyTorch's meaning of the name; NumPy's is `permute`).

    >>> transpose(Tensor.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    ndim = data_of("transpose", input).ndim
    first = normalize_axis(dim0, ndim, "transpose")
    second = normalize_axis(dim1, ndim, "transpose")
    order = list(range(ndim))
    if order:
        order[first], order[second] = second, first
    return Transpose.apply(input, tuple(order))


def matrix_transpose(input: Tensor) -> Tensor:
    """Each matrix of a stack transposed: `Tensor.mT`. Raises ShapeError for less than two axes.

    >>> matrix_transpose(Tensor.zeros(2, 3, 4)).shape
    (2, 4, 3)
    """
    ndim = data_of("mT", input).ndim
    if ndim < 2:
        raise ShapeError(f"mT: expected a matrix or a stack of them, got shape {input.shape}")
    return Transpose.apply(input, (*range(ndim - 2), ndim - 1, ndim - 2))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose`, by the name that NumPy has for it.

    >>> swapaxes(Tensor.zeros(2, 3, 4), 0, 1).shape
    (3, 2, 4)
    """
    return transpose(input, axis0, axis1)


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """The axes `source` moved to the places `destination`, the others in their order.

    Raises ShapeError if they are not equally many, or one is named twice.

    >>> movedim(Tensor.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    ndim = data_of("movedim", input).ndim
    sources, places = (
        normalize_axes(axes, ndim, "movedim") if np.size(axes) else ()
        for axes in (source, destination)
    )
    if len(sources) != len(places):
        raise ShapeError(
            f"movedim: expected as many places as axes, got axes {source}, places {destination}"
        )
    order = [axis for axis in range(ndim) if axis not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return Transpose.apply(input, tuple(order))


def moveaxis(
    input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]
) -> Tensor:
    """`movedim`, by the name that NumPy has for it.

    >>> moveaxis(Tensor.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    return movedim(input, source, destination)


@sizes_named("dims")
def flip(input: Tensor, *dims: Any) -> Tensor:
    """A copy with the elements in reverse order along the axes `dims`.

    >>> flip(Tensor([1.0, 2.0, 3.0]), 0)
    tensor([3., 2., 1.])
    """
    wanted, ndim = sizes_of(dims, "flip"), data_of("flip", input).ndim
    return Flip.apply(input, normalize_axes(wanted, ndim, "flip") if wanted else ())


def fliplr(input: Tensor) -> Tensor:
    """`flip` along the second axis. Raises ShapeError if there is none.

    >>> fliplr(Tensor([[1.0, 2.0]]))
    tensor([[2., 1.]])
    """
    if data_of("fliplr", input).ndim < 2:
        raise ShapeError(f"fliplr: expected at least 2 axes, got shape {input.shape}")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """`flip` along the first axis. Raises ShapeError if there is none.

    >>> flipud(Tensor([1.0, 2.0]))
    tensor([2., 1.])
    """
    if not data_of("flipud", input).ndim:
        raise ShapeError("flipud: expected at least 1 axis, got a number")
    return flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A copy turned k times by 90 degrees in the plane of two axes, from the first towards the
    second.

    Raises ShapeError unless there are two axes, or for others.

    >>> rot90(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    axes, ndim = sizes_of((dims,), "rot90"), data_of("rot90", input).ndim
    if ndim < 2 or len(axes) != 2:
        raise ShapeError(f"rot90: expected two axes of at least 2, got {axes} of {ndim}")
    first, second = normalize_axes(axes, ndim, "rot90")
    turns = whole(k, "rot90") % 4
    if turns == 2:
        return flip(input, first, second)
    if turns == 0:
        return input.clone()
    turned = flip(input, second if turns == 1 else first)
    return transpose(turned, first, second)


def ravel(input: Tensor) -> Tensor:
    """All elements in a row: `reshape(-1)`.

    >>> ravel(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 2., 3., 4.])
    """
    return reshape(input, -1)


def roll(
    input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None
) -> Tensor:
    """A copy with the elements moved by `shifts` along the axes `dims`; those that leave at one
    end come in at the other. Without axes the flattened tensor is rolled.

    Raises ShapeError if there are no shifts, or not as many as axes.

    >>> roll(Tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    steps = sizes_of((shifts,), "roll")
    ndim = data_of("roll", input).ndim
    axes = () if dims is None else sizes_of((dims,), "roll")
    if not axes and len(steps) == 1:
        return Roll.apply(input.reshape(-1), steps, (0,)).reshape(input.shape)
    if len(steps) != len(axes) or not steps:
        raise ShapeError(f"roll: expected as many shifts as axes, got {steps} and {axes}")
    if not ndim:
        raise DimensionError(f"roll: a 0-d tensor has no axes, got {axes}")
    return Roll.apply(input, steps, tuple(normalize_axis(axis, ndim, "roll") for axis in axes))


def t(input: Tensor) -> Tensor:
    """A matrix transposed (a vector or number as it is). Raises ShapeError for more axes.

    >>> t(Tensor([[1.0, 2.0]])).shape
    (2, 1)
    """
    shape = data_of("t", input).shape
    if len(shape) > 2:
        raise ShapeError(f"t: expected at most 2 dimensions, got shape {shape}; see permute")
    return Transpose.apply(input)
