"""Matrix products."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import SCALARS, Array
from mytorch._kernels.products import product
from mytorch._shapes import Shape, broadcast_axes
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, operands, pair
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["addmm", "bmm", "dot", "matmul", "mm", "mv", "outer"]


class MatMul(Function):
    """a @ b as `numpy.matmul`: matrices in the last two axes, the others broadcast; a vector
    counts as a row on the left, as a column on the right. Mixed dtypes are promoted (PyTorch
    refuses them)."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("matmul", a, b)
        ctx.shapes = x.shape, y.shape
        if x.dtype.kind == "b":
            raise DtypeError("matmul: expected numbers, got dtype bool; convert with x.to(int)")
        try:
            return wrap(product(x, y))
        except ValueError:
            raise ShapeError(
                f"matmul: shapes {a.shape} and {b.shape} do not fit: the last size of the first "
                "must equal the last but one of the second (its only one, for a vector), and "
                "0-d tensors have no matrix product"
            ) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs = ctx.needs_input_grad
        return _gradients(ctx.shapes, grad_output, (needs[0], needs[1]), ctx.saved, MatMul.apply)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        needs = wanted[0] is not None, wanted[1] is not None
        grad_a, grad_b = _gradients(ctx.shapes, gradient, needs, ctx.saved_array, product)
        return _in_order(grad_a), _in_order(grad_b)


def _in_order(a: Array | None) -> Array | None:
    """A gradient that a leaf may keep."""
    return a if a is None or a.flags.c_contiguous else a.copy()


def _gradients(
    shapes: tuple[Shape, Shape],
    gradient: Any,
    needs: tuple[bool, bool],
    saved: Callable[[int], Any],
    multiply: Callable[..., Any],
) -> tuple[Any, Any]:
    """Those of both operands, on Tensors or on arrays."""
    shape_a, shape_b = shapes
    # A vector is a row on the left, a column on the right.
    left_shape = shape_a if len(shape_a) > 1 else (1, *shape_a)
    right_shape = shape_b if len(shape_b) > 1 else (*shape_b, 1)
    if left_shape is not shape_a or right_shape is not shape_b:
        batch = gradient.shape[: gradient.ndim - (len(shape_a) > 1) - (len(shape_b) > 1)]
        gradient = gradient.reshape((*batch, left_shape[-2], right_shape[-1]))
    grad_a = grad_b = None
    if needs[0]:
        right = saved(1) if right_shape is shape_b else saved(1).reshape(right_shape)
        grad_a = _summed(gradient, right.swapaxes(-2, -1), left_shape, multiply)
        grad_a = grad_a if left_shape is shape_a else grad_a.reshape(shape_a)
    if needs[1]:
        left = saved(0) if left_shape is shape_a else saved(0).reshape(left_shape)
        grad_b = _summed(left.swapaxes(-2, -1), gradient, right_shape, multiply)
        grad_b = grad_b if right_shape is shape_b else grad_b.reshape(shape_b)
    return grad_a, grad_b


def _summed(x: Any, y: Any, shape: Shape, multiply: Callable[..., Any]) -> Any:
    """x @ y, summed over the axes along which an operand of `shape` was repeated, as x and y were
    not: one product over all of them, since a stack of products would only be summed again."""
    batch = x.shape[:-2] if x.ndim >= y.ndim else y.shape[:-2]
    over = broadcast_axes(shape[:-2], batch)
    if not over:
        return multiply(x, y)
    stay = tuple(axis for axis in range(len(batch)) if axis not in over)
    row, column = len(batch), len(batch) + 1
    x = _permuted(x, (*stay, row, *over, column))
    y = _permuted(y, (*stay, *over, row, column))
    at, length = len(stay), prod(x.shape[len(stay) + 1 :])
    x = x.reshape((*x.shape[: at + 1], length))
    y = y.reshape((*y.shape[:at], length, y.shape[-1]))
    return multiply(x, y).reshape(shape)


def _permuted(a: Any, axes: Shape) -> Any:
    """The Tensor or array with these axes, new ones in front if it has fewer."""
    if a.ndim < len(axes):
        a = a.reshape((*(1 for _ in range(len(axes) - a.ndim)), *a.shape))
    return a.permute(axes) if isinstance(a, Tensor) else np.transpose(a, axes)


def as_rows(a: Any) -> Any:
    """A stack of matrices as one (-1 could not be inferred where a size is 0)."""
    return a.reshape(prod(a.shape[:-1]), a.shape[-1])


def matmul(input: Operand, other: Operand) -> Tensor:
    """The matrix product of the last two axes, the others broadcast; a vector counts as a row on
    the left, as a column on the right.

    Mixed dtypes are promoted (PyTorch refuses them). Raises ShapeError for sizes that do not fit,
    DtypeError for booleans and TypeError for numbers, which have no matrix product.

    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([11.])
    """
    if isinstance(input, SCALARS) or isinstance(other, SCALARS):
        raise TypeError("matmul: expected Tensors or arrays, got a number; use * to scale")
    return MatMul.apply(*pair("matmul", input, other))


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices; nothing is broadcast.

    Raises ShapeError for anything but matrices that fit.

    >>> mm(Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return product_of("mm", input, mat2, 2, 2)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of as many matrices, (N, n, k) and (N, k, m).

    Raises ShapeError for anything else.

    >>> bmm(Tensor.ones(2, 3, 4), Tensor.ones(2, 4, 5)).shape
    (2, 3, 5)
    """
    if data_of("bmm", input).shape[:1] != data_of("bmm", mat2).shape[:1]:
        raise ShapeError(
            f"bmm: expected as many matrices on both sides, got {input.shape} and {mat2.shape}"
        )
    return product_of("bmm", input, mat2, 3, 3)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector.

    >>> mv(Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([11.])
    """
    return product_of("mv", input, vec, 2, 1)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors.

    >>> dot(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor(11.)
    """
    return product_of("dot", input, tensor, 1, 1)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products input[i] * vec2[j] of two vectors.

    >>> outer(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _require_axes("outer", input, vec2, 1, 1)
    return input.unsqueeze(1) * vec2


@explained
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2); input is broadcast to the product's shape, and with
    beta = 0 left out, whatever it holds.

    Raises ShapeError for shapes that do not fit.

    >>> addmm(Tensor([1.0]), Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
    tensor([[12.]])
    """
    return weighted(input, product_of("addmm", mat1, mat2, 2, 2), beta, alpha)


def weighted(input: Tensor, out: Tensor, beta: float, alpha: float) -> Tensor:
    """beta * input + alpha * out, as `addmm`."""
    if out.dtype.kind != "f":
        # As PyTorch's, the numbers are cut to what the dtype holds.
        beta, alpha = (out.dtype.type(factor).item() for factor in (beta, alpha))
    out = out if alpha == 1 else out * alpha
    whole = input.expand(*out.shape)
    if beta == 0:
        return out
    return (whole if beta == 1 else whole * beta) + out


def product_of(name: str, a: Tensor, b: Tensor, ndim_a: int, ndim_b: int) -> Tensor:
    """a @ b for tensors of just so many axes."""
    _require_axes(name, a, b, ndim_a, ndim_b)
    return MatMul.apply(a, b)


def _require_axes(name: str, a: Tensor, b: Tensor, ndim_a: int, ndim_b: int) -> None:
    if (data_of(name, a).ndim, data_of(name, b).ndim) != (ndim_a, ndim_b):
        raise ShapeError(
            f"{name}: expected tensors of {ndim_a} and {ndim_b} axes, got shapes {a.shape} and "
            f"{b.shape}; see matmul"
        )
