"""The comparisons of the tests refuse what NumPy's refuse, and nothing else."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests import close

NUMBERS = (0.0, -0.0, 1.0, 1.0 + 1e-7, 1.0 + 3e-7, -1.0, 3e38, -3e38, np.inf, -np.inf, np.nan)
ARRAYS = [
    np.array([1.0, number], dtype) for number in NUMBERS for dtype in (np.float64, np.float32)
]
ARRAYS += [np.array([1, 0]), np.array([True, False]), np.array([[1.0, 1.0]]), np.array(1.0)]
ARRAYS += [np.array([]), np.array([np.nan, np.inf])]


def refuses(compare: Callable[..., None], *arguments: Any, **options: Any) -> bool:
    try:
        compare(*arguments, **options)
    except AssertionError:
        return True
    return False


@pytest.mark.filterwarnings("ignore:overflow")  # as NumPy's, which goes on
def test_they_refuse_what_numpys_refuse() -> None:
    counts = {True: 0, False: 0}
    for pair in product(ARRAYS, repeat=2):
        for tolerances in ((2e-7, 0.0), (0.0, 2e-7), (1e-10, 1e-10)):
            refused = refuses(np.testing.assert_allclose, *pair, *tolerances)
            assert refuses(close.assert_allclose, *pair, *tolerances) == refused, (pair, tolerances)
            counts[refused] += 1
        for strict in (False, True):
            refused = refuses(np.testing.assert_array_equal, *pair, strict=strict)
            assert refuses(close.assert_array_equal, *pair, strict=strict) == refused, pair
    assert min(counts.values()) > 100
