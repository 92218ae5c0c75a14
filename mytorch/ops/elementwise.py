"""Functions of one tensor, element by element. Integers give the default floating dtype."""

from typing import Any

import numpy as np

from mytorch._dtypes import floating
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import floating_data
from mytorch.tensor import Tensor, wrap

__all__ = ["Abs", "Cast", "Clone", "Exp", "Log", "Sqrt"]


class Abs(Function):
    """|a|; the gradient at 0 and at NaN is 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(np.abs(a.data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        sign = np.subtract(a.data > 0, a.data < 0, dtype=grad_output.dtype)
        return grad_output * wrap(sign)


class Exp(Function):
    """e ** a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            out = wrap(np.exp(floating_data(a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * out


class Log(Function):
    """The natural logarithm: -inf at 0, NaN below, silently as in PyTorch."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        with np.errstate(all="ignore"):
            return wrap(np.log(floating_data(a)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / a


class Sqrt(Function):
    """The square root: NaN below 0; the gradient at 0 is infinite."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            out = wrap(np.sqrt(floating_data(a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output / (2 * out)


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
        return wrap(a.data.copy())

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        return grad_output
