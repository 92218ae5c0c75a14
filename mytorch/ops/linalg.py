"""Matrix products: the general one, and the fused x W^T + b of a linear layer."""

from math import prod
from typing import Any

import numpy as np

from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import operands, sum_rows
from mytorch.ops.broadcasting import unbroadcast
from mytorch.tensor import Tensor, wrap

__all__ = ["Affine", "MatMul"]


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
                grad_matrix, left = _as_rows(grad_matrix), _as_rows(left)
            grad_b = unbroadcast(_swapped(left) @ grad_matrix, right.shape).reshape(*b.shape)
        return grad_a, grad_b


def _as_rows(a: Any) -> Any:
    """A stack of matrices as one (-1 could not be inferred where a size is 0)."""
    return a.reshape(prod(a.shape[:-1]), a.shape[-1])


def _swapped(a: Tensor) -> Tensor:
    """Each matrix of the stack transposed."""
    return a.T if a.ndim == 2 else a.transpose(-2, -1)


class Affine(Function):
    """x W^T + b, for x (..., in), W (out, in) and b (out,): the linear layer in one operation.

    Composed of a product, a transposition and a sum it takes 1.15 to 1.4 times as long.
    """

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        rows, matrix = operands("linear", x, weight)
        shift = bias._data
        if not rows.ndim or rows.shape[-1] != matrix.shape[-1] or shift.shape != matrix.shape[:1]:
            raise ShapeError(
                f"linear: the input has shape {x.shape}, the weight {weight.shape}, the bias "
                f"{bias.shape}; expected (..., {matrix.shape[-1]}), (out, in) and (out,)"
            )
        out = np.dot(rows, matrix.T)
        if out.ndim and out.dtype is shift.dtype:
            out += shift
        else:
            out = out + shift
        return wrap(out)

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor]:
        x, weight = ctx.saved_tensors
        needs = ctx.needs_input_grad
        if recording.get():
            columns = _as_rows(grad_output)
            return (
                grad_output @ weight if needs[0] else None,
                columns.T @ _as_rows(x) if needs[1] else None,
                columns.sum(0),
            )
        gradient, rows = grad_output._data, x._data
        matrix = gradient
        if gradient.ndim != 2:
            matrix, rows = _as_rows(gradient), _as_rows(rows)
        return (
            wrap(np.dot(gradient, weight._data)) if needs[0] else None,
            wrap(np.dot(matrix.T, rows)) if needs[1] else None,
            wrap(sum_rows(matrix)),
        )
