"""Matrix products."""

from math import prod
from typing import Any

import numpy as np

from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import operands, pair
from mytorch.ops.broadcasting import unbroadcast
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["matmul"]


class MatMul(Function):
    """a @ b as `numpy.matmul`: matrices in the last two axes, the others broadcast; a vector
    counts as a row on the left, as a column on the right. Mixed dtypes are promoted (PyTorch
    refuses them)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("matmul", a, b)
        ctx.shapes = x.shape, y.shape
        try:
            return wrap(np.matmul(x, y))
        except ValueError:
            raise ShapeError(
                f"matmul: shapes {a.shape} and {b.shape} do not fit: the last size of the first "
                "must equal the last but one of the second (its only one, for a vector), and "
                "0-d tensors have no matrix product"
            ) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs = ctx.needs_input_grad
        shape_a, shape_b = ctx.shapes
        # A vector is a row on the left, a column on the right.
        left_shape = shape_a if len(shape_a) > 1 else (1, *shape_a)
        right_shape = shape_b if len(shape_b) > 1 else (*shape_b, 1)
        batch = grad_output.shape[: grad_output.ndim - (len(shape_a) > 1) - (len(shape_b) > 1)]
        grad_matrix = grad_output.reshape(*batch, left_shape[-2], right_shape[-1])
        grad_a = grad_b = None
        if needs[0]:
            right = ctx.saved(1).reshape(*right_shape)
            grad_a = unbroadcast(grad_matrix @ _swapped(right), left_shape).reshape(*shape_a)
        if needs[1]:
            left = ctx.saved(0).reshape(*left_shape)
            if len(right_shape) == 2 and len(left_shape) > 2:
                # One product over all rows: a stack of products would only be summed again.
                grad_matrix, left = as_rows(grad_matrix), as_rows(left)
            grad_b = unbroadcast(_swapped(left) @ grad_matrix, right_shape).reshape(*shape_b)
        return grad_a, grad_b


def as_rows(a: Any) -> Any:
    """A stack of matrices as one (-1 could not be inferred where a size is 0)."""
    return a.reshape(prod(a.shape[:-1]), a.shape[-1])


def _swapped(a: Tensor) -> Tensor:
    """Each matrix of the stack transposed."""
    return a.T if a.ndim == 2 else a.transpose(-2, -1)


def matmul(input: Operand, other: Operand) -> Tensor:
    """The matrix product of the last two axes, the others broadcast; a vector counts as a row on
    the left, as a column on the right.

    Mixed dtypes are promoted (PyTorch refuses them). Raises ShapeError for sizes that do not fit.

    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([11.])
    """
    return MatMul.apply(*pair("matmul", input, other))
