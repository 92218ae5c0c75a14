"""Joining tensors and taking them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array, cast, result_type
from mytorch._shapes import normalize_axis, sizes_of
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DimensionError, ShapeError
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.indexing import Index
from mytorch.tensor import Tensor, wrap

__all__ = ["cat", "chunk", "split", "stack", "unbind"]


class Cat(Function):
    """Tensors joined along an axis: `Cat.apply(first, second, ..., dim)`."""

    @staticmethod
    def forward(ctx: ContextManager, *tensors_and_dim: Any) -> Tensor:
        *tensors, dim = tensors_and_dim
        ctx.shapes = shapes = [tensor.shape for tensor in tensors]
        arrays = [tensor._data for tensor in tensors]
        # As in PyTorch an empty vector goes with everything.
        parts = [array for array in arrays if array.shape != (0,)] or arrays
        if not all(array.ndim for array in parts):
            raise ShapeError(f"cat: a 0-d tensor has no axis to join along, got shapes {shapes}")
        ctx.dim = dim = normalize_axis(dim, parts[0].ndim, "cat")
        try:
            dtype = _common_dtype(arrays)
            return wrap(np.concatenate([cast(array, dtype) for array in parts], dim))
        except ValueError:
            raise ShapeError(
                f"cat: shapes {shapes} must be equal in every axis but axis {dim}"
            ) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        before = (slice(None),) * ctx.dim
        parts: list[Tensor | None] = []
        start = 0
        for shape in ctx.shapes:
            if shape == (0,) != grad_output.shape:
                parts.append(None)
                continue
            stop = start + shape[ctx.dim]
            parts.append(grad_output[(*before, slice(start, stop))])
            start = stop
        return (*parts, None)


class Stack(Function):
    """Tensors of one shape joined along a new axis: `Stack.apply(first, second, ..., dim)`."""

    @staticmethod
    def forward(ctx: ContextManager, *tensors_and_dim: Any) -> Tensor:
        *tensors, dim = tensors_and_dim
        ctx.dim = dim
        new = (slice(None),) * dim + (None,)
        arrays = [tensor._data[new] for tensor in tensors]
        dtype = _common_dtype(arrays)
        return wrap(np.concatenate([cast(array, dtype) for array in arrays], dim))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        return *unbind(grad_output, ctx.dim), None


def _common_dtype(arrays: list[Array]) -> np.dtype[Any]:
    """The dtype in which all arrays meet, pair by pair."""
    first, *others = arrays
    for other in others:
        if other.dtype is not first.dtype:
            first = np.empty(first.shape, result_type(first, other))
    return first.dtype


def sequence(name: str, tensors: Any) -> Sequence[Tensor]:
    """The tensors, which have to be a tuple or list of at least one."""
    if not isinstance(tensors, (tuple, list)) or not all(isinstance(x, Tensor) for x in tensors):
        kinds = [kind_of(x, Tensor) for x in tensors] if isinstance(tensors, (tuple, list)) else ""
        raise TypeError(
            f"{name}: expected a tuple or list of Tensors, got a {kind_of(tensors)} {kinds}"
        )
    if not tensors:
        raise ShapeError(f"{name}: expected at least one Tensor, got an empty sequence")
    return tensors


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Joins tensors along an axis they all have; the other sizes must be equal. An empty vector
    (of shape (0,)) goes with tensors of any shape.

    Raises ShapeError for shapes that do not fit or an empty sequence, TypeError for what is no
    tuple or list of Tensors.

    >>> cat([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    return Cat.apply(*sequence("cat", tensors), dim)


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Joins tensors of one shape along a new axis at the place `dim`.

    Raises ShapeError if the shapes differ or the sequence is empty.

    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    shapes = [tensor.shape for tensor in sequence("stack", tensors)]
    if len(set(shapes)) > 1:
        raise ShapeError(f"stack: expected tensors of one shape, got {shapes}; see cat")
    dim = normalize_axis(dim, len(shapes[0]) + 1, "stack")
    return Stack.apply(*tensors, dim)


@numpy_names
def split(
    input: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of consecutive parts along an axis: of one size (the last may be smaller), or of the
    sizes in a list, which have to add up to that of the axis.

    Raises ShapeError for sizes that do not fit.

    >>> [part.shape for part in split(Tensor.zeros(5), 2)]
    [(2,), (2,), (1,)]
    """
    axis, size = _axis_to_cut("split", input, dim)
    if isinstance(split_size_or_sections, (tuple, list)):
        sizes = sizes_of((split_size_or_sections,), "split")
        if any(n < 0 for n in sizes) or sum(sizes) != size:
            raise ShapeError(
                f"split: expected sizes of at least 0 with the sum {size}, that of axis {dim} "
                f"of shape {input.shape}, got {sizes}"
            )
    else:
        (step,) = sizes_of((split_size_or_sections,), "split")
        if step < 0 or (step == 0 and size):
            raise ShapeError(f"split: expected a size of at least 1, got {step}")
        return _cut_equally(input, axis, size, step)
    return _cut(input, axis, (0, *accumulate(sizes)))


@numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` parts along an axis, of equal size but the last.

    Raises ShapeError for fewer than 1 part, DimensionError for an axis that does not exist.

    >>> [part.shape for part in chunk(Tensor.zeros(5), 3)]
    [(2,), (2,), (1,)]
    """
    axis, size = _axis_to_cut("chunk", input, dim)
    if chunks < 1:
        raise ShapeError(f"chunk: expected at least 1 part, got {chunks}")
    if not size:
        return _cut(input, axis, (0,) * (chunks + 1))
    return _cut_equally(input, axis, size, -(-size // chunks))


@numpy_names
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the parts along an axis, without that axis.

    Raises DimensionError for a number and for an axis that does not exist.

    >>> unbind(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    if not data_of("unbind", input).ndim:
        raise DimensionError("unbind: a 0-d tensor has no axes to take apart")
    axis, size = _axis_to_cut("unbind", input, dim)
    return along_axis(input, axis, range(size))


def _cut_equally(input: Tensor, axis: int, size: int, step: int) -> tuple[Tensor, ...]:
    """The parts of `step` places, of which the last one may have fewer."""
    return _cut(input, axis, (*range(0, size, step), size) if size else (0, 0))


def _cut(input: Tensor, axis: int, marks: Sequence[int]) -> tuple[Tensor, ...]:
    """Views of what lies between the places."""
    return along_axis(input, axis, [slice(*ends) for ends in pairwise(marks)])


def along_axis(input: Tensor, axis: int, parts: Iterable[int | slice]) -> tuple[Tensor, ...]:
    """Views of these parts of an axis."""
    lead = (slice(None),) * axis
    return tuple([Index.apply(input, (*lead, part) if lead else part) for part in parts])


def _axis_to_cut(name: str, input: Tensor, dim: int) -> tuple[int, int]:
    """The axis counted from the front, and its size."""
    shape = data_of(name, input).shape
    if not shape:
        raise ShapeError(f"{name}: a 0-d tensor has no axes to cut")
    axis = normalize_axis(dim, len(shape), name)
    return axis, shape[axis]
