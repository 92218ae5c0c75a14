"""Dtypes: the default floating type, what data may be, and PyTorch's promotion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from mytorch._checks import argument, kind_of
from mytorch._recorders import made, of_numbers, recorders
from mytorch._silence import silenced
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, ShapeError

Array = np.ndarray[Any, np.dtype[Any]]
Scalar = bool | int | float | np.bool_ | np.integer[Any] | np.floating[Any]
SCALARS = (bool, int, float, np.bool_, np.integer, np.floating)

# NumPy's letters for the kinds of numbers, in the order in which PyTorch lets one kind
# win over another: bool, unsigned and signed integers, floating.
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}
PYTHON_SCALARS: dict[type, str] = {bool: "b", int: "i", float: "f"}

HALF = np.dtype(np.float16)
# The dtype of a number beside a tensor of float16, which may be too large for that, or too small.
# It gives way to float16 where the operands are both single numbers, too.
BESIDE_HALF = np.dtype(np.float32, metadata={"beside": "float16"})

# What has a dtype of its own.
_TYPED = (np.ndarray, np.generic)

_default: np.dtype[Any] = np.dtype(np.float64)


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python floats and the factories get: float64, unless changed.

    PyTorch's is float32; the write-up's course compares at 1e-10, which needs float64.

    >>> get_default_dtype()
    dtype('float64')
    """
    return _default


def set_default_dtype(dtype: DTypeLike) -> None:
    """Makes `dtype`, a floating one, the default of all threads.

    Raises TypeError for a dtype that is not floating.

    >>> set_default_dtype(np.float64)
    """
    global _default
    wanted = native(dtype)
    if wanted.kind != "f":
        raise DtypeError(f"set_default_dtype: expected a floating dtype, got {wanted}")
    _default = wanted


def exact(data: Any, dtype: DTypeLike | None = None) -> Array:
    """`data` as exactly an ndarray in the machine's byte order, not copied where it is one or a
    subclass of it."""
    array: Array = data
    if dtype is not None and not isinstance(dtype, (np.dtype, type)):
        dtype = native(dtype)
    if type(data) is not ndarray:
        if isinstance(data, np.generic) and dtype is None:
            return np.asarray(data)
        array = data.view(ndarray) if isinstance(data, ndarray) else np.asarray(data, dtype)
    if dtype is not None:
        array = array.astype(dtype, copy=False)
    return array if array.dtype.isnative else array.astype(native(array.dtype))


def native(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype in the machine's byte order."""
    try:
        if isinstance(getattr(dtype, "dtype", None), np.dtype) and not isinstance(dtype, type):
            raise TypeError("what has a dtype is none")
        wanted = np.dtype(dtype)
    except DtypeError:
        raise
    except (TypeError, ValueError) as error:
        where, kind = argument(dtype), kind_of(dtype)
        raise TypeError(f"{where}expected a dtype, got {kind} {dtype!r:.40}") from error
    # Not `newbyteorder("=")`: the dtype is to be the one that NumPy gives to all arrays.
    return wanted if wanted.isnative else np.dtype(wanted.char)


def tensor_data(data: Any, dtype: DTypeLike | None = None) -> Array:
    """`data` as an exact ndarray of numbers: an array is not copied, Python floats get the
    default dtype."""
    try:
        # Not `silenced`: the data may have an `__array__`, which is the user's.
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = of_numbers(data, dtype) if recorders else None
            array = exact(data, dtype) if numbers is None else numbers
        if dtype is not None and type(data) is not ndarray and _has_no_number(data):
            raise DtypeError(f"Tensor: expected numbers, got None or a text in {data!r:.40}")
    except DtypeError:
        raise
    except TypeError as error:
        if dtype is not None:
            native(dtype)  # which says so if that is none
        raise TypeError(f"Tensor: expected numbers, got {kind_of(data)}: {error}") from None
    except OverflowError as error:
        raise DtypeError(f"Tensor: {error}; choose a larger dtype") from None
    except ValueError as error:
        raise ShapeError(
            f"Tensor: expected numbers, in lists of equal lengths that fit the dtype: {error}"
        ) from None
    kind = array.dtype.kind
    if kind not in _RANK:
        raise DtypeError(
            f"Tensor: expected numbers or booleans, got {kind_of(data)} "
            f"of dtype {array.dtype}; convert it to a real dtype first"
        )
    if dtype is None and not isinstance(data, _TYPED):
        # What NumPy makes of Python floats; numbers of another dtype brought it with them.
        if array.dtype == np.float64:
            array = cast(array, _default)
        elif array.dtype == np.uint64 and array.max() > np.iinfo(np.int64).max:
            raise DtypeError(
                f"Tensor: the integer {array.max()} is too large for int64; give it as a float, "
                "or name the dtype"
            )
    return made(array) if recorders and isinstance(data, (list, tuple, *SCALARS)) else array


def _has_no_number(data: Any) -> bool:
    """Whether there is None among the data, which NumPy takes for NaN, or a text in the first
    place, which it reads."""
    if not isinstance(data, (list, tuple)):
        return data is None or isinstance(data, (str, bytes))
    first = data[0] if data else 0.0
    if isinstance(first, (list, tuple)):
        return any(map(_has_no_number, data))
    # Beside plain numbers each may be asked whether it equals None, as an array may not be.
    return _has_no_number(first) or (type(first) in PYTHON_SCALARS and None in data)


def scalar_dtype(value: Scalar, array: Array) -> np.dtype[Any]:
    """The dtype of a number next to `array`: the array's, unless the number is of a higher kind
    (a float among integers gets the default dtype, an integer among booleans int64), as in
    PyTorch."""
    kind = PYTHON_SCALARS.get(value.__class__)
    if kind is None:
        # Of the class where it can be, for a number may have a stand-in.
        whose = value.__class__ if isinstance(value, np.generic) else np.asarray(value).dtype
        kind = np.dtype(whose).kind
    if _RANK[kind] <= _RANK[array.dtype.kind]:
        return array.dtype
    return _default if kind == "f" else np.dtype(np.int64)


def result_type(x: Array, y: Array) -> np.dtype[Any]:
    """The dtype of an operation on `x` and `y` as PyTorch has it.

    The higher kind wins (float32 with int64 is float32, unlike NumPy's float64); within a
    kind, an array wins over a 0-d array; only then NumPy's table is asked.
    """
    a, b = x.dtype, y.dtype
    if a is BESIDE_HALF or b is BESIDE_HALF:
        return b if a is BESIDE_HALF else a
    rank_a, rank_b = _RANK[a.kind], _RANK[b.kind]
    if rank_a != rank_b:
        return a if rank_a > rank_b else b
    if (x.ndim == 0) != (y.ndim == 0):
        return b if x.ndim == 0 else a
    return np.promote_types(a, b)


def promote(x: Array, y: Array) -> tuple[Array, Array]:
    """Both arrays in their common dtype."""
    dtype = result_type(x, y)
    return cast(x, dtype), cast(y, dtype)


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """The array in a dtype, itself if it has that one. What is too large becomes infinite, or as
    an integer some number: silently, as in PyTorch."""
    other: Array = array if array.dtype is dtype else silenced().run(array.astype, dtype)
    return other


def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """`dtype` if it is floating, else the default dtype: what gradients and quotients have."""
    return dtype if dtype.kind == "f" else _default


def can_store(dtype: np.dtype[Any], place: np.dtype[Any]) -> bool:
    """Whether results of `dtype` may be stored in place of `place`: never those of a higher kind,
    as floats among integers."""
    return _RANK[dtype.kind] <= _RANK[place.kind]
