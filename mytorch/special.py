"""PyTorch's `torch.special`: what it calls by other names, and a few functions of its own."""

from __future__ import annotations

from math import inf, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from mytorch._absent import finder
from mytorch._dtypes import Array, cast, floating
from mytorch._kernels.elementwise import by_parts, kernel
from mytorch._kernels.incomplete_gamma import gamma_share_of
from mytorch._kernels.normal_quantiles import ndtri_of
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.ops import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    i0,
    lgamma,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    mvlgamma,
    polygamma,
    round,
    sigmoid,
    sinc,
    softmax,
    xlogy,
)
from mytorch.ops._arguments import explained
from mytorch.ops._operands import broadcast_error, double_values, operands, pair
from mytorch.ops.bessel import I1, I0e, I1e
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.entropies import Xlog1py
from mytorch.ops.error_functions import Erfcx, erfc_of, erfcx_of
from mytorch.tensor import Operand, Tensor, wrap

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)

expit, gammaln, multigammaln, psi = sigmoid, lgamma, mvlgamma, digamma


class Entr(Function):
    """-a * log(a): 0 at 0, -inf below."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return double_values("entr", _entr_of, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return -grad_output * (a.log() + 1)


def _entr_of(x: Array) -> Array:
    return np.where(x < 0, -inf, np.where(x == 0, 0.0, -x * np.log(x)))


class Gammainc(Function):
    """The share of the gamma distribution of concentration a and rate 1 below x."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(a, x)
        both = operands("gammainc", a, x)
        wide = (cast(data, np.dtype(np.float64)) for data in both)
        try:
            share = silenced().run(gamma_share_of, *wide)
        except ValueError:
            raise broadcast_error("gammainc", a, x) from None
        return wrap(cast(share, floating(both[0].dtype)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        a, x = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            raise NotImplementedError("gammainc: it has no derivative by its first argument")
        density = (xlogy(a - 1, x) - x - lgamma(a)).exp()
        return None, unbroadcast(grad_output * density, x.shape)


class Ndtri(Function):
    """The quantile of the standard normal distribution."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("ndtri", ndtri_of, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * sqrt(2 * pi) * (out * out / 2).exp()


class LogNdtr(Function):
    """The logarithm of the standard normal distribution's share below a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return double_values("log_ndtr", _log_ndtr_of, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * sqrt(2 / pi) / erfcx(a * -sqrt(0.5))


@kernel
def _log_ndtr_of(x: Array) -> Array:
    # Below -1 the share is soon too small for a float, but not its logarithm.
    return by_parts(x < -1, _log_of_tail, _log_of_share, x)


def _log_of_tail(x: Array) -> Array:
    down = x * -sqrt(0.5)
    return np.asarray(np.log(erfcx_of(down) / 2) - down * down)


def _log_of_share(x: Array) -> Array:
    return np.asarray(np.log1p(erfc_of(x * sqrt(0.5)) * -0.5))


@explained
def entr(input: Tensor) -> Tensor:
    """-input * log(input), elementwise: 0 at 0, -inf below.

    >>> entr(Tensor([0.0, 0.5, -1.0]))
    tensor([0.        , 0.34657359,       -inf])
    """
    return Entr.apply(input)


@explained
def erfcx(input: Tensor) -> Tensor:
    """exp(input ** 2) * erfc(input), elementwise, which is finite where `input` is large.

    >>> erfcx(Tensor([0.0, 1e10]))
    tensor([1.00000000e+00, 5.64189584e-11])
    """
    return Erfcx.apply(input)


@explained
def gammainc(input: Operand, other: Operand) -> Tensor:
    """The regularised lower incomplete gamma function, elementwise with broadcasting: the share
    below `other` of the gamma distribution of concentration `input`.

    It has a derivative by `other` alone, as PyTorch's.

    >>> gammainc(Tensor([1.0, 2.0]), 1.0)
    tensor([0.63212056, 0.26424112])
    """
    return Gammainc.apply(*pair("gammainc", input, other))


@explained
def i0e(input: Tensor) -> Tensor:
    """exp(-|input|) * i0(input), elementwise.

    >>> i0e(Tensor([0.0, 1000.0]))
    tensor([1.        , 0.01261724])
    """
    return I0e.apply(input)


@explained
def i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind and order 1, elementwise.

    >>> i1(Tensor([0.0, 1.0]))
    tensor([0.       , 0.5651591])
    """
    return I1.apply(input)


@explained
def i1e(input: Tensor) -> Tensor:
    """exp(-|input|) * i1(input), elementwise.

    >>> i1e(Tensor([0.0, 1000.0]))
    tensor([0.        , 0.01261093])
    """
    return I1e.apply(input)


@explained
def ndtr(input: Tensor) -> Tensor:
    """The share of the standard normal distribution below `input`, elementwise.

    >>> ndtr(Tensor([0.0, 1.0]))
    tensor([0.5       , 0.84134475])
    """
    return erfc(input * -sqrt(0.5)) * 0.5


@explained
def log_ndtr(input: Tensor) -> Tensor:
    """log(ndtr(input)), elementwise, also where `ndtr` is too small for a float.

    >>> log_ndtr(Tensor([0.0, -1000.0]))
    tensor([-6.93147181e-01, -5.00007827e+05])
    """
    return LogNdtr.apply(input)


@explained
def ndtri(input: Tensor) -> Tensor:
    """The number below which the standard normal distribution has the share `input`, elementwise:
    infinite at 0 and 1, NaN beyond.

    >>> ndtri(Tensor([0.5, 0.975]))
    tensor([0.        , 1.95996398])
    """
    return Ndtri.apply(input)


@explained
def xlog1py(input: Operand, other: Operand) -> Tensor:
    """input * log(1 + other), elementwise with broadcasting: 0 where `input` is 0.

    >>> xlog1py(Tensor([0.0, 2.0]), Tensor([-1.0, 1.0]))
    tensor([0.        , 1.38629436])
    """
    return Xlog1py.apply(*pair("xlog1py", input, other))
