"""Smooth activation functions: gates, sigmoids and softmaxes that PyTorch has in nn.functional
alone."""

from __future__ import annotations

from math import inf, pi, sqrt

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._kernels.constants import number, real, setting
from mytorch._kernels.elementwise import (
    below,
    chosen,
    gated,
    horner,
    log1p_exp_of_negative_size,
    within,
)
from mytorch._kernels.elementwise import sigmoid as sigmoid_of
from mytorch._kernels.elementwise import softplus as softplus_of
from mytorch._shapes import normalize_axis
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.ops import sigmoid, softmax, tanh, where
from mytorch.ops._arguments import explained
from mytorch.ops._curves import Curve
from mytorch.ops._operands import require_floating, require_numbers
from mytorch.ops.error_functions import erfc_of
from mytorch.ops.inplace import in_place_if
from mytorch.tensor import Tensor

__all__ = [
    "gelu",
    "glu",
    "gumbel_softmax",
    "logsigmoid",
    "mish",
    "silu",
    "softmin",
    "softplus",
    "softsign",
    "tanhshrink",
]


class Softplus(Curve):
    """log(1 + exp(beta * a)) / beta; a itself where beta * a is above a threshold."""

    name = "softplus"

    @staticmethod
    def value(x: Array, beta: float, threshold: float) -> tuple[Array, None]:
        scaled = x if beta == 1 else x * setting(beta, x.dtype)
        out = softplus_of(scaled)
        if beta != 1:
            out = out / setting(beta, x.dtype)
        if _is_straight_anyway(x, beta, threshold):
            return out, None
        return chosen(scaled > setting(threshold, x.dtype), x, out), None

    @staticmethod
    def slope(x: Array, cache: None, beta: float, threshold: float) -> Array:
        scaled = x if beta == 1 else x * setting(beta, x.dtype)
        slope = sigmoid_of(scaled)
        if _is_straight_anyway(x, beta, threshold):
            return slope
        return chosen(scaled > setting(threshold, x.dtype), number(1.0, x.dtype), slope)

    @staticmethod
    def bend(a: Tensor, beta: float, threshold: float) -> Tensor:
        slope = sigmoid(a * beta)
        return where(a.data * beta > threshold, 0.0, (1 - slope) * slope * beta)


def _is_straight_anyway(x: Array, beta: float, threshold: float) -> bool:
    """Whether softplus is a itself above the threshold without being told: in single precision it
    is so from 17 on."""
    return threshold == inf or (x.itemsize == 4 and beta == 1 and threshold >= 20)


class LogSigmoid(Curve):
    """log(sigmoid(a))."""

    name = "logsigmoid"

    @staticmethod
    def value(x: Array) -> tuple[Array, None]:
        return below(x, 0.0) - log1p_exp_of_negative_size(x), None

    @staticmethod
    def slope(x: Array, cache: None) -> Array:
        return sigmoid_of(-x)

    @staticmethod
    def bend(a: Tensor) -> Tensor:
        slope = sigmoid(a)
        return (slope - 1) * slope


class SiLU(Curve):
    """a * sigmoid(a)."""

    name = "silu"

    @staticmethod
    def value(x: Array) -> tuple[Array, Array]:
        return gated(x, -x)

    @staticmethod
    def slope(x: Array, cache: Array) -> Array:
        gate = np.reciprocal(cache)
        slope = number(1.0, x.dtype) - gate
        slope *= x
        slope += number(1.0, x.dtype)
        slope *= gate
        return slope

    @staticmethod
    def bend(a: Tensor) -> Tensor:
        gate = sigmoid(a)
        return (1 - gate) * gate * (a * (1 - 2 * gate) + 2)


class Mish(Curve):
    """a * tanh(softplus(a)), which is a * n / (n + 2) for n = e (e + 2), e = exp(a)."""

    name = "mish"

    @staticmethod
    def value(x: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        # From 30 on the factor is 1 in all precisions.
        e = below(x, 30.0)
        np.exp(e, out=e)
        factor = e + number(2.0, x.dtype)
        factor *= e
        divisor = factor + number(2.0, x.dtype)
        factor /= divisor
        return factor * x, (e, factor, divisor)

    @staticmethod
    def slope(x: Array, cache: tuple[Array, Array, Array]) -> Array:
        e, factor, divisor = cache
        slope = e + number(1.0, x.dtype)
        slope *= e
        slope *= number(4.0, x.dtype)
        slope /= divisor
        slope /= divisor
        # Where x is huge the rest is no 0, but it is to be one.
        slope *= below(x, 30.0)
        slope += factor
        return slope

    @staticmethod
    def bend(a: Tensor) -> Tensor:
        gate, factor = sigmoid(a), tanh(softplus(a))
        return (1 - factor * factor) * gate * (a * (1 - gate - 2 * factor * gate) + 2)


class GELU(Curve):
    """a * Phi(a), Phi being the standard normal distribution function."""

    name = "gelu"

    @staticmethod
    def value(x: Array) -> tuple[Array, Array]:
        if x.itemsize >= 8:
            share = erfc_of(x * -sqrt(0.5))
            share *= 0.5
            return x * share, share
        square = x * x
        # Far out it has to grow on, not to overflow.
        within(square, number(0.0, x.dtype), number(1e4, x.dtype), out=square)
        exponent = horner(_ODDS[0], square)
        exponent /= horner(_ODDS[1], square)
        exponent *= x
        return gated(x, exponent)

    @staticmethod
    def slope(x: Array, cache: Array) -> Array:
        slope = x * x
        slope *= number(-0.5, x.dtype)
        np.exp(slope, out=slope)
        slope *= number(1 / sqrt(2 * pi), x.dtype)
        slope *= x
        slope += cache if x.itemsize >= 8 else np.reciprocal(cache)
        return slope

    @staticmethod
    def bend(a: Tensor) -> Tensor:
        # Beyond 40 it is 0. The square of more may overflow.
        square = a.clamp(-40.0, 40.0).square()
        return (2 - square) * (square * -0.5).exp() / sqrt(2 * pi)


# log((1 - Phi(x)) / Phi(x)) is x times a ratio of polynomials in x * x, from the highest power
# down. Fitted for the smallest error, below 5e-8 of the probability from -3 on. Of less
# than -3 it is a millionth or more, where the probability itself is some thousandths or less.
_ODDS = (
    [
        -1.5236620998144522e-06,
        -0.0005635293892364461,
        -0.018348711899719605,
        -0.22143774790284734,
        -1.5957689444010448,
    ],
    [8.957634230676433e-05, 0.007300485358972813, 0.09322480943622465, 1.0],
)


class TanhGELU(Curve):
    """GELU's approximation by tanh. (1 + tanh(u)) / 2 is sigmoid(2 u), which does not cancel where
    tanh is near -1."""

    name = "gelu"

    @staticmethod
    def value(x: Array) -> tuple[Array, Array]:
        exponent = x * x
        exponent *= number(-0.044715 * _TWICE, x.dtype)
        exponent -= number(_TWICE, x.dtype)
        exponent *= x
        return gated(x, exponent)

    @staticmethod
    def slope(x: Array, cache: Array) -> Array:
        gate = np.reciprocal(cache)
        # Beyond 40 the gate is 0 or 1, and the square of more may overflow.
        near = within(x, number(-40.0, x.dtype), number(40.0, x.dtype))
        slope = near * near
        slope *= number(3 * 0.044715 * _TWICE, x.dtype)
        slope += number(_TWICE, x.dtype)
        slope *= number(1.0, x.dtype) - gate
        slope *= x
        slope += number(1.0, x.dtype)
        slope *= gate
        return slope

    @staticmethod
    def bend(a: Tensor) -> Tensor:
        near = a.clamp(-40.0, 40.0)
        square = near.square()
        gate = sigmoid(near * (square * (0.044715 * _TWICE) + _TWICE))
        rate = square * (3 * 0.044715 * _TWICE) + _TWICE
        bend = 2 * rate + square * (6 * 0.044715 * _TWICE)
        return (1 - gate) * gate * (bend + near * rate * rate * (1 - 2 * gate))


_TWICE = 2 * sqrt(2 / pi)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta, a smooth relu; input itself where beta * input is above
    `threshold`.

    Raises DtypeError unless floating.

    >>> softplus(Tensor([0.0, 1000.0]))
    tensor([6.93147181e-01, 1.00000000e+03])
    """
    return Softplus.apply(input, real(beta), real(threshold))


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input)), finite for any finite input. Raises DtypeError unless floating.

    >>> logsigmoid(Tensor([-1000.0, 0.0]))
    tensor([-1.00000000e+03, -6.93147181e-01])
    """
    return LogSigmoid.apply(input)


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|), elementwise. Raises DtypeError for booleans.

    >>> softsign(Tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """
    require_numbers("softsign", input)
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input).

    >>> tanhshrink(Tensor([0.0, 1.0]))
    tensor([0.        , 0.23840584])
    """
    return input - tanh(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish. Raises DtypeError unless floating.

    >>> silu(Tensor([-1.0, 2.0]))
    tensor([-0.26894142,  1.76159416])
    """
    return in_place_if("silu", inplace, SiLU.apply, input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input)) (Misra, 2019). Raises DtypeError unless floating.

    >>> mish(Tensor([-1.0, 2.0]))
    tensor([-0.30340146,  1.94395896])
    """
    return in_place_if("mish", inplace, Mish.apply, input)


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """input * Phi(input), Phi being the standard normal distribution function (Hendrycks and
    Gimpel, 2016); with approximate="tanh", its approximation by tanh.

    Raises DtypeError unless floating, RuntimeError for another `approximate`.

    >>> gelu(Tensor([-1.0, 2.0]))
    tensor([-0.15865525,  1.95449974])
    """
    require_floating("gelu", input)
    if isinstance(approximate, str):
        if approximate == "none":
            return GELU.apply(input)
        if approximate == "tanh":
            return TanhGELU.apply(input)
    raise RuntimeError(f'gelu: expected approximate to be "none" or "tanh", got {approximate!r}')


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a * sigmoid(b), for the halves a and b of the input along `dim` (Dauphin et al., 2016).

    Raises ShapeError for an odd size or a number, DtypeError unless floating, DimensionError for
    an axis that does not exist.

    >>> glu(Tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5, 1. ])
    """
    shape = require_floating("glu", input).shape
    if not shape:
        raise ShapeError("glu: a number has no halves")
    axis = normalize_axis(dim, len(shape), "glu")
    if shape[axis] % 2:
        raise ShapeError(f"glu: expected an even size along axis {dim}, got shape {shape}")
    half = shape[axis] // 2
    return input.narrow(axis, 0, half) * sigmoid(input.narrow(axis, half, half))


@explained
def softmin(input: Tensor, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """softmax(-input) along `dim`. Raises DtypeError unless the input, or `dtype` if one is given,
    is floating.

    >>> softmin(Tensor([0.0, 0.0]), 0)
    tensor([0.5, 0.5])
    """
    return softmax(-input, dim, dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A draw of classes by the softmax of the logits, through which gradients go: the softmax of
    (logits + Gumbel's noise) / tau along `dim`; with `hard` a 1 in the place of the largest and 0
    elsewhere, whose gradient is that of the softmax. `eps` means nothing.

    Source: Jang, Gu and Poole, "Categorical reparameterization with Gumbel-Softmax", 2016.

    >>> gumbel_softmax(Tensor([[0.0, 1e4]]), hard=True)
    tensor([[0., 1.]])
    """
    require_floating("gumbel_softmax", logits)
    noise: Tensor = -logits.detach().clone().exponential_().log()
    soft: Tensor = softmax((logits + noise) / tau, dim)
    if not flag("gumbel_softmax", "hard", hard):
        return soft
    chosen = soft.detach() == soft.detach().amax(dim, keepdim=True)
    found: Tensor = chosen.to(soft.dtype) - soft.detach() + soft
    return found
