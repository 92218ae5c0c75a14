"""NumPy's comparisons of arrays, asked only for what to say: where all is well, the arithmetic
takes a tenth of the time that they do."""

from typing import Any

import numpy as np


def assert_allclose(
    found: Any, expected: Any, rtol: float = 1e-7, atol: float = 0.0, **more: Any
) -> None:
    """As `numpy.testing.assert_allclose`."""
    if not _are_close(np.asarray(found), np.asarray(expected), rtol, atol):
        np.testing.assert_allclose(found, expected, rtol, atol, **more)


def assert_array_equal(found: Any, expected: Any, *, strict: bool = False) -> None:
    """As `numpy.testing.assert_array_equal`."""
    same = np.shape(found) == np.shape(expected) and np.array_equal(found, expected)
    if not same or (strict and np.asarray(found).dtype != np.asarray(expected).dtype):
        np.testing.assert_array_equal(found, expected, strict=strict)


def _are_close(found: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    """Whether all numbers are finite floats within the tolerance of NumPy's comparison, of which
    nothing more is to be asked."""
    if found.shape != expected.shape or found.dtype != expected.dtype or found.dtype.kind != "f":
        return False
    if not np.isfinite(expected).all():
        return False
    return bool((np.abs(found - expected) <= atol + rtol * np.abs(expected)).all())
