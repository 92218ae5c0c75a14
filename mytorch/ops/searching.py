"""Finding and counting: where elements are, which differ, and between which they lie.

None has a gradient; `msort` and what `unique` leaves of a dtype apart, the results are integers or
booleans.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import SCALARS, Array, Scalar, promote, scalar_dtype
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import normalize_axis, whole
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of, require_numbers
from mytorch.ops.creation import new_shape
from mytorch.ops.scans import sort
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "argwhere",
    "bincount",
    "bucketize",
    "histc",
    "isin",
    "msort",
    "nonzero",
    "searchsorted",
    "unique",
    "unique_consecutive",
    "unravel_index",
]


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0, a row each; int64. With `as_tuple` one tensor of
    indices for each axis, as `where` gives them.

    >>> nonzero(Tensor([[0, 3], [4, 0]])).tolist()
    [[0, 1], [1, 0]]
    """
    if flag("nonzero", "as_tuple", as_tuple):
        return where(input)
    return noted("nonzero", (input,), wrap(np.argwhere(data_of("nonzero", input))))


def argwhere(input: Tensor) -> Tensor:
    """`nonzero`, by NumPy's name.

    >>> argwhere(Tensor([0, 3, 4])).tolist()
    [[1], [2]]
    """
    return nonzero(input)  # type: ignore[no-any-return]


@numpy_names
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, or slices along `dim`, in order, whether or not `sorted` is asked.
    Each NaN counts as another.

    With `return_inverse` also where each element of the input is among them, with `return_counts`
    how often each occurs: a tuple then.

    Raises DimensionError for an axis that does not exist, ShapeError for slices without elements.

    >>> unique(Tensor([3, 1, 3]), return_inverse=True, return_counts=True)
    (tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))
    """
    data = data_of("unique", input)
    axis = None if dim is None else normalize_axis(dim, data.ndim, "unique")
    places = data.shape if axis is None else (data.shape[axis],)
    if axis is None or data.ndim < 2:
        data = data.reshape(-1)
        order = np.argsort(data, kind="stable")
        rows = data[order]
        differ = rows[1:] != rows[:-1]
    else:
        if not data.size and data.shape[axis]:
            raise ShapeError(f"unique: there are no slices in shape {data.shape} to compare")
        rows = np.moveaxis(data, axis, 0)
        rows = rows.reshape(len(rows), prod(rows.shape[1:]))
        order = _order_of_rows(rows)
        differ = (rows[order][1:] != rows[order][:-1]).any(1)
        rows = np.moveaxis(data, axis, 0)[order]
    first = np.concatenate([np.ones(min(1, len(rows)), bool), differ])
    found = rows[first]
    if axis is not None and data.ndim > 1:
        found = np.moveaxis(found, 0, axis).copy()
    inverse = np.zeros(len(order), np.int64, like=order)
    inverse[order] = np.cumsum(first) - 1
    return _with_counts(
        "unique", input, found, inverse.reshape(places), first, return_inverse, return_counts
    )


@kernel
def _order_of_rows(rows: Array) -> Array:
    """The order of rows by their first columns, of equal ones by the next."""
    return np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(len(rows))


def _with_counts(
    name: str, input: Tensor, found: Array, inverse: Array, first: Array, *wanted: bool
) -> Any:
    """What was found, where each element is among it, and how often each occurs, as wanted."""
    parts = [found]
    if wanted[0]:
        parts.append(inverse)
    if wanted[1]:
        starts = np.nonzero(first)[0]
        parts.append(np.diff(np.concatenate([starts, np.full(1, len(first))])))
    results = tuple(noted(name, (input,), wrap(part)) for part in parts)
    return results if len(results) > 1 else results[0]


@numpy_names
def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements, or slices along `dim`, that differ from the one before; see `unique`.

    >>> unique_consecutive(Tensor([1, 1, 3, 1]), return_counts=True)
    (tensor([1, 3, 1]), tensor([2, 1, 1]))
    """
    data = data_of("unique_consecutive", input)
    axis = None if dim is None else normalize_axis(dim, data.ndim, "unique_consecutive")
    places = data.shape if axis is None else (data.shape[axis],) if data.ndim else ()
    rows = data.reshape(-1) if axis is None or not data.ndim else np.moveaxis(data, axis, 0)
    differ = rows[1:] != rows[:-1]
    if rows.ndim > 1:
        differ = differ.any(tuple(range(1, differ.ndim)))
    first = np.concatenate([np.ones(min(1, len(rows)), bool), differ])
    inverse = (np.cumsum(first) - 1).reshape(places)
    found = rows[first]
    if axis is not None and data.ndim > 1:
        found = np.moveaxis(found, 0, axis).copy()
    return _with_counts(
        "unique_consecutive", input, found, inverse, first, return_inverse, return_counts
    )


@explained
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 on occurs in a vector of integers, or the sum of the weights
    that stand there; at least `minlength` of them.

    Raises ShapeError for what is no vector, or has other weights, and RangeError for negative
    numbers.

    >>> bincount(Tensor([1, 3, 1]))
    tensor([0, 2, 0, 1])
    """
    data = data_of("bincount", input)
    if data.dtype.kind not in "iu":
        raise DtypeError(f"bincount: expected integers, got {data.dtype}; use x.to(int)")
    if data.ndim != 1:
        raise ShapeError(f"bincount: expected a vector, got shape {data.shape}")
    if whole(minlength, "bincount") < 0:
        raise RangeError(f"bincount: expected a length of at least 0, got {minlength}")
    if data.size and data.dtype.kind == "i" and bool((data < 0).any()):
        raise RangeError("bincount: expected numbers of at least 0")
    if weights is None:
        return noted("bincount", (input,), wrap(np.bincount(data, minlength=minlength)))
    factors = data_of("bincount", weights)
    if factors.shape != data.shape:
        raise ShapeError(f"bincount: expected weights of shape {data.shape}, got {factors.shape}")
    sums = np.bincount(data, factors.astype(np.float64), minlength)
    sums = sums.astype(np.float32 if factors.dtype == np.float32 else np.float64)
    return noted("bincount", (input, weights), wrap(sums))


@explained
def histc(input: Tensor, bins: int = 100, min: Scalar = 0, max: Scalar = 0) -> Tensor:
    """How many elements lie in each of so many equal parts from `min` to `max`, or if these are
    equal from the smallest element to the largest; the last part has both ends. What is outside,
    and NaN, is not counted. Of the dtype of the input.

    Raises DtypeError for booleans, RangeError for fewer than 1 part.

    >>> histc(Tensor([1.0, 2.0, 1.0]), 4, 0, 3)
    tensor([0., 2., 1., 0.])
    """
    data = require_numbers("histc", input)
    if whole(bins, "histc") < 1:
        raise RangeError(f"histc: expected at least 1 part, got {bins}")
    counts = _counts(data, bins, float(min), float(max))
    return noted("histc", (input, bins, min, max), wrap(counts.astype(data.dtype)))


@kernel
def _counts(data: Array, bins: int, low: float, high: float) -> Array:
    if low == high and data.size:
        low, high = data.min().item(), data.max().item()
    if not np.isfinite([low, high]).all() or low > high:
        raise RangeError(f"histc: expected a finite range, got {low} to {high}")
    if low == high:
        low, high = low - 1, high + 1
    inside = data[(data >= low) & (data <= high)].astype(np.float64)
    places = ((inside - low) / (high - low) * bins).astype(np.int64)
    return np.bincount(np.minimum(places, bins - 1), minlength=bins)


@kernel
def _found(sequence: Array, values: Array, side: str) -> Array:
    """The places of values in a sorted vector, or of rows of values in rows."""
    if sequence.ndim == 1:
        return np.asarray(np.searchsorted(sequence, values, side))  # type: ignore[call-overload]
    places = np.empty(values.shape, np.int64)
    for row in np.ndindex(sequence.shape[:-1]):
        places[row] = sequence[row].searchsorted(values[row], side)  # type: ignore[call-overload]
    return places


@numpy_names
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Scalar,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """How many elements of the sorted sequence are less than each of `input`, or with `right` (or
    side="right") at most that: where it would be put. A sequence of several axes is one for each
    row of the input, which has then the same axes but for the last.

    `sorter` tells the order of a sequence that is not sorted. int64, or with `out_int32` int32.

    Raises ShapeError for axes that do not fit, RangeError for a `side` that contradicts `right`,
    and for a sorter of places that do not exist.

    >>> searchsorted(Tensor([1.0, 3.0, 5.0]), Tensor([3.0, 4.0]))
    tensor([1, 2])
    """
    sequence = data_of("searchsorted", sorted_sequence)
    if isinstance(input, SCALARS):
        values = np.array(input, scalar_dtype(input, sequence))
    else:
        values = data_of("searchsorted", input)
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RangeError(f"searchsorted: expected side to fit right={right}, got {side!r}")
    if not sequence.ndim:
        raise ShapeError("searchsorted: expected a sequence of at least one axis, got a number")
    if sequence.ndim > 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            f"searchsorted: expected the input to have the axes of the sequence {sequence.shape} "
            f"but for the last, got shape {values.shape}"
        )
    if sorter is not None:
        order = data_of("searchsorted", sorter)
        if order.shape != sequence.shape or order.dtype != np.int64:
            raise ShapeError(
                f"searchsorted: expected a sorter of int64 and shape {sequence.shape}, got "
                f"{order.dtype} and {order.shape}"
            )
        if order.size and not 0 <= order.min() <= order.max() < sequence.shape[-1]:
            raise RangeError("searchsorted: expected a sorter of places in the sequence")
        sequence = np.take_along_axis(sequence, order, -1)
    places = _found(*promote(sequence, values), "right" if right or side == "right" else "left")
    dtype = np.int32 if out_int32 else np.int64
    return noted("searchsorted", (sorted_sequence, input), wrap(places.astype(dtype)))


@numpy_names
def bucketize(
    input: Tensor | Scalar, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the bucket of each element between the sorted boundaries; on a boundary it is
    in the lower one, with `right` in the upper. See `searchsorted`.

    Raises ShapeError unless the boundaries are a vector.

    >>> bucketize(Tensor([0.5, 3.0, 9.0]), Tensor([1.0, 3.0, 5.0]))
    tensor([0, 1, 3])
    """
    if data_of("bucketize", boundaries).ndim != 1:
        raise ShapeError(f"bucketize: expected a vector of boundaries, got {boundaries.shape}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@kernel
def _is_in(data: Array, others: Array, invert: bool) -> Array:
    return np.isin(data, others, invert=invert)


@numpy_names
def isin(
    elements: Tensor | Scalar,
    test_elements: Tensor | Scalar,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:
    """Whether each element is one of the others, or with `invert` none. Either may be a number.
    `assume_unique` changes nothing.

    Raises TypeError for two numbers.

    >>> isin(Tensor([1, 2, 3]), Tensor([3, 1]))
    tensor([ True, False,  True])
    """
    given = [elements, test_elements]
    if not any(isinstance(part, Tensor) for part in given):
        raise TypeError(f"isin: expected a Tensor, got two of {kind_of(elements, Tensor)}")
    x, y = (
        np.asarray(part) if isinstance(part, SCALARS) else data_of("isin", part) for part in given
    )
    return noted("isin", (elements, test_elements, invert), wrap(_is_in(x, y, invert)))


def msort(input: Tensor) -> Tensor:
    """The elements in order along the first axis: the values of `sort`.

    >>> msort(Tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    return sort(input, 0).values


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The places in a tensor of this shape of the places in its flattened form: a tensor for each
    axis. Places beyond the end begin anew.

    Raises DtypeError unless they are integers.

    >>> unravel_index(Tensor([5, 2]), (2, 3))
    (tensor([1, 0]), tensor([2, 2]))
    """
    if data_of("unravel_index", indices).dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: expected integers, got {indices.dtype}")
    found = []
    for size in reversed(new_shape("unravel_index", (shape,))):
        found.append(indices % size)
        indices = indices // size
    return tuple(found[::-1])
