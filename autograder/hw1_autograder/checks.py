"""Comparisons that say, when they fail, what was expected and what came."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-10


class MismatchError(Exception):
    """A result is not the expected one: one line for each of the two, and perhaps a hint."""

    def __init__(self, what: str, expected: str, got: str, hint: str = "") -> None:
        lines = [what, f"  expected: {shortened(expected)}", f"  got:      {shortened(got)}"]
        super().__init__("\n".join([*lines, f"  {hint}"] if hint else lines))


def same(what: str, got: object, expected: object) -> None:
    """Raise MismatchError unless `got` equals `expected` (flags, names, counts)."""
    if got != expected:
        raise MismatchError(what, repr(expected), repr(got))


def same_object(what: str, got: object, expected: object) -> None:
    """Raise MismatchError unless `got` is `expected` itself (nodes, tensors, None)."""
    if got is not expected:
        raise MismatchError(what, repr(expected), repr(got))


def same_array(what: str, got: Any, expected: NDArray[Any] | float) -> None:
    """Raise MismatchError unless the tensor (or array) `got` has the expected shape and values."""
    expected = np.asarray(expected)
    array = got if isinstance(got, np.ndarray) else getattr(got, "data", None)
    if array is None:
        raise MismatchError(what, described(expected), repr(got))
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.shape != expected.shape:
        raise MismatchError(what, described(expected), described(array))
    differs = ~np.isclose(array, expected, rtol=TOLERANCE, atol=TOLERANCE)
    if differs.any():
        where = tuple(int(i) for i in np.argwhere(differs)[0])
        hint = f"they differ at {list(where)}: {expected[where]:.10g}, got {array[where]:.10g}"
        raise MismatchError(what, described(expected), described(array), hint)


def same_scalar(what: str, got: Any, expected: float) -> None:
    """Like `same_array` for one number: shapes () and (1,) are both fine."""
    data = getattr(got, "data", got)
    one_number = isinstance(data, np.ndarray) and data.size == 1
    same_array(what, data.reshape(()) if one_number else got, expected)


def described(array: NDArray[Any]) -> str:
    """An array in one short line: dtype, shape, values."""
    values = np.array2string(array, precision=6, threshold=12, edgeitems=2, separator=", ")
    return f"{array.dtype} {array.shape} {values}"


def shortened(text: str) -> str:
    """A text in one line of at most 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:197] + "..."
