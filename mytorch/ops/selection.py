"""Choosing elements: `where` and indexing, with the gradient put back where it came from."""

from typing import Any

import numpy as np

from mytorch._dtypes import Array, Scalar, exact, scalar_like
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import broadcast_error, operands
from mytorch.ops.broadcasting import unbroadcast
from mytorch.tensor import Tensor, wrap

__all__ = ["Index", "Unindex", "Where", "where"]


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


def where(condition: Tensor | Array, a: Tensor | Scalar, b: Tensor | Scalar) -> Tensor:
    """`a` where the boolean `condition` holds, else `b`, with broadcasting.

    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    # A copy: backward needs the condition as it is now.
    chosen = exact(condition.data if isinstance(condition, Tensor) else condition).astype(bool)
    if not isinstance(a, Tensor):
        a = Tensor(scalar_like(a, b.data) if isinstance(b, Tensor) else a)
    if not isinstance(b, Tensor):
        b = Tensor(scalar_like(b, a.data))
    return Where.apply(chosen, a, b)


class Index(Function):
    """a[index] with NumPy's rules; a position chosen twice gets both gradients."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any) -> Tensor:
        ctx.shapes = a.shape
        ctx.index = index = _plain(index)
        return wrap(a.data[index])

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Unindex.apply(grad_output, ctx.index, ctx.shapes), None


class Unindex(Function):
    """Zeros of `shape`, to whose [index] the tensor is added: the transpose of `Index`."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any, shape: Shape) -> Tensor:
        ctx.index = index
        whole = np.zeros_like(a.data, order="C", shape=shape)
        if _names_each_once(index):
            whole[index] = a.data
        else:
            np.add.at(whole, index, a.data)
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return grad_output[ctx.index], None, None


def _plain(index: Any) -> Any:
    """The index with arrays in place of Tensors, copied: backward needs it as it is now."""
    if isinstance(index, (Tensor, np.ndarray)):
        return exact(index.data if isinstance(index, Tensor) else index).copy()
    if isinstance(index, tuple):
        return tuple(_plain(part) for part in index)
    return np.array(index, None if index else np.intp) if isinstance(index, list) else index


def _names_each_once(index: Any) -> bool:
    """Whether no element can be chosen twice: basic indexing, or one boolean mask."""
    if isinstance(index, np.ndarray):
        return bool(index.dtype.kind == "b")
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(p, (int, np.integer, slice, type(None), type(...))) for p in parts)
