"""Comparisons that say, when they fail, what was expected and what came."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The course's own: problem 1 is compared at the first, problem 2 at the second.
EXACTLY = 1e-10
CLOSELY = 1e-5


class MismatchError(Exception):
    """A result is not the expected one: one line for each of the two, and perhaps a hint.

    `compared` is what came and what was expected, where these are arrays.
    """

    def __init__(
        self, what: str, expected: str, got: str, hint: str = "", compared: Any = None
    ) -> None:
        self.compared = compared
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


def same_array(
    what: str, got: Any, expected: NDArray[Any] | float, tolerance: float = EXACTLY
) -> None:
    """Raise MismatchError unless the tensor (or array) `got` has the expected shape and values."""
    _same(what, got, as_array(got), np.asarray(expected), tolerance)


def same_scalar(what: str, got: Any, expected: float, tolerance: float = EXACTLY) -> None:
    """Like `same_array` for one number, whatever its shape."""
    same_row(what, got, np.asarray(expected), tolerance)


def same_row(what: str, got: Any, expected: NDArray[Any], tolerance: float = EXACTLY) -> None:
    """Like `same_array` for n numbers, of which shapes (n,) and (1, n) are both fine."""
    array = as_array(got)
    _same(what, got, array, row_like(array, expected), tolerance)


def _same(
    what: str, got: Any, array: NDArray[Any] | None, expected: NDArray[Any], tolerance: float
) -> None:
    compared = got, expected
    if array is None:
        raise MismatchError(what, described(expected), repr(got), compared=compared)
    if array.shape != expected.shape:
        raise MismatchError(what, described(expected), described(array), compared=compared)
    differs = ~np.isclose(array, expected, rtol=tolerance, atol=tolerance)
    if differs.any():
        where = tuple(int(i) for i in np.argwhere(differs)[0])
        hint = f"they differ at {list(where)}: {expected[where]:.10g}, got {array[where]:.10g}"
        raise MismatchError(what, described(expected), described(array), hint, compared)


def row_like(array: NDArray[Any] | None, numbers: NDArray[Any]) -> NDArray[Any]:
    """A number or a row of numbers in the shape that an array has, if only axes of length 1 are
    between the two."""
    if (
        numbers.ndim > 1
        or array is None
        or [n for n in array.shape if n > 1] != [n for n in numbers.shape if n > 1]
    ):
        return numbers
    return numbers.reshape(array.shape)


def as_array(got: Any) -> NDArray[Any] | None:
    """The numbers of a tensor or an array; None for what has none."""
    if not isinstance(got, np.ndarray):
        got = getattr(got, "data", None)
    return got if isinstance(got, np.ndarray) else None


def described(array: NDArray[Any]) -> str:
    """An array in one short line: dtype, shape, values."""
    values = np.array2string(array, precision=6, threshold=12, edgeitems=2, separator=", ")
    return f"{array.dtype} {array.shape} {values}"


def shortened(text: str) -> str:
    """A text in one line of at most 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:197] + "..."
