"""Medians, quantiles and modes."""

from __future__ import annotations

from typing import Any, NamedTuple, overload

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import as_array
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import kept_shape, normalize_axis, whole
from mytorch.errors import DimensionError, RangeError, ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of, require_floating, require_numbers
from mytorch.ops.creation import full
from mytorch.ops.extremes import Max
from mytorch.ops.indexing import Index, found_along, places_of
from mytorch.ops.scans import argsort, sort
from mytorch.tensor import Tensor, wrap

__all__ = ["kthvalue", "median", "mode", "nanmedian", "nanquantile", "quantile"]


class Chosen(NamedTuple):
    """An element along an axis, and where it is."""

    values: Tensor
    indices: Tensor


@kernel
def _middle(data: Array, lost: bool) -> Array:
    """The lower one of the two in the middle, of those that are no NaN if `lost`."""
    flat = data.reshape(-1)
    nans = int(np.isnan(flat).sum()) if flat.dtype.kind == "f" else 0
    if nans and not lost:
        return np.full((), np.nan, data.dtype)
    middle = max(flat.size - nans - 1, 0) // 2
    return np.asarray(np.partition(flat, middle)[middle])


class Median(Max):
    """The lower one of the two elements in the middle; equal ones share the gradient."""

    @staticmethod
    def pick(data: Array, axis: Any, keepdims: bool) -> Array:
        return _middle(data, False)


class NanMedian(Median):
    """`Median` of the elements that are no NaN."""

    @staticmethod
    def pick(data: Array, axis: Any, keepdims: bool) -> Array:
        return _middle(data, True)


def _at_rank(name: str, input: Tensor, dim: int, rank: Any, keepdim: bool) -> Chosen:
    """The element of a rank along an axis: `rank` is given the size and how many NaN there are."""
    data = data_of(name, input)
    axis = normalize_axis(dim, data.ndim, name)
    if not data.ndim:
        return Chosen(input.clone(), wrap(np.zeros((), np.int64)))
    if not data.shape[axis]:
        raise DimensionError(f"{name}: axis {axis} of shape {data.shape} has no elements")
    order = argsort(input, axis)._data
    nans = np.isnan(data).sum(axis, keepdims=True) if data.dtype.kind == "f" else 0
    ranks = np.broadcast_to(rank(data.shape[axis], nans), kept_shape(data.shape, (axis,)))
    indices = np.take_along_axis(order, ranks, axis)
    return _chosen(name, input, axis, indices, keepdim)


def _chosen(name: str, input: Tensor, axis: int, indices: Array, keepdim: bool) -> Chosen:
    values, places = found_along(input, axis, indices), noted(name, (input, axis), wrap(indices))
    if keepdim or not input.ndim:
        return Chosen(values, places)
    shape = input.shape[:axis] + input.shape[axis + 1 :]
    return Chosen(values.reshape(*shape), places.reshape(*shape))


@overload
def median(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def median(input: Tensor, dim: int, keepdim: bool = False) -> Chosen: ...


@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle, of two the lower one; along an axis the named tuple (values,
    indices). NaN if there is one.

    Of the whole tensor, equal elements share the gradient. Of equal elements along an axis the
    index is that of the one which `sort` puts there.

    >>> median(Tensor([3.0, 1.0, 4.0, 2.0]))
    tensor(2.)
    """
    if dim is None:
        return _whole("median", Median, input)

    def rank(size: int, nans: Any) -> Any:
        return np.where(nans, size - nans, (size - 1) // 2)

    return _at_rank("median", input, dim, rank, keepdim)


@overload
def nanmedian(input: Tensor, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def nanmedian(input: Tensor, dim: int, keepdim: bool = False) -> Chosen: ...


@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """`median` of the elements that are no NaN; NaN if there are none.

    >>> nanmedian(Tensor([3.0, float("nan"), 1.0]))
    tensor(1.)
    """
    if dim is None:
        return _whole("nanmedian", NanMedian, input)

    def rank(size: int, nans: Any) -> Any:
        return np.maximum(size - nans - 1, 0) // 2

    return _at_rank("nanmedian", input, dim, rank, keepdim)


def _whole(name: str, operation: type[Max], input: Tensor) -> Tensor:
    dtype = require_numbers(name, input).dtype
    if not input.numel():
        return full((), np.nan if dtype.kind == "f" else np.iinfo(dtype).min, dtype=dtype)
    return operation.apply(input)


@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The k-th smallest element along an axis, counted from 1, and its index: (values, indices).

    Raises RangeError if there are not so many.

    >>> kthvalue(Tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    shape = data_of("kthvalue", input).shape
    size = shape[normalize_axis(dim, len(shape), "kthvalue")] if shape else 1
    if not 1 <= whole(k, "kthvalue") <= size:
        raise RangeError(f"kthvalue: expected a number from 1 to {size}, got {k}")
    return _at_rank("kthvalue", input, dim, lambda size, nans: k - 1, keepdim)


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The element that occurs most along an axis, of several the smallest, and where it is last:
    (values, indices).

    Raises DimensionError for an axis that does not exist or has no elements.

    >>> mode(Tensor([3.0, 1.0, 3.0]))
    Chosen(values=tensor(3.), indices=tensor(2))
    """
    data = data_of("mode", input)
    axis = normalize_axis(dim, data.ndim, "mode")
    if not data.ndim:
        return Chosen(input.clone(), wrap(np.zeros((), np.int64)))
    if not data.shape[axis]:
        raise DimensionError(f"mode: axis {axis} of shape {data.shape} has no elements")
    return _chosen("mode", input, axis, _most(data, axis), keepdim)


@kernel
def _most(data: Array, axis: int) -> Array:
    """Where the most frequent element along an axis is last."""
    rows = np.moveaxis(data, axis, -1)
    order = np.argsort(rows, -1, kind="stable")
    ordered = np.take_along_axis(rows, order, -1)
    places = np.arange(rows.shape[-1])
    starts = np.zeros(rows.shape, np.int64)
    starts[..., 1:] = places[1:] * (ordered[..., 1:] != ordered[..., :-1])
    lengths = places - np.maximum.accumulate(starts, -1)
    ends = np.argmax(lengths, -1, keepdims=True)
    return np.moveaxis(np.take_along_axis(order, ends, -1), -1, axis).copy()


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    name: str,
    input: Tensor,
    q: Any,
    dim: int | None,
    keepdim: bool,
    interpolation: str,
    lost: bool,
) -> Tensor:
    data = require_floating(name, input)
    if not data.size:
        raise ShapeError(f"{name}: a tensor of shape {data.shape} has no elements")
    shares = data_of(name, q) if isinstance(q, Tensor) else as_array(q, data.dtype)
    if shares.ndim > 1 or shares.dtype != data.dtype:
        raise ShapeError(
            f"{name}: expected q to be a number or vector of dtype {data.dtype}, got shape "
            f"{shares.shape} and dtype {shares.dtype}"
        )
    if not bool(((shares >= 0) & (shares <= 1)).all()):
        raise RangeError(f"{name}: expected q from 0 to 1, got {q}")
    if interpolation not in _INTERPOLATIONS:
        raise RangeError(
            f"{name}: expected interpolation to be one of {_INTERPOLATIONS}, got {interpolation!r}"
        )
    axis = 0 if dim is None else normalize_axis(dim, input.ndim, name)
    flat = input.reshape(-1) if dim is None or not input.ndim else input
    rows = sort(flat, axis).values.movedim(axis, -1)
    size = rows.shape[-1]
    nans = np.isnan(rows._data).sum(-1, keepdims=True)
    spans = np.maximum(size - nans - 1, 0) if lost else np.full(nans.shape, size - 1)
    ranks = shares.reshape(-1) * spans.astype(data.dtype)
    if not lost:
        ranks = np.where(nans > 0, np.full((), size - 1, data.dtype), ranks)
    if interpolation in ("lower", "higher", "nearest"):
        rounded = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}[interpolation](ranks)
        out = _picked(rows, rounded)
    else:
        below = np.floor(ranks)
        weight = wrap(ranks - below if interpolation == "linear" else np.full_like(ranks, 0.5))
        if isinstance(q, Tensor) and q.requires_grad and interpolation == "linear":
            weight = q.reshape(-1) * wrap(spans.astype(data.dtype)) - wrap(below)
        low, high = _picked(rows, below), _picked(rows, np.ceil(ranks))
        out = low.lerp(high, weight)
    if dim is None:
        kept = (1,) * input.ndim if keepdim else ()
        out = out.reshape(*kept, shares.size)
    elif keepdim and input.ndim:
        out = out.unsqueeze(axis)
    out = out.movedim(-1, 0)
    return out if shares.ndim else out.squeeze(0)


def _picked(rows: Tensor, ranks: Array) -> Tensor:
    """The elements of these ranks along the last axis."""
    places = places_of(ranks.astype(np.int64), rows.shape, rows.ndim - 1)
    return Index.apply(rows.reshape(-1), places)


@numpy_names
def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The q-th quantile along an axis (of all elements for None); for a vector of q one for each,
    in a new first axis. Where there is a NaN it is NaN.

    Arguments:
        interpolation: what is taken between two elements: "linear", "lower", "higher", "midpoint"
            or "nearest".

    Raises DtypeError unless floating, RangeError for q that is not from 0 to 1.

    >>> quantile(Tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
    tensor(2.5)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@numpy_names
def nanquantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """`quantile` of the elements that are no NaN; NaN if there are none.

    >>> nanquantile(Tensor([1.0, float("nan"), 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
