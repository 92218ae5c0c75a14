"""Stacking along given axes, splitting by places, and grids: made of other operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations as choices
from itertools import combinations_with_replacement, pairwise
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import normalize_axis, whole
from mytorch.errors import RangeError, ShapeError
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.broadcasting import broadcast_to
from mytorch.ops.creation import zeros
from mytorch.ops.indexing import index_select
from mytorch.ops.joining import along_axis, cat, split, stack
from mytorch.ops.joining import sequence as sequence_of
from mytorch.tensor import Tensor, wrap

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "row_stack",
    "split_with_sizes",
    "tensor_split",
    "vsplit",
    "vstack",
]


def _each(name: str, tensors: tuple[Any, ...], shape: Callable[[Any], Any]) -> Any:
    """One tensor in its new shape, or a tuple of several."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return tensors[0].reshape(shape(data_of(name, tensors[0]).shape))
    given = tensors[0] if len(tensors) == 1 else tensors
    return tuple([tensor.reshape(shape(data_of(name, tensor).shape)) for tensor in given])


@explained
def atleast_1d(*tensors: Any) -> Any:
    """The tensor with at least one axis; a tuple for several, or for a sequence.

    >>> atleast_1d(Tensor(1.0)).shape
    (1,)
    """
    return _each("atleast_1d", tensors, lambda shape: shape or (1,))


@explained
def atleast_2d(*tensors: Any) -> Any:
    """The tensor with at least two axes: a vector becomes a row. A tuple for several.

    >>> atleast_2d(Tensor([1.0, 2.0])).shape
    (1, 2)
    """
    return _each("atleast_2d", tensors, _at_least_two)


def _at_least_two(shape: Any) -> Any:
    return (*(1,) * (2 - len(shape)), *shape)


@explained
def atleast_3d(*tensors: Any) -> Any:
    """The tensor with at least three axes: a vector of n as (1, n, 1), a matrix as (n, m, 1). A
    tuple for several.

    >>> atleast_3d(Tensor([1.0, 2.0])).shape
    (1, 2, 1)
    """
    return _each("atleast_3d", tensors, _at_least_three)


def _at_least_three(shape: Any) -> Any:
    return shape if len(shape) > 2 else (*_at_least_two(shape), 1)


@explained
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the second axis, vectors along their only one.

    >>> hstack([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    parts = atleast_1d(sequence_of("hstack", tensors))
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


@explained
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the first axis; vectors are rows.

    >>> vstack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return cat(atleast_2d(sequence_of("vstack", tensors)))


@explained
def row_stack(tensors: Sequence[Tensor]) -> Tensor:
    """`vstack`.

    >>> row_stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]).shape
    (2, 2)
    """
    return vstack(tensors)


@explained
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the third axis, which those with fewer get.

    >>> dstack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])])
    tensor([[[1., 3.],
             [2., 4.]]])
    """
    return cat(atleast_3d(sequence_of("dstack", tensors)), 2)


@explained
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the second axis; vectors are columns.

    >>> column_stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    return hstack(
        [x if x.ndim > 1 else x.reshape(-1, 1) for x in sequence_of("column_stack", tensors)]
    )


@numpy_names
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split` by a list of sizes.

    >>> [part.shape for part in split_with_sizes(Tensor.zeros(5), [2, 3])]
    [(2,), (3,)]
    """
    return split(input, list(split_sizes), dim)


# So many parts, each a tensor, are made of an axis of fewer elements.
_MOST_PARTS = 2**20


@numpy_names
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive parts along an axis: so many, of sizes that differ by 1 at most, or
    those between the places of a list, as Python's slices.

    Raises RuntimeError for less than one part, for more parts than elements and a million (in
    PyTorch the memory decides), and for a tensor without axes.

    >>> [part.shape for part in tensor_split(Tensor.zeros(5), 2)]
    [(3,), (2,)]
    >>> [part.shape for part in tensor_split(Tensor.zeros(5), [1, 3])]
    [(1,), (2,), (2,)]
    """
    shape = data_of("tensor_split", input).shape
    if not shape:
        raise ShapeError("tensor_split: a 0-d tensor has no axes to cut")
    axis = normalize_axis(dim, len(shape), "tensor_split")
    size, given = shape[axis], indices_or_sections
    if isinstance(given, Tensor):
        given = given.tolist()
    if isinstance(given, (list, tuple)):
        marks = [
            0,
            *(slice(whole(place, "tensor_split")).indices(size)[1] for place in given),
            size,
        ]
    else:
        parts = whole(given, "tensor_split")
        if parts < 1:
            raise ShapeError(f"tensor_split: expected at least 1 part, got {parts}")
        if parts > max(size, _MOST_PARTS):
            raise RangeError(
                f"tensor_split: expected at most {max(size, _MOST_PARTS)} parts of an axis of size "
                f"{size}, got {parts}, of which nearly all would be empty"
            )
        least, more = divmod(size, parts)
        marks = [place * least + min(place, more) for place in range(parts + 1)]
    cuts = [slice(start, end if start < end else start) for start, end in pairwise(marks)]
    return along_axis(input, axis, cuts)


def _split_along(name: str, input: Tensor, given: Any, axis: int) -> tuple[Tensor, ...]:
    shape = data_of(name, input).shape
    if len(shape) <= axis:
        raise ShapeError(f"{name}: expected at least {axis + 1} axes, got shape {shape}")
    if isinstance(given, int) and (given < 1 or shape[axis] % given):
        raise ShapeError(
            f"{name}: axis {axis} of shape {shape} cannot be cut into {given} equal parts"
        )
    return tensor_split(input, given, axis)


@explained
def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the second axis, of a vector along its only one, into equal parts.

    Raises ShapeError for a number.

    >>> [part.shape for part in hsplit(Tensor.zeros(2, 4), 2)]
    [(2, 2), (2, 2)]
    """
    axis = 0 if data_of("hsplit", input).ndim == 1 else 1
    if not input.ndim:
        raise ShapeError("hsplit: expected at least 1 axis, got shape ()")
    return _split_along("hsplit", input, indices_or_sections, axis)


@explained
def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the first of at least two axes, into equal parts.

    Raises ShapeError for fewer than two axes.

    >>> [part.shape for part in vsplit(Tensor.zeros(4, 2), [1])]
    [(1, 2), (3, 2)]
    """
    if data_of("vsplit", input).ndim < 2:
        raise ShapeError(f"vsplit: expected at least 2 axes, got shape {input.shape}")
    return _split_along("vsplit", input, indices_or_sections, 0)


@explained
def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along the third axis, into equal parts.

    >>> [part.shape for part in dsplit(Tensor.zeros(2, 2, 4), 2)]
    [(2, 2, 2), (2, 2, 2)]
    """
    return _split_along("dsplit", input, indices_or_sections, 2)


@explained
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: of n vectors, n views of n axes, of which each repeats its vector
    along the axes of the others. With indexing="xy" the first two axes change places.

    Raises ShapeError for what is no vector or number, and if the dtypes differ.

    >>> x, y = meshgrid(Tensor([1.0, 2.0]), Tensor([3.0, 4.0, 5.0]))
    >>> x.shape, y[0]
    ((2, 3), tensor([3., 4., 5.]))
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    vectors = [
        x if x.ndim else x.reshape(1) for x in sequence_of("meshgrid", tuple(given)) if x.ndim < 2
    ]
    if len(vectors) < len(given) or len({vector.dtype for vector in vectors}) > 1:
        raise ShapeError(
            f"meshgrid: expected vectors of one dtype, got shapes {[x.shape for x in given]} and "
            f"dtypes {[str(x.dtype) for x in given]}"
        )
    if indexing not in ("ij", "xy"):
        raise ShapeError(f"meshgrid: expected indexing to be 'ij' or 'xy', got {indexing!r}")
    shape = tuple(len(vector) for vector in vectors)
    # The last axis is in its place.
    columns = [
        vector.reshape(-1, *(1,) * (len(shape) - axis - 1))
        for axis, vector in enumerate(vectors[:-1])
    ]
    grids = [broadcast_to(column, shape) for column in (*columns, *vectors[-1:])]
    if indexing == "xy" and len(shape) > 1:
        # As it is defined: the first two vectors exchanged, and so are their axes.
        first, second, *rest = vectors
        grids = [grid.transpose(0, 1) for grid in meshgrid(second, first, *rest)]
        grids[0], grids[1] = grids[1], grids[0]
        grids = [grid.transpose(0, 1) for grid in grids]
    return tuple(grids)


@explained
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All lists of one element of each vector, as rows; of one vector the vector.

    Raises ShapeError unless all are vectors.

    >>> cartesian_prod(Tensor([1, 2]), Tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    if any(data_of("cartesian_prod", x).ndim != 1 for x in tensors) or not tensors:
        raise ShapeError(
            f"cartesian_prod: expected vectors, got shapes {[x.shape for x in tensors]}"
        )
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors)], 1)


@numpy_names
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, in their order, as rows.

    Raises ShapeError unless it is a vector, and for a negative r.

    >>> combinations(Tensor([1, 2, 3])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    if data_of("combinations", input).ndim != 1:
        raise ShapeError(f"combinations: expected a vector, got shape {input.shape}")
    if whole(r, "combinations") < 0:
        raise ShapeError(f"combinations: expected a number of at least 0, got {r}")
    if not r:
        return input[:0]
    rows = _choices(len(input), r, with_replacement)
    return index_select(input, 0, wrap(rows.reshape(-1))).reshape(rows.shape)


def _choices(size: int, count: int, with_replacement: bool) -> Array:
    if size < 8:
        choose = combinations_with_replacement if with_replacement else choices
        return np.array([*choose(range(size), count)], np.int64).reshape(-1, count)
    rows = np.arange(size)[:, None]
    for _ in range(count - 1):
        # Each is continued by every element behind its last one.
        counts = (size if with_replacement else size - 1) - rows[:, -1]
        last = (size - counts.cumsum()).repeat(counts)
        last += np.arange(len(last))
        rows = np.concatenate([rows.repeat(counts, 0), last[:, None]], 1)
    return rows


@explained
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the matrices along its diagonal and zeros elsewhere; a vector counts as a row,
    a number as a matrix of one.

    Raises ShapeError for more than two axes.

    >>> block_diag(Tensor([[1.0, 2.0]]), Tensor([[3.0]]))
    tensor([[1., 2., 0.],
            [0., 0., 3.]])
    """
    if any(data_of("block_diag", x).ndim > 2 for x in tensors):
        raise ShapeError(f"block_diag: expected matrices, got shapes {[x.shape for x in tensors]}")
    blocks = [x.reshape(_at_least_two(x.shape)) for x in tensors or [zeros(1, 0)]]
    width = sum(block.shape[1] for block in blocks)
    rows, before = [], 0
    for block in blocks:
        height, own = block.shape
        left = zeros(height, before, dtype=block.dtype)
        right = zeros(height, width - before - own, dtype=block.dtype)
        rows.append(cat([left, block, right], 1))
        before += own
    return cat(rows)
