"""Choosing elements by a condition."""

import numpy as np

from mytorch._dtypes import Array, exact
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import broadcast_error, operands, pair
from mytorch.ops.broadcasting import unbroadcast
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["where"]


class Where(Function):
    """a where the condition holds, else b. The condition is an array of booleans."""

    @staticmethod
    def forward(ctx: ContextManager, condition: Array, a: Tensor, b: Tensor) -> Tensor:
        ctx.condition = condition
        ctx.shapes = a.shape, b.shape
        x, y = operands("where", a, b)
        try:
            return wrap(np.where(condition, x, y))
        except ValueError:
            raise broadcast_error("where", condition, a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[None, Tensor, Tensor]:
        shape_a, shape_b = ctx.shapes
        return (
            None,
            unbroadcast(where(ctx.condition, grad_output, 0.0), shape_a),
            unbroadcast(where(ctx.condition, 0.0, grad_output), shape_b),
        )


def where(condition: Tensor | Array, a: Operand, b: Operand) -> Tensor:
    """`a` where the boolean `condition` holds, else `b`, with broadcasting.

    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    # A copy: backward needs the condition as it is now.
    chosen = exact(condition.data if isinstance(condition, Tensor) else condition).astype(bool)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        a = Tensor(a)
    return Where.apply(chosen, *pair("where", a, b))
