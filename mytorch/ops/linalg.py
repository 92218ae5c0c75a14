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
        a, b = ctx.saved_tensors
        needs = ctx.needs_input_grad
        left = a.reshape(1, -1) if a.ndim == 1 else a
        right = b.reshape(-1, 1) if b.ndim == 1 else b
        rows = a.shape[-2:-1] or (1,)
        columns = b.shape[-1:] if b.ndim > 1 else (1,)
        batch = grad_output.shape[: grad_output.ndim - (a.ndim > 1) - (b.ndim > 1)]
        grad_matrix = grad_output.reshape(*batch, *rows, *columns)
        grad_a = grad_b = None
        if needs[0]:
            grad_a = unbroadcast(grad_matrix @ _swapped(right), left.shape).reshape(*a.shape)
        if needs[1]:
            if right.ndim == 2 and left.ndim > 2:
                # One product over all rows: a stack of products would only be summed again.
                grad_matrix, left = as_rows(grad_matrix), as_rows(left)
            grad_b = unbroadcast(_swapped(left) @ grad_matrix, right.shape).reshape(*b.shape)
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
