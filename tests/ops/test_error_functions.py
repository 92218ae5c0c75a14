"""The error function against the C library's."""

import math

import numpy as np
import pytest

from mytorch import Tensor, ops


def erf(array: np.ndarray) -> np.ndarray:
    return ops.erf(Tensor(array)).data


def erfc(array: np.ndarray) -> np.ndarray:
    return ops.erfc(Tensor(array)).data


DENSE = np.concatenate(
    [np.linspace(-27, 27, 50_001), np.geomspace(1e-300, 1, 2_001), -np.geomspace(1e-300, 1, 2_001)]
)


@pytest.mark.parametrize(("ours", "theirs"), [(erf, math.erf), (erfc, math.erfc)])
def test_all_digits_are_right_but_the_last(ours, theirs) -> None:
    expected = np.array([theirs(number) for number in DENSE.tolist()])
    normal = np.abs(expected) > 1e-300
    np.testing.assert_allclose(ours(DENSE)[normal], expected[normal], rtol=1e-15, atol=0)
    single = DENSE.astype(np.float32)
    expected = np.array([theirs(number) for number in single.tolist()], np.float32)
    assert ours(single).dtype == np.float32
    normal = np.abs(expected) > 1e-37
    np.testing.assert_allclose(ours(single)[normal], expected[normal], rtol=1e-6, atol=0)
    half = np.linspace(-4, 4, 1001).astype(np.float16)
    expected = np.array([theirs(number) for number in half.tolist()], np.float16)
    np.testing.assert_allclose(ours(half), expected, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize(("dtype", "huge"), [(np.float64, 1e308), (np.float32, 1e38)])
def test_limits_shapes_and_memory(dtype, huge) -> None:
    ends = np.array([np.nan, np.inf, -np.inf, huge, -huge, 0.0], dtype)
    before = ends.copy()
    np.testing.assert_array_equal(erf(ends), [np.nan, 1, -1, 1, -1, 0])
    np.testing.assert_array_equal(erfc(ends), [np.nan, 0, 2, 0, 2, 1])
    np.testing.assert_array_equal(ends, before)
    assert np.signbit(erf(np.array(-0.0)))
    for shape in ((), (0, 2), (2, 1, 3)):
        assert erf(np.ones(shape)).shape == erfc(np.ones(shape)).shape == shape
