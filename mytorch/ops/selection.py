"""Choosing elements by a condition."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import SCALARS, Array, Scalar, exact
from mytorch._kernels.constants import as_array
from mytorch._kernels.elementwise import FEW, chosen, kept_where
from mytorch._recorders import recorders
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, ShapeError
from mytorch.observe import noted, observed, tell
from mytorch.ops._operands import broadcast_error, data_of, operands, pair
from mytorch.ops.broadcasting import broadcast_to, unbroadcast, unbroadcast_array
from mytorch.ops.conversion import to
from mytorch.ops.indexing import Index
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["masked_fill", "masked_select", "where"]


class Where(Function):
    """a where the condition holds, else b. The condition is an array of booleans."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, condition: Array, a: Tensor, b: Tensor) -> Tensor:
        ctx.condition = condition
        ctx.shapes = a.shape, b.shape
        x, y = operands("where", a, b)
        try:
            if condition.size >= FEW and x.dtype.kind == "f":
                shapes = condition.shape, ()
                if x.shape in shapes and y.shape in shapes:
                    return wrap(chosen(condition, x, y))
            return wrap(np.where(condition, x, y))
        except ValueError:
            raise broadcast_error("where", condition, a, b) from None

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[None, Tensor | None, Tensor | None]:
        shape_a, shape_b = ctx.shapes
        needs = ctx.needs_input_grad
        grad_a = grad_b = None
        if needs[1]:
            grad_a = unbroadcast(where(ctx.condition, grad_output, 0.0), shape_a)
        if needs[2]:
            grad_b = unbroadcast(where(ctx.condition, 0.0, grad_output), shape_b)
        return None, grad_a, grad_b

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[None, Array | None, Array | None]:
        condition, (shape_a, shape_b) = ctx.condition, ctx.shapes
        if condition.shape != gradient.shape:
            condition = np.broadcast_to(condition, gradient.shape)
        _, to_a, to_b = wanted
        grad_a = grad_b = None
        if to_a is not None:
            grad_a = unbroadcast_array(kept_where(condition, gradient), shape_a)
        if to_b is not None:
            grad_b = unbroadcast_array(kept_where(~condition, gradient), shape_b)
        return None, grad_a, grad_b


def _booleans(name: str, condition: Tensor | Array) -> Array:
    """The data of a condition, copied: backward needs it as it is now."""
    if not isinstance(condition, (Tensor, np.ndarray, np.bool_)):
        raise TypeError(
            f"{name}: expected a Tensor of booleans, got {kind_of(condition, Tensor)}; wrap it in "
            "Tensor(...) first"
        )
    data = condition._data if isinstance(condition, Tensor) else exact(condition)
    if data.dtype.kind != "b":
        raise DtypeError(
            f"{name}: expected a condition of booleans, got {data.dtype}; compare, as in x != 0"
        )
    copy = data.copy()
    if observed:
        tell("computed", "copy", (data,), copy)
    return copy


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor | Array, input: Operand, other: Operand) -> Tensor: ...


def where(
    condition: Any, input: Operand | None = None, other: Operand | None = None
) -> Tensor | tuple[Tensor, ...]:
    """`input` where the boolean `condition` holds, else `other`, with broadcasting.

    With the condition alone, of any dtype: where it is not 0, as one tensor of indices for each
    axis. Raises DtypeError for a condition that is not boolean, and for a number that the other
    tensor's dtype cannot hold.

    >>> where(Tensor([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    >>> where(Tensor([[0, 3], [4, 0]]))
    (tensor([0, 1]), tensor([1, 0]))
    """
    if input is None or other is None:
        if input is not other:
            raise TypeError("where: expected two tensors or numbers to choose from, got one")
        places = np.nonzero(np.atleast_1d(data_of("where", condition)))
        return tuple(noted("nonzero", (condition,), wrap(indices)) for indices in places)
    chosen = _booleans("where", condition)
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        if isinstance(other, np.ndarray):
            other = Tensor(other)
        else:
            input = Tensor(input)
    return Where.apply(chosen, *pair("where", input, other))


def masked_fill(input: Tensor, mask: Tensor | Array, value: Tensor | Scalar) -> Tensor:
    """`value`, a number or a 0-d tensor, where the boolean `mask` holds, else `input`, in the
    dtype of `input`, with broadcasting.

    Raises DtypeError for a mask that is not boolean and for a number that is too large for the
    dtype. As in PyTorch the value is cut to a whole number among integers.

    >>> masked_fill(Tensor([1.0, 2.0]), Tensor([True, False]), -1)
    tensor([-1.,  2.])
    """
    dtype = data_of("masked_fill", input).dtype
    chosen = _booleans("masked_fill", mask)
    if isinstance(value, Tensor):
        if value.ndim:
            raise ShapeError(
                f"masked_fill: expected a number or a 0-d tensor, got shape {value.shape}; use "
                "where(mask, value, x)"
            )
        if value.dtype is not dtype:
            _number(value._data, dtype)
        filling = to(value, dtype)
    elif isinstance(value, SCALARS):
        filling = wrap(_number(value, dtype))
    else:
        raise TypeError(f"masked_fill: expected a number or a Tensor, got {kind_of(value, Tensor)}")
    return Where.apply(chosen, filling, input)


def _number(value: Scalar | Array, dtype: np.dtype[Any]) -> Array:
    """The single value in the dtype, which has to hold it."""
    exactly = as_array(value, None) if recorders else np.asarray(value)
    array: Array = silenced().run(exactly.astype, dtype)
    if dtype.kind == "f":
        fits = np.isfinite(array) or not np.isfinite(exactly)
    else:
        fits = dtype.kind == "b" or np.trunc(exactly) == array
    if not fits:
        raise DtypeError(f"masked_fill: the number {value} does not fit into the dtype {dtype}")
    return array


def masked_select(input: Tensor, mask: Tensor | Array) -> Tensor:
    """The elements where the boolean `mask` holds, in a row, with broadcasting.

    Raises DtypeError for a mask that is not boolean.

    >>> masked_select(Tensor([1.0, 2.0, 3.0]), Tensor([True, False, True]))
    tensor([1., 3.])
    """
    data = data_of("masked_select", input)
    chosen = _booleans("masked_select", mask)
    try:
        shape = np.broadcast_shapes(data.shape, chosen.shape)
    except ValueError:
        raise broadcast_error("masked_select", input, chosen) from None
    places = noted("Expand", (chosen,), np.broadcast_to(chosen, shape))
    return Index.apply(broadcast_to(input, shape), places)
