"""Modified Bessel functions of the first kind, element by element."""

from __future__ import annotations

import numpy as np

from mytorch._kernels.bessel import bessel_of, scaled_bessel_of
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.ops._operands import double_values, is_single
from mytorch.ops.elementwise import sign
from mytorch.ops.selection import where
from mytorch.tensor import Tensor

__all__ = ["i0"]


class I0(Function):
    """The function of order 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return double_values("i0", bessel_of, a, 0, is_single("i0", a))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * I1.apply(a)


class I1(Function):
    """The function of order 1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("i1", bessel_of, a, 1, is_single("i1", a))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        a, out = ctx.saved_tensors
        return grad_output * (I0.apply(a) - _divided(out, a))


class I0e(Function):
    """exp(-|a|) times the function of order 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("i0e", scaled_bessel_of, a, 0, is_single("i0e", a))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        a, out = ctx.saved_tensors
        return grad_output * (I1e.apply(a) - sign(a) * out)


class I1e(Function):
    """exp(-|a|) times the function of order 1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("i1e", scaled_bessel_of, a, 1, is_single("i1e", a))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        a, out = ctx.saved_tensors
        return grad_output * (I0e.apply(a) - sign(a) * out - _divided(out, a))


def _divided(out: Tensor, a: Tensor) -> Tensor:
    """out / a, which at 0 is the slope of the function of order 1, and of numbers near the smallest
    would be rounded."""
    near = abs(a) <= np.finfo(out.dtype).eps
    return where(near, 0.5, out / where(near, 1.0, a))


def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind and order 0, elementwise.

    >>> i0(Tensor([0.0, 1.0]))
    tensor([1.        , 1.26606588])
    """
    return I0.apply(input)
