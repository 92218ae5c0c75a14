"""Activation functions: those that PyTorch has in nn.functional alone, and its `inplace`.

With `inplace=True` the result is stored in the input's memory, as the in-place methods do, and the
input is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi, sqrt
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._quiet import quiet, silent
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, ShapeError
from mytorch.graph import ContextManager
from mytorch.ops import erfc, sigmoid, softmax, tanh, where
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.activation import ReLU
from mytorch.ops.elementwise import Flat
from mytorch.ops.inplace import in_place
from mytorch.tensor import Tensor, wrap

__all__ = [
    "celu",
    "elu",
    "gelu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "silu",
    "softmin",
    "softplus",
    "softsign",
    "threshold",
]


class LeakyReLU(Function):
    """a above 0, else slope * a; the gradient at 0 is the slope."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, slope: float) -> Tensor:
        data = require_floating("leaky_relu", a)
        ctx.save_for_backward(a)
        ctx.slope = slope
        return wrap(np.where(data > 0, data, data * slope))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        slope = where(a.data > 0, grad_output, grad_output * ctx.slope)
        return Flat.apply(slope, a), None


class ELU(Function):
    """scale * a above 0, else scale * alpha * (exp(rate * a) - 1): ELU, SELU and CELU in one.

    The gradient at NaN is that of large numbers, as in PyTorch (for less than a vector of them).
    """

    @staticmethod
    @silent
    def forward(
        ctx: ContextManager, a: Tensor, alpha: float, scale: float = 1.0, rate: float = 1.0
    ) -> Tensor:
        data = require_floating("elu", a)
        ctx.save_for_backward(a)
        ctx.alpha, ctx.scale, ctx.rate = alpha, scale, rate
        below = np.expm1(data * rate) * (alpha * scale)
        return wrap(np.where(data <= 0, below, data * scale))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        (a,) = ctx.saved_tensors
        curved = a.data <= 0
        # Nothing may overflow where it is not chosen: its second derivative would be 0 * infinity.
        exponent = where(curved, a * ctx.rate, 0.0)
        below = exponent.exp() * (ctx.alpha * ctx.scale * ctx.rate)
        return grad_output * where(curved, below, ctx.scale), None, None, None


class Hardtanh(Function):
    """a held between two bounds; the gradient at a bound is 0, and at NaN 1, as in PyTorch (for
    less than a vector of them)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(a)
        ctx.bounds = low, high
        return wrap(np.clip(a.data, low, high))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (a,) = ctx.saved_tensors
        low, high = ctx.bounds
        held = np.logical_or(a.data <= low, a.data >= high)
        return Flat.apply(where(held, 0.0, grad_output), a), None, None


class Hardswish(Function):
    """a * min(max(a + 3, 0), 6) / 6."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = require_floating("hardswish", a)
        ctx.save_for_backward(a)
        return wrap(data * np.clip(data + 3, 0, 6) / 6)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        slope = where(a.data < 3, a / 3 + 0.5, 1.0)
        return grad_output * where(a.data <= -3, 0.0, slope)


class Softplus(Function):
    """log(1 + exp(beta * a)) / beta; a itself where beta * a is above a threshold."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, beta: float, threshold: float) -> Tensor:
        data = require_floating("softplus", a)
        ctx.save_for_backward(a)
        scaled = data * beta
        ctx.beta, ctx.straight = beta, scaled > threshold
        return wrap(np.where(ctx.straight, data, np.logaddexp(0, scaled) / beta))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (a,) = ctx.saved_tensors
        return grad_output * where(ctx.straight, 1.0, sigmoid(a * ctx.beta)), None, None


def _result(
    name: str, inplace: bool, function: Callable[..., Tensor], input: Tensor, *args: Any
) -> Tensor:
    """function(input, *args), in the input's memory if `inplace`."""
    if inplace is not False and flag(name, "inplace", inplace):
        return in_place(f"{name}(inplace=True)", function, input, *args)
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
    return _result("leaky_relu", inplace, LeakyReLU.apply, input, float(negative_slope))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input) - 1) (Clevert et al., 2015).

    Raises DtypeError unless floating.

    >>> elu(Tensor([-1.0, 2.0]))
    tensor([-0.63212056,  2.        ])
    """
    return _result("elu", inplace, ELU.apply, input, float(alpha))


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
    return _result("selu", inplace, ELU.apply, input, _SELU_ALPHA, _SELU_SCALE)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input / alpha) - 1) (Barron, 2017).

    Raises DtypeError unless floating, RuntimeError for alpha = 0.

    >>> celu(Tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.78693868,  2.        ])
    """
    if alpha == 0:
        raise RuntimeError("celu: alpha must not be 0, by which the input is divided")
    require_floating("celu", input)
    return _result("celu", inplace, ELU.apply, input, float(alpha), 1.0, 1 / float(alpha))


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """input * Phi(input), Phi being the standard normal distribution function (Hendrycks and
    Gimpel, 2016); with approximate="tanh", its approximation by tanh.

    Raises DtypeError unless floating, RuntimeError for another `approximate`.

    >>> gelu(Tensor([-1.0, 2.0]))
    tensor([-0.15865525,  1.95449974])
    """
    require_floating("gelu", input)
    if approximate == "none":
        return input * (erfc(input * -sqrt(0.5)) * 0.5)
    if approximate == "tanh":
        # (1 + tanh(u)) / 2 is sigmoid(2 u), which does not cancel where tanh is near -1.
        slope = 0.044715 * (input * input) + 1
        return input * sigmoid(input * slope * (2 * sqrt(2 / pi)))
    raise RuntimeError(f'gelu: expected approximate to be "none" or "tanh", got {approximate!r}')


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish. Raises DtypeError unless floating.

    >>> silu(Tensor([-1.0, 2.0]))
    tensor([-0.26894142,  1.76159416])
    """
    require_floating("silu", input)
    return _result("silu", inplace, lambda a: a * sigmoid(a), input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input)) (Misra, 2019). Raises DtypeError unless floating.

    >>> mish(Tensor([-1.0, 2.0]))
    tensor([-0.30340146,  1.94395896])
    """
    require_floating("mish", input)
    return _result("mish", inplace, lambda a: a * tanh(softplus(a)), input)


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
    return Softplus.apply(input, float(beta), float(threshold))


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
    number = _number_of("hardtanh", data)
    low, high = number(min_val), number(max_val)
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
    data = require_floating("hardsigmoid", input)
    slanted = np.logical_and(data > -3, data < 3)
    level = wrap(quiet().run(lambda: np.clip(data / 6 + 0.5, 0, 1)))
    return _result("hardsigmoid", inplace, lambda a: where(slanted, a / 6 + 0.5, level), input)


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
    require_floating("logsigmoid", input)
    return -Softplus.apply(-input, 1.0, inf)


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
    if slopes.ndim > 1 or slopes.size not in (1, channels) or (slopes.ndim and not slopes.size):
        raise ShapeError(
            f"prelu: expected a weight of shape (), (1,) or ({channels},) for an input of shape "
            f"{data.shape}, got {slopes.shape}"
        )
    if slopes.size > 1:
        weight = weight.reshape(-1, *[1] * (data.ndim - 2))
    elif slopes.ndim > data.ndim:
        weight = weight.reshape(())
    positive = data > 0
    # The weight's gradient gets no share of the positive elements, not even 0 * infinity.
    return where(positive, input, weight * where(positive, 0.0, input))


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input above `threshold`, else `value`, elementwise; the gradient at the threshold is 0.

    Raises DtypeError for booleans.

    >>> threshold(Tensor([-1.0, 0.5, 2.0]), 0.5, -9.0)
    tensor([-9., -9.,  2.])
    """
    data = data_of("threshold", input)
    number = _number_of("threshold", data)
    # NaN is not below the threshold: it stays.
    below = data <= number(threshold)
    return _result("threshold", inplace, lambda a: where(below, number(value), a), input)


def _number_of(name: str, data: Array) -> Callable[[float], Any]:
    """The kind of Python number that the data holds."""
    if data.dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got booleans; convert with x.to(float)")
    return float if data.dtype.kind == "f" else int
