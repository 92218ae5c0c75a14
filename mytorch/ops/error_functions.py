"""The error function, which NumPy lacks, by W. J. Cody's rational approximations.

Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969): one for erf
near 0, two for erfc, of medium and of large arguments. The relative error is below 1e-15. For
float32 one approximation of each is enough, which is computed in float64, so that hardly more than
the rounding to float32 is left of its error.
"""

from __future__ import annotations

from functools import partial
from math import pi, sqrt

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import (
    above,
    below,
    by_parts,
    chosen,
    horner,
    in_double,
    kernel,
    within,
)
from mytorch._kernels.normal_quantiles import erfinv_of
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, copy_output
from mytorch.ops._operands import double_values, floating_data, is_single
from mytorch.tensor import Tensor, wrap

__all__ = ["erf", "erfc", "erfinv"]

# From the highest power down: numerators and denominators.
_NEAR = (
    [
        1.85777706184603153e-1,
        3.16112374387056560,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ],
    [
        1.0,
        2.36012909523441209e1,
        2.44024637934444173e2,
        1.28261652607737228e3,
        2.84423683343917062e3,
    ],
)
_MEDIUM = (
    [
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ],
    [
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ],
)
_LARGE = (
    [
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ],
    [
        1.0,
        2.56852019228982242,
        1.87295284992346725,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ],
)
# Of float32, fitted for the smallest relative error, which is 2e-8. In x * x: erf(x) / x for x from
# -4 to 4, beyond which erf is 1.
_SINGLE_ERF = (
    [
        1.9867508792257546e-06,
        0.0002845664282479061,
        0.0038834272899764713,
        0.053102010013814746,
        0.19354720052355984,
        1.1283791393125722,
    ],
    [
        3.741987024761226e-05,
        0.0011855885491527168,
        0.015207423291249555,
        0.11535086611003291,
        0.5048592960563638,
        1.0,
    ],
)
# In t = 1 / (1 + 0.3 x): exp(x * x) * erfc(x) / t for x from 0 to 10, beyond which erfc is 0.
_SINGLE_ERFC = [
    -0.129555957,
    0.48573673,
    -0.512668598,
    0.548211369,
    -0.0950281591,
    0.215107032,
    0.14828636,
    0.170723789,
    0.169187416,
]
_SMALLEST_MEDIUM, _SMALLEST_LARGE = 0.46875, 4.0


class Erf(Function):
    """2 / sqrt(pi) times the integral of exp(-t**2) from 0 to a."""

    fresh_gradients = True
    # Of exp(-a**2) in the slope.
    factor = 2 / sqrt(pi)

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = floating_data("erf", a)
        ctx.save_for_backward(a)
        return wrap(in_double(_erf_single if data.itemsize < 8 else _erf_double, data))

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * cls.factor * (-(a * a)).exp()

    @classmethod
    def array_backward(cls, ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        data = cast(ctx.saved_array(0), gradient.dtype)
        slope = -data
        slope *= data
        slope = np.exp(slope, out=slope if slope.ndim else None)
        slope *= number(cls.factor, slope.dtype)
        slope *= gradient
        return (slope,)


class Erfc(Erf):
    """1 - erf(a), without the cancellation where erf is near 1."""

    factor = -Erf.factor

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = floating_data("erfc", a)
        ctx.save_for_backward(a)
        return wrap(erfc_of(data))


class Erfcx(Function):
    """exp(a**2) * erfc(a), which is finite where a is large."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("erfcx", erfcx_of, a)
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        a, out = ctx.saved_tensors
        return grad_output * (2 * a * out - 2 / sqrt(pi))


class Erfinv(Function):
    """The number whose error function is a."""

    before_change = copy_output

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = double_values("erfinv", erfinv_of, a, is_single("erfinv", a))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (sqrt(pi) / 2) * (out * out).exp()


# Each approximation is computed for all elements, held within its range: a boolean index, which
# would spare it, cannot be compiled, as the number of elements is not known before.


def erfc_of(data: Array) -> Array:
    """`erfc` on arrays."""
    return in_double(_erfc_single if data.itemsize < 8 else _erfc_double, data)


@kernel
def erfcx_of(x: Array) -> Array:
    """exp(x * x) * erfc(x), in double precision."""
    return by_parts(np.abs(x) <= _SMALLEST_MEDIUM, _erfcx_near, _erfcx_far, x)


def _erfcx_near(x: Array) -> Array:
    out: Array = np.exp(x * x)
    out *= 1 - _erf_near(x)
    return out


def _erfcx_far(x: Array) -> Array:
    size = np.abs(x)
    scaled = by_parts(size < _SMALLEST_LARGE, partial(_ratio, _MEDIUM), _scaled_large, size)
    return chosen(x < 0, 2 * np.exp(x * x) - scaled, scaled) if (x < 0).any() else scaled


def _erf_double(x: Array) -> Array:
    size = np.abs(x)
    far = np.copysign(1 - _erfc_far(size), x)
    return chosen(size <= _SMALLEST_MEDIUM, _erf_near(x), far)


def _erfc_double(x: Array) -> Array:
    far = _erfc_far(np.abs(x))
    out = chosen(x < 0, 2 - far, far)
    return chosen(np.abs(x) <= _SMALLEST_MEDIUM, 1 - _erf_near(x), out)


def _erf_single(x: Array) -> Array:
    """`erf` of float32 that was converted to float64."""
    x = within(x, -4.0, 4.0)
    out = _ratio(_SINGLE_ERF, x * x)
    out *= x
    return out


def _erfc_single(x: Array) -> Array:
    """`erfc` of float32 that was converted to float64."""
    size = np.abs(x)
    size = within(size, 0.0, 11.0, out=size)
    t = size * 0.3
    t += 1.0
    np.divide(1.0, t, out=t)
    size *= -size
    np.exp(size, out=size)
    out = horner(_SINGLE_ERFC, t)
    out *= t
    out *= size
    # out, or 2 - out for a negative x, exactly.
    sign = np.copysign(1.0, x, out=size)
    out *= sign
    np.subtract(1.0, sign, out=sign)
    out += sign
    return out


def _erf_near(x: Array) -> Array:
    x = within(x, -_SMALLEST_MEDIUM, _SMALLEST_MEDIUM)
    return x * _ratio(_NEAR, x * x)


def _erfc_far(size: Array) -> Array:
    """erfc of what is above 0.46875, or NaN."""
    size = below(size, 1e9)  # whose erfc is 0: the square of more may overflow
    # The square's rounding error would be multiplied by the square in exp: it is split off.
    coarse = np.trunc(size * 16)
    coarse /= 16
    out = _scaled(size)
    out *= np.exp(-coarse * coarse)
    out *= np.exp((coarse - size) * (size + coarse))
    return out


def _scaled(size: Array) -> Array:
    """exp(size * size) * erfc(size) of what is above 0.46875."""
    medium = _ratio(_MEDIUM, within(size, _SMALLEST_MEDIUM, _SMALLEST_LARGE))
    return chosen(size < _SMALLEST_LARGE, medium, _scaled_large(above(size, _SMALLEST_LARGE)))


def _scaled_large(size: Array) -> Array:
    inverse = 1 / (size * size)
    out: Array = (1 / sqrt(pi) - inverse * _ratio(_LARGE, inverse)) / size
    return out


def _ratio(polynomials: tuple[list[float], list[float]], x: Array) -> Array:
    numerator, denominator = (horner(coefficients, x) for coefficients in polynomials)
    numerator /= denominator
    return numerator


def erf(input: Tensor) -> Tensor:
    """The error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to `input`.

    >>> erf(Tensor([0.0, 1.0]))
    tensor([0.        , 0.84270079])
    """
    return Erf.apply(input)


def erfc(input: Tensor) -> Tensor:
    """1 - erf(input), also where that is tiny.

    >>> erfc(Tensor([0.0, 10.0]))
    tensor([1.00000000e+00, 2.08848758e-45])
    """
    return Erfc.apply(input)


def erfinv(input: Tensor) -> Tensor:
    """The inverse of the error function: infinite at 1 and -1, NaN beyond.

    >>> erfinv(Tensor([0.0, 0.5, 1.0]))
    tensor([0.        , 0.47693628,        inf])
    """
    return Erfinv.apply(input)
