"""Activation functions: ReLU, sigmoid, tanh, and softmax with its logarithm."""

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import normalize_axis
from mytorch.autograd_engine import Function
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import floating_data, require_floating
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = ["LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Tanh", "log_softmax_of"]


class ReLU(Function):
    """max(a, 0); the gradient at 0 is 0 (write-up 2.2)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(np.maximum(a._data, 0))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        # Chosen, not multiplied: 0 times an infinite gradient would be NaN.
        if recording.get():
            return where(out.data <= 0, 0.0, grad_output)
        return wrap(_where_not(out._data <= 0, grad_output._data))


_BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def _where_not(dead: Array, data: Array) -> Array:
    """`np.where(dead, 0, data)` as an operation on the bits: a third of the time."""
    keep = dead.view(np.int8) - np.int8(1)  # all bits set where data stays
    kept: Array = (data.view(_BITS[data.itemsize]) & keep).view(data.dtype)
    return kept


class Sigmoid(Function):
    """1 / (1 + exp(-a))."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        with np.errstate(over="ignore"):
            out = wrap(1 / (1 + np.exp(-floating_data(a))))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * ((1 - out) * out)


class Tanh(Function):
    """The hyperbolic tangent."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(np.tanh(floating_data(a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (1 - out * out)


class Softmax(Function):
    """exp(a) / sum(exp(a)) along an axis, after subtracting the largest element."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axis: int) -> Tensor:
        data = require_floating("softmax", a)
        ctx.axis = axis = normalize_axis(axis, a.ndim, "softmax")
        out = wrap(np.exp(log_softmax_of(data, axis)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (out,) = ctx.saved_tensors
        weighted = grad_output * out
        return weighted - out * weighted.sum(ctx.axis, keepdims=True), None


class LogSoftmax(Function):
    """a - log(sum(exp(a))) along an axis, by the log-sum-exp trick (write-up B.1)."""

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


def log_softmax_of(data: Array, axis: int) -> Array:
    """log(softmax(data)): no exponential overflows, as the largest exponent is 0."""
    if data.ndim == 0:
        return data - data
    if data.size == 0:
        return data
    with np.errstate(invalid="ignore"):
        shifted = data - data.max(axis, keepdims=True)
        out: Array = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    return out
