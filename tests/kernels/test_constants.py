"""Constants that are kept for further calls."""

import numpy as np
import pytest

from mytorch._kernels.constants import full, number


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_whoever_asks_first_for_a_zero_leaves_no_sign_in_it(dtype: type) -> None:
    number.cache_clear()
    for make in (lambda zero: number(zero, np.dtype(dtype)), lambda zero: full(3, zero, dtype)):
        assert not np.signbit(make(-0.0)).any()
        assert not np.signbit(make(0.0)).any()
