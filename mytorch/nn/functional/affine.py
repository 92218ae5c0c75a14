"""The linear layer as one operation (write-up 2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mytorch._dtypes import Array, promote
from mytorch._kernels.products import product_for
from mytorch._kernels.sums import sum_rows
from mytorch._shapes import Shape
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, ShapeError
from mytorch.nn._places import warn_of_wider_input
from mytorch.ops import einsum
from mytorch.ops._operands import data_of, require_numbers
from mytorch.ops.linalg import as_rows
from mytorch.tensor import Tensor, wrap

__all__ = ["bilinear", "linear"]


class Linear(Function):
    """x W^T + b, for x (..., in), W (out, in) and b (out,): the linear layer in one operation.

    The caller has checked the shapes. Composed of a product, a transposition and a sum it would be
    slower.
    """

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        rows, matrix = x._data, weight._data
        if rows.dtype is not matrix.dtype:
            warn_of_wider_input("linear", rows, matrix)
            rows, matrix = promote(rows, matrix)
        ctx.product = product = product_for(rows, matrix)
        return wrap(silenced().run(_affine, product, rows, matrix, bias._data))

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor]:
        needs = ctx.needs_input_grad
        columns = as_rows(grad_output)
        return (
            grad_output @ ctx.saved(1) if needs[0] else None,
            columns.T @ as_rows(ctx.saved(0)) if needs[1] else None,
            columns.sum(0),
        )

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None, Array]:
        (to_x, to_weight, _), product = wanted, ctx.product
        matrix = gradient if gradient.ndim == 2 else as_rows(gradient)
        grad_x = grad_weight = None
        if to_x is not None:
            grad_x = product(gradient, ctx.saved_array(1))
        if to_weight is not None:
            rows = ctx.saved_array(0)
            grad_weight = product(matrix.T, rows if rows.ndim == 2 else as_rows(rows))
        return grad_x, grad_weight, sum_rows(matrix)


def _affine(
    product: Callable[[Array, Array], Array], rows: Array, matrix: Array, shift: Array
) -> Array:
    out = product(rows, matrix.T)
    if shift.size == out.size:
        shift = shift.reshape(out.shape)  # NumPy has nothing to repeat then
    if out.dtype is shift.dtype:
        out += shift
    else:
        out = out + shift
    return out


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input W^T + bias (write-up 2.1), for input (..., in), weight (out, in), bias (out,).

    A weight (in,) gives a result (...). Any bias that broadcasts to the result's shape will do.
    Mixed dtypes are promoted (PyTorch refuses them), with a warning if the input's floating dtype
    is the wider one. Raises ShapeError if the sizes do not fit, DtypeError for a weight of
    booleans.

    >>> linear(Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), Tensor([5.0]))
    tensor([[16.]])
    """
    try:
        rows, matrix = input._data, weight._data
        shift = None if bias is None else bias._data
    except AttributeError:
        given: tuple[Any, ...] = (input, weight, bias)
        for tensor in given:
            data_of("linear", tensor)  # which says what is wrong with it
        raise
    if matrix.dtype.kind == "b":
        raise DtypeError("linear: booleans have no product; convert the weight with x.to(float)")
    if (
        shift is not None
        and shift.ndim == 1
        and rows.ndim
        and matrix.shape == (len(shift), rows.shape[-1])
    ):
        return Linear.apply(input, weight, bias)
    if not rows.ndim or matrix.ndim not in (1, 2) or rows.shape[-1] != matrix.shape[-1]:
        raise _shape_error(input, weight, bias)
    if rows.dtype is not matrix.dtype:
        warn_of_wider_input("linear", rows, matrix)
    output = input @ weight.T
    if bias is None:
        return output
    if not fits(bias.shape, output.shape):
        raise _shape_error(input, weight, bias)
    return output + bias


def fits(shape: Shape, whole: Shape) -> bool:
    """Whether `shape` broadcasts to `whole`."""
    lead = len(whole) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, whole[lead:], strict=True))


def _shape_error(input: Tensor, weight: Tensor, bias: Tensor | None) -> ShapeError:
    given = "" if bias is None else f", the bias {bias.shape}"
    return ShapeError(
        f"linear: the input has shape {input.shape}, the weight {weight.shape}{given}; expected "
        "(..., in), (out, in) and (out,)"
    )


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W y for each of the matrices W in the weight (out, in1, in2), plus the bias (out,): of
    inputs (..., in1) and (..., in2) to (..., out).

    Raises ShapeError for other shapes, DtypeError for booleans.

    >>> x, y = Tensor([[1.0, 2.0]]), Tensor([[3.0]])
    >>> bilinear(x, y, Tensor([[[1.0], [1.0]]]))
    tensor([[9.]])
    """
    given = (input1, input2, weight) if bias is None else (input1, input2, weight, bias)
    first, second, kernel, *last = (data_of("bilinear", x).shape for x in given)
    fits = len(kernel) == 3 and first[-1:] + second[-1:] == kernel[1:]
    if not fits or first[:-1] != second[:-1] or last not in ([], [kernel[:1]]):
        raise ShapeError(
            "bilinear: expected inputs (..., in1) and (..., in2), a weight (out, in1, in2) and a "
            f"bias (out,), got {first}, {second}, {kernel}" + "".join(f" and {x}" for x in last)
        )
    require_numbers("bilinear", weight)
    found = einsum("...i,oij,...j->...o", input1, weight, input2)
    return found if bias is None else found + bias
