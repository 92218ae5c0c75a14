"""Transforms against PyTorch's, and what is made of them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.distributions import (
    AffineTransform,
    ComposeTransform,
    Distribution,
    ExpTransform,
    Normal,
    TransformedDistribution,
    constraints,
    kl,
    kl_divergence,
    register_kl,
)
from tests.distributions.examples import array, leaf

TRANSFORMS = [
    "D.ExpTransform()",
    "D.ExpTransform().inv",
    "D.SigmoidTransform()",
    "D.SigmoidTransform().inv",
    "D.TanhTransform()",
    "D.SoftplusTransform()",
    "D.AbsTransform()",
    "D.PowerTransform(2.5)",
    "D.PowerTransform(T.tensor([0.5, -1.0, 3.0]))",
    "D.AffineTransform(1.0, -2.0)",
    "D.AffineTransform(T.tensor([1.0, 2.0, 3.0]), T.tensor([[2.0, 0.5, -3.0]]), event_dim=1)",
    "D.SoftmaxTransform()",
    "D.StickBreakingTransform()",
    "D.LowerCholeskyTransform()",
    "D.ReshapeTransform((2, 3), (6,))",
    "D.IndependentTransform(D.ExpTransform(), 1)",
    "D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.SigmoidTransform()])",
    "D.ComposeTransform([D.ExpTransform(), D.StickBreakingTransform()])",
    "D.ComposeTransform([D.ReshapeTransform((2, 3), (6,)), D.StickBreakingTransform()])",
    "D.ComposeTransform([D.AffineTransform(0.0, 0.1), D.TanhTransform()], cache_size=1).inv",
    "D.identity_transform",
    "D.transform_to(D.constraints.positive)",
    "D.transform_to(D.constraints.greater_than(2.0))",
    "D.biject_to(D.constraints.less_than(2.0))",
    "D.biject_to(D.constraints.interval(-1.0, 3.0))",
    "D.transform_to(D.constraints.simplex)",
    "D.biject_to(D.constraints.simplex)",
    "D.transform_to(D.constraints.lower_cholesky)",
    "D.biject_to(D.constraints.independent(D.constraints.positive, 1))",
    "D.biject_to(D.constraints.real)",
]
each_form = pytest.mark.parametrize("form", TRANSFORMS)


def both(form: str) -> list[Any]:
    return [eval(form, {"T": lib, "D": lib.distributions}) for lib in (mytorch, torch)]


@each_form
def test_values_inverses_jacobians_and_shapes(form: str) -> None:
    ours, theirs = both(form)
    x = np.random.default_rng(0).uniform(0.1, 0.9, (3, 3) if "Cholesky" in form else (2, 3))
    if "cholesky" in form:
        x = np.random.default_rng(0).uniform(0.1, 0.9, (3, 3))
    if "Reshape" in form:
        x = np.random.default_rng(0).uniform(0.1, 0.9, (4, 2, 3))
    mine, others = leaf(mytorch, x), leaf(torch, x)
    y, expected = ours(mine), theirs(others)
    np.testing.assert_allclose(array(y), array(expected), 1e-12, 1e-13)
    back, wanted = ours.inv(y), theirs.inv(expected)
    np.testing.assert_allclose(array(back), array(wanted), 1e-9)
    assert ours.bijective == theirs.bijective
    for side in ("domain", "codomain"):
        one, other = getattr(ours, side), getattr(theirs, side)
        assert one.event_dim == other.event_dim
        assert bool(one.check(mine if side == "domain" else y).all())
    assert ours.forward_shape(x.shape) == tuple(theirs.forward_shape(torch.Size(x.shape)))
    assert ours.inverse_shape(y.shape) == tuple(theirs.inverse_shape(expected.shape))
    try:
        jacobian = theirs.log_abs_det_jacobian(others, expected)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            ours.log_abs_det_jacobian(mine, y)
    else:
        found = ours.log_abs_det_jacobian(mine, y)
        np.testing.assert_allclose(array(found), array(jacobian), 1e-10, 1e-12)
        if found.requires_grad:
            (slope,) = mytorch.grad(found.sum(), [mine])
            (other,) = torch.autograd.grad(jacobian.sum(), [others])
            np.testing.assert_allclose(slope.data, other.numpy(), 1e-9, 1e-12)
    try:
        sign = theirs.sign
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            _ = ours.sign
    else:
        np.testing.assert_array_equal(np.asarray(ours.sign), np.asarray(sign))


@each_form
def test_equality_is_pytorchs(form: str) -> None:
    (ours, theirs), (again, other) = both(form), both(form)
    assert (ours == again) == (theirs == other)
    assert ours.inv.inv is ours
    assert (ours == ExpTransform()) == (theirs == torch.distributions.ExpTransform())
    assert repr(ours).split("(")[0] == repr(theirs).split("(")[0]


def test_a_cache_gives_back_what_a_result_was_made_of() -> None:
    x = Tensor([-50.0, 50.0])
    plain = mytorch.distributions.SigmoidTransform()
    cached = plain.with_cache()
    assert cached.inv(cached(x)) is x
    assert plain.inv(plain(x)) is not x
    assert cached.with_cache() is cached
    assert plain.with_cache(0) is plain
    assert pickle.loads(pickle.dumps(plain)) == plain
    both = ComposeTransform([AffineTransform(0.0, 2.0), plain], cache_size=1)
    np.testing.assert_array_equal(both.inv(both(x)).data, x.data)
    assert cached.inv.with_cache(0).inv == plain


DISTRIBUTIONS = [
    "D.TransformedDistribution(D.Normal(T.zeros(3), 1.0), D.ExpTransform())",
    "D.TransformedDistribution(D.Normal(T.zeros(3), 1.0), D.StickBreakingTransform())",
    "D.TransformedDistribution(D.Normal(T.zeros(2, 4), 1.0), [D.ReshapeTransform((4,), (2, 2))])",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(T.zeros(3), T.ones(2, 1)))",
    "D.TransformedDistribution(D.Uniform(0.0, 1.0), [D.SigmoidTransform().inv,"
    " D.AffineTransform(1.0, -2.0)])",
    "D.TransformedDistribution(D.Independent(D.Normal(T.zeros(2, 3), 1.0), 1),"
    " [D.AffineTransform(1.0, 2.0), D.TanhTransform(cache_size=1)])",
    "D.TransformedDistribution(D.Gamma(2.0, T.ones(2)), D.PowerTransform(-1.0))",
    "D.TransformedDistribution(D.Normal(T.zeros(3), 1.0), [])",
    "D.Independent(D.Normal(T.zeros(2, 3), T.ones(3)), 1)",
    "D.Independent(D.Bernoulli(T.full((2, 3), 0.3)), 2)",
    "D.Independent(D.Categorical(T.ones(2, 3)), 0)",
]


@pytest.mark.parametrize("form", DISTRIBUTIONS)
def test_distributions_that_are_made_of_others(form: str) -> None:
    ours, theirs = both(form)
    assert ours.batch_shape == tuple(theirs.batch_shape)
    assert ours.event_shape == tuple(theirs.event_shape)
    assert ours.has_rsample == theirs.has_rsample
    assert ours.has_enumerate_support == theirs.has_enumerate_support
    assert ours.support.event_dim == theirs.support.event_dim
    mytorch.manual_seed(0)
    wider = ours.expand((2, *ours.batch_shape))
    other = theirs.expand((2, *theirs.batch_shape))
    for mine, expected in ((ours, theirs), (wider, other)):
        draws = mine.sample((4,))
        assert draws.shape == tuple(expected.sample((4,)).shape)
        same = torch.tensor(draws.data.copy())
        found = mine.log_prob(draws)
        np.testing.assert_allclose(found.data, expected.log_prob(same).numpy(), 1e-10, 1e-12)
    for method in ("entropy", "cdf", "icdf", "enumerate_support"):
        given = () if method in ("entropy", "enumerate_support") else (0.3,)
        value = [library.full(ours.event_shape, *given) for library in (mytorch, torch) if given]
        try:
            expected = getattr(theirs, method)(*value[1:])
        except NotImplementedError:
            with pytest.raises(NotImplementedError):
                getattr(ours, method)(*value[:1])
        else:
            found = getattr(ours, method)(*value[:1])
            np.testing.assert_allclose(found.data, expected.numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize(
    "form",
    [
        "D.Independent(D.Normal({} * T.ones(2, 3), 1.0), 1)",
        "D.Independent(D.Normal({} * T.ones(2, 3), 1.0), 2)",
        "D.TransformedDistribution(D.Normal({} * T.ones(2), 1.0), [D.PowerTransform(2)])",
    ],
)
def test_divergences_of_those_that_are_made_of_others(form: str) -> None:
    (p, mine), (q, other) = both(form.format(0.5)), both(form.format(-2.0))
    expected = torch.distributions.kl_divergence(mine, other)
    np.testing.assert_allclose(kl_divergence(p, q).data, expected.numpy(), 1e-12)


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        (DISTRIBUTIONS[:2], "the same transforms"),
        (DISTRIBUTIONS[-2:], "as many reinterpreted_batch_ndims of both, got 2 and 0"),
    ],
)
def test_divergences_of_those_that_are_made_in_other_ways(forms: list[str], said: str) -> None:
    with pytest.raises(NotImplementedError, match=said):
        kl_divergence(*(both(form)[0] for form in forms))


def test_gumbel_draws_are_finite_at_the_ends_of_their_base() -> None:
    for kind in (np.float32, np.float64):
        gumbel = mytorch.distributions.Gumbel(Tensor(np.zeros(1, kind)), 1.0)
        for end in (gumbel.base_dist.low, gumbel.base_dist.high):
            for transform in gumbel.transforms:
                end = transform(end)
            assert np.isfinite(end.data).all()


def test_transforms_for_constraints_of_the_users_own() -> None:
    class Even(constraints.Constraint):
        pass

    registry = mytorch.distributions.constraint_registry.ConstraintRegistry()

    @registry.register(Even)
    def transform(constraint: Even) -> Any:
        return AffineTransform(0.0, 2.0)

    assert registry(Even()) == transform(Even())
    registry.register(constraints.real, lambda _: ExpTransform())
    assert registry(constraints.real) == ExpTransform()
    with pytest.raises(NotImplementedError, match=r"no transform is registered.*register one"):
        registry(constraints.boolean)
    with pytest.raises(TypeError, match="expected a constraint or a class of some, got 1"):
        registry.register(1, transform)


def test_a_flow_of_the_users_own() -> None:
    class Shift(mytorch.distributions.Transform):
        domain = constraints.real
        codomain = constraints.real
        bijective = True
        sign = +1

        def __init__(self, by: Tensor) -> None:
            super().__init__()
            self.by = by

        def _call(self, x: Tensor) -> Tensor:
            return x + self.by

        def _inverse(self, y: Tensor) -> Tensor:
            return y - self.by

        def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
            return mytorch.zeros_like(x)

    by = Tensor(3.0, requires_grad=True)
    flow = TransformedDistribution(Normal(0.0, 1.0), [Shift(by)])
    value = Tensor(2.0)
    assert flow.log_prob(value).item() == Normal(3.0, 1.0).log_prob(value).item()
    flow.rsample().backward()
    assert by.grad.item() == 1


def test_a_distribution_of_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kl, "_FORMULAS", dict(kl._FORMULAS))

    class Constant(Distribution):
        arg_constraints = {"value": constraints.real}  # noqa: RUF012 (as users write it)
        support = constraints.real

        def __init__(self, value: Tensor, validate_args: bool | None = None) -> None:
            self.value = value
            super().__init__(value.shape, validate_args=validate_args)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Constant, _instance)
            new.value = self.value.expand(batch_shape)
            super(Constant, new).__init__(batch_shape, validate_args=False)
            return new

        def rsample(self, sample_shape: Any = ()) -> Tensor:
            return self.value.expand(self._extended_shape(sample_shape))

    constant = Constant(Tensor([1.0, 2.0]))
    assert constant.expand((3, 2)).sample((4,)).shape == (4, 3, 2)
    assert repr(constant) == "Constant(value: (2,))"
    with pytest.raises(NotImplementedError, match="no log_prob"):
        constant.log_prob(Tensor(1.0))
    with pytest.raises(NotImplementedError, match="register_kl"):
        kl_divergence(constant, constant)
    with pytest.raises(TypeError, match="subclasses of Distribution"):
        register_kl(int, Constant)

    class Whole(Constant):
        pass

    register_kl(Constant, Whole)(lambda p, q: 1)
    register_kl(Constant, Constant)(lambda p, q: 2)
    whole = Whole(Tensor([1.0]))
    assert (kl_divergence(whole, constant), kl_divergence(whole, whole)) == (2, 1)
    register_kl(Whole, Constant)(lambda p, q: 3)
    with pytest.warns(RuntimeWarning, match="as near"):
        kl_divergence(whole, whole)

    class Bare(Distribution):
        pass

    with pytest.warns(UserWarning, match="arg_constraints"):
        bare = Bare()
    with pytest.warns(UserWarning, match="support"):
        bare._validate(Tensor(1.0))


CONSTRAINTS = [
    ("boolean", [0.0, 1.0, 0.5]),
    ("positive", [0.0, 1.0, -1.0]),
    ("nonnegative", [0.0, 1.0, -1.0]),
    ("real", [0.0, float("inf"), float("nan")]),
    ("unit_interval", [0.0, 1.0, 1.5]),
    ("nonnegative_integer", [0.0, 1.5, -1.0]),
    ("positive_integer", [0.0, 1.0, 1.5]),
    ("integer_interval(0, 2)", [0.0, 1.5, 3.0]),
    ("half_open_interval(0.0, 1.0)", [0.0, 1.0, 0.5]),
    ("less_than(1.0)", [0.0, 1.0, 2.0]),
    ("greater_than_eq(1.0)", [0.0, 1.0, 2.0]),
    ("one_hot", [[0.0, 1.0], [1.0, 1.0]]),
    ("simplex", [[0.5, 0.5], [0.5, 0.6], [1.5, -0.5]]),
    ("real_vector", [[0.0, 1.0], [0.0, float("nan")]]),
    ("lower_triangular", [[[1.0, 0.0], [2.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]),
    ("lower_cholesky", [[[1.0, 0.0], [2.0, 1.0]], [[0.0, 0.0], [2.0, 1.0]]]),
    ("square", [[1.0, 2.0], [2.0, 1.0]]),
    ("symmetric", [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 2.0], [3.0, 1.0]]]),
    ("symmetric", [[1.0, 2.0, 3.0]]),
    ("positive_definite", [[1.0, 0.5], [0.5, 1.0]]),
    ("positive_definite", [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]),
    ("positive_definite", [[[1.0, 2.0], [3.0, 1.0]]]),
]


@pytest.mark.parametrize(("form", "value"), CONSTRAINTS)
def test_constraints(form: str, value: Any) -> None:
    ours, theirs = both(f"D.constraints.{form}")
    found, expected = ours.check(Tensor(value)), theirs.check(torch.tensor(value))
    np.testing.assert_array_equal(found.data, expected.numpy())
    assert repr(ours) == repr(theirs)
    assert ours.is_discrete == theirs.is_discrete
    assert ours.event_dim == theirs.event_dim


def test_dependent_constraints_are_known_from_instances() -> None:
    assert constraints.is_dependent(mytorch.distributions.Uniform.support)
    assert not constraints.is_dependent(mytorch.distributions.Uniform(0.0, 1.0).support)
    assert constraints.dependent(event_dim=2).event_dim == 2
    assert mytorch.distributions.Uniform.support.event_dim == 0
    with pytest.raises(ValueError, match="at least 1 axes"):
        constraints.real_vector.check(Tensor(1.0))
