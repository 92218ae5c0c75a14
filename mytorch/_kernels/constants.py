"""Arrays of constants, made once and kept for further calls; not to be changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any

import numpy as np

from mytorch._checks import argument, kind_of
from mytorch._dtypes import Array
from mytorch._recorders import of_numbers, recorders
from mytorch._silence import silenced
from mytorch.dtypes import DTypeLike

# Larger vectors are not kept, and sums of as many numbers lose digits in float32.
_MANY = 2**16


def as_array(value: Any, dtype: DTypeLike | None) -> Array:
    """A number as a 0-d array, infinite where it is out of range; or lists of such."""
    array: Array | None = of_numbers(value, dtype) if recorders else None
    return plain(value, dtype) if array is None else array


def plain(value: Any, dtype: DTypeLike | None) -> Array:
    """`as_array`, also of what stands for a number."""
    array: Array = silenced().run(np.array, value, dtype)
    return array


@lru_cache(maxsize=1024)
def number(value: float, dtype: np.dtype[Any]) -> Array:
    """`as_array`, kept for further calls, but that a zero has no sign: 0.0 and -0.0 are one key.
    NumPy would make one on each call, which takes long beside an operation on few numbers."""
    return plain(+value or 0, dtype)  # which refuses what is no number


def setting(value: Any, dtype: np.dtype[Any]) -> Array:
    """`number` of one that a caller may change from call to call; a zero has its sign."""
    if type(value) is not float:
        value = real(value)  # kept for what can be changed in place, it would go stale
    return as_array(value, dtype) if recorders or not value else number(value, dtype)


def real(value: Any) -> float:
    """The number as a float; what stands for one goes on to."""
    try:
        number: float = (
            value * 1.0 if recorders and type(value) is not value.__class__ else float(value)
        )
        return number
    except (TypeError, ValueError) as error:
        where, kind = argument(value), kind_of(value)
        raise TypeError(f"{where}expected a number, got {kind} {value!r:.40}") from error


@lru_cache(maxsize=1024)
def ones(size: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones: its product with a matrix, by BLAS, is the sum of the rows."""
    return np.ones(size, dtype)


def made_once(make: Callable[..., Array]) -> Callable[..., Array]:
    """`make(size, ...)`, which makes an array once and keeps it, unless it is large."""
    kept = lru_cache(maxsize=16)(make)

    @wraps(make)
    def find(size: int, *args: Hashable) -> Array:
        return (make if size > _MANY else kept)(size, *args)

    return find


@made_once
def full(size: int, value: float, dtype: np.dtype[Any]) -> Array:
    """A vector of one value; a zero has no sign."""
    return np.full(size, value or 0, dtype)


@made_once
def mean_row(size: int, dtype: np.dtype[Any]) -> Array:
    """The row (1, size) of 1 / size. Its product with a vector, by BLAS, is the mean (1,): in
    float64 where their own dtype would lose digits."""
    wide = dtype.itemsize == 2 or (dtype.itemsize == 4 and size > _MANY)
    return np.full((1, size), 1 / size, np.float64 if wide else dtype)
