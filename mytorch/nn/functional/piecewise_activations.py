"""Activation functions that are defined piece by piece: relu and its kin.

With `inplace=True` the result is stored in the input's memory, as the in-place methods do, and the
input is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from mytorch._checks import flag, option
from mytorch._dtypes import Array
from mytorch._kernels.constants import number, real, setting
from mytorch._kernels.elementwise import (
    BITS,
    FEW,
    below,
    chosen,
    expm1_of_negative,
    kept_where,
    kernel,
    over,
    within,
)
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.ops import where
from mytorch.ops._arguments import explained
from mytorch.ops._curves import Curve
from mytorch.ops._operands import require_floating, require_numbers
from mytorch.ops.activation import ReLU
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.elementwise import Flat
from mytorch.ops.inplace import in_place_if
from mytorch.tensor import Tensor, wrap

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "softshrink",
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
            return wrap(np.maximum(data, slanted, out=over(slanted)))
        if slope > 1:
            return wrap(np.minimum(data, slanted, out=over(slanted)))
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
        return np.maximum(data, slanted, out=slanted)
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


def _clipped(data: Array, low: float, high: float) -> Any:
    return (data <= setting(low, data.dtype)) | (data >= setting(high, data.dtype))


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


def _sixths(data: Array) -> Array:
    """min(max(data + 3, 0), 6), a new array."""
    return within(data + number(3.0, data.dtype), number(0.0, data.dtype), number(6.0, data.dtype))


class Threshold(Function):
    """a above `limit`, else `value`; NaN is not below the limit, and stays."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, limit: float, value: float) -> Tensor:
        data = a._data
        ctx.clipped = clipped = data <= limit
        if data.dtype.kind != "f":
            return wrap(np.where(clipped, value, data))
        return wrap(chosen(clipped, setting(value, data.dtype), data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return where(ctx.clipped, 0.0, grad_output), None, None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None, None]:
        return kept_where(~ctx.clipped, gradient), None, None


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
            held = within(data, -bound, bound)
            return wrap(np.subtract(data, held, out=over(held)))
        return wrap(_beyond(data, bound))

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


@kernel
def _beyond(data: Array, bound: Array) -> Array:
    """The data where it is not within the bound, as NaN is not, 0 elsewhere."""
    size = np.abs(data)
    inside = size <= bound
    if data.size < FEW or data.itemsize not in BITS:
        return np.asarray(kept_where(~inside, data))
    # All bits or none, and that in the memory of the sizes.
    outside = inside.view(np.int8)
    outside -= 1
    kept = size.view(BITS[data.itemsize])
    np.copyto(kept, outside)
    kept &= data.view(kept.dtype)
    return size


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0), elementwise; the gradient at 0 is 0 (write-up 2.2).

    >>> relu(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if inplace is False:
        return ReLU.apply(input)
    return in_place_if("relu", inplace, ReLU.apply, input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6), elementwise; the gradient at 0 and at 6 is 0.

    >>> relu6(Tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


@explained
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input above `threshold`, else `value`, elementwise; the gradient at the threshold is 0.

    Raises DtypeError for booleans.

    >>> threshold(Tensor([-1.0, 0.5, 2.0]), 0.5, -9.0)
    tensor([-9., -9.,  2.])
    """
    data = require_numbers("threshold", input)
    kind = _number_of(data)
    return in_place_if("threshold", inplace, Threshold.apply, input, kind(threshold), kind(value))


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input held between `min_val` and `max_val`; the gradient at a bound is 0.

    Integers are held between the bounds' whole parts. Raises ValueError if min_val > max_val,
    DtypeError for booleans, and for unsigned integers with a negative bound.

    >>> hardtanh(Tensor([-3.0, 0.5, 2.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    data = require_numbers("hardtanh", input)
    try:
        crossed = bool(min_val > max_val)
    except (TypeError, ValueError):
        raise TypeError(
            f"hardtanh: expected numbers as min_val and max_val, got {min_val!r} and {max_val!r}"
        ) from None
    if crossed:
        raise ValueError(f"hardtanh: min_val {min_val} must not be above max_val {max_val}")
    kind = _number_of(data)
    low, high = kind(min_val), kind(max_val)
    if data.dtype.kind == "u" and (low < 0 or high < 0):
        raise DtypeError(
            f"hardtanh: {data.dtype} has no negative numbers, but the bounds are {min_val} and "
            f"{max_val}; convert the input to a signed dtype"
        )
    return in_place_if("hardtanh", inplace, Hardtanh.apply, input, low, high)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input / 6 + 1/2, 0), 1), elementwise; the gradient at -3, 3 and NaN is 0.

    Raises DtypeError unless floating.

    >>> hardsigmoid(Tensor([-4.0, 0.0, 1.5]))
    tensor([0.  , 0.5 , 0.75])
    """
    return in_place_if("hardsigmoid", inplace, Hardsigmoid.apply, input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * relu6(input + 3) / 6 (Howard et al., 2019). Raises DtypeError unless floating.

    >>> hardswish(Tensor([-4.0, 0.0, 1.5]))
    tensor([-0.   ,  0.   ,  1.125])
    """
    return in_place_if("hardswish", inplace, Hardswish.apply, input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input above 0, else negative_slope * input; the gradient at 0 is the slope.

    Raises DtypeError unless floating.

    >>> leaky_relu(Tensor([-1.0, 2.0]))
    tensor([-0.01,  2.  ])
    """
    return in_place_if("leaky_relu", inplace, LeakyReLU.apply, input, real(negative_slope))


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


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input) - 1) (Clevert et al., 2015).

    Raises DtypeError unless floating.

    >>> elu(Tensor([-1.0, 2.0]))
    tensor([-0.63212056,  2.        ])
    """
    return in_place_if("elu", inplace, ELU.apply, input, real(alpha), 1.0, 1.0)


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
    return in_place_if("selu", inplace, ELU.apply, input, _SELU_ALPHA, _SELU_SCALE, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input above 0, else alpha * (exp(input / alpha) - 1) (Barron, 2017).

    Raises DtypeError unless floating, RuntimeError for alpha = 0.

    >>> celu(Tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.78693868,  2.        ])
    """
    if not real(alpha):
        raise RuntimeError("celu: alpha must not be 0, by which the input is divided")
    require_floating("celu", input)
    return in_place_if("celu", inplace, ELU.apply, input, real(alpha), 1.0, 1 / real(alpha))


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


def relu_(input: Tensor) -> Tensor:
    """`relu` in place."""
    return relu(input, True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """The function `threshold` in place."""
    return _threshold(input, threshold, value, True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, True)


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu` in place."""
    return elu(input, alpha, True)


def selu_(input: Tensor) -> Tensor:
    """`selu` in place."""
    return selu(input, True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu` in place."""
    return celu(input, alpha, True)


# The argument of `threshold_` has the function's name.
_threshold = threshold


def _number_of(data: Array) -> Callable[[float], Any]:
    """The kind of Python number that the data holds."""
    return real if data.dtype.kind == "f" else int
