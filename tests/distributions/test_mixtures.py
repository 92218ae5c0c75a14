"""Mixtures, against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from tests.distributions.examples import array, leaf
from tests.distributions.test_against_pytorch import agree

# Of numbers, of a batch, of vectors, of a batch of vectors, of counts.
FORMS = {
    "numbers": "D.MixtureSameFamily(D.Categorical(p[0]), D.Normal(x[0], s[0]))",
    "a batch": "D.MixtureSameFamily(D.Categorical(p), D.Normal(x, s))",
    "one choice for a batch": "D.MixtureSameFamily(D.Categorical(p[0]), D.Normal(x, s))",
    "vectors": "D.MixtureSameFamily(D.Categorical(logits=p[0]), D.Independent("
    "D.Normal(x.T, s.T), 1))",
    "correlated": "D.MixtureSameFamily(D.Categorical(p[:, 0]), D.MultivariateNormal("
    "x[:, :2], scale_tril=T.diag_embed(s[:, :2])))",
    "counts": "D.MixtureSameFamily(D.Categorical(p[1]), D.Poisson(s[1]))",
    "bounded": "D.MixtureSameFamily(D.Categorical(p[1]), D.Beta(s[0], s[1]))",
}
ARRAYS = {
    "p": np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]),
    "x": np.array([[-2.0, 0.5, 3.0], [1.0, -1.0, 0.0]]),
    "s": np.array([[0.5, 1.0, 2.0], [3.0, 0.7, 1.5]]),
}


def made(library: Any, form: str) -> tuple[Any, list[Any]]:
    leaves = {name: leaf(library, values) for name, values in ARRAYS.items()}
    space = {"T": library, "D": library.distributions, **leaves}
    return eval(FORMS[form], space), [*leaves.values()]


@pytest.mark.parametrize("form", FORMS)
def test_a_mixture_is_pytorchs(form: str) -> None:
    (ours, mine), (theirs, others) = made(mytorch, form), made(torch, form)
    assert ours.batch_shape == tuple(theirs.batch_shape)
    assert ours.event_shape == tuple(theirs.event_shape)
    assert ours.support.is_discrete == theirs.support.is_discrete
    assert ours.support.event_dim == theirs.support.event_dim
    for attribute in ("mean", "variance", "stddev"):
        agree(lambda a=attribute: getattr(ours, a), lambda a=attribute: getattr(theirs, a))
    mytorch.manual_seed(0)
    for shape in ((), (2, 5)):
        draws = ours.sample(shape)
        assert draws.shape == (*shape, *theirs.batch_shape, *theirs.event_shape)
        same = torch.tensor(draws.data.copy())
        agree(lambda x=draws: ours.log_prob(x), lambda x=same: theirs.log_prob(x))
        agree(lambda x=draws: ours.cdf(x), lambda x=same: theirs.cdf(x))
    found = mytorch.grad(ours.log_prob(draws).sum(), mine, allow_unused=True)
    expected = torch.autograd.grad(theirs.log_prob(same).sum(), others, allow_unused=True)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one.data, array(other), 1e-10, 1e-12)
    wider, expanded = ours.expand((4, *ours.batch_shape)), theirs.expand((4, *theirs.batch_shape))
    draws = wider.sample((3,))
    assert draws.shape == (3, 4, *ours.batch_shape, *ours.event_shape)
    agree(lambda: wider.log_prob(draws), lambda: expanded.log_prob(torch.tensor(draws.data.copy())))


def test_draws_of_a_mixture_have_its_mean_and_variance() -> None:
    mixture, _ = made(mytorch, "a batch")
    mytorch.manual_seed(1)
    draws = mixture.sample((20_000,)).data
    spread = np.sqrt(mixture.variance.data / 20_000)
    assert (np.abs(draws.mean(0) - mixture.mean.data) < 4.5 * spread).all()
    np.testing.assert_allclose(draws.var(0), mixture.variance.data, 0.05)
