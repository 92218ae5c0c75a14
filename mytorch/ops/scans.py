"""Running sums and products along an axis, and sorting."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._quiet import quiet
from mytorch._shapes import normalize_axis, whole
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of, numpy_names
from mytorch.ops.conversion import to
from mytorch.ops.indexing import found_along
from mytorch.ops.joining import cat
from mytorch.ops.shaping import flip
from mytorch.tensor import Tensor, wrap

__all__ = ["argsort", "cumprod", "cumsum", "sort", "topk"]


class CumSum(Function):
    """a[0], a[0] + a[1], ... along an axis; integers and booleans are summed in int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = data_of("cumsum", a)
        ctx.axis = axis = normalize_axis(axis, data.ndim, "cumsum")
        return wrap(_scan(np.cumsum, data, axis))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return _reversed_cumsum(grad_output, ctx.axis), None


class CumProd(Function):
    """a[0], a[0] * a[1], ... along an axis; integers and booleans are multiplied in int64."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = data_of("cumprod", a)
        ctx.axis = axis = normalize_axis(axis, data.ndim, "cumprod")
        out = wrap(_scan(np.cumprod, data, axis))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        a, out = ctx.saved_tensors
        if a.ndim == 0:
            return grad_output, None
        if (a.data == 0).any():
            return _cumprod_gradient(a, grad_output, ctx.axis), None
        return _reversed_cumsum(grad_output * out, ctx.axis) / a, None


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


def _scan(function: Any, data: Array, axis: int) -> Array:
    """A cumulative sum or product: of floats in float64, because rounding errors add up."""
    if not data.ndim:
        return np.array(data, data.dtype if data.dtype.kind == "f" else np.int64)
    wide, narrow = (np.float64, data.dtype) if data.dtype.kind == "f" else (np.int64, np.int64)
    out: Array = quiet().run(function, data, axis, wide)
    return out if out.dtype == narrow else quiet().run(out.astype, narrow)


def _reversed_cumsum(a: Tensor, axis: int) -> Tensor:
    """a[0] + ... + a[n - 1], a[1] + ... + a[n - 1], ... along an axis."""
    return flip(cumsum(flip(a, axis), axis), axis)


class Sorted(NamedTuple):
    """Elements in order along an axis, and where they were."""

    values: Tensor
    indices: Tensor


def _order(name: str, a: Tensor, axis: int, descending: bool) -> Array:
    """The positions along an axis in the order of the elements there. NaN counts as the largest;
    equal elements keep their order."""
    data = data_of(name, a)
    axis = normalize_axis(axis, data.ndim, name)
    if not data.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(data, axis, kind="stable")
    # Sorted from behind and read from behind, equal elements keep their order.
    reverse = (slice(None),) * axis + (slice(None, None, -1),)
    order: Array = data.shape[axis] - 1 - np.argsort(data[reverse], axis, kind="stable")[reverse]
    return order


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """The running sum along `dim`, in `dtype` if one is given; integers and booleans are summed
    in int64.

    >>> cumsum(Tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    if dtype is not None:
        return to(CumSum.apply(to(input, dtype), dim), dtype)
    return CumSum.apply(input, dim)


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
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Sorted:
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
    data = data_of("topk", input)
    if data.dtype.kind == "b":
        raise DtypeError("topk: expected numbers, got booleans; convert them with x.to(int)")
    axis = normalize_axis(dim, data.ndim, "topk")
    size = data.shape[axis] if data.ndim else 1
    if not 0 <= whole(k, "topk") <= size:
        raise ShapeError(
            f"topk: cannot take {k} elements along axis {dim} of shape {data.shape}; expected k "
            f"from 0 to {size}"
        )
    indices = _order("topk", input, axis, largest)
    if data.ndim:
        indices = indices[(slice(None),) * axis + (slice(k),)]
    return Sorted(found_along(input, axis, indices), wrap(indices))
