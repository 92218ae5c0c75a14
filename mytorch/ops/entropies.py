"""Products with logarithms, in which 0 times a logarithm is 0."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array, cast, floating
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.ops._operands import broadcast_error, operands, pair
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.comparison import logical_and
from mytorch.ops.selection import where
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["xlogy"]


class Xlogy(Function):
    """a * log(b): 0 where a is 0, unless b is NaN."""

    name = "xlogy"
    # Of the logarithm: it is of `b + shift`.
    shift = 0

    @staticmethod
    def logarithm(b: Array) -> Array:
        found: Array = np.log(b)
        return found

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands(cls.name, a, b)
        dtype = floating(x.dtype)
        try:
            return wrap(silenced().run(cls._product, cast(x, dtype), cast(y, dtype)))
        except ValueError:
            raise broadcast_error(cls.name, x, y) from None

    @classmethod
    def _product(cls, x: Array, y: Array) -> Array:
        return np.where((x == 0) & (y == y), x * x, x * cls.logarithm(y))

    @classmethod
    def backward(
        cls, ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        needs = ctx.needs_input_grad
        grad_a = grad_b = None
        if needs[0]:
            flat = logical_and(a == 0, b <= -cls.shift)
            grad_a = unbroadcast(where(flat, 0.0, cls.apply(grad_output, b)), a.shape)
        if needs[1]:
            grad_b = unbroadcast(grad_output * a / (b + cls.shift if cls.shift else b), b.shape)
        return grad_a, grad_b


class Xlog1py(Xlogy):
    """a * log(1 + b): 0 where a is 0, unless b is NaN."""

    name = "xlog1py"
    shift = 1

    @staticmethod
    def logarithm(b: Array) -> Array:
        found: Array = np.log1p(b)
        return found


def xlogy(input: Operand, other: Operand) -> Tensor:
    """input * log(other), elementwise with broadcasting: 0 where `input` is 0, also if `other` is
    0, negative or infinite.

    >>> xlogy(Tensor([0.0, 1.0, 2.0]), Tensor([0.0, 1.0, 2.0]))
    tensor([0.        , 0.        , 1.38629436])
    """
    return Xlogy.apply(*pair("xlogy", input, other))
