"""Modified Bessel functions of the first kind, of the orders 0 and 1, in double precision.

Up to 8 by their power series, whose terms have one sign; from there on by Chebyshev's series in
1 / x, computed to 40 digits. The arguments are float64 arrays that are not 0-d.
"""

from __future__ import annotations

from functools import partial
from math import factorial

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import by_parts, horner, kernel

__all__ = ["bessel_of", "scaled_bessel_of"]

# Of sqrt(x) * exp(-x) * I(x) in 16 / x - 1, by order.
_FAR = (
    [
        0.4022452055070544,
        0.0033691164782556943,
        6.889758346916825e-05,
        2.8913705208347567e-06,
        2.0489185894690638e-07,
        2.266668990498178e-08,
        3.3962320257083865e-09,
        4.94060238822497e-10,
        1.1889147107846439e-11,
        -3.1499165279632416e-11,
        -1.3215811840447713e-11,
        -1.7941785315068062e-12,
        7.180124451383666e-13,
        3.8527783827421426e-13,
        1.54008621752141e-14,
        -4.150569347287222e-14,
        -9.554846698828307e-15,
        3.8116806693526224e-15,
        1.7725601330565263e-15,
        -3.425485619677219e-16,
        -2.8276239805165836e-16,
        3.461222867697461e-17,
        4.46562142029676e-17,
    ],
    [
        0.38928811750914005,
        -0.009761097491361469,
        -0.00011058893876262371,
        -3.882564808877691e-06,
        -2.512236237870209e-07,
        -2.6314688468895196e-08,
        -3.835380385964237e-09,
        -5.589743462196584e-10,
        -1.8974958123505413e-11,
        3.2526035830154884e-11,
        1.4125807436613782e-11,
        2.0356285441470896e-12,
        -7.198551776245908e-13,
        -4.0835511110921974e-13,
        -2.1015418427726643e-14,
        4.272440016711951e-14,
        1.0420276984128802e-14,
        -3.8144030724370075e-15,
        -1.8803547755107825e-15,
        3.3082023109209285e-16,
        2.96262899764595e-16,
        -3.209525921993424e-17,
        -4.6503053684893586e-17,
    ],
)
# Of I(x) / (x / 2) ** order in (x / 2) ** 2, from the highest power down.
_NEAR = tuple([1 / (factorial(k) * factorial(k + n)) for k in range(35)][::-1] for n in (0, 1))
# So many terms of either are enough for single precision.
_NEAR_TERMS, _FAR_TERMS = 19, 8
_LARGE = 8


@kernel
def scaled_bessel_of(order: int, single: bool, x: Array) -> Array:
    """exp(-|x|) * I(x)."""

    def near(x: Array) -> Array:
        out = _power_series(order, single, x)
        out *= np.exp(-np.abs(x))
        return out

    return by_parts(np.abs(x) <= _LARGE, near, partial(_scaled_far, order, single), x)


@kernel
def bessel_of(order: int, single: bool, x: Array) -> Array:
    """I(x)."""

    def far(x: Array) -> Array:
        return np.exp(np.abs(x)) * _scaled_far(order, single, x)

    return by_parts(np.abs(x) <= _LARGE, partial(_power_series, order, single), far, x)


def _power_series(order: int, single: bool, x: Array) -> Array:
    half = x * 0.5
    out = horner(_NEAR[order][-_NEAR_TERMS if single else 0 :], half * half)
    if order:
        out *= half
    return out


def _scaled_far(order: int, single: bool, x: Array) -> Array:
    size = np.abs(x)
    out = _chebyshev(_FAR[order][: _FAR_TERMS if single else None], 16 / size - 1)
    out /= np.sqrt(size)
    return np.copysign(out, x) if order else out


def _chebyshev(coefficients: list[float], x: Array) -> Array:
    """The sum of coefficients[k] * cos(k * arccos(x)), by Clenshaw."""
    now, before = np.zeros_like(x), np.zeros_like(x)
    for coefficient in coefficients[:0:-1]:
        now, before = 2 * x * now - before + coefficient, now
    return x * now - before + coefficients[0]
