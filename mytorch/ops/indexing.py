"""Indexing, with the gradient put back where the elements came from."""

from __future__ import annotations

import sys
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array, exact
from mytorch._shapes import Shape, normalize_axis, whole
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.engine.parts import Part
from mytorch.errors import DimensionError, DtypeError, ShapeError
from mytorch.observe import noted, observed
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import broadcast_error, data_of, operands
from mytorch.tensor import Tensor, view, wrap

__all__ = [
    "gather",
    "index_select",
    "narrow",
    "narrow_copy",
    "repeat_interleave",
    "select",
    "take",
    "take_along_dim",
]


_UINT8 = np.dtype(np.uint8)
# Up to this many elements `np.add.at` takes less time itself than finding their places.
MOST_SCATTERED = 1024
# Of tensors with more numbers a part's gradient is added as what it is.
_LARGE = 2**12
# Longer rows take less time one after the other.
LONG = 256
# What adds up as two numbers of a dtype side by side.
_PAIRS: dict[Any, Any] = {
    np.dtype(np.float32): np.dtype(np.complex64),
    np.dtype(np.float64): np.dtype(np.complex128),
}


class Index(Function):
    """a[index] for an index as `plain_index` gives it; a position chosen twice gets both
    gradients."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any) -> Tensor:
        data = a._data if type(a) is Tensor else data_of("indexing", a)
        ctx.shapes = data.shape
        ctx.index = index
        basic = type(index) in _BASIC or _is_basic(index)
        try:
            plain = basic or not isinstance(index, np.ndarray)
            out = data[index] if plain else rows_of(data, index)
        except (IndexError, OverflowError) as error:
            raise unfit("indexing", data.shape, index, error) from None
        if not basic:
            if not out.size:
                require_masks_fit("indexing", data.shape, index)
            return wrap(out)
        if isinstance(out, np.generic):
            # A number is a copy; with an ellipsis NumPy gives a 0-d view.
            out = data[(*index, ...)] if isinstance(index, tuple) else data[index, ...]
        return view(out, Index, a, index)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Unindex.apply(grad_output, ctx.index, ctx.shapes), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, None]:
        shape, index = ctx.shapes, ctx.index
        if prod(shape) >= _LARGE and not observed and _is_plain(index):
            return Part(gradient, index, shape), None
        return unindexed(gradient, index, shape), None


def rows_of(data: Array, index: Array) -> Array:
    """data[index]; by `take`, which is faster, where that need not copy all the data first. It
    would not say which index is out of range where there are no rows."""
    rows = data.shape[0] if data.ndim and index.dtype.kind == "i" else 0
    out: Array = data.take(index, 0) if rows and data.flags.c_contiguous else data[index]
    return out


class Unindex(Function):
    """Zeros of `shape`, to whose [index] the tensor is added: the transpose of `Index`."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any, shape: Shape) -> Tensor:
        ctx.index = index
        return wrap(unindexed(a._data, index, shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Index.apply(grad_output, ctx.index), None, None


def unindexed(data: Array, index: Any, shape: Shape) -> Array:
    """`Unindex` on arrays."""
    whole = _zeros(shape, data, index)
    if _names_each_once(index):
        whole[index] = data
    else:
        _add_at(whole, index, data)
    return whole


def _zeros(shape: Shape, data: Array, index: Any) -> Array:
    """Zeros for the data; where `compile` records either it or a part of the index, they are
    recorded too."""
    if type(data) is np.ndarray and type(index) in _BASIC:
        return np.zeros(shape, data.dtype)
    arrays = (data, *index) if isinstance(index, tuple) else (data, index)
    recorded = (a for a in arrays if isinstance(a, np.ndarray) and type(a) is not np.ndarray)
    # Unlike `zeros_like` it does not touch the memory, which may be far more than the index.
    return np.zeros(shape, data.dtype, like=next(recorded, data))


class AddAt(Function):
    """a with the part added at its [index]; a position named twice gets both."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, part: Tensor, index: Any) -> Tensor:
        ctx.index = index
        data, values = operands("index_add", a, part)
        whole = data.copy()
        _add_at(whole, index, values)
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        return grad_output, Index.apply(grad_output, ctx.index), None


class Found(Index):
    """`Index` at places of which none is named twice: their gradients are stored, not added."""

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Store.apply(grad_output, ctx.index, ctx.shapes), None


class Store(Function):
    """Zeros of `shape`, at whose [index] the tensor is stored: the transpose of `Found`."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any, shape: Shape) -> Tensor:
        ctx.index = index
        whole = _zeros(shape, a._data, index)
        whole[index] = a._data
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Found.apply(grad_output, ctx.index), None, None


def _add_at(whole: Array, index: Any, values: Array) -> None:
    """np.add.at(whole, index, values) for a contiguous array.

    Where integer arrays index adjacent axes and all other axes are whole, the elements' places in
    the flattened array are added to instead: the same sums, but for a vector of places NumPy has a
    loop of its own.
    """
    if whole.ndim == 1 and isinstance(index, np.ndarray):
        np.add.at(whole, index.reshape(-1), values.reshape(-1))
        return
    parts = index if isinstance(index, tuple) else (index,)
    adjacent = None if values.size <= MOST_SCATTERED else _adjacent(parts, whole.ndim)
    if adjacent is None:
        np.add.at(whole, index, values)
        return
    axis, arrays = adjacent
    first = arrays[0]
    plain = type(whole) is type(first) is np.ndarray
    if plain and not axis and len(arrays) == first.ndim == 1 and values[0].size >= LONG:
        for place, row in zip(first.tolist(), values, strict=True):
            target = whole[place]
            target += row
        return
    shape, end = whole.shape, axis + len(arrays)
    places = np.arange(prod(shape[:axis])).reshape(-1, *(1,) * max(part.ndim for part in arrays))
    for size, part in zip(shape[axis:end], arrays, strict=True):
        # In axis 0 what counts from the end does so in the flattened array too.
        places = places * size + (np.take(np.arange(size), part) if end > 1 else part)
    target, values, block = whole.reshape(-1), values.reshape(-1), prod(shape[end:])
    if block % 2 == 0 and values.dtype in _PAIRS:
        pair = _PAIRS[values.dtype]
        if not values.flags.c_contiguous:  # as where one number stands for all
            values = values.copy()
        target, values, block = target.view(pair), values.view(pair), block // 2
    if block > 1:
        places = places[..., None] * block + np.arange(block)
    np.add.at(target, places.reshape(-1), values)


def _adjacent(parts: tuple[Any, ...], ndim: int) -> tuple[int, tuple[Array, ...]] | None:
    """The first axis and the arrays of an index of integer arrays for adjacent axes, all others
    being whole; None for any other index."""
    partial = [i for i, part in enumerate(parts) if not _is_whole(part)]
    first, arrays = partial[0], parts[partial[0] : partial[-1] + 1]
    if any(not isinstance(part, np.ndarray) or part.dtype.kind != "i" for part in arrays):
        return None
    after_ellipsis = any(part is ... for part in parts[:first])
    return first + (ndim - len(parts) if after_ellipsis else 0), arrays


def _is_whole(part: Any) -> bool:
    return part is ... or (isinstance(part, slice) and part == slice(None))


def get_item(input: Tensor, index: Any) -> Tensor:
    """input[index]: numbers, slices of a positive step, None and ... give a view; masks and
    arrays or lists of integers a copy. What is of dtype uint8 is a mask.

    Beside arrays, numbers are applied first, as in PyTorch: x[0, :, [1, 2]] is x[0][:, [1, 2]]
    (NumPy would put the axis of the array in front). A list of lists is an array of integers, as
    in NumPy and as PyTorch has announced (it still takes it for a tuple).

    Raises IndexError for what is out of range or no index, ValueError for a step that is not
    positive.
    """
    if type(index) is int:  # as loops over a tensor have it
        return Index.apply(input, index)
    index = plain_index(index)
    steps = two_steps(index)
    if steps is None:
        return Index.apply(input, index)
    return Index.apply(Index.apply(input, steps[0]), steps[1])


def at_axis(axis: int, part: int | slice) -> Any:
    """A plain index with the part for an axis, all axes before it being whole."""
    return (*(slice(None),) * axis, part) if axis else part


def plain_index(index: Any) -> Any:
    """The index with arrays in place of Tensors and lists, copied: backward needs it as it is
    now."""
    return tuple(map(_plain_part, index)) if isinstance(index, tuple) else _plain_part(index)


def _plain_part(part: Any) -> Any:
    if isinstance(part, slice):
        start, stop, step = part.start, part.stop, part.step
        start = None if start is None else whole(start, "indexing")
        stop = None if stop is None else whole(stop, "indexing")
        step = None if step is None else whole(step, "indexing")
        if step is not None and step <= 0:
            raise ValueError(
                f"indexing: expected a slice with a positive step, got {part}; see flip"
            )
        return slice(start, stop, step)
    if isinstance(part, (Tensor, np.ndarray)):
        array = exact(part._data if isinstance(part, Tensor) else part)
        if array.dtype == _UINT8:
            return array.astype(bool)
        if array.ndim == 0 and array.dtype.kind in "iu":
            return int(array)
        return noted("copy", (array,), array.copy())
    if isinstance(part, (list, range)):
        return np.array(part, None if len(part) else np.intp)
    return part


def unfit(name: str, shape: Shape, index: Any, error: Exception) -> IndexError:
    """The error for an index that NumPy does not take; those of more than 64 bits it takes for
    objects."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, int) and not -(2**63) <= part < 2**63:
            return IndexError(f"{name} a tensor of shape {shape}: index {part} is out of bounds")
    return IndexError(f"{name} a tensor of shape {shape}: {error}")


def require_masks_fit(name: str, shape: Shape, index: Any) -> None:
    """Raises IndexError for a mask in a plain index that has not the sizes of its axes. Where one
    of its own is 0, NumPy does not look."""
    parts = index if isinstance(index, tuple) else (index,)
    # A mask stands for as many axes as it has, None and the truth value True for none.
    axes = [
        part.ndim if _is_mask(part) else int(not isinstance(part, (type(None), bool, np.bool_)))
        for part in parts
    ]
    axis = 0
    for part, count in zip(parts, axes, strict=True):
        if part is ...:
            axis = len(shape) - (sum(axes) - 1 - axis)
            continue
        if _is_mask(part) and part.shape != shape[axis : axis + count]:
            raise IndexError(
                f"{name}: a mask of shape {part.shape} from axis {axis} on of a tensor of shape "
                f"{shape}; expected shape {shape[axis : axis + count]}"
            )
        axis += count


def _is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def two_steps(index: Any) -> tuple[Any, Any] | None:
    """A plain index with both numbers and arrays (or True, a mask) as two indices, one to be
    applied after the other: the first without arrays, the second without numbers. None if it is
    all right as it is.
    """
    if not isinstance(index, tuple) or not any(map(_is_number, index)):
        return None
    if not any(isinstance(part, (np.ndarray, bool, np.bool_)) for part in index):
        return None
    first: list[Any] = []
    for part in index:
        if isinstance(part, np.ndarray):
            first += [slice(None)] * (part.ndim if part.dtype.kind == "b" else 1)
        elif not isinstance(part, (bool, np.bool_)):
            first.append(part)
    second = [
        slice(None) if isinstance(part, (slice, type(None))) else part
        for part in index
        if not _is_number(part)
    ]
    return tuple(first), tuple(second)


def _is_number(part: Any) -> bool:
    # `True` is a Python integer and yet a mask.
    return isinstance(part, (int, np.integer)) and not isinstance(part, bool)


def _names_each_once(index: Any) -> bool:
    """Whether no element can be chosen twice: basic indexing, or one boolean mask."""
    if isinstance(index, np.ndarray):
        return bool(index.dtype.kind == "b")
    return _is_basic(index)


def _is_basic(index: Any) -> bool:
    """Whether the index has numbers and slices alone, so that NumPy gives a view."""
    if isinstance(index, np.ndarray):
        return False
    if type(index) is tuple and _BASIC.issuperset(map(type, index)):
        return True
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) not in _BASIC and not _is_number(part):
            return False
    return True


def _is_plain(index: Any) -> bool:
    """Whether these are Python's own, which no array is."""
    return all(type(part) in _BASIC for part in (index if type(index) is tuple else (index,)))


_BASIC = frozenset((slice, int, type(None), type(...)))


@numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The part at one place of an axis, without that axis: a view.

    >>> select(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 0)
    tensor([1., 3.])
    """
    ndim = data_of("select", input).ndim
    axis = normalize_axis(dim, ndim, "select")
    return Index.apply(input, at_axis(axis, whole(index, "select")))


@numpy_names
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The `length` places of an axis from `start` on (which may count from the end): a view.

    Raises IndexError or ShapeError for places that the axis does not have.

    >>> narrow(Tensor([1.0, 2.0, 3.0]), 0, 1, 2)
    tensor([2., 3.])
    """
    shape, length = data_of("narrow", input).shape, whole(length, "narrow")
    if not shape:
        raise ShapeError("narrow: a 0-d tensor has no axes to cut")
    axis = normalize_axis(dim, len(shape), "narrow")
    place = np.asarray(start._data if isinstance(start, Tensor) else start)
    if place.ndim or place.dtype.kind not in "iu":
        raise DtypeError(f"narrow: expected an integer as the start, got {start!r}")
    size, first = shape[axis], int(place)
    if not -size <= first <= size:
        raise DimensionError(f"narrow: expected a start from {-size} to {size}, got {first}")
    first += size if first < 0 else 0
    if length < 0 or first + length > size:
        raise ShapeError(
            f"narrow: expected a length from 0 to {size - first} from start {first} on in axis "
            f"{axis} of shape {shape}, got {length}"
        )
    return Index.apply(input, at_axis(axis, slice(first, first + length)))


@numpy_names
def narrow_copy(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`narrow` as a copy.

    >>> narrow_copy(Tensor([1.0, 2.0, 3.0]), 0, 1, 2)
    tensor([2., 3.])
    """
    return narrow(input, dim, start, length).clone()


def integers_of(name: str, index: Any, *, any_empty: bool = False) -> Array:
    """The array of an index Tensor (or array), which has to be of integers (of anything if it is
    empty and `any_empty`)."""
    array = exact(index._data if isinstance(index, Tensor) else index)
    if array.dtype.kind != "i" and (array.size or not any_empty):
        raise DtypeError(f"{name}: expected an index of dtype int64, got {array.dtype}")
    return array


def vector_of(name: str, index: Any, size: int, *, low: int = 0) -> Array:
    """The array of an index of at most one axis, of places from `low` to size - 1; a copy."""
    array = integers_of(name, index)
    if array.ndim > 1:
        raise PlaceError(f"{name}: expected an index of one axis, got shape {array.shape}")
    check_range(name, array, low, size)
    return noted("Reshape", (array,), array.reshape(-1).copy())


def check_range(name: str, array: Array, low: int, size: int) -> None:
    """Raises an error, which is both an IndexError and a RuntimeError, for places out of range."""
    # Without its sign a negative number is larger than any size.
    if low == 0 and array.size and array.view(f"u{array.itemsize}").max() < size:
        return
    if array.size and not low <= array.min() <= array.max() < size:
        raise PlaceError(
            f"{name}: expected indices from {low} to {size - 1}, got {array.min()} to {array.max()}"
        )


class PlaceError(ShapeError, IndexError):
    """An index out of range, or of too many axes: PyTorch raises now the one, now the other."""


def places_along(name: str, shape: Shape, dim: int, index: Array) -> Array:
    """The places in the flattened tensor that `index` along the axis `dim` stands for, an array of
    their own. In the other axes an element is taken from where it is in `index`."""
    axis = normalize_axis(dim, len(shape), name)
    if not index.size:
        # Nothing is chosen, whatever the shape is.
        return np.zeros(index.shape, np.intp)
    if index.ndim != len(shape) or any(
        n > size for i, (n, size) in enumerate(zip(index.shape, shape, strict=True)) if i != axis
    ):
        raise ShapeError(
            f"{name}: expected an index of {len(shape)} axes that is, but for axis {axis}, no "
            f"larger than the tensor of shape {shape}, got shape {index.shape}"
        )
    check_range(name, index, 0, shape[axis])
    return places_of(index, shape, axis)


def places_of(index: Array, shape: Shape, axis: int) -> Array:
    """`places_along` without its checks, which read values."""
    step = prod(shape[axis + 1 :])
    # As small integers may not hold a place.
    places: Array = np.multiply(index, step, dtype=np.int64)
    for other, size in enumerate(index.shape):
        if other != axis and size > 1:
            along = np.arange(size) * prod(shape[other + 1 :])
            places += along.reshape(-1, *(1,) * (index.ndim - other - 1))
    return places


def found_along(a: Tensor, axis: int, index: Array) -> Tensor:
    """`gather` at places that a search along the axis has found, none twice: without its checks,
    which read values, as a compiled function must not."""
    if not a.ndim:
        return a.clone()
    axis %= a.ndim
    out = Found.apply(a.reshape(-1), places_of(index, a.shape, axis))
    return noted("gather", (a, axis, index), out)


@numpy_names
def index_select(input: Tensor, dim: int, index: Any) -> Tensor:
    """The places of an axis that `index`, a vector of integers from 0 on, names: a copy.

    >>> index_select(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, Tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    shape = data_of("index_select", input).shape
    axis = normalize_axis(dim, len(shape), "index_select")
    places = vector_of("index_select", index, shape[axis] if shape else 1)
    if not shape and len(places) == 1:
        return input.clone()
    return Index.apply(input, (*(slice(None),) * axis, places))


@numpy_names
def gather(input: Tensor, dim: int, index: Any) -> Tensor:
    """out[i, j, ...] = input[i, index[i, j, ...], ...] for dim=1, and so for other axes.

    Arguments:
        index: integers from 0 on, in as many axes as the input; but for `dim` it may be smaller.
            An empty one may be of any dtype.

    Raises DtypeError or ShapeError for another index, and a ShapeError that is also an IndexError
    for places out of range.

    >>> gather(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1, Tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    shape = data_of("gather", input).shape
    array = integers_of("gather", index, any_empty=True)
    places = places_along("gather", shape or (1,), dim, array.reshape(array.shape or (1,)))
    out = Index.apply(input.reshape(-1), places)
    if shape:
        noted("gather", (input, normalize_axis(dim, len(shape), "gather"), array), out)
    return out if array.ndim else out.reshape(())


@numpy_names
def take_along_dim(input: Tensor, indices: Any, dim: int | None = None) -> Tensor:
    """`gather` as NumPy's `take_along_axis`: the shapes are broadcast but for `dim`, and places
    may count from the end. Without an axis the flattened tensor is taken.

    Out of range it raises; PyTorch checks that only without an axis.

    >>> x = Tensor([[3.0, 1.0], [2.0, 4.0]])
    >>> take_along_dim(x, x.argmax(1, keepdim=True), 1)
    tensor([[3.],
            [4.]])
    """
    shape, array = data_of("take_along_dim", input).shape, integers_of("take_along_dim", indices)
    if dim is None:
        return take(input, array.reshape(-1))
    axis = normalize_axis(dim, len(shape), "take_along_dim")
    if array.ndim != len(shape):
        raise ShapeError(
            f"take_along_dim: expected indices of {len(shape)} axes, as the tensor of shape "
            f"{shape} has, got shape {array.shape}"
        )
    size = shape[axis]
    check_range("take_along_dim", array, -size, size)
    try:
        others = np.broadcast_shapes(_with(shape, axis, 1), _with(array.shape, axis, 1))
    except ValueError:
        raise broadcast_error("take_along_dim", input, array) from None
    places = np.broadcast_to(array, _with(others, axis, array.shape[axis])) % max(size, 1)
    return gather(input.expand(_with(others, axis, size)), axis, places)


def _with(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


@explained
def take(input: Tensor, index: Any) -> Tensor:
    """The elements at places of the flattened tensor, in the shape of `index`.

    Raises IndexError for places out of range, which may count from the end.

    >>> take(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([3, 0]))
    tensor([4., 1.])
    """
    flat, places = input.reshape(-1), integers_of("take", index)
    # By one number it would be a view.
    return flat[places] if places.ndim else flat[places.reshape(1)].reshape(())


@numpy_names
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element repeated `repeats` times, or as a vector says for each place of the axis.
    Without an axis the tensor is flattened. Of `repeat_interleave(repeats)` the elements are the
    places of the vector.

    Raises ShapeError for a vector of another length, a negative number, or an axis that does not
    come out as long as `output_size` says, if it is given.

    >>> repeat_interleave(Tensor([1.0, 2.0]), Tensor([1, 2]))
    tensor([1., 2., 2.])
    """
    if repeats is None:
        repeats = vector_of("repeat_interleave", input, sys.maxsize)
        input = wrap(np.arange(len(repeats)))
    if dim is None:
        input, dim = input.reshape(-1), 0
    shape = data_of("repeat_interleave", input).shape
    axis = normalize_axis(dim, len(shape), "repeat_interleave")
    size = shape[axis] if shape else 1
    times = integers_of(
        "repeat_interleave", np.asarray(repeats) if _is_number(repeats) else repeats
    )
    if times.shape not in ((), (1,), (size,)) or times.min(initial=0) < 0:
        raise ShapeError(
            f"repeat_interleave: expected a number of at least 0, or {size} of them for axis "
            f"{axis} of shape {shape}, got {times.tolist()}"
        )
    source = input if shape else input.reshape(1)
    places = np.repeat(np.arange(size), times)
    if output_size not in (None, len(places)):
        raise ShapeError(
            f"repeat_interleave: expected {output_size} places (output_size), got {len(places)}"
        )
    return Index.apply(source, (*(slice(None),) * axis, places))
