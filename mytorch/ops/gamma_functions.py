"""The logarithm of the gamma function, and its derivatives, element by element."""

from __future__ import annotations

from math import log, pi

import numpy as np

from mytorch._checks import kind_of
from mytorch._kernels.gamma_functions import digamma_of, lgamma_of, polygamma_of
from mytorch._shapes import whole
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import RangeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import double_values, floating_data
from mytorch.tensor import Tensor

__all__ = ["digamma", "lgamma", "mvlgamma", "polygamma"]


class Lgamma(Function):
    """log |gamma(a)|."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return double_values("lgamma", lgamma_of, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * digamma(a)


class Polygamma(Function):
    """The derivative of log |gamma(a)| of the order n + 1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, n: int) -> Tensor:
        ctx.save_for_backward(a)
        ctx.n = n
        if n:
            return double_values("polygamma", polygamma_of, a, n)
        return double_values("polygamma", digamma_of, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        return grad_output * Polygamma.apply(a, ctx.n + 1), None


def lgamma(input: Tensor) -> Tensor:
    """The logarithm of |gamma(input)|, elementwise: infinite at 0 and the negative integers.

    >>> lgamma(Tensor([1.0, 5.0, 0.5]))
    tensor([0.        , 3.17805383, 0.57236494])
    """
    return Lgamma.apply(input)


def digamma(input: Tensor) -> Tensor:
    """The derivative of `lgamma`, elementwise: NaN at the negative integers, infinite at 0.

    >>> digamma(Tensor([1.0, 2.0]))
    tensor([-0.57721566,  0.42278434])
    """
    return Polygamma.apply(input, 0)


@explained
def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`, elementwise: infinite at 0 and at the negative integers,
    0 at infinity (PyTorch: NaN from n = 2 on).

    As a method it is `x.polygamma(n)`. All digits are right; PyTorch's first derivative has nine.
    Raises TypeError for an n that is no integer, RangeError for a negative one.

    >>> polygamma(1, Tensor([1.0, 2.0]))
    tensor([1.64493407, 0.64493407])
    """
    if not isinstance(n, (int, np.integer)):
        raise TypeError(f"polygamma: expected an integer as n, got {kind_of(n, Tensor)}")
    if n < 0:
        raise RangeError(f"polygamma: expected an n of at least 0, got {n}")
    return Polygamma.apply(input, int(n))


@explained
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the gamma function of `p` dimensions, elementwise: the sum of
    lgamma(input - k / 2) over k below p, and p (p - 1) / 4 log(pi).

    Raises RangeError for a p below 1.

    >>> mvlgamma(Tensor([2.0, 3.0]), 2)
    tensor([0.45158271, 1.55019499])
    """
    if whole(p, "mvlgamma") < 1:
        raise RangeError(f"mvlgamma: expected a p of at least 1, got {p}")
    data = floating_data("mvlgamma", input)
    # The first one is -0, which makes 0 of -0: that of both is the same, as in PyTorch.
    halves = Tensor(-(np.arange(0, -p, -1).astype(data.dtype) / 2))
    total: Tensor = lgamma(input.unsqueeze(-1) - halves).sum(-1)
    return total + p * (p - 1) / 4 * log(pi)
