"""Activation functions that are also top-level functions: ReLU, sigmoid, tanh."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels import number
from mytorch._quiet import silent
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.errors import DtypeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of, floating_data
from mytorch.ops.elementwise import Flat
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = ["relu", "sigmoid", "tanh"]


class ReLU(Function):
    """max(a, 0); the gradient at 0 is 0 (write-up 2.2)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = data_of("relu", a)
        # Next to 0s in C order the result would lose another layout, and the speed.
        zeros = _zeros(data.shape if data.flags.c_contiguous else (), data.dtype)
        out = wrap(np.maximum(data, zeros))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        # Chosen, not multiplied: 0 times an infinite gradient would be NaN.
        (out,) = ctx.saved_tensors
        return Flat.apply(where(out.data <= 0, 0.0, grad_output), out)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array) -> tuple[Array]:
        return (_kept_where(ctx.unchanged(0)._data, gradient),)


@lru_cache(maxsize=16)
def _zeros(shape: Shape, dtype: np.dtype[Any]) -> Array:
    """What data of this shape is compared with; not to be changed. NumPy compares with as many 0s
    in half to a third of the time that it takes with one, which is left for larger arrays, that
    not too much memory is held."""
    if dtype.kind == "b":
        raise DtypeError("relu: expected numbers, got booleans; convert with x.to(float)")
    return np.zeros(shape if prod(shape) <= 2**16 else (), dtype)


_BITS = {size: np.dtype(f"i{size}") for size in (2, 4, 8)}


def _kept_where(chosen: Array, data: Array) -> Array:
    """`np.where(chosen, data, 0)`, where anything but 0 is chosen, NaN too, by a product of the
    bits as integers: a quarter of the time at 1000 numbers, a twentieth at 100 000."""
    bits = _BITS[data.itemsize]
    kept = chosen.astype(bool).astype(bits)
    kept *= data.view(bits)
    return kept.view(data.dtype)


class Sigmoid(Function):
    """1 / (1 + exp(-a))."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(1 / (1 + np.exp(-floating_data("sigmoid", a))))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * SigmoidSlope.apply(out)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array) -> tuple[Array]:
        slope = _sigmoid_slope(ctx.unchanged(0)._data)
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

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(np.tanh(floating_data("tanh", a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (1 - out * out)


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
