"""Each distribution, with several parameters, against PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.distributions.examples import CASES, EXAMPLES, array, leaf, made


@pytest.fixture(autouse=True)
def _pytorch_validates() -> Iterator[None]:
    """Its compiler ends that for the process, when it is imported."""
    kind = torch.distributions.Distribution
    before = kind._validate_args
    kind.set_default_validate_args(True)
    yield
    kind.set_default_validate_args(before)


each_case = pytest.mark.parametrize(("name", "place"), CASES)


def agree(ours: Callable[[], Any], theirs: Callable[[], Any], tolerance: float = 1e-12) -> None:
    """Both give the same numbers, or both have no answer."""
    try:
        expected = array(theirs())
    except (NotImplementedError, ValueError) as error:
        with pytest.raises(type(error)):
            ours()
        return
    found = array(ours())
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, tolerance, 1e-13)


@each_case
def test_what_a_distribution_tells_of_itself(name: str, place: int) -> None:
    (ours, _), (theirs, _) = made(mytorch, name, place), made(torch, name, place)
    assert ours.batch_shape == tuple(theirs.batch_shape)
    assert ours.event_shape == tuple(theirs.event_shape)
    members = [member for kind in type(theirs).__mro__ for member in vars(kind).items()]
    computed = (property, torch.distributions.utils.lazy_property)
    names = {name for name, member in members if isinstance(member, computed) and name[0] != "_"}
    for attribute in names - {"arg_constraints", "support"}:
        agree(lambda a=attribute: getattr(ours, a), lambda a=attribute: getattr(theirs, a))
    for method in ("entropy", "perplexity", "enumerate_support"):
        agree(lambda m=method: getattr(ours, m)(), lambda m=method: getattr(theirs, m)())
    for attribute in ("has_rsample", "has_enumerate_support"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    for attribute in ("is_discrete", "event_dim"):
        assert getattr(ours.support, attribute) == getattr(theirs.support, attribute)
    assert sorted(ours.arg_constraints) == sorted(theirs.arg_constraints)


@each_case
def test_draws_and_what_is_said_of_them(name: str, place: int) -> None:
    (ours, _), (theirs, _) = made(mytorch, name, place), made(torch, name, place)
    mytorch.manual_seed(place)
    for shape in ((), (2, 3)):
        draws, example = ours.sample(shape), theirs.sample(shape)
        assert draws.shape == tuple(example.shape)
        assert str(draws.dtype) == str(example.dtype).removeprefix("torch.")
        assert not draws.requires_grad
        same = torch.tensor(draws.data.copy())
        assert bool(ours.support.check(draws).all())
        agree(lambda x=draws: ours.log_prob(x), lambda x=same: theirs.log_prob(x))
        # PyTorch's incomplete gamma function has nine digits.
        digits = 1e-8 if name in ("Gamma", "Chi2", "InverseGamma") else 1e-12
        agree(lambda x=draws: ours.cdf(x), lambda x=same: theirs.cdf(x), digits)
        for method in ("log_prob", "cdf"):  # what no draw is
            for wrong in (same.double() + 0.125, same.double() * torch.nan, same[..., None]):
                agree(
                    lambda m=method, x=wrong: getattr(ours, m)(Tensor(x.numpy())),
                    lambda m=method, x=wrong: getattr(theirs, m)(x),
                    digits,
                )
        shares = np.random.default_rng(0).uniform(0, 1, draws.shape)
        agree(
            lambda u=shares: ours.icdf(mytorch.Tensor(u)),
            lambda u=shares: theirs.icdf(torch.tensor(u)),
            1e-10,
        )


@each_case
def test_gradients_of_log_prob_and_entropy(name: str, place: int) -> None:
    for what in ("log_prob", "entropy"):
        (ours, mine), (theirs, others) = made(mytorch, name, place), made(torch, name, place)
        mytorch.manual_seed(place)
        draws = ours.sample()
        same = torch.tensor(draws.data.copy())
        try:
            end = theirs.log_prob(same) if what == "log_prob" else theirs.entropy()
        except NotImplementedError:
            continue
        if not end.requires_grad:
            continue
        expected = torch.autograd.grad(end.sum(), others, allow_unused=True)
        end = ours.log_prob(draws) if what == "log_prob" else ours.entropy()
        found = mytorch.grad(end.sum(), mine, allow_unused=True)
        for one, other in zip(found, expected, strict=True):
            if other is None:
                assert one is None or not one.data.any()
            else:
                # PyTorch's derivative of digamma has nine digits.
                digits = 1e-7 if what == "entropy" else 1e-11
                np.testing.assert_allclose(one.data, other.numpy(), digits, 1e-12)


@each_case
def test_expanded(name: str, place: int) -> None:
    (ours, _), (theirs, _) = made(mytorch, name, place), made(torch, name, place)
    wider = ours.expand((2, *ours.batch_shape))
    expected = theirs.expand((2, *theirs.batch_shape))
    assert wider.batch_shape == tuple(expected.batch_shape)
    assert type(wider) is type(ours)
    mytorch.manual_seed(place)
    draws = wider.sample((3,))
    assert draws.shape == (3, *wider.batch_shape, *wider.event_shape)
    same = torch.tensor(draws.data.copy())
    agree(lambda: wider.log_prob(draws), lambda: expected.log_prob(same))
    agree(lambda: wider.mean, lambda: expected.mean)
    assert ours.batch_shape == tuple(theirs.batch_shape)


PAIRS = sorted(
    {
        (p, q)
        for p, q in ((a.__name__, b.__name__) for a, b in torch.distributions.kl._KL_REGISTRY)
        if {p, q} <= {name for name, _ in CASES}
    }
)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_divergences(p: str, q: str) -> None:
    """Of all examples of the two, broadcast; PyTorch's, which does not broadcast them all, are
    expanded first."""
    compared = 0
    for left, right in product(range(len(EXAMPLES[p])), range(len(EXAMPLES[q]))):
        (a, mine), (b, others) = made(mytorch, p, left), made(mytorch, q, right)
        (c, theirs), (d, rest) = made(torch, p, left), made(torch, q, right)
        try:
            shape = np.broadcast_shapes(c.batch_shape, d.batch_shape)
            expected = torch.distributions.kl_divergence(c.expand(shape), d.expand(shape))
        except (NotImplementedError, RuntimeError, ValueError):
            continue
        compared += 1
        found = mytorch.distributions.kl_divergence(a, b)
        np.testing.assert_allclose(found.data, expected.detach().numpy(), 1e-10, 1e-13)
        if not found.requires_grad or not np.isfinite(found.data).all():
            continue
        ours = mytorch.grad(found.sum(), mine + others, allow_unused=True)
        slopes = torch.autograd.grad(expected.sum(), theirs + rest, allow_unused=True)
        for one, other in zip(ours, slopes, strict=True):
            if other is not None and bool(other.isfinite().all()):
                np.testing.assert_allclose(one.data, other.numpy(), 1e-7, 1e-12)
    assert compared


def test_the_pairs_are_pytorchs() -> None:
    from mytorch.distributions.kl import _FORMULAS

    ours = {(p.__name__, q.__name__) for p, q in _FORMULAS}
    known = {name for pair in ours for name in pair}
    theirs = {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}
    assert ours == {pair for pair in theirs if {*pair} <= known}


REFUSED = [
    "D.Normal(0.0, -1.0)",
    "D.Normal(float('nan'), 1.0)",
    "D.Normal(0.0, [1.0])",
    "D.Bernoulli(1.5)",
    "D.Bernoulli()",
    "D.Bernoulli(0.5, logits=0.0)",
    "D.Categorical(T.tensor([-1.0, 2.0]))",
    "D.Categorical(T.tensor(0.5))",
    "D.Categorical(logits=T.tensor([float('nan'), 2.0]))",
    "D.Categorical()",
    "D.Dirichlet(T.tensor(1.0))",
    "D.Dirichlet(T.tensor([0.0, 1.0]))",
    "D.Geometric(0.0)",
    "D.Poisson(-1.0)",
    "D.Uniform(1.0, 0.0)",
    "D.Binomial(-1, 0.5)",
    "D.Binomial(T.tensor([1.0, 2.0]), 0.5).entropy()",
    "D.Normal(0.0, 1.0).log_prob(1.0)",
    "D.Normal(0.0, 1.0).log_prob(T.tensor(float('nan')))",
    "D.Normal(T.zeros(2), 1.0).log_prob(T.zeros(3))",
    "D.Exponential(1.0).log_prob(T.tensor(-1.0))",
    "D.Categorical(T.ones(3)).log_prob(T.tensor(3))",
    "D.Categorical(T.ones(3)).log_prob(T.tensor(0.5))",
    "D.OneHotCategorical(T.ones(3)).log_prob(T.ones(3))",
    "D.Dirichlet(T.ones(3)).log_prob(T.ones(3))",
    "D.Independent(D.Normal(T.zeros(2), 1.0), 2)",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), [1])",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())",
    "D.MultivariateNormal(T.zeros(2))",
    "D.MultivariateNormal(T.tensor(0.0), T.eye(1))",
    "D.MultivariateNormal(T.zeros(2), T.ones(2))",
    "D.MultivariateNormal(T.zeros(2), T.eye(2), scale_tril=T.eye(2))",
    "D.MultivariateNormal(T.zeros(2), -T.eye(2))",
    "D.MultivariateNormal(T.zeros(2), T.tensor([[1.0, 2.0], [3.0, 9.0]]))",
    "D.MultivariateNormal(T.zeros(2), scale_tril=T.ones(2, 2))",
    "D.LowRankMultivariateNormal(T.tensor(0.0), T.ones(1, 1), T.ones(1))",
    "D.LowRankMultivariateNormal(T.zeros(2), T.ones(2), T.ones(2))",
    "D.LowRankMultivariateNormal(T.zeros(2), T.ones(3, 1), T.ones(2))",
    "D.LowRankMultivariateNormal(T.zeros(2), T.ones(2, 1), T.ones(3))",
    "D.LowRankMultivariateNormal(T.zeros(3, 2), T.ones(4, 2, 1), T.ones(2))",
    "D.kl_divergence(D.MultivariateNormal(T.zeros(2), T.eye(2)),"
    " D.MultivariateNormal(T.zeros(3), T.eye(3)))",
    "D.Poisson(1.0).rsample()",
    "D.NegativeBinomial(-1.0, T.tensor(0.5))",
    "D.NegativeBinomial(1.0, T.tensor(1.0))",
    "D.Multinomial(2.0, T.ones(2))",
    "D.Multinomial(2, T.ones(2)).log_prob(T.tensor([2.0, 1.0]))",
    "D.Weibull(0.0, 1.0)",
    "D.HalfCauchy(-1.0)",
    "D.RelaxedBernoulli(T.tensor(0.5), 1.5)",
    "D.RelaxedOneHotCategorical(T.tensor(0.5))",
    "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(T.zeros(2), 1.0))",
    "D.MixtureSameFamily(D.Categorical(T.ones(2)), 3)",
    "D.MixtureSameFamily(D.Categorical(T.ones(2)), D.Normal(T.zeros(3), 1.0))",
    "D.MixtureSameFamily(D.Categorical(T.ones(4, 2)), D.Normal(T.zeros(3, 2), 1.0))",
    "D.MixtureSameFamily(D.Categorical(T.ones(2)), D.Poisson(T.ones(2))).log_prob(T.tensor(0.5))",
    "D.MixtureSameFamily(D.Categorical(T.ones(2)), D.Normal(T.zeros(2), 1.0)).entropy()",
    "D.MixtureSameFamily(D.Categorical(T.ones(2)), D.Normal(T.zeros(2), 1.0)).rsample()",
    "D.Normal(0.0, 1.0).enumerate_support()",
    "D.kl_divergence(D.Poisson(1.0), D.Normal(0.0, 1.0))",
    "D.kl_divergence(D.Binomial(2, T.tensor(0.5)), D.Binomial(3, T.tensor(0.5)))",
    "D.kl_divergence(D.Independent(D.Normal(T.zeros(2, 3), 1.0), 1),"
    " D.Independent(D.Normal(T.zeros(2, 3), 1.0), 2))",
    "D.Distribution.set_default_validate_args(2)",
    "D.ExpTransform(cache_size=2)",
    "D.ReshapeTransform((2,), (3,))",
    "D.transform_to(D.constraints.boolean)",
    "D.constraints.dependent.check(T.ones(2))",
    "D.constraints.dependent.event_dim",
]


@pytest.mark.parametrize("form", REFUSED)
def test_what_pytorch_refuses_is_refused(form: str) -> None:
    kinds = (ValueError, NotImplementedError, TypeError)
    with pytest.raises(kinds) as theirs:
        eval(form, {"T": torch, "D": torch.distributions})
    with pytest.raises(kinds) as ours:
        eval(form, {"T": mytorch, "D": mytorch.distributions})
    assert any(isinstance(theirs.value, k) and isinstance(ours.value, k) for k in kinds)


def test_values_that_the_batch_broadcasts_to() -> None:
    values = np.array([[0.5, 1.0], [2.0, -1.0], [0.0, 3.0]])
    ours, theirs = (made(library, "MultivariateNormal", 2)[0] for library in (mytorch, torch))
    assert ours.batch_shape == (1,)
    agree(lambda: ours.log_prob(Tensor(values)), lambda: theirs.log_prob(torch.tensor(values)))


def test_without_validation_anything_goes_through() -> None:
    for library in (torch, mytorch):
        zeros = leaf(library, np.zeros(1))
        normal = library.distributions.Normal(zeros, -1.0, validate_args=False)
        assert np.isnan(array(normal.log_prob(zeros))).all()
