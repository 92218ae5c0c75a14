"""Shares of the gamma distribution, and how gamma and beta variables follow their parameters.

Over the logarithm of a gamma variable, or the logit of a beta variable, the density is
log-concave, so what lies beyond a point on the side that falls off is an integral of limited
length, which Gauss and Legendre's 40 points see to 1e-10 or better. It is one scale alone from
a parameter of 10 on; a smaller one is brought there by the recurrence of the shares, term by term.
All integrals are relative to the density at the point. The arguments are float64 arrays, which are
broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log, nan, pi
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.gamma_functions import digamma_of, lgamma_of

__all__ = ["dirichlet_slope_of", "gamma_share_of", "gamma_slope_of"]

# On [0, 1], as columns.
_POINTS, _WEIGHTS = (
    np.atleast_2d(column).T / 2 for column in (leggauss(40)[0] + 1, leggauss(40)[1])
)
_SHIFT = 10
# Beyond exp(-40) nothing is left of what it is added to.
_END = 40.0
# As many elements are computed at once, each at all points.
_BLOCK = 2**10


def _by_blocks(function: Callable[..., Array], *arrays: Array, size: int = _BLOCK) -> Array:
    """The function of broadcast arrays, computed on vectors."""
    arrays = np.broadcast_arrays(*arrays)
    flat = [array.reshape(-1) for array in arrays]
    out = np.empty(flat[0].shape)
    for start in range(0, out.size, size):
        out[start : start + size] = function(*(a[start : start + size] for a in flat))
    return out.reshape(arrays[0].shape)


def _integral(fall: Callable[[Array], Array], length: Array, factor: Any) -> Array:
    """The integral of (factor[0] + factor[1] * s) * exp(fall(s)) over s from 0 to the length."""
    s = _POINTS * length
    constant, linear = factor
    values = np.exp(fall(s)) * (constant + linear * s)
    total: Array = (values * _WEIGHTS).sum(0)
    return total * length


def _gamma_below(a: Array, x: Array, slope: bool) -> Array:
    """The share below x, or its derivative by a, in units of x times the density."""
    out, term = np.zeros_like(x), np.ones_like(x)
    distance = np.log(x) - digamma_of(a) if slope else np.ones_like(x)
    for _ in range(_SHIFT):
        small = a < _SHIFT
        term = np.where(small, term / a, term)
        distance = np.where(small & slope, distance - 1 / a, distance)
        out = np.where(small, out + term * distance, out)
        term = np.where(small, term * x, term)
        a = a + small
    y = _END / x
    length = np.minimum(_END / np.maximum(a - x, 0.0), np.sqrt(2 * y) + y)
    rest = _integral(lambda s: -a * s - x * np.expm1(-s), length, (distance, -1.0 * slope))
    whole: Array = out + term * rest
    return whole


# Of larger concentrations the series takes too many terms.
_FEW_TERMS = 100


def _gamma_series(a: Array, x: Array) -> Array:
    """The share below x, for x up to about a, in units of x times the density: the sum of
    x ** n / (a (a + 1) ... (a + n))."""
    a, term = a.copy(), 1 / a
    out = term.copy()
    while (term > out * 1e-17).any():
        for _ in range(8):
            a += 1
            term *= x
            term /= a
            out += term
    return out


def _gamma_above(a: Array, x: Array, slope: bool) -> Array:
    """The share above x, or its derivative by a, in units of x times the density."""
    y = _END / x
    length = np.minimum(_END / np.maximum(x - a, 0.0), np.log1p(y + np.sqrt(2 * y)))
    constant = np.log(x) - digamma_of(a) if slope else 1.0
    return _integral(lambda s: a * s - x * np.expm1(s), length, (constant, 1.0 * slope))


def _gamma_density(a: Array, x: Array) -> Array:
    """x times the density."""
    if (a == a[:1]).all():
        a = a[:1]
    if (a < _SHIFT).all():
        return np.asarray(np.exp(a * np.log(x) - x - lgamma_of(a)))
    share = (x - a) / a
    near = -a * (share - np.log1p(share)) + np.log(a / (2 * pi)) / 2
    near -= lgamma_of(a) - ((a - 0.5) * np.log(a) - a + log(2 * pi) / 2)
    return np.exp(np.where(a < _SHIFT, a * np.log(x) - x - lgamma_of(a), near))


@kernel
def gamma_share_of(a: Array, x: Array) -> Array:
    """The share of the gamma distribution of concentration a below x."""

    def share(a: Array, x: Array) -> Array:
        inside = (x > 0) & (x < np.inf) & (a > 0) & (a < np.inf)
        b, y = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
        below = y <= np.maximum(b, _SHIFT)
        out = _gamma_density(b, y)
        sum_below = _gamma_series if b.max() <= _FEW_TERMS else partial(_gamma_below, slope=False)
        out[below] *= sum_below(b[below], y[below])
        out[~below] = 1 - out[~below] * _gamma_above(b[~below], y[~below], False)
        ends = np.where((x == 0) & (a > 0), 0.0, np.where((x > 0) & (a == 0), 1.0, nan))
        ends = np.where((x == np.inf) & (a >= 0) & (a < np.inf), 1.0, ends)
        ends = np.where((a == np.inf) & (x >= 0) & (x < np.inf), 0.0, ends)
        return np.where(inside, out, ends)

    return _by_blocks(share, a, x, size=4 * _BLOCK)


@kernel
def gamma_slope_of(a: Array, x: Array) -> Array:
    """The derivative of the gamma variable x by its concentration a, at an equal share."""

    def slope(a: Array, x: Array) -> Array:
        below = x <= np.maximum(a, _SHIFT)
        out = np.empty_like(x)
        out[below] = -_gamma_below(a[below], x[below], True)
        out[~below] = _gamma_above(a[~below], x[~below], True)
        return x * out

    return _by_blocks(slope, a, x)


def _beta_below(a: Array, b: Array, x: Array, second: Array) -> Array:
    """The derivative of the share below x by a, or where `second` by b, in units of x (1 - x) times
    the density."""
    out, term, total = np.zeros_like(x), np.ones_like(x), a + b
    by_a = np.log(x) + digamma_of(total) - digamma_of(a)
    distance = np.where(second, np.log1p(-x) + digamma_of(total) - digamma_of(b), by_a)
    for _ in range(_SHIFT):
        small = a < _SHIFT
        term = np.where(small, term / a, term)
        distance = np.where(small & ~second, distance - 1 / a, distance)
        out = np.where(small, out + term * distance, out)
        term = np.where(small, term * x * (a + b), term)
        distance = np.where(small, distance + 1 / (a + b), distance)
        a = a + small
    total = a + b
    y = _END / total
    root = np.sqrt(2 * y / (x * (1 - x)))
    length = np.where(root < 1, 1.3 * root, root + (y - np.log1p(-x)) / x)
    length = np.minimum(length, _END / np.maximum(a - total * x, 0.0))
    s = _POINTS * length
    bend = np.log1p(x * np.expm1(-s))
    # The logarithm of t is log(x) - s - bend there, that of 1 - t is log(1 - x) - bend.
    factor = distance - bend - np.where(second, 0.0, s)
    rest = (np.exp(-a * s - total * bend) * factor * _WEIGHTS).sum(0)
    whole: Array = out + term * length * rest
    return whole


@kernel
def dirichlet_slope_of(x: Array, a: Array, total: Array) -> Array:
    """The derivative of the beta variable x by its first concentration a, at an equal share, over
    1 - x; the second concentration is total - a."""

    def slope(x: Array, a: Array, total: Array) -> Array:
        b = total - a
        # From the side of the smaller one, which can be brought to _SHIFT, where it falls off.
        raised, other = np.maximum(a, _SHIFT), np.maximum(b, _SHIFT)
        below = (x <= raised / (raised + b)) & ((a <= b) | (1 - x > other / (other + a)))
        first, other, point = (
            np.where(below, one, two) for one, two in ((a, b), (b, a), (x, 1 - x))
        )
        found = _beta_below(first, other, point, ~below)
        return x * np.where(below, -found, found)

    return _by_blocks(slope, x, a, total)
