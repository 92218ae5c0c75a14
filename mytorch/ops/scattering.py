"""Storing or adding elements at places that an index names: copies, whose in-place forms are
methods of Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array, Scalar
from mytorch._shapes import normalize_axis
from mytorch._silence import silenced
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import is_recording
from mytorch.observe import noted, observed
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of
from mytorch.ops.creation import full
from mytorch.ops.indexing import AddAt, integers_of, places_along, vector_of
from mytorch.ops.inplace import set_item
from mytorch.ops.selection import masked_fill
from mytorch.tensor import Tensor, wrap

__all__ = ["index_add", "index_copy", "index_fill", "scatter", "scatter_add"]


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
    part = part * alpha if alpha != 1 else part
    out = _added(input, places, part)
    return _told(input, dim, _spread(places, part), part, "add", out) if observed else out


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
