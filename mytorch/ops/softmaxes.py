"""Softmax and its relatives along an axis, by the log-sum-exp trick (write-up B.1)."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.reductions import reduced
from mytorch._kernels.sums import FEW, add_reduce, add_up
from mytorch._shapes import normalize_axis
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.engine.context import ContextManager, Wanted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import require_floating
from mytorch.ops.conversion import to
from mytorch.tensor import Tensor, wrap

__all__ = ["log_softmax", "softmax"]


class Softmax(Function):
    """exp(a) / sum(exp(a)) along an axis, after subtracting the largest element."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = require_floating("softmax", a)
        ctx.axis = axis = normalize_axis(axis, a.ndim, "softmax")
        out = wrap(_softmax_of(data, axis))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (out,) = ctx.saved_tensors
        weighted = grad_output * out
        return weighted - out * weighted.sum(ctx.axis, keepdims=True), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        out = ctx.saved_array(0)
        weighted = gradient * out
        weighted -= out * _total(weighted, ctx.axis)
        return weighted, None


class LogSoftmax(Function):
    """a - log(sum(exp(a))) along an axis, by the log-sum-exp trick (write-up B.1)."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = require_floating("log_softmax", a)
        ctx.axis = axis = normalize_axis(axis, a.ndim, "log_softmax")
        out = wrap(log_softmax_of(data, axis))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (out,) = ctx.saved_tensors
        return grad_output - out.exp() * grad_output.sum(ctx.axis, keepdims=True), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        share = np.exp(ctx.saved_array(0))
        share *= _total(gradient, ctx.axis)
        return gradient - share, None


@silent
def _softmax_of(data: Array, axis: int) -> Array:
    if data.size < 2:
        return np.exp(data - data)  # type: ignore[no-any-return]
    out: Array = data - reduced(np.maximum, data, (axis,), True)
    np.exp(out, out=out)
    out /= _total(out, axis)
    return out


@silent
def log_softmax_of(data: Array, axis: int) -> Array:
    """log(softmax(data)): no exponential overflows, as the largest exponent is 0."""
    if data.size < 2:
        return data - data  # 0, or of an infinite number NaN
    shifted = data - reduced(np.maximum, data, (axis,), True)
    shifted -= np.log(_total(np.exp(shifted), axis))
    return shifted


def _total(data: Array, axis: int) -> Array:
    # Half precision overflows soon.
    wide = np.float32 if data.itemsize == 2 else data.dtype
    if data.size > FEW:
        return add_up(data, (axis,), keepdims=True).astype(wide, copy=False)
    total: Array = add_reduce(data, axis, wide, keepdims=True)
    return total


@numpy_names
def softmax(input: Tensor, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """exp(input) / sum(exp(input)) along `dim`, stable for any input. Raises DtypeError unless
    the input, or `dtype` if one is given, is floating.

    >>> softmax(Tensor([[0.0, 0.0]]), dim=1)
    tensor([[0.5, 0.5]])
    """
    return Softmax.apply(input if dtype is None else to(input, dtype), dim)


@numpy_names
def log_softmax(input: Tensor, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """log(softmax(input)) along `dim`, finite for any finite input (write-up B.1). Raises
    DtypeError unless the input, or `dtype` if one is given, is floating.

    >>> log_softmax(Tensor([[1000.0, 0.0]]), dim=1)
    tensor([[    0., -1000.]])
    """
    return LogSoftmax.apply(input if dtype is None else to(input, dtype), dim)
