"""Special functions against mpmath's, to the last digits; and where PyTorch has fewer digits."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, special

mpmath = pytest.importorskip("mpmath", reason="the package mpmath is not installed")

WIDE = np.random.default_rng(0)
POSITIVE = np.concatenate([WIDE.uniform(0, 12, 60), 10 ** WIDE.uniform(-12, 12, 20)])
NEAR_ZEROS = 10 ** WIDE.uniform(-12, -1, 20)
SHARES = np.concatenate([WIDE.uniform(0, 1, 60), 10 ** WIDE.uniform(-12, 0, 20)])


def quantile(share: float) -> float:
    with mpmath.workdps(60):
        return float(-mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * mpmath.mpf(share)))


def log_share(x: float) -> float:
    return float(mpmath.log(mpmath.ncdf(x)))


def log_gamma(x: float) -> float:
    return float(mpmath.loggamma(x).real)


@pytest.mark.parametrize(
    ("ours", "exact", "points", "digits"),
    [
        (mytorch.lgamma, log_gamma, POSITIVE, 1e-15),
        (mytorch.lgamma, log_gamma, np.concatenate([1 + NEAR_ZEROS, 2 - NEAR_ZEROS]), 1e-15),
        (mytorch.lgamma, log_gamma, -POSITIVE[:60], 2e-14),
        (mytorch.digamma, partial(mpmath.psi, 0), POSITIVE, 1e-13),
        *(
            (partial(mytorch.polygamma, n), partial(mpmath.psi, n), POSITIVE, 2e-15)
            for n in (1, 2, 5)
        ),
        *(
            (partial(mytorch.polygamma, n), partial(mpmath.psi, n), -POSITIVE[:60], 1e-13)
            for n in (1, 2, 5)
        ),
        (mytorch.erfinv, mpmath.erfinv, SHARES, 2e-15),
        (mytorch.erfinv, mpmath.erfinv, NEAR_ZEROS - 1, 2e-15),
        (special.ndtri, quantile, SHARES, 2e-15),
        (special.log_ndtr, log_share, np.concatenate([WIDE.uniform(-700, 8, 40)]), 2e-15),
        (mytorch.i0, partial(mpmath.besseli, 0), WIDE.uniform(-700, 700, 40), 2e-15),
        (special.i1, partial(mpmath.besseli, 1), WIDE.uniform(-20, 20, 40), 2e-15),
    ],
)
def test_all_digits_are_right(
    ours: Callable[[Tensor], Tensor],
    exact: Callable[[float], float],
    points: np.ndarray,
    digits: float,
) -> None:
    with mpmath.workdps(40):
        expected = np.array([float(exact(mpmath.mpf(point))) for point in points.tolist()])
    np.testing.assert_allclose(ours(Tensor(points)).data, expected, rtol=digits, atol=0)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_each_derivative_of_the_gamma_function_is_that_of_the_one_before(n: int) -> None:
    x = Tensor(np.array([-2.6, -0.3, 0.2, 1.0, 1.5, 7.0, 30.0]), requires_grad=True)
    function = partial(mytorch.polygamma, n)
    assert mytorch.gradcheck(mytorch.lgamma if n == 0 else function, [x])
    assert mytorch.gradgradcheck(function, [x], atol=1e-3, rtol=1e-5)


def test_the_ends() -> None:
    ends = Tensor(np.array([-np.inf, -2.0, -0.0, 0.0, np.inf, np.nan]))
    inf, nan = np.inf, np.nan
    for found, expected in (
        (mytorch.lgamma(ends), [inf, inf, inf, inf, inf, nan]),
        (mytorch.digamma(ends), [nan, nan, inf, -inf, inf, nan]),
        (mytorch.polygamma(1, ends), [nan, inf, inf, inf, 0, nan]),
        (mytorch.polygamma(2, ends), [-inf, -inf, -inf, -inf, 0, nan]),
        (special.log_ndtr(ends), [-inf, np.log(0.022750131948179212), *[np.log(0.5)] * 2, 0, nan]),
    ):
        np.testing.assert_allclose(found.data, expected, rtol=1e-14)
    # 200! is beyond floats, and so is the zeta function there.
    far = mytorch.polygamma(200, Tensor([0.5, 100.0])).data
    np.testing.assert_allclose(far, [-inf, -9.125424691096223e-28], rtol=5e-13)


def test_what_is_large_is_computed_by_parts() -> None:
    x = np.linspace(0.1, 20, 40_000).reshape(200, 200)
    whole = mytorch.lgamma(Tensor(x)).data
    np.testing.assert_array_equal(whole[::7], mytorch.lgamma(Tensor(x[::7].copy())).data)


def test_a_nan_hides_no_infinity_of_erfinv() -> None:
    found = mytorch.erfinv(Tensor([1.0, 3.0, -1.0]).float())
    np.testing.assert_array_equal(found.data, [np.inf, np.nan, -np.inf])


def test_slopes_of_the_bessel_functions_of_order_1_near_0() -> None:
    """Half of the smallest number is 0."""
    for function in (mytorch.special.i1, mytorch.special.i1e):
        x = Tensor([5e-324, -5e-324, 0.0], requires_grad=True)
        function(x).sum().backward()
        assert x.grad is not None
        np.testing.assert_array_equal(x.grad.data, [0.5, 0.5, 0.5])
