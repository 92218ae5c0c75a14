"""The same values in other memory or of another dtype."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mytorch._dtypes import floating
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = ["clone", "to"]


class Cast(Function):
    """a in another dtype; the gradient comes back in a's."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, dtype: np.dtype[Any]) -> Tensor:
        ctx.dtype_before = floating(a.dtype)
        return wrap(a.data.astype(dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output.to(ctx.dtype_before), None


class Clone(Function):
    """A copy of a, which the gradient passes through."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        return wrap(data_of("clone", a).copy())

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        return grad_output


def clone(input: Tensor) -> Tensor:
    """A copy that stays in the graph: the gradient passes through.

    >>> x = Tensor([1.0], requires_grad=True)
    >>> clone(x).backward()
    >>> x.grad
    tensor([1.])
    """
    return Clone.apply(input)


def to(input: Tensor, dtype: DTypeLike) -> Tensor:
    """The tensor in another dtype; itself if it has that one already.

    >>> to(Tensor([1.5]), np.float32).dtype
    dtype('float32')
    """
    wanted = np.dtype(dtype)
    return input if data_of("to", input).dtype == wanted else Cast.apply(input, wanted)
