"""Running sums and products along an axis, and sorting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import normalize_axis, whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of, require_floating, require_numbers
from mytorch.ops.conversion import to
from mytorch.ops.indexing import Index, found_along, places_of
from mytorch.ops.joining import cat
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "argsort",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "logcumsumexp",
    "sort",
    "topk",
]


class CumSum(Function):
    """a[0], a[0] + a[1], ... along an axis, or from its end; integers and booleans are summed in
    int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int, from_end: bool) -> Tensor:
        data = data_of("cumsum", a)
        ctx.axis = axis = normalize_axis(axis, data.ndim, "cumsum")
        ctx.from_end = from_end
        if from_end and data.ndim:
            back = (slice(None),) * axis + (slice(None, None, -1),)
            return wrap(silenced().run(_scan, np.add, data[back], axis)[back].copy())
        return wrap(silenced().run(_scan, np.add, data, axis))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return CumSum.apply(grad_output, ctx.axis, not ctx.from_end), None, None


class CumProd(Function):
    """a[0], a[0] * a[1], ... along an axis; integers and booleans are multiplied in int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = data_of("cumprod", a)
        ctx.axis = axis = normalize_axis(axis, data.ndim, "cumprod")
        out = wrap(silenced().run(_scan, np.multiply, data, axis))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        a, out = ctx.saved_tensors
        if a.numel() == 1:
            return grad_output, None
        if (a.data == 0).any():
            return _cumprod_gradient(a, grad_output, ctx.axis), None
        return CumSum.apply(grad_output * out, ctx.axis, True) / a, None

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        data = ctx.saved_array(0)
        if not data.ndim or not (data == 0).any():
            return super().array_backward(ctx, gradient, wanted)
        return silenced().run(_between_zeros, data, gradient, ctx.axis), None


def _cumprod_gradient(a: Tensor, gradient: Tensor, axis: int) -> Tensor:
    """The gradient of `CumProd` without a division: the product of the elements before, times
    what comes after by Horner's rule, tail[i] = gradient[i] + a[i + 1] * tail[i + 1]."""
    before = (slice(None),) * axis
    size = a.shape[axis]
    parts = [slice(i, i + 1) for i in range(size)]
    tails = [gradient[(*before, parts[-1])]]
    for i in range(size - 1, 0, -1):
        tails.append(gradient[(*before, parts[i - 1])] + a[(*before, parts[i])] * tails[-1])
    one = wrap(np.ones_like(a.data[(*before, parts[0])]))
    heads = cumprod(cat([one, a[(*before, slice(None, -1))]], axis), axis)
    return heads * cat(tails[::-1], axis)


@kernel
def _between_zeros(data: Array, gradient: Array, axis: int) -> Array:
    """`_cumprod_gradient` on arrays, where 0 times infinity is 0: no number has a part in what
    comes after two zeros, or after one before it."""
    rows, grads = np.moveaxis(data, axis, 0), np.moveaxis(gradient, axis, 0)
    zeros = rows == 0
    out = np.empty_like(grads)
    tail = np.zeros_like(grads[0])
    for i in range(len(rows) - 1, -1, -1):
        out[i] = tail = grads[i] + tail
        tail = np.where(zeros[i], 0, rows[i] * tail)
    before = np.ones_like(rows)
    before[1:] = _scan(np.multiply, rows[:-1], 0)
    behind = np.cumsum(zeros, 0) > zeros
    return np.moveaxis(np.where(behind, 0, before * out), 0, axis)


class LogCumSumExp(Function):
    """log(exp(a[0])), log(exp(a[0]) + exp(a[1])), ... along an axis, or from its end."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int, from_end: bool) -> Tensor:
        data = require_floating("logcumsumexp", a)
        ctx.axis = axis = normalize_axis(axis, data.ndim, "logcumsumexp")
        ctx.from_end = from_end
        out = data.copy()
        if data.ndim:
            back = (slice(None),) * axis + (slice(None, None, -1 if from_end else 1),)
            out = silenced().run(np.logaddexp.accumulate, data[back], axis)[back].copy()
        found = wrap(out)
        ctx.save_for_backward(a, found)
        return found

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        a, out = ctx.saved_tensors
        if a.ndim == 0:
            return grad_output, None, None
        # The parts of either sign by themselves, as exponents: no sum overflows. What is not there
        # is next to nothing, since infinities would cancel to NaN.
        parts, least = [], float(np.finfo(a.dtype).tiny)
        for sign in (1, -1):
            size = where(grad_output * sign > 0, grad_output * sign, least).log()
            total = LogCumSumExp.apply(size - out, ctx.axis, not ctx.from_end)
            parts.append((total + a).exp())
        return parts[0] - parts[1], None, None


# Fewer elements are in order before their keys are made.
_FEW = 2**12
# Shorter rows take less time one number after the other.
_LONG = 256


def _scan(ufunc: np.ufunc, data: Array, axis: int) -> Array:
    """A cumulative sum or product: of floats in float64, because rounding errors add up."""
    floats = data.dtype.kind == "f"
    narrow = data.dtype if floats else np.dtype(np.int64)
    if not data.ndim:
        return data.astype(narrow)
    wide: np.dtype[Any] = np.dtype(np.float64) if floats else narrow
    if floats and data.itemsize > 8:
        wide = data.dtype
    if axis == 0 and data.size >= _LONG * len(data) and type(data) is np.ndarray:
        # The same steps: row after row, of which each takes one call. In C order, as rows that are
        # one repeated would else come to lie side by side.
        out = data.astype(wide, "C")
        for before, row in pairwise(out):
            ufunc(before, row, out=row)
    elif ufunc is np.add and data.dtype.char == "f" and axis == data.ndim - 1 and data.size > _FEW:
        return _sums_by_pairs(data)
    else:
        out = ufunc.accumulate(data, axis, wide)
    return out if out.dtype == narrow else out.astype(narrow)


@kernel
def _sums_by_pairs(data: Array) -> Array:
    """The same steps: a sum has to wait for the one before, so two rows, which wait for nothing of
    each other, are the parts of complex numbers."""
    rows = data.reshape(-1, data.shape[-1])
    half, odd = divmod(len(rows), 2)
    out = np.empty(rows.shape, rows.dtype)
    pairs = np.empty((half, rows.shape[1], 2))
    pairs[..., 0], pairs[..., 1] = rows[:half], rows[half : 2 * half]
    numbers = pairs.view(np.complex128)
    np.add.accumulate(numbers, 1, out=numbers)
    out[:half], out[half : 2 * half] = pairs[..., 0], pairs[..., 1]
    if odd:
        out[-1] = np.add.accumulate(rows[-1], 0, np.float64)
    return out.reshape(data.shape)


class Sorted(NamedTuple):
    """Elements in order along an axis, and where they were."""

    values: Tensor
    indices: Tensor


def _order(name: str, a: Tensor, axis: int, descending: bool, k: int | None = None) -> Array:
    """The positions along an axis in the order of the elements there, the first k if it is given.
    NaN counts as the largest; equal elements keep their order."""
    data = data_of(name, a)
    axis = normalize_axis(axis, data.ndim, name)
    if not data.ndim:
        return np.zeros((), np.int64)
    return noted("order", (data, axis, descending, k), _positions(data, axis, descending, k))


def _positions(data: Array, axis: int, descending: bool, k: int | None) -> Array:
    """`_order` along an axis that is there."""
    if data.size > _FEW and data.itemsize <= 4:
        rows = np.moveaxis(data, axis, -1)
        rows = rows if rows.flags.c_contiguous else rows.copy()
        few = min(_FEW_LARGEST, rows.shape[-1] // 16)
        if descending and k is not None and 0 < k <= few and data.dtype.char == "f":
            return np.moveaxis(_largest(rows, k), -1, axis)
        return np.moveaxis(_sorted_positions(_keys(rows, descending), k), -1, axis)
    before = (slice(None),) * axis
    order: Array
    if descending:
        # Sorted from behind and read from behind, equal elements keep their order.
        back = (*before, slice(None, None, -1))
        order = data.shape[axis] - 1 - np.argsort(data[back], axis, kind="stable")[back]
    else:
        order = np.argsort(data, axis, kind="stable")
    return order if k is None else order[(*before, slice(k))]


# For more of them, or of short rows, it takes less time to make keys.
_FEW_LARGEST = 50


@kernel
def _largest(data: Array, k: int) -> Array:
    """The positions of the k largest elements along the last axis, one after the other."""
    rows = data.reshape(-1, data.shape[-1]).copy()
    order, lines = np.empty((len(rows), k), np.int64), np.arange(len(rows))
    for column in range(k):
        order[:, column] = rows.argmax(1)
        last = rows[lines, order[:, column]]
        rows[lines, order[:, column]] = -np.inf
    if (last == -np.inf).any():  # which those that are found have become, too
        return _sorted_positions(_keys(data, True), k)
    return order.reshape(*data.shape[:-1], k)


def _keys(data: Array, descending: bool) -> Array:
    """Integers of 64 bits in the order of the elements (of 32 bits at most) along the last axis,
    none twice: above what orders the elements, below their positions. NumPy then needs no stable
    sort, which is slow."""
    ranks = _ranks(data)
    if descending:
        ranks = ~ranks.astype(np.uint32)
    keys: Array = ranks.astype(np.uint64) << np.uint64(32)
    return keys | np.arange(data.shape[-1], dtype=np.uint64)


def _ranks(data: Array) -> Any:
    """Integers in the order of the elements, of 32 bits at most; NaN is the greatest."""
    ranks: Any = data
    if data.dtype.kind == "f":
        bits = (data.astype(np.float32) + np.float32(0)).view(np.int32)  # -0.0 is 0.0 now
        # The larger the number, the larger the integer. But NaN's sign may be any, so they are
        # counted from -inf on, below which the negative ones turn round to the top.
        ranks = (bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))).view(np.uint32)
        ranks = np.minimum(ranks - np.uint32(0x807FFFFF), np.uint32(0xFF000002))
    elif data.dtype.kind == "i":
        ranks = data.astype(np.int64) + 2**31
    return ranks


def _sorted_positions(keys: Array, k: int | None) -> Array:
    """What unique keys have below, in their order: the first k if it is given."""
    if k is not None and k < keys.shape[-1]:
        keys = np.partition(keys, k, -1)[..., :k]
    ordered: Array = np.sort(keys, -1) & np.uint64(0xFFFFFFFF)
    return ordered.view(np.int64)


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """The running sum along `dim`, in `dtype` if one is given; integers and booleans are summed
    in int64.

    >>> cumsum(Tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    if dtype is not None:
        return to(CumSum.apply(to(input, dtype), dim, False), dtype)
    return CumSum.apply(input, dim, False)


@kernel
def _extremes_so_far(data: Array, axis: int, largest: bool) -> Array:
    """Where the extreme of the elements up to each along an axis is, the last of equal ones; NaN
    counts as extreme."""
    pick = np.maximum if largest else np.minimum
    if data.size > _FEW and data.dtype.kind == "f" and data.itemsize <= 4:
        # As integers, which NumPy compares faster.
        data, pick = _ranks(data if largest else -data), np.maximum
    reached = data == pick.accumulate(data, axis)
    if data.dtype.kind == "f":
        reached |= np.isnan(data)
    size = data.shape[axis]
    places = np.arange(size, dtype=np.int32 if size < 2**31 else np.int64)
    places = reached * places.reshape(-1, *(1,) * (data.ndim - axis - 1))
    return np.maximum.accumulate(places, axis).astype(np.int64)


def _extremes(name: str, input: Tensor, dim: int, largest: bool) -> Sorted:
    data = data_of(name, input)
    axis = normalize_axis(dim, data.ndim, name)
    if not data.ndim:
        return Sorted(input.clone(), wrap(np.zeros((), np.int64)))
    places = noted(name, (data, axis), _extremes_so_far(data, axis, largest))
    values = Index.apply(input.reshape(-1), places_of(places, data.shape, axis))
    return Sorted(values, wrap(places))


@numpy_names
def cummax(input: Tensor, dim: int) -> Sorted:
    """The largest element so far along `dim`, and where it is, the last of equal ones: (values,
    indices). From a NaN on it is NaN.

    >>> cummax(Tensor([1.0, 3.0, 2.0]), 0).values
    tensor([1., 3., 3.])
    """
    return _extremes("cummax", input, dim, True)


@numpy_names
def cummin(input: Tensor, dim: int) -> Sorted:
    """The smallest element so far along `dim`, and where it is: (values, indices). See `cummax`.

    >>> cummin(Tensor([3.0, 1.0, 2.0]), 0).values
    tensor([3., 1., 1.])
    """
    return _extremes("cummin", input, dim, False)


@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """log(cumsum(exp(input))) along `dim`, which overflows nowhere. Raises DtypeError unless
    floating.

    >>> logcumsumexp(Tensor([1000.0, 1000.0]), 0)
    tensor([1000.        , 1000.69314718])
    """
    return LogCumSumExp.apply(input, dim, False)


@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """The running product along `dim`, in `dtype` if one is given; integers and booleans are
    multiplied in int64.

    >>> cumprod(Tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    if dtype is not None:
        return to(CumProd.apply(to(input, dtype), dim), dtype)
    return CumProd.apply(input, dim)


@numpy_names
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False
) -> Sorted:
    """The elements in order along `dim`, and where they were: (values, indices).

    NaN counts as the largest. Equal elements keep their order, whether or not `stable` is asked.

    >>> sort(Tensor([3.0, 1.0, 2.0]))
    Sorted(values=tensor([1., 2., 3.]), indices=tensor([1, 2, 0]))
    """
    indices = _order("sort", input, dim, descending)
    return Sorted(found_along(input, dim, indices), wrap(indices))


@numpy_names
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """The indices that put the elements along `dim` in order, those of `sort`; int64.

    >>> argsort(Tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    return wrap(_order("argsort", input, dim, descending))


@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    """The `k` largest elements along `dim` (the smallest if not `largest`), and where they were:
    (values, indices).

    They are in order, whether or not `sorted` is asked. Of equal elements the first ones are
    taken (PyTorch takes any), and NaN counts as the largest. Raises ShapeError if there are fewer
    than k elements and DtypeError for booleans.

    >>> topk(Tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    data = require_numbers("topk", input)
    axis = normalize_axis(dim, data.ndim, "topk")
    size = data.shape[axis] if data.ndim else 1
    if not 0 <= whole(k, "topk") <= size:
        raise ShapeError(
            f"topk: cannot take {k} elements along axis {dim} of shape {data.shape}; expected k "
            f"from 0 to {size}"
        )
    indices = _order("topk", input, axis, largest, k)
    return Sorted(found_along(input, axis, indices), wrap(indices))
