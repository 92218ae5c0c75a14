"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kept_where, kernel
from mytorch._kernels.sums import add_reduce
from mytorch._shapes import Shape, normalize_axis, whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import ShapeError
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, view, wrap

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "trace", "tril", "triu"]

# Beyond it NumPy takes an offset for something else. All so far out are empty.
_FAR = 2**31 - 1


@kernel
def _diagonal_of(data: Array, offset: int, axes: tuple[int, int]) -> Array:
    """A diagonal as a view, which NumPy protects, for now."""
    out = data.diagonal(offset, *axes)
    out.flags.writeable = data.flags.writeable
    return out


class Diagonal(Function):
    """A diagonal of the matrices in two axes, as the last axis: a view."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, offset: int, axes: tuple[int, int]) -> Tensor:
        data = a._data
        ctx.shapes, ctx.place = data.shape, (offset, axes)
        return view(_diagonal_of(data, offset, axes), Diagonal, a, offset, axes)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Undiagonal.apply(grad_output, *ctx.place, ctx.shapes), None, None


class Trace(Function):
    """The sum of a matrix's diagonal; that of integers and booleans in int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = a._data
        ctx.shapes = data.shape
        if data.dtype.kind != "f":
            return wrap(data.trace(dtype=np.int64))
        wide = np.promote_types(data.dtype, np.float64)
        total = silenced().run(add_reduce, data.diagonal(), 0, wide)
        return wrap(total.astype(data.dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        along = grad_output.expand(min(ctx.shapes))
        return Undiagonal.apply(along, 0, (0, 1), ctx.shapes)


class Undiagonal(Function):
    """Zeros of `shape` but for a diagonal: the transpose of `Diagonal`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, offset: int, axes: tuple[int, int], shape: Shape
    ) -> Tensor:
        ctx.place = offset, axes
        whole = np.zeros(shape, a.dtype, like=a._data)
        _diagonal_of(whole, offset, axes)[...] = a._data
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        return Diagonal.apply(grad_output, *ctx.place), None, None, None


class Triangle(Function):
    """The lower or upper triangle of each matrix, with the diagonal; zeros in the other."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, diagonal: int, lower: bool) -> Tensor:
        ctx.triangle = diagonal, lower
        data = a._data
        rows, columns = data.shape[-2:]
        diagonal = min(max(diagonal, -rows), columns)
        # From here on no column is cut, but all are in the upper triangle and none in the lower.
        end = min(max(rows + diagonal, 0), columns)
        # Small integers are compared faster.
        last = np.arange(diagonal, rows + diagonal, dtype=np.int32).reshape(-1, 1)
        places = np.arange(end, dtype=np.int32)
        square = data[..., :end]
        # Recorded where the data is.
        chosen = np.zeros(square.shape, bool, like=data)
        chosen[...] = places <= last if lower else places >= last
        square = kept_where(chosen, square)
        if end == columns:
            return wrap(square)
        out = np.zeros(data.shape, data.dtype, like=data)
        out[..., :end] = square
        if not lower:
            out[..., end:] = data[..., end:]
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Triangle.apply(grad_output, *ctx.triangle), None, None


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements [i, i + offset] of the matrices in the axes dim1 and dim2, as the last axis: a
    view.

    Raises ShapeError if the axes are the same.

    >>> diagonal(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    ndim = data_of("diagonal", input).ndim
    first, second = normalize_axis(dim1, ndim, "diagonal"), normalize_axis(dim2, ndim, "diagonal")
    if first == second:
        raise ShapeError(f"diagonal: expected two axes, got {dim1} and {dim2}")
    place = whole(offset, "diagonal")
    if not -_FAR <= place <= _FAR:
        place = _FAR if place > 0 else -_FAR
    return Diagonal.apply(input, place, (first, second))


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices in the new axes dim1 and dim2, with the last axis of input as the diagonal
    [i, i + offset] and zeros elsewhere.

    Raises ShapeError for a number, and unless dim1 and dim2 are two axes.

    >>> diag_embed(Tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    shape = data_of("diag_embed", input).shape
    if not shape:
        raise ShapeError("diag_embed: a 0-d tensor has no axis for a diagonal")
    axes = tuple(normalize_axis(dim, len(shape) + 1, "diag_embed") for dim in (dim1, dim2))
    if axes[0] == axes[1]:
        raise ShapeError(f"diag_embed: expected two axes, got {dim1} and {dim2}")
    place = whole(offset, "diag_embed")
    sizes = list(shape[:-1])
    for axis in sorted(axes):
        sizes.insert(axis, shape[-1] + abs(place))
    return Undiagonal.apply(input, place, axes, tuple(sizes))


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A matrix with the vector on a diagonal, or a copy of the diagonal of a matrix.

    Raises ShapeError for any other number of axes.

    >>> diag(Tensor([1.0, 2.0]), 1).shape, diag(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    ((3, 3), tensor([1., 4.]))
    """
    ndim = data_of("diag", input).ndim
    if ndim not in (1, 2):
        raise ShapeError(f"diag: expected a vector or a matrix, got shape {input.shape}")
    return diag_embed(input, diagonal) if ndim == 1 else _diagonal(input, diagonal).clone()


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements, in C order, on a diagonal.

    >>> diagflat(Tensor([[1.0], [2.0]]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    flat = input if data_of("diagflat", input).ndim == 1 else input.reshape(-1)
    return diag_embed(flat, offset)


_diagonal = diagonal


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal. Raises ShapeError for anything but a matrix.

    >>> trace(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    if data_of("trace", input).ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got shape {input.shape}")
    return Trace.apply(input)


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements [..., i, j] with j <= i + diagonal, zeros in place of the others.

    Raises ShapeError for less than two axes.

    >>> tril(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 0.],
            [3., 4.]])
    """
    return _triangle("tril", input, diagonal, True)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements [..., i, j] with j >= i + diagonal, zeros in place of the others.

    Raises ShapeError for less than two axes.

    >>> triu(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 2.],
            [0., 4.]])
    """
    return _triangle("triu", input, diagonal, False)


def _triangle(name: str, input: Tensor, diagonal: int, lower: bool) -> Tensor:
    shape = data_of(name, input).shape
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected a matrix or a stack of them, got shape {shape}")
    return Triangle.apply(input, whole(diagonal, name), lower)
