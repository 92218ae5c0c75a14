"""What draws are, whatever their numbers: reproducible, of the right moments, differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, distributions
from mytorch.distributions import Beta, Chi2, Dirichlet, Distribution, Gamma, Normal, StudentT
from tests.distributions.examples import CASES, made

mpmath = pytest.importorskip("mpmath", reason="the package mpmath is not installed")

each_case = pytest.mark.parametrize(("name", "place"), CASES)


@each_case
def test_the_same_seed_draws_the_same_numbers(name: str, place: int) -> None:
    distribution, _ = made(mytorch, name, place)
    first, second = (
        (mytorch.manual_seed(seed), distribution.sample((20,)))[1].data for seed in (3, 3)
    )
    np.testing.assert_array_equal(first, second)


@each_case
def test_mean_and_variance_are_those_of_many_draws(name: str, place: int) -> None:
    distribution, _ = made(mytorch, name, place)
    if name in ("LogisticNormal", "RelaxedBernoulli", "RelaxedOneHotCategorical"):
        with pytest.raises(NotImplementedError, match="has no mean"):
            _ = distribution.mean
        return
    mytorch.manual_seed(1)
    draws = distribution.sample((4000,)).data
    mean, variance = distribution.mean.data, distribution.variance.data
    # The spread of the mean itself; that of the variance is known of tame distributions alone.
    sound = np.isfinite(variance) & np.isfinite(mean)
    with np.errstate(invalid="ignore"):  # of two infinities, which are not sound
        error = np.abs(draws.mean(0) - mean) / np.sqrt(variance / 4000 + 1e-30)
    assert (error[sound] < 4.5).all()
    if name not in ("StudentT", "LogNormal", "Gamma", "Beta", "FisherSnedecor", "InverseGamma"):
        np.testing.assert_allclose(draws.var(0)[sound], variance[sound], 0.3, 1e-12)


@each_case
def test_float32_stays(name: str, place: int) -> None:
    from tests.distributions.examples import parameters

    found = {
        key: value.detach().float() if isinstance(value, Tensor) else value
        for key, value in parameters(mytorch, name, place).items()
    }
    if not any(isinstance(value, Tensor) for value in found.values()):
        return
    distribution = getattr(distributions, name)(**found)
    draws = distribution.sample((2,))
    assert draws.dtype == (np.int64 if name == "Categorical" else np.float32)
    assert distribution.log_prob(draws).dtype == np.float32
    if distribution.has_rsample:
        assert distribution.rsample().dtype == np.float32


REPARAMETERISED = [
    (name, place)
    for name, place in CASES
    if getattr(distributions, name).has_rsample is True or name in ("Gumbel", "LogNormal")
]


@pytest.mark.parametrize(("name", "place"), REPARAMETERISED)
def test_draws_follow_their_parameters_as_their_shares_say(name: str, place: int) -> None:
    """A draw's share below it stays: d cdf / d parameter + density * d draw / d parameter = 0."""
    distribution, leaves = made(mytorch, name, place)
    mytorch.manual_seed(2)
    draws = distribution.rsample()
    assert draws.requires_grad == bool(leaves)
    try:
        share = distribution.cdf(draws.detach())
    except NotImplementedError:
        return
    if name in ("Gamma", "Chi2") or not leaves:
        return  # the share has no derivative by the concentration
    density = distribution.log_prob(draws.detach()).exp()
    by_share = mytorch.grad(share.sum(), leaves, allow_unused=True)
    by_draw = mytorch.grad((draws * density.detach()).sum(), leaves, allow_unused=True)
    for one, other in zip(by_share, by_draw, strict=True):
        if one is not None:
            np.testing.assert_allclose(one.data, -other.data, 1e-9, 1e-12)


def slope(a: float, x: float) -> float:
    """The derivative of a gamma variable by its concentration."""
    with mpmath.workdps(40):
        a, x = mpmath.mpf(a), mpmath.mpf(x)
        step = a * mpmath.mpf(10) ** -12
        ends = [mpmath.gammainc(b, 0, x, regularized=True) for b in (a - step, a + step)]
        density = mpmath.exp((a - 1) * mpmath.log(x) - x - mpmath.loggamma(a))
        return float(-(ends[1] - ends[0]) / (2 * step) / density)


CONCENTRATIONS = np.array([0.01, 0.1, 0.1, 0.5, 1.0, 1.0, 3.0, 3.0, 9.0, 11.0, 50.0, 2000.0])
VALUES = np.array([1e-30, 1e-9, 20.0, 0.3, 1e-5, 35.0, 12.9, 13.1, 30.0, 40.0, 20.0, 2100.0])


def test_gamma_draws_follow_their_concentration() -> None:
    from mytorch._kernels.incomplete_gamma import gamma_slope_of

    expected = [slope(a, x) for a, x in zip(CONCENTRATIONS, VALUES, strict=True)]
    np.testing.assert_allclose(gamma_slope_of(CONCENTRATIONS, VALUES), expected, 1e-11)


def test_beta_draws_follow_their_concentrations() -> None:
    from mytorch._kernels.incomplete_gamma import dirichlet_slope_of

    a = np.array([0.2, 0.2, 1.0, 1.5, 3.0, 30.0, 37.5, 200.0])
    b = np.array([0.3, 4.0, 1.0, 0.1, 90.0, 40.0, 0.2, 300.0])
    x = np.array([0.6, 1e-6, 0.25, 0.999, 0.02, 0.6, 0.995, 0.38])

    def exact(a: Any, b: Any, x: Any) -> float:
        with mpmath.workdps(50):
            a, b, x = map(mpmath.mpf, (a, b, x))
            step = a * mpmath.mpf(10) ** -15
            ends = [mpmath.betainc(c, b, 0, x, regularized=True) for c in (a - step, a + step)]
            density = x ** (a - 1) * (1 - x) ** (b - 1) / mpmath.beta(a, b)
            return float(-(ends[1] - ends[0]) / (2 * step) / density / (1 - x))

    expected = [exact(*three) for three in zip(a.tolist(), b.tolist(), x.tolist(), strict=True)]
    np.testing.assert_allclose(dirichlet_slope_of(x, a, a + b), expected, 1e-9)


def test_the_gradient_of_dirichlet_draws_is_pytorchs() -> None:
    from torch.distributions.dirichlet import _Dirichlet_backward

    mytorch.manual_seed(0)
    concentration = Tensor(np.array([[0.7, 2.0, 4.0], [8.0, 1.5, 3.0]]), requires_grad=True)
    draws = Dirichlet(concentration).rsample()
    weights = np.array([[1.0, -2.0, 0.5], [0.3, 2.0, -1.0]])
    (draws * Tensor(weights)).sum().backward()
    expected = _Dirichlet_backward(
        *(torch.tensor(x) for x in (draws.data, concentration.data, weights))
    )
    # PyTorch's slopes have three digits.
    np.testing.assert_allclose(concentration.grad.data, expected.numpy(), 2e-3, 1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: Gamma(x, 1.0),
        lambda x: Chi2(x),
        lambda x: Beta(x, 1.0),
        lambda x: Dirichlet(x),
        lambda x: StudentT(x),
    ],
)
def test_a_second_derivative_by_the_concentration_is_refused(make: Any) -> None:
    x = Tensor([1.5, 2.5], requires_grad=True)
    distribution: Distribution = make(x)
    (first,) = mytorch.grad(distribution.rsample().sum(), [x], create_graph=True)
    with pytest.raises(NotImplementedError, match="no second one"):
        first.sum().backward()


@pytest.mark.parametrize("concentration", [1e-3, 1e-2])
def test_small_concentrations_draw_within_the_support(concentration: float) -> None:
    assert (Gamma(Tensor(np.full(500, concentration)), 1.0).rsample().data > 0).all()
    draws = Dirichlet(Tensor(np.full((500, 3), concentration))).sample().data
    assert (draws > 0).all()
    np.testing.assert_allclose(draws.sum(-1), 1)
    # Nearly all of a stick is one part, each as often.
    assert (draws.max(-1) > 0.99).mean() > 0.8
    assert (np.bincount(draws.argmax(-1), minlength=3) > 100).all()


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (Normal(1.0, 2.0), -30, 30),
        (distributions.Laplace(1.0, 2.0), -80, 80),
        (distributions.LogNormal(0.0, 0.5), 1e-9, 60),
        (distributions.Gumbel(1.0, 2.0), -20, 90),
        (distributions.HalfNormal(2.0), 0, 40),
        (distributions.Weibull(2.0, 1.5), 1e-9, 40),
        (distributions.Kumaraswamy(2.0, 3.5), 1e-9, 1 - 1e-9),
        (distributions.InverseGamma(6.0, 3.0), 1e-3, 60),
        (Beta(2.0, 3.5), 0, 1),
        (Gamma(3.0, 2.0), 0, 40),
        (StudentT(9.0), -60, 60),
    ],
)
def test_densities_add_up_to_one(distribution: Distribution, low: float, high: float) -> None:
    x = np.linspace(low, high, 20_001)
    density = distribution.log_prob(Tensor(x)).exp().data
    np.testing.assert_allclose(np.trapezoid(density, x), 1, 1e-4)
    entropy = -np.trapezoid(np.where(density > 0, density * np.log(density + 1e-300), 0), x)
    np.testing.assert_allclose(entropy, distribution.entropy().item(), 2e-3)


def test_probabilities_add_up_to_one() -> None:
    for distribution in (
        distributions.Binomial(7, Tensor(0.3)),
        distributions.Categorical(Tensor([1.0, 2.0, 3.0])),
        distributions.OneHotCategorical(Tensor([1.0, 2.0, 3.0])),
        distributions.Bernoulli(0.3),
    ):
        logs = distribution.log_prob(distribution.enumerate_support())
        np.testing.assert_allclose(logs.exp().sum().item(), 1)
        np.testing.assert_allclose(-(logs.exp() * logs).sum().item(), distribution.entropy().item())
    counts = Tensor(np.arange(200.0))
    for distribution in (
        distributions.Poisson(4.0),
        distributions.Geometric(0.2),
        distributions.NegativeBinomial(2.5, Tensor(0.4)),
    ):
        np.testing.assert_allclose(distribution.log_prob(counts).exp().sum().item(), 1)


WITHOUT_DIVERGENCE = (
    *("FisherSnedecor", "Multinomial", "NegativeBinomial", "RelaxedBernoulli"),
    *("RelaxedOneHotCategorical", "StudentT"),
)


@each_case
def test_no_distribution_diverges_from_itself(name: str, place: int) -> None:
    p, _ = made(mytorch, name, place)
    try:
        found = distributions.kl_divergence(p, p).data
    except NotImplementedError:
        assert name in WITHOUT_DIVERGENCE or (name == "Binomial" and place)
        return
    # Between 0 and 1 alone: the logarithm of a rate or probability at the end is infinite.
    np.testing.assert_allclose(found[np.isfinite(found)], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("D.Normal(0.0, 1.0).sample(3)", r"expected sample_shape to be a tuple of sizes.*int 3"),
        ("D.Categorical([0.5, 0.5])", "Categorical: expected a Tensor, got list"),
        ("D.Dirichlet([1.0, 1.0])", "Dirichlet: expected a Tensor, got list"),
        ("D.MultivariateNormal([0.0], [[1.0]])", "expected a Tensor, got list"),
        (
            "D.MultivariateNormal(T.zeros(4), T.eye(2))",
            r"a loc of n numbers and a covariance_matrix .* got shapes \(4,\) and \(2, 2\)",
        ),
        (
            "D.MultivariateNormal(T.zeros(2), scale_tril=T.ones(3, 2), validate_args=False)",
            r"a scale_tril of n times n, got shapes \(2,\) and \(3, 2\)",
        ),
        (
            "D.kl_divergence(D.MultivariateNormal(T.zeros(2), T.eye(2)),"
            " D.MultivariateNormal(T.zeros(3), T.eye(3)))",
            r"vectors of one size, got event shapes \(2,\) and \(3,\)",
        ),
    ],
)
def test_errors_tell_the_cure(form: str, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        eval(form, {"D": distributions, "T": mytorch})


@pytest.mark.parametrize(
    "form",
    [
        "Normal(T.zeros(0), 1.0)",
        "Gamma(T.ones(0), 1.0)",
        "Dirichlet(T.ones(0, 3))",
        "Categorical(T.ones(0, 3))",
        "Binomial(3, T.ones(0))",
        "Poisson(T.ones(0))",
        "MultivariateNormal(T.zeros(0, 2), T.eye(2))",
        "Independent(D.Normal(T.zeros(0, 2), 1.0), 1)",
    ],
)
def test_an_empty_batch(form: str) -> None:
    distribution = eval(f"D.{form}", {"D": distributions, "T": mytorch})
    assert distribution.batch_shape == (0,)
    draws = distribution.sample((2,))
    assert draws.shape == (2, 0, *distribution.event_shape)
    assert distribution.log_prob(draws).shape == (2, 0)
    if distribution.has_rsample:
        assert distribution.rsample().shape == (0, *distribution.event_shape)
