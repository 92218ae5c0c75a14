"""Functions of one tensor, element by element. Integers give the default floating dtype."""

import numpy as np

from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of, floating_data
from mytorch.tensor import Tensor, wrap

__all__ = ["abs", "exp", "log", "sqrt"]


class Abs(Function):
    """|a|; the gradient at 0 and at NaN is 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(np.abs(data_of("abs", a)))

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
            out = wrap(np.exp(floating_data("exp", a)))
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
            return wrap(np.log(floating_data("log", a)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / a


class Sqrt(Function):
    """The square root: NaN below 0; the gradient at 0 is infinite."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            out = wrap(np.sqrt(floating_data("sqrt", a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output / (2 * out)


def abs(input: Tensor) -> Tensor:
    """|input|, elementwise.

    >>> abs(Tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """
    return Abs.apply(input)


def exp(input: Tensor) -> Tensor:
    """e ** input, elementwise.

    >>> exp(Tensor([0.0, 1.0]))
    tensor([1.        , 2.71828183])
    """
    return Exp.apply(input)


def log(input: Tensor) -> Tensor:
    """The natural logarithm, elementwise: -inf at 0, NaN below.

    >>> log(Tensor([1.0, 2.0]))
    tensor([0.        , 0.69314718])
    """
    return Log.apply(input)


def sqrt(input: Tensor) -> Tensor:
    """The square root, elementwise: NaN below 0.

    >>> sqrt(Tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return Sqrt.apply(input)
