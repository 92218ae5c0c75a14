"""Activation functions that are also top-level functions: ReLU, sigmoid, tanh."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import above, kept_where
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError
from mytorch.ops._operands import data_of, floating_data
from mytorch.ops.elementwise import Flat
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = ["relu", "sigmoid", "tanh"]


class ReLU(Function):
    """max(a, 0); the gradient at 0 is 0 (write-up 2.2)."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = data_of("relu", a)
        if data.dtype.kind == "f":
            out = wrap(above(data, 0.0))
        elif data.dtype.kind == "b":
            raise DtypeError("relu: expected numbers, got booleans; convert with x.to(float)")
        else:
            out = wrap(np.maximum(data, number(0, data.dtype)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        # Chosen, not multiplied: 0 times an infinite gradient would be NaN.
        (out,) = ctx.saved_tensors
        return Flat.apply(where(out.data <= 0, 0.0, grad_output), out)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        # Anything but 0 is true, NaN too.
        return (kept_where(ctx.saved_array(0).astype(bool), gradient),)


class Sigmoid(Function):
    """1 / (1 + exp(-a))."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = -floating_data("sigmoid", a)
        # In place NumPy computes one number more slowly.
        place, one = data if data.size > 1 else None, number(1.0, data.dtype)
        data = np.exp(data, out=place)
        data = np.add(data, one, out=place)
        out = wrap(np.divide(one, data, out=place))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * SigmoidSlope.apply(out)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        slope = _sigmoid_slope(ctx.saved_array(0))
        slope *= gradient
        return (slope,)


class SigmoidSlope(Function):
    """The slope (1 - a) a where the sigmoid is a. As one operation: an infinite gradient in parts
    would be infinity less infinity."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(_sigmoid_slope(a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * (1 - 2 * a)


def _sigmoid_slope(out: Array) -> Array:
    slope = number(1.0, out.dtype) - out
    slope *= out
    return slope


class Tanh(Function):
    """The hyperbolic tangent."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(np.tanh(floating_data("tanh", a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (1 - out * out)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        out = ctx.saved_array(0)
        slope = number(1.0, out.dtype) - out * out
        slope *= gradient
        return (slope,)


def relu(input: Tensor) -> Tensor:
    """max(input, 0), elementwise; the gradient at 0 is 0 (write-up 2.2).

    Raises DtypeError for booleans.

    >>> relu(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return ReLU.apply(input)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)), elementwise.

    >>> sigmoid(Tensor([0.0]))
    tensor([0.5])
    """
    return Sigmoid.apply(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent, elementwise.

    >>> tanh(Tensor([0.0]))
    tensor([0.])
    """
    return Tanh.apply(input)
