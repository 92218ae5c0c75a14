"""Activation functions: those that PyTorch has in nn.functional alone, and its `inplace`.

With `inplace=True` the result is stored in the input's memory, as the in-place methods do, and the
input is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi, sqrt
from typing import Any

import numpy as np

from mytorch._checks import flag, option
from mytorch._dtypes import Array
from mytorch._kernels.constants import number, real, setting
from mytorch._kernels.elementwise import (
    FEW,
    below,
    chosen,
    expm1_of_negative,
    gated,
    horner,
    kept_where,
    kernel,
    log1p_exp_of_negative_size,
    within,
)
from mytorch._kernels.elementwise import sigmoid as sigmoid_of
from mytorch._kernels.elementwise import softplus as softplus_of
from mytorch._shapes import normalize_axis
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.graph import ContextManager, Wanted
from mytorch.observe import noted
from mytorch.ops import sigmoid, softmax, tanh, where
from mytorch.ops._arguments import explained
from mytorch.ops._curves import Curve
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.activation import ReLU
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.elementwise import Flat
from mytorch.ops.error_functions import erfc_of
from mytorch.ops.inplace import in_place
from mytorch.tensor import Tensor, wrap

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "silu",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
    "threshold_",
]


class LeakyReLU(Function):
    """a above 0, else slope * a; the gradient at 0 is the slope."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, slope: float) -> Tensor:
        data = require_floating("leaky_relu", a)
        ctx.save_for_backward(a)
        ctx.slope = slope
        slanted = data * setting(slope, data.dtype)
        # 0 and NaN times infinity would be larger than infinity.
        if slope and slope <= 1:
            return wrap(np.maximum(data, slanted))
        if slope > 1:
            return wrap(np.minimum(data, slanted))
        return wrap(chosen(data > 0, data, slanted))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        slope = where(a.data > 0, grad_output, grad_output * ctx.slope)
        return Flat.apply(slope, a), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        data = ctx.saved_array(0)
        dtype = data.dtype
        slope = chosen(data > number(0.0, dtype), number(1.0, dtype), setting(ctx.slope, dtype))
        slope *= gradient
        return slope, None


class PReLU(Function):
    """a above 0, else weight * a, where the weight broadcasts to a's shape."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(a, weight)
        data, slope = a._data, weight._data
        if data.size >= FEW:
            return wrap(_slanted(data, slope))
        return wrap(chosen(data > number(0.0, data.dtype), data, data * slope))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, weight = ctx.saved_tensors
        positive = a.data > 0
        # The weight gets no share of the positive elements, not even 0 * infinity.
        slanted = where(positive, 0.0, grad_output)
        grad_a = where(positive, grad_output, slanted * weight)
        return grad_a, unbroadcast(slanted * where(positive, 0.0, a), weight.shape)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, Array | None]:
        data, weight = ctx.saved_array(0), ctx.saved_array(1)
        positive = data > number(0.0, data.dtype)
        grad_a = chosen(positive, gradient, gradient * weight)
        if wanted[1] is None:
            return grad_a, None
        slanted = kept_where(~positive, gradient * data)
        return grad_a, unbroadcast_array(slanted, weight.shape)


@kernel
def _slanted(data: Array, slope: Array) -> Array:
    """data above 0, else slope * data."""
    slanted: Array = data * slope
    # Infinity times 0 would be larger than infinity.
    if ((slope <= 1) & (slope != 0)).all():
        return np.maximum(data, slanted)
    return chosen(data > number(0.0, data.dtype), data, slanted)


class ELU(Curve):
    """scale * a above 0, else scale * alpha * (exp(rate * a) - 1): ELU, SELU and CELU in one.

    The gradient at NaN is that of large numbers, as in PyTorch (for less than a vector of them).
    """

    name = "elu"

    @staticmethod
    def value(x: Array, alpha: float, scale: float, rate: float) -> tuple[Array, None]:
        exponent = below(x, 0.0)
        if rate != 1:
            exponent *= setting(rate, x.dtype)
        curved = expm1_of_negative(exponent) if rate > 0 else np.expm1(exponent)
        if alpha * scale != 1:
            curved *= setting(alpha * scale, x.dtype)
        straight = x if scale == 1 else x * number(scale, x.dtype)
        return chosen(x <= number(0.0, x.dtype), curved, straight), None

    @staticmethod
    def slope(x: Array, cache: None, alpha: float, scale: float, rate: float) -> Array:
        # Nothing overflows where it is not chosen.
        curved = below(x, 0.0)
        if rate != 1:
            curved *= setting(rate, x.dtype)
        np.exp(curved, out=curved)
        if alpha * scale * rate != 1:
            curved *= setting(alpha * scale * rate, x.dtype)
        return chosen(x <= number(0.0, x.dtype), curved, number(scale, x.dtype))

    @staticmethod
    def bend(a: Tensor, alpha: float, scale: float, rate: float) -> Tensor:
        curved = a.data <= 0
        exponent = where(curved, a * rate, 0.0)
        return where(curved, exponent.exp() * (alpha * scale * rate * rate), 0.0)


class Hardtanh(Function):
    """a held between two bounds; the gradient at a bound is 0, and at NaN 1, as in PyTorch (for
    less than a vector of them)."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(a)
        ctx.bounds = low, high
        data = a._data
        if data.dtype.kind != "f":
            return wrap(np.clip(data, low, high))
        return wrap(within(data, setting(low, data.dtype), setting(high, data.dtype)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (a,) = ctx.saved_tensors
        return Flat.apply(where(_clipped(a._data, *ctx.bounds), 0.0, grad_output), a), None, None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None, None]:
        clipped = _clipped(ctx.saved_array(0), *ctx.bounds)
        return kept_where(~clipped, gradient), None, None


class Shrink(Function):
    """0 where a is within `lambd` of 0, elsewhere a, or, if `soft`, a moved by that towards 0; the
    gradient at NaN is 0."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, lambd: float, soft: bool) -> Tensor:
        ctx.save_for_backward(a)
        ctx.lambd = lambd
        data = a._data
        bound = setting(lambd, data.dtype)
        if soft and lambd < inf:
            return wrap(data - within(data, -bound, bound))
        return wrap(kept_where(~(np.abs(data) <= bound), data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (a,) = ctx.saved_tensors
        outside = np.abs(a._data) > setting(ctx.lambd, a.dtype)
        return Flat.apply(where(outside, grad_output, 0.0), a), None, None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None, None]:
        data = ctx.saved_array(0)
        return kept_where(np.abs(data) > setting(ctx.lambd, data.dtype), gradient), None, None


def _clipped(data: Array, low: float, high: float) -> Any:
    return (data <= setting(low, data.dtype)) | (data >= setting(high, data.dtype))


class Hardswish(Function):
    """a * min(max(a + 3, 0), 6) / 6. Where the slope is 0 the gradient is 0."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = require_floating("hardswish", a)
        ctx.save_for_backward(a)
        out = _sixths(data)
        out *= data
        out /= number(6.0, data.dtype)
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        flat = a.data <= -3
        slope = where(flat, 0.0, where(a.data < 3, a / 3 + 0.5, 1.0))
        return where(flat, 0.0, grad_output) * slope

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        data = ctx.saved_array(0)
        dtype = data.dtype
        slope = data / number(3.0, dtype)
        slope += number(0.5, dtype)
        slope = chosen(data < number(3.0, dtype), slope, number(1.0, dtype))
        slope *= gradient
        return (kept_where(~(data <= number(-3.0, dtype)), slope),)


class Hardsigmoid(Function):
    """min(max(a + 3, 0), 6) / 6; the gradient at -3, 3 and NaN is 0."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = require_floating("hardsigmoid", a)
        ctx.save_for_backward(a)
        out = _sixths(data)
        out /= number(6.0, data.dtype)
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return Flat.apply(where(np.abs(a.data) < 3, grad_output / 6, 0.0), a)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        data = ctx.saved_array(0)
        slanted = np.abs(data) < number(3.0, data.dtype)
        return (kept_where(slanted, gradient / number(6.0, data.dtype)),)


def _sixths(data: Array) -> Array:
    """min(max(data + 3, 0), 6), a new array."""
    return within(data + number(3.0, data.dtype), number(0.0, data.dtype), number(6.0, data.dtype))


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
        # Beyond 40 it is 0; the square of more may overflow.
        square = a.clamp(-40.0, 40.0).square()
        return (2 - square) * (square * -0.5).exp() / sqrt(2 * pi)


# log((1 - Phi(x)) / Phi(x)) is x times a ratio of polynomials in x * x, from the highest power
# down. Fitted for the smallest error, below 5e-8 of the probability from -3 on; of less
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


def _result(
    name: str, inplace: bool, function: Callable[..., Tensor], input: Tensor, *args: Any
) -> Tensor:
    """function(input, *args), in the input's memory if `inplace`."""
    if inplace is not False and option(name, "inplace", inplace):
        return in_place(f"{name}(inplace=True)", function, input, args, {})
    return function(input, *args)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0), elementwise; the gradient at 0 is 0 (write-up 2.2).

    >>> relu(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _result("relu", inplace, ReLU.apply, input) if inplace else ReLU.apply(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6), elementwise; the gradient at 0 and at 6 is 0.

    >>> relu6(Tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input above 0, else negative_slope * input; the gradient at 0 is the slope.

    Raises DtypeError unless floating.

    >>> leaky_relu(Tensor([-1.0, 2.0]))
    tensor([-0.01,  2.  ])
    """
    return _result("leaky_relu", inplace, LeakyReLU.apply, input, real(negative_slope))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input) - 1) (Clevert et al., 2015).

    Raises DtypeError unless floating.

    >>> elu(Tensor([-1.0, 2.0]))
    tensor([-0.63212056,  2.        ])
    """
    return _result("elu", inplace, ELU.apply, input, real(alpha), 1.0, 1.0)


# Klambauer et al. (2017): with these, layers keep mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """1.0507 * elu(input, 1.6733): the self-normalising ELU (Klambauer et al., 2017).

    Raises DtypeError unless floating.

    >>> selu(Tensor([-1.0, 2.0]))
    tensor([-1.11133074,  2.10140197])
    """
    require_floating("selu", input)
    return _result("selu", inplace, ELU.apply, input, _SELU_ALPHA, _SELU_SCALE, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input / alpha) - 1) (Barron, 2017).

    Raises DtypeError unless floating, RuntimeError for alpha = 0.

    >>> celu(Tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.78693868,  2.        ])
    """
    if alpha == 0:
        raise RuntimeError("celu: alpha must not be 0, by which the input is divided")
    require_floating("celu", input)
    return _result("celu", inplace, ELU.apply, input, real(alpha), 1.0, 1 / real(alpha))


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """input * Phi(input), Phi being the standard normal distribution function (Hendrycks and
    Gimpel, 2016); with approximate="tanh", its approximation by tanh.

    Raises DtypeError unless floating, RuntimeError for another `approximate`.

    >>> gelu(Tensor([-1.0, 2.0]))
    tensor([-0.15865525,  1.95449974])
    """
    require_floating("gelu", input)
    if approximate == "none":
        return GELU.apply(input)
    if approximate == "tanh":
        return TanhGELU.apply(input)
    raise RuntimeError(f'gelu: expected approximate to be "none" or "tanh", got {approximate!r}')


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish. Raises DtypeError unless floating.

    >>> silu(Tensor([-1.0, 2.0]))
    tensor([-0.26894142,  1.76159416])
    """
    return _result("silu", inplace, SiLU.apply, input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input)) (Misra, 2019). Raises DtypeError unless floating.

    >>> mish(Tensor([-1.0, 2.0]))
    tensor([-0.30340146,  1.94395896])
    """
    return _result("mish", inplace, Mish.apply, input)


@explained
def softmin(input: Tensor, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """softmax(-input) along `dim`. Raises DtypeError unless the input, or `dtype` if one is given,
    is floating.

    >>> softmin(Tensor([0.0, 0.0]), 0)
    tensor([0.5, 0.5])
    """
    return softmax(-input, dim, dtype)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta, a smooth relu; input itself where beta * input is above
    `threshold`.

    Raises DtypeError unless floating.

    >>> softplus(Tensor([0.0, 1000.0]))
    tensor([6.93147181e-01, 1.00000000e+03])
    """
    return Softplus.apply(input, real(beta), real(threshold))


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|), elementwise. Raises DtypeError for booleans.

    >>> softsign(Tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """
    _number_of("softsign", data_of("softsign", input))
    return input / (input.abs() + 1)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input held between `min_val` and `max_val`; the gradient at a bound is 0.

    Integers are held between the bounds' whole parts. Raises ValueError if min_val > max_val,
    DtypeError for booleans, and for unsigned integers with a negative bound.

    >>> hardtanh(Tensor([-3.0, 0.5, 2.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    data = data_of("hardtanh", input)
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} must not be above max_val {max_val}")
    kind = _number_of("hardtanh", data)
    low, high = kind(min_val), kind(max_val)
    if data.dtype.kind == "u" and (low < 0 or high < 0):
        raise DtypeError(
            f"hardtanh: {data.dtype} has no negative numbers, but the bounds are {min_val} and "
            f"{max_val}; convert the input to a signed dtype"
        )
    return _result("hardtanh", inplace, Hardtanh.apply, input, low, high)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input / 6 + 1/2, 0), 1), elementwise; the gradient at -3, 3 and NaN is 0.

    Raises DtypeError unless floating.

    >>> hardsigmoid(Tensor([-4.0, 0.0, 1.5]))
    tensor([0.  , 0.5 , 0.75])
    """
    return _result("hardsigmoid", inplace, Hardsigmoid.apply, input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * relu6(input + 3) / 6 (Howard et al., 2019). Raises DtypeError unless floating.

    >>> hardswish(Tensor([-4.0, 0.0, 1.5]))
    tensor([-0.   ,  0.   ,  1.125])
    """
    return _result("hardswish", inplace, Hardswish.apply, input)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input)), finite for any finite input. Raises DtypeError unless floating.

    >>> logsigmoid(Tensor([-1000.0, 0.0]))
    tensor([-1.00000000e+03, -6.93147181e-01])
    """
    return LogSigmoid.apply(input)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input above 0, else weight * input (He et al., 2015).

    `weight` is a single number, or has one for each channel, which is the input's axis 1.

    Raises DtypeError unless both are of one floating dtype, and ShapeError for another number of
    weights.

    >>> prelu(Tensor([[-1.0, 2.0], [-3.0, -4.0]]), Tensor([0.1, 0.5]))
    tensor([[-0.1,  2. ],
            [-0.3, -2. ]])
    """
    data, slopes = require_floating("prelu", input), require_floating("prelu", weight)
    if data.dtype != slopes.dtype:
        raise DtypeError(
            f"prelu: the input has dtype {data.dtype}, the weight {slopes.dtype}; "
            "they must be equal: convert one with x.to(dtype)"
        )
    channels = data.shape[1] if data.ndim > 1 else 1
    if slopes.ndim > 1 or slopes.size not in (1, channels):
        raise ShapeError(
            f"prelu: expected a weight of shape (), (1,) or ({channels},) for an input of shape "
            f"{data.shape}, got {slopes.shape}"
        )
    if slopes.size != 1:
        weight = weight.reshape(channels, *[1] * (data.ndim - 2))
    elif slopes.ndim > data.ndim:
        weight = weight.reshape(())
    return PReLU.apply(input, weight)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input above `threshold`, else `value`, elementwise; the gradient at the threshold is 0.

    Raises DtypeError for booleans.

    >>> threshold(Tensor([-1.0, 0.5, 2.0]), 0.5, -9.0)
    tensor([-9., -9.,  2.])
    """
    data = data_of("threshold", input)
    kind = _number_of("threshold", data)
    # NaN is not below the threshold: it stays.
    limit = kind(threshold)
    clipped = noted("le", (input, limit), data <= limit)
    return _result("threshold", inplace, lambda a: where(clipped, kind(value), a), input)


def _number_of(name: str, data: Array) -> Callable[[float], Any]:
    """The kind of Python number that the data holds."""
    if data.dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got booleans; convert with x.to(float)")
    return real if data.dtype.kind == "f" else int


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
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """0 from -lambd to lambd, the input elsewhere; the gradient at NaN is 0, as in PyTorch
    for arrays of some size. Raises DtypeError unless floating.

    >>> hardshrink(Tensor([-1.0, 0.5, 2.0]))
    tensor([-1.,  0.,  2.])
    """
    require_floating("hardshrink", input)
    return Shrink.apply(input, real(lambd), False)


@explained
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """0 from -lambd to lambd, elsewhere the input moved by lambd towards 0; the gradient at NaN is
    0, as in PyTorch for arrays of some size. Raises DtypeError unless floating, RangeError for a
    negative lambd.

    >>> softshrink(Tensor([-1.0, 0.5, 2.0]))
    tensor([-0.5,  0. ,  1.5])
    """
    require_floating("softshrink", input)
    if not lambd >= 0:
        raise RangeError(f"softshrink: expected a lambd of 0 or more, got {lambd}")
    return Shrink.apply(input, real(lambd), True)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input).

    >>> tanhshrink(Tensor([0.0, 1.0]))
    tensor([0.        , 0.23840584])
    """
    return input - tanh(input)


@explained
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """The input above 0, else the input times a slope: in training one for each element, drawn from
    U(lower, upper) by NumPy's global generator, otherwise their mean (Xu et al., 2015).

    Raises DtypeError unless floating, RangeError unless lower <= upper.

    >>> rrelu(Tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5,  2. ])
    """
    data = require_floating("rrelu", input)
    flag("rrelu", "training", training)
    if not lower <= upper:
        raise RangeError(f"rrelu: expected lower <= upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = np.random.random(data.shape) * (upper - lower) + lower
    factors = wrap(np.where(data > 0, 1.0, slopes).astype(data.dtype))
    return input.mul_(factors) if option("rrelu", "inplace", inplace) else input * factors


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


def relu_(input: Tensor) -> Tensor:
    """`relu` in place."""
    return relu(input, True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu` in place."""
    return elu(input, alpha, True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu` in place."""
    return celu(input, alpha, True)


def selu_(input: Tensor) -> Tensor:
    """`selu` in place."""
    return selu(input, True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """The function `threshold` in place."""
    return _threshold(input, threshold, value, True)


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, True)


# The argument of `threshold_` has the function's name.
_threshold = threshold
