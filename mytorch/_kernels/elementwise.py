"""What several operations compute with, on arrays, in as few passes as NumPy lets them have.

NumPy's `where` is slower than a product on a mask without a pattern, its `maximum` of an array and
a number slower than `clip`, and without AVX-512 `expm1` and `log1p` slower than `exp`; so these are
replaced where the numbers stay as exact. The functions overflow silently if their caller is silent
(see `mytorch._silence`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import inf
from typing import Any, TypeVar

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number
from mytorch._recorders import recorders

# `within(data, low, high)`: the ufunc below `numpy.clip`, which is faster on small arrays. It has
# no public name.
within: Callable[..., Array] = np._core.umath.clip  # type: ignore[attr-defined]

# Extended precision has no integers of its size.
BITS = {size: np.dtype(f"i{size}") for size in (2, 4, 8)}
# Arrays smaller than this are done sooner by few slow calls than by many fast ones.
FEW = 1024


# Those that `compile` records as one call each.
KERNELS: set[Callable[..., Any]] = set()
# Of these the ones that take a further argument `out`, which may be the one in this place: they
# then write over it.
WRITING: dict[Callable[..., Any], int] = {}
# And those that place numbers among zeros, `place(data, best, numbers, ...)`: each where the data
# are equal to the one of best at its place, or NaN as that is.
PLACING: set[Callable[..., Any]] = set()


R = TypeVar("R")


def kernel(function: Callable[..., R]) -> Callable[..., R]:
    """A function of arrays that may look at their values: `compile` records the call of it, not
    the calls inside, which another run may not make. It changes none of its arguments, nor returns
    one, but `out` (see `WRITING`), and the shapes and dtypes of its result, or of a tuple of them,
    follow from theirs."""

    @wraps(function)
    def run(*args: Any) -> R:
        for arg in args if recorders else ():
            if type(arg) is not np.ndarray and isinstance(arg, np.ndarray):
                recorded: R = arg.__array_function__(run, (), args, {})
                return recorded
        return function(*args)

    KERNELS.add(run)
    return run


def in_double(function: Callable[..., Array], data: Array, *settings: Any) -> Array:
    """function(*settings, data), in float64. The function, one of a module, gets no 0-d array."""
    if not data.ndim:
        return in_double(function, data.reshape(1), *settings).reshape(())
    if data.size > _BLOCK:
        return _by_blocks(function, data, *settings)
    wide = data.astype(np.float64, copy=False)
    return function(*settings, wide).astype(data.dtype, copy=False)


@kernel
def _by_blocks(function: Callable[..., Array], data: Array, *settings: Any) -> Array:
    """`in_double`, where what is computed on the way stays in the processor's cache."""
    flat = data.reshape(-1)
    out = np.empty_like(flat)
    for start in range(0, data.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        out[part] = function(*settings, flat[part].astype(np.float64, copy=False))
    return out.reshape(data.shape)


_BLOCK = 2**14


def over(values: Array) -> Array | None:
    """The `out` of a function whose result may take the place of these values: a single number,
    which NumPy gives as no array, has none."""
    return values if values.ndim else None


def above(data: Array, low: float) -> Array:
    """max(data, low), for floats."""
    return within(data, number(low, data.dtype), number(inf, data.dtype))


def below(data: Array, high: float) -> Array:
    """min(data, high), for floats."""
    return within(data, number(-inf, data.dtype), number(high, data.dtype))


def kept_where(mask: Array, data: Array) -> Array:
    """`np.where(mask, data, 0)` for floats, whatever they are: infinite ones, too."""
    try:
        bits = BITS[data.itemsize]
    except KeyError:
        return np.where(mask, data, number(0.0, data.dtype))
    kept = mask.astype(bits)
    kept *= data.view(bits)
    return kept.view(data.dtype)


def taken(mask: Array, rest: Array) -> Array:
    """`kept_where` a mask is set, of what is left, where it is 0 from then on."""
    kept = kept_where(mask, rest)
    if rest.itemsize in BITS:
        bits = rest.view(BITS[rest.itemsize])
        bits ^= kept.view(bits.dtype)
    else:
        rest[mask] = 0
    return kept


def chosen(mask: Array, a: Array, b: Array) -> Array:
    """`np.where(mask, a, b)` for floats of one dtype; the mask has the shape of the result."""
    if mask.size < FEW or b.itemsize not in BITS:
        return np.where(mask, a, b)
    if not mask.strides[-1]:  # the mask is the same all along the last axis
        return _chosen_rows(mask, a, b)
    bits = BITS[b.itemsize]
    other = b.view(bits)
    choice: Array = np.bitwise_xor(a.view(bits), other)
    if choice.shape == mask.shape:
        choice *= mask
    else:
        difference, choice = choice, mask.astype(bits)
        choice *= difference
    choice ^= other
    return choice.view(b.dtype)


def _chosen_rows(mask: Array, a: Array, b: Array) -> Array:
    if recorders or mask.shape[-1] < _SHORT_ROW or mask.shape not in (a.shape, b.shape):
        return np.where(mask, a, b)
    rows = mask[..., 0]
    if a.shape != mask.shape:
        a, b, rows = b, a, ~rows
    out = np.empty(mask.shape, b.dtype)
    np.copyto(out, b)
    out[rows] = a[rows]
    return out


# Rows of fewer numbers are not worth a call of their own.
_SHORT_ROW = 16


def of_two_shapes(function: np.ufunc, x: Array, y: Array) -> Array:
    """function(x, y) of floats in two shapes. Where the result stays in the processor's cache, what
    is repeated is written out first: NumPy's loops take longer over short rows."""
    if (
        x.shape != y.shape
        and x.size * y.size >= SPREAD
        and x.size > 1 < y.size
        and y.dtype.char == x.dtype.char in "fd"
        and not recorders
        and x.flags.c_contiguous
        and y.flags.c_contiguous
    ):
        shape = np.broadcast(x, y).shape
        out: Array = np.empty(shape, x.dtype)
        if SPREAD <= out.size <= _MOST_SPREAD:
            if x.shape == shape or (y.shape != shape and y.shape[-1] == 1):
                np.copyto(out, y)
                return function(x, out, out=out)  # type: ignore[no-any-return]
            np.copyto(out, x)
            return function(out, y, out=out)  # type: ignore[no-any-return]
    return function(x, y)  # type: ignore[no-any-return]


# Arrays whose sizes have a smaller product than this need not be asked; a result of more numbers
# than the other leaves the cache.
SPREAD, _MOST_SPREAD = 2**14, 2**18


def by_parts(
    mask: Array, inside: Callable[[Array], Array], outside: Callable[[Array], Array], x: Array
) -> Array:
    """inside(x) where the mask is set, outside(x) elsewhere, each of its own elements alone."""
    if mask.all():
        return inside(x)
    if not mask.any():
        return outside(x)
    out, rest = np.empty_like(x), ~mask
    out[mask] = inside(x[mask])
    out[rest] = outside(x[rest])
    return out


# Those below take single and double precision, in arrays that are not 0-d.


def expm1_of_negative(x: Array) -> Array:
    """exp(x) - 1 for x <= 0."""
    if x.itemsize >= 8 or x.size < FEW:
        return np.expm1(x)
    # 2 t / (1 - t) for t = tanh(x / 2) cancels nowhere.
    t = x * number(0.5, x.dtype)
    np.tanh(t, out=t)
    divisor = number(1.0, x.dtype) - t
    t += t
    t /= divisor
    return t


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    if x.size <= 64:
        return np.logaddexp(number(0.0, x.dtype), x)
    rest = log1p_exp_of_negative_size(x)
    rest += above(x, 0.0)
    return rest


def log1p_exp_of_negative_size(x: Array) -> Array:
    """log(1 + exp(-|x|))."""
    if x.size < FEW:
        return np.log1p(np.exp(-np.abs(x)))
    u = np.abs(x)
    np.negative(u, out=u)
    np.exp(u, out=u)
    if u.itemsize >= 8:
        return np.log1p(u, out=u)
    # The logarithm of 1 + u as it is rounded, and what was lost in that.
    one = number(1.0, u.dtype)
    whole = u + one
    out: Array = np.log(whole)
    u -= whole - one
    u /= whole
    out += u
    return out


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)); below -88 it goes on to the smallest numbers, where that would be 0."""
    # Above that it is 1, and exp overflows soon.
    e = below(x, 10.0 if x.itemsize == 2 else 80.0)
    place = e if e.size > 1 else None
    e = np.exp(e, out=place)
    share: Array = np.divide(e, e + number(1.0, e.dtype), out=place)
    return share


def gated(x: Array, exponent: Array) -> tuple[Array, Array]:
    """x / (1 + exp(exponent)), and the divisor, in the exponent's memory."""
    np.exp(exponent, out=exponent)
    exponent += number(1.0, x.dtype)
    return x / exponent, exponent


def horner(coefficients: list[float], x: Array) -> Array:
    """The polynomial with these coefficients, from the highest power down."""
    first, second, *rest = (number(coefficient, x.dtype) for coefficient in coefficients)
    total: Array = x * first
    total += second
    for coefficient in rest:
        total *= x
        total += coefficient
    return total
