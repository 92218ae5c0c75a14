"""Indexing, with the gradient put back where the elements came from."""

from typing import Any

import numpy as np

from mytorch._dtypes import exact
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, view, wrap

__all__: list[str] = []


class Index(Function):
    """a[index] with NumPy's rules; a position chosen twice gets both gradients."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, index: Any) -> Tensor:
        data = data_of("indexing", a)
        ctx.shapes = data.shape
        ctx.index = index = plain_index(index)
        out = data[index]
        if not _is_basic(index):
            return wrap(out)
        if isinstance(out, np.generic):
            # A number is a copy; with an ellipsis NumPy gives a 0-d view.
            out = data[(*index, ...)] if isinstance(index, tuple) else data[index, ...]
        return view(out, Index, a, index)

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


def plain_index(index: Any) -> Any:
    """The index with arrays in place of Tensors, copied: backward needs it as it is now."""
    if isinstance(index, (Tensor, np.ndarray)):
        return exact(index.data if isinstance(index, Tensor) else index).copy()
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    return np.array(index, None if index else np.intp) if isinstance(index, list) else index


def _names_each_once(index: Any) -> bool:
    """Whether no element can be chosen twice: basic indexing, or one boolean mask."""
    if isinstance(index, np.ndarray):
        return bool(index.dtype.kind == "b")
    return _is_basic(index)


def _is_basic(index: Any) -> bool:
    """Whether the index has numbers and slices alone, so that NumPy gives a view."""
    parts = index if isinstance(index, tuple) else (index,)
    # `True` is a Python integer and yet a mask.
    return all(
        isinstance(part, (int, np.integer, slice, type(None), type(...)))
        and not isinstance(part, bool)
        for part in parts
    )
