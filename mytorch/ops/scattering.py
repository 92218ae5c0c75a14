"""Storing or adding elements at places that an index names: copies, whose in-place forms are
methods of Tensor."""

from typing import Any

from mytorch._dtypes import Array, Scalar
from mytorch._shapes import normalize_axis
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops._operands import data_of, numpy_names
from mytorch.ops.indexing import Unindex, integers_of, places_along, vector_of
from mytorch.ops.inplace import set_item
from mytorch.tensor import Tensor

__all__ = ["index_add", "index_copy", "index_fill", "scatter", "scatter_add"]


@numpy_names
def scatter(
    input: Tensor, dim: int, index: Any, src: Tensor | Scalar | None = None, value: Any = None
) -> Tensor:
    """A copy of input in which out[i, index[i, j, ...], ...] = src[i, j, ...] for dim=1, and so
    for other axes: the reverse of `gather`.

    Arguments:
        index: as that of `gather`. Where a place is named twice, one of the values is stored.
        src: a Tensor of the input's dtype, at least as large as the index, or a number; a number
            may also be given as `value`. PyTorch's argument `reduce` is not supported.

    Raises DtypeError or ShapeError for other arguments; a place out of range is an IndexError too.

    >>> scatter(Tensor.zeros(2, 2), 1, Tensor([[1], [0]]), 5.0)
    tensor([[0., 5.],
            [5., 0.]])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: expected either src or value")
    places, part = _places_and_part("scatter", input, dim, index, value if src is None else src)
    out = input.clone()
    set_item("scatter", out if out.ndim else out.reshape(1), places, part)
    return out


@numpy_names
def scatter_add(input: Tensor, dim: int, index: Any, src: Tensor) -> Tensor:
    """`scatter` that adds: a place named twice gets both values.

    >>> scatter_add(Tensor.zeros(3), 0, Tensor([1, 1]), Tensor([5.0, 2.0]))
    tensor([0., 7., 0.])
    """
    data_of("scatter_add", src)
    places, part = _places_and_part("scatter_add", input, dim, index, src)
    added = Unindex.apply(part, places, input.shape or (1,))
    return input + (added if input.ndim else added.reshape(()))


def _places_and_part(
    name: str, input: Tensor, dim: int, index: Any, src: Tensor | Scalar
) -> tuple[tuple[Array, ...], Tensor | Scalar]:
    """The places that the index names, and the part of the source that it takes."""
    array = integers_of(name, index)
    places = places_along(
        name, data_of(name, input).shape or (1,), dim, array.reshape(array.shape or (1,))
    )
    if not isinstance(src, Tensor):
        return places, src
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
        return places, src.reshape(-1)[:0].reshape(shape)
    return places, src[tuple(map(slice, shape))] if shape else src.reshape(1)


@numpy_names
def index_add(input: Tensor, dim: int, index: Any, source: Tensor, *, alpha: Scalar = 1) -> Tensor:
    """A copy of input to whose places `index` of an axis alpha * source is added.

    Raises ShapeError if the source does not have the shape of these places.

    >>> index_add(Tensor.zeros(3), 0, Tensor([1, 1]), Tensor([5.0, 2.0]))
    tensor([0., 7., 0.])
    """
    places = _along_axis("index_add", input, dim, index, source)
    added = Unindex.apply(source * alpha if alpha != 1 else source, places, input.shape)
    return input + added


@numpy_names
def index_copy(input: Tensor, dim: int, index: Any, source: Tensor) -> Tensor:
    """A copy of input in which `source` is stored at the places `index` of an axis.

    Raises ShapeError if the source does not have the shape of these places.

    >>> index_copy(Tensor.zeros(3), 0, Tensor([1]), Tensor([5.0]))
    tensor([0., 5., 0.])
    """
    places = _along_axis("index_copy", input, dim, index, source)
    return set_item("index_copy", input.clone(), places, source)


@numpy_names
def index_fill(input: Tensor, dim: int, index: Any, value: Tensor | Scalar) -> Tensor:
    """A copy of input with a number at the places `index` of an axis.

    >>> index_fill(Tensor.zeros(3), 0, Tensor([1]), 5.0)
    tensor([0., 5., 0.])
    """
    if isinstance(value, Tensor) and value.ndim:
        raise ShapeError(f"index_fill: expected a number, got a Tensor of shape {value.shape}")
    axis = normalize_axis(dim, data_of("index_fill", input).ndim, "index_fill")
    places = (*(slice(None),) * axis, integers_of("index_fill", index))
    return set_item("index_fill", input.clone(), places, value)


def _along_axis(name: str, input: Tensor, dim: int, index: Any, source: Tensor) -> tuple[Any, ...]:
    """x[...] of the places of an axis, to which the source has to fit."""
    shape = data_of(name, input).shape
    if not shape:
        raise ShapeError(f"{name}: a 0-d tensor has no axis with places")
    axis = normalize_axis(dim, len(shape), name)
    places = vector_of(name, index, shape[axis])
    wanted = (*shape[:axis], len(places), *shape[axis + 1 :])
    if data_of(name, source).shape != wanted or source.dtype != input.dtype:
        raise ShapeError(
            f"{name}: expected a source of shape {wanted} and dtype {input.dtype}, got "
            f"{source.shape} and {source.dtype}"
        )
    return (*(slice(None),) * axis, places)
