"""Storing or adding elements at places that an index names: copies, whose in-place forms are
methods of Tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mytorch._dtypes import Array, Scalar
from mytorch._kernels.sums import add_reduce
from mytorch._shapes import normalize_axis
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import is_recording
from mytorch.observe import noted, observed
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import broadcast_error, data_of
from mytorch.ops.broadcasting import broadcast_to
from mytorch.ops.creation import full
from mytorch.ops.indexing import (
    LONG,
    AddAt,
    Index,
    PlaceError,
    at_axis,
    check_range,
    integers_of,
    places_along,
    plain_index,
    vector_of,
)
from mytorch.ops.inplace import set_item
from mytorch.ops.selection import masked_fill, where
from mytorch.ops.strides import as_strided
from mytorch.tensor import Tensor, wrap

__all__ = [
    "as_strided_scatter",
    "diagonal_scatter",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
]


@numpy_names
def scatter(
    input: Tensor,
    dim: int,
    index: Any,
    src: Tensor | Scalar | None = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """A copy of input in which out[i, index[i, j, ...], ...] = src[i, j, ...] for dim=1, and so
    for other axes: the reverse of `gather`.

    Arguments:
        index: as that of `gather`. Where a place is named twice, one of the values is stored.
        src: a Tensor of the input's dtype, at least as large as the index, or a number; a number
            may also be given as `value`.
        reduce: "add" or "multiply" combines the values with what is there, and with each other.

    Raises DtypeError or ShapeError for other arguments; a place out of range is an IndexError too.
    Products have no gradient, as in PyTorch: NotImplementedError where one is asked for.

    >>> scatter(Tensor.zeros(2, 2), 1, Tensor([[1], [0]]), 5.0)
    tensor([[0., 5.],
            [5., 0.]])
    >>> scatter(Tensor([1.0, 2.0]), 0, Tensor([1, 1]), Tensor([3.0, 5.0]), reduce="multiply")
    tensor([ 1., 30.])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: expected either src or value")
    array, places, part = _places_and_part(
        "scatter", input, dim, index, value if src is None else src
    )
    if reduce is not None:
        return _told(input, dim, array, part, reduce, _combined(input, places, part, reduce))
    flat = input.reshape(-1).clone()
    set_item("scatter", flat, places, part)
    return _told(input, dim, array, part, "none", flat.reshape(input.shape))


def _told(input: Tensor, dim: int, index: Array, part: Tensor, reduce: str, out: Tensor) -> Tensor:
    """The output; who looks is told what it means, not by which steps it was made."""
    axis = normalize_axis(dim, input.ndim or 1, "scatter")
    return noted("scatter", (input, axis, index, part, reduce), out)


def _combined(input: Tensor, places: Array, part: Tensor, reduce: str) -> Tensor:
    """input with the part added to, or multiplied into, its places."""
    if reduce not in ("add", "multiply"):
        raise RangeError(f"scatter: expected reduce to be 'add' or 'multiply', got {reduce!r}")
    if reduce == "add":
        return _added_flat(input, places, part)
    if is_recording() and (input.requires_grad or part.requires_grad):
        raise NotImplementedError(
            "scatter: reduce='multiply' has no gradient; detach() the tensors, or use gather"
        )
    out = input.data.copy()
    silenced().run(np.multiply.at, out.reshape(-1), places, part.data)
    return wrap(out)


@numpy_names
def scatter_add(input: Tensor, dim: int, index: Any, src: Tensor) -> Tensor:
    """`scatter` that adds: a place named twice gets both values.

    >>> scatter_add(Tensor.zeros(3), 0, Tensor([1, 1]), Tensor([5.0, 2.0]))
    tensor([0., 7., 0.])
    """
    data_of("scatter_add", src)
    array, places, part = _places_and_part("scatter_add", input, dim, index, src)
    return _told(input, dim, array, part, "add", _added_flat(input, places, part))


def _places_and_part(
    name: str, input: Tensor, dim: int, index: Any, src: Tensor | Scalar
) -> tuple[Array, Array, Tensor]:
    """The index, the places in the flattened tensor that it names, and the part of the source that
    it takes."""
    array = integers_of(name, index, any_empty=True)
    places = places_along(
        name, data_of(name, input).shape or (1,), dim, array.reshape(array.shape or (1,))
    )
    if not isinstance(src, Tensor):
        return array, places, full(places.shape, src, dtype=input.dtype)
    if src.dtype != input.dtype:
        raise DtypeError(f"{name}: expected a source of dtype {input.dtype}, got {src.dtype}")
    shape = array.shape
    if array.size and (
        src.ndim != len(shape) or any(n > size for n, size in zip(shape, src.shape, strict=True))
    ):
        raise ShapeError(
            f"{name}: expected a source of at least the index's shape {shape}, got {src.shape}"
        )
    if not array.size:
        return array, places, src.reshape(-1)[:0].reshape(shape)
    return array, places, src[tuple(map(slice, shape))] if shape else src.reshape(1)


@numpy_names
def index_add(input: Tensor, dim: int, index: Any, source: Tensor, *, alpha: Scalar = 1) -> Tensor:
    """A copy of input to whose places `index` of an axis alpha * source is added.

    Raises ShapeError if the source does not have the shape of these places.

    >>> index_add(Tensor.zeros(3), 0, Tensor([1, 1]), Tensor([5.0, 2.0]))
    tensor([0., 7., 0.])
    """
    places, part = _along_axis("index_add", input, dim, index, source)
    if source.ndim != input.ndim:
        raise ShapeError(
            f"index_add: expected a source of {input.ndim} axes, as the tensor of shape "
            f"{input.shape} has, got shape {source.shape}"
        )
    if alpha != 1:
        part = part * (alpha if part.dtype.kind == "f" else _WHOLE[part.dtype.kind](alpha))
    out = _added(input, places, part)
    return _told(input, dim, _spread(places, part), part, "add", out) if observed else out


# What a number is made of beside dtypes that hold no fractions.
_WHOLE: dict[str, Callable[[Scalar], Scalar]] = {"b": bool, "i": int, "u": int}


def _spread(places: tuple[Any, ...], part: Tensor) -> Array:
    """The index that `scatter` would take, for places along one axis."""
    vector: Array = places[-1]
    column = vector.reshape(-1, *(1,) * (part.ndim - len(places)))
    index = np.broadcast_to(noted("Reshape", (vector,), column), part.shape)
    return noted("Expand", (column,), index)


def _added_flat(input: Tensor, places: Array, part: Tensor) -> Tensor:
    """input + part, at places in the flattened tensor."""
    return _added(input.reshape(-1), places, part).reshape(input.shape)


def _added(input: Tensor, places: Any, part: Tensor) -> Tensor:
    """input + part, at the places that they stand for in x[...]."""
    if not input.ndim:
        return AddAt.apply(input.reshape(1), part, places).reshape(())
    return AddAt.apply(input, part, places)


@numpy_names
def index_copy(input: Tensor, dim: int, index: Any, source: Tensor) -> Tensor:
    """A copy of input in which `source` is stored at the places `index` of an axis. One place may
    be given a number.

    Raises ShapeError if the source does not have the shape of these places.

    >>> index_copy(Tensor.zeros(3), 0, Tensor([1]), Tensor([5.0]))
    tensor([0., 5., 0.])
    """
    places, part = _along_axis("index_copy", input, dim, index, source)
    out = input.clone()
    set_item("index_copy", out if out.ndim else out.reshape(1), places, part)
    return _told(input, dim, _spread(places, part), part, "none", out) if observed else out


@numpy_names
def index_fill(input: Tensor, dim: int, index: Any, value: Tensor | Scalar) -> Tensor:
    """A copy of input with a number (or a 0-d tensor) at the places `index` of an axis, which may
    count from the end.

    >>> index_fill(Tensor.zeros(3), 0, Tensor([1]), 5.0)
    tensor([0., 5., 0.])
    """
    shape = data_of("index_fill", input).shape or (1,)
    axis = normalize_axis(dim, len(shape), "index_fill")
    places = vector_of("index_fill", index, shape[axis], low=-shape[axis])
    # A mask, because a place that is named twice is filled once.
    chosen = np.zeros(shape[axis], bool, like=places)
    chosen[places] = True
    mask = chosen.reshape((-1, *(1,) * (len(shape) - axis - 1)) if input.ndim else ())
    return masked_fill(input, mask, value)


def _along_axis(
    name: str, input: Tensor, dim: int, index: Any, source: Tensor
) -> tuple[tuple[Any, ...], Tensor]:
    """The places of an axis in x[...], and the source, which has to fit there. Numbers count as
    vectors of one element."""
    shape = data_of(name, input).shape or (1,)
    axis = normalize_axis(dim, len(shape), name)
    places = vector_of(name, index, shape[axis])
    wanted = (*shape[:axis], len(places), *shape[axis + 1 :])
    if (data_of(name, source).shape or (1,)) != wanted or source.dtype != input.dtype:
        raise ShapeError(
            f"{name}: expected a source of shape {wanted} and dtype {input.dtype}, got "
            f"{source.shape} and {source.dtype}"
        )
    return (*(slice(None),) * axis, places), source if source.ndim else source.reshape(1)


def _with_part(name: str, input: Tensor, region: Callable[[Tensor], Tensor], src: Tensor) -> Tensor:
    """A copy of input with src in the place of a region, whose shape it has to have."""
    out = input.clone()
    part = region(out)
    if data_of(name, src).shape != part.shape:
        raise ShapeError(f"{name}: expected a source of shape {part.shape}, got {src.shape}")
    set_item(name, part, ..., src)
    return out


@numpy_names
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of input with src in the place of `select(input, dim, index)`.

    >>> select_scatter(Tensor.zeros(2, 2), Tensor([1.0, 2.0]), 0, 1)
    tensor([[0., 0.],
            [1., 2.]])
    """
    return _with_part("select_scatter", input, lambda x: x.select(dim, index), src)


@numpy_names
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """A copy of input with src in the place of the slice start:end:step of an axis.

    >>> slice_scatter(Tensor.zeros(4), Tensor([1.0, 2.0]), 0, 1, 4, 2)
    tensor([0., 1., 0., 2.])
    """
    axis = normalize_axis(dim, data_of("slice_scatter", input).ndim, "slice_scatter")
    index = at_axis(axis, slice(start, end, step))
    return _with_part("slice_scatter", input, lambda x: x[index], src)


@explained
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy of input with src in the place of `diagonal(input, offset, dim1, dim2)`.

    >>> diagonal_scatter(Tensor.zeros(2, 2), Tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    return _with_part("diagonal_scatter", input, lambda x: x.diagonal(offset, dim1, dim2), src)


@explained
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of input with the elements of source, in their order, where the boolean mask holds,
    with broadcasting.

    Raises ShapeError for a source with too few elements, DtypeError for another dtype or a mask
    that is not boolean.

    >>> masked_scatter(Tensor.zeros(3), Tensor([True, False, True]), Tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    name = "masked_scatter"
    chosen, dtype = data_of(name, mask), data_of(name, input).dtype
    if chosen.dtype.kind != "b" or data_of(name, source).dtype != dtype:
        raise DtypeError(
            f"{name}: expected a mask of booleans and a source of dtype {dtype}, got "
            f"{chosen.dtype} and {source.dtype}"
        )
    try:
        shape = np.broadcast_shapes(input.shape, chosen.shape)
    except ValueError:
        raise broadcast_error(name, input, mask) from None
    if not shape:
        return masked_scatter(input.reshape(1), mask.reshape(1), source).reshape(())
    places = broadcast_to(mask, shape).clone()
    count = int(add_reduce(places._data, None, np.int64))
    if count > source.numel():
        raise ShapeError(f"{name}: expected {count} elements to store, got {source.numel()}")
    out = broadcast_to(input, shape).clone()
    set_item(name, out, places, source.reshape(-1)[:count])
    return out


@numpy_names
def index_put(
    input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
    """A copy of input with the values at input[indices], or with `accumulate` added there: a place
    named twice gets both.

    Raises DtypeError unless both are of one dtype, IndexError for a place that does not exist.

    >>> index_put(Tensor.zeros(3), (Tensor([0, 2]),), Tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    places = tuple(slice(None) if index is None else index for index in indices)
    if data_of("index_put", values).dtype != data_of("index_put", input).dtype:
        raise DtypeError(f"index_put: expected values of dtype {input.dtype}, got {values.dtype}")
    if accumulate:
        index = plain_index(places)
        part = broadcast_to(values, input[places].shape)
        return AddAt.apply(input, part, index)
    out = input.clone()
    set_item("index_put", out, places, values)
    return out


@numpy_names
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of input with the elements of source at places of the flattened tensor, or with
    `accumulate` added there.

    Raises ShapeError if there are not as many, DtypeError for another dtype and IndexError for
    places out of range.

    >>> put(Tensor.zeros(2, 2), Tensor([1, -1]), Tensor([5.0, 6.0]))
    tensor([[0., 5.],
            [0., 6.]])
    """
    places, size = integers_of("put", index).reshape(-1), data_of("put", input).size
    if data_of("put", source).dtype != input.dtype:
        raise DtypeError(f"put: expected a source of dtype {input.dtype}, got {source.dtype}")
    if source.numel() != places.size:
        raise PlaceError(f"put: expected {places.size} elements, got {source.numel()}")
    check_range("put", places, -size, size)
    flat = input.reshape(-1)
    return index_put(flat, (wrap(places.copy()),), source.reshape(-1), accumulate).reshape(
        input.shape
    )


class ScatterExtreme(Function):
    """The largest (or smallest) of what is at each place of the first axis and what comes there;
    equal ones share the gradient."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, part: Tensor, places: Array, largest: bool
    ) -> Tensor:
        out = a._data.copy()
        pick = np.maximum if largest else np.minimum
        silenced().run(_pick_at, pick, out, places, part._data)
        found = wrap(out)
        ctx.places = places
        ctx.save_for_backward(a, part, found)
        return found

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None, None]:
        a, part, out = (saved._data for saved in ctx.saved_tensors)
        here, there = a == out, part == out[ctx.places]
        shares = here.astype(np.int64)
        np.add.at(shares, ctx.places, there.astype(np.int64))
        each = grad_output / wrap(shares)
        grad_part = Index.apply(each, ctx.places)
        return where(wrap(here), each, 0.0), where(wrap(there), grad_part, 0.0), None, None


def _pick_at(pick: np.ufunc, out: Array, places: Array, part: Array) -> None:
    """pick.at(out, places, part)."""
    if part.ndim > 1 and part[:1].size >= LONG and type(out) is type(places) is np.ndarray:
        for place, row in zip(places.tolist(), part, strict=True):
            target = out[place]
            pick(target, row, out=target)
    else:
        pick.at(out, places, part)


class ScatterProduct(Function):
    """The product of what is at each place of a vector and what comes there."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, part: Tensor, places: Array) -> Tensor:
        out = a._data.copy()
        silenced().run(np.multiply.at, out, places, part._data)
        ctx.places = places
        ctx.save_for_backward(a, part)
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        a, part = ctx.saved_tensors
        places = ctx.places
        if is_recording() and not part._data.all():
            raise NotImplementedError(
                "scatter_reduce: a product of zeros has no second derivative; gather the factors "
                "and use prod"
            )
        ones = wrap(np.ones_like(a._data))
        grad_a = grad_output * ScatterProduct.apply(ones, part, places)
        # Without zeros, and how many there are: a single one has the product of all others.
        zero, bare = part == 0, where(part == 0, 1.0, part)
        zeros = np.zeros(a.shape, np.int64, like=zero._data)
        np.add.at(zeros, places, zero._data)
        others = Index.apply(ScatterProduct.apply(a, bare, places), places) / bare
        left = zeros[places] - zero._data
        return grad_a, where(wrap(left == 0), Index.apply(grad_output, places) * others, 0.0), None


def _ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """What is below all others of a dtype, and what above."""
    if dtype.kind == "f":
        return -np.inf, np.inf
    return (False, True) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


_IDENTITIES = {"sum": 0, "mean": 0, "prod": 1}


@numpy_names
def scatter_reduce(
    input: Tensor, dim: int, index: Any, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`scatter` in which what comes to a place is reduced: by "sum", "prod", "mean", "amax" or
    "amin", with what was there unless not `include_self`. A product has no second derivative where
    a factor is 0: NotImplementedError.

    Raises RangeError for another reduction, and as `scatter` for other arguments.

    >>> scatter_reduce(Tensor.zeros(2), 0, Tensor([0, 0, 1]), Tensor([1.0, 3.0, 5.0]), "mean",
    ...                include_self=False)
    tensor([2., 5.])
    """
    name = "scatter_reduce"
    if reduce not in (*_IDENTITIES, "amax", "amin"):
        raise RangeError(
            f"{name}: expected reduce to be 'sum', 'prod', 'mean', 'amax' or 'amin', got {reduce!r}"
        )
    data_of(name, src)
    _, found, part = _places_and_part(name, input, dim, index, src)
    places, part = found.reshape(-1), part.reshape(-1)
    flat, dtype = input.reshape(-1), input.dtype
    counts: Any = None
    if reduce == "mean" or not include_self:
        counts = np.zeros(flat.shape, np.int64, like=places)
        np.add.at(counts, places, 1)
    if not include_self:
        if reduce in _IDENTITIES:
            start: Any = _IDENTITIES[reduce]
        else:
            low, high = _ends(dtype)
            start = low if reduce == "amax" else high
        flat = masked_fill(flat, wrap(counts > 0), start)
    if reduce in ("amax", "amin"):
        out = ScatterExtreme.apply(flat, part, places, reduce == "amax")
    elif reduce == "prod":
        out = ScatterProduct.apply(flat, part, places)
    else:
        out = AddAt.apply(flat, part, places)
        if reduce == "mean":
            divisor = wrap(np.maximum(counts + bool(include_self), 1))
            out = out / divisor if dtype.kind == "f" else out // divisor
    return out.to(dtype).reshape(input.shape)


@numpy_names
def index_reduce(
    input: Tensor, dim: int, index: Any, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of input, in which the parts along an axis that the vector `index` names are reduced
    with the parts of `source`: by "prod", "mean", "amax" or "amin"; see `scatter_reduce`.

    Raises ShapeError for a source that does not fit, RangeError for another `reduce`.

    >>> index_reduce(Tensor([1.0, 2.0, 3.0]), 0, Tensor([0, 0]), Tensor([4.0, 5.0]), "prod")
    tensor([20.,  2.,  3.])
    """
    name = "index_reduce"
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RangeError(
            f"{name}: expected reduce to be 'prod', 'mean', 'amax' or 'amin', got {reduce!r}"
        )
    axis, shape = normalize_axis(dim, data_of(name, input).ndim, name), input.shape
    places = vector_of(name, index, shape[axis] if shape else 1)
    wanted = (*shape[:axis], places.size, *shape[axis + 1 :]) if shape else ()
    if data_of(name, source).shape != wanted:
        raise ShapeError(f"{name}: expected a source of shape {wanted}, got {source.shape}")
    if shape and not axis and reduce[0] == "a" and include_self and source.dtype == input.dtype:
        return ScatterExtreme.apply(input, source, places, reduce == "amax")
    if not shape:
        places = places.reshape(())
    else:
        places = places.reshape(-1, *(1,) * (len(shape) - axis - 1))
    spread = broadcast_to(wrap(places), wanted)
    return scatter_reduce(input, dim, spread, source, reduce, include_self=include_self)


@explained
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None
) -> Tensor:
    """A copy of input with src in the place of `as_strided(input, size, stride, storage_offset)`.

    Raises ShapeError unless src has the shape of that view.

    >>> as_strided_scatter(Tensor.zeros(4), Tensor([1.0, 2.0]), (2,), (2,), 1)
    tensor([0., 1., 0., 2.])
    """
    data_of("as_strided_scatter", input)
    out = input.contiguous().clone()
    part = as_strided(out, size, stride, storage_offset)
    if data_of("as_strided_scatter", src).shape != part.shape:
        raise ShapeError(
            f"as_strided_scatter: expected a source of shape {part.shape}, got {src.shape}"
        )
    part[...] = src
    return out
