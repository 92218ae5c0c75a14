"""The Kullback-Leibler divergence, by a table of pairs."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, pi, sqrt
from typing import Any, TypeAlias, TypeVar
from warnings import warn

from mytorch.distributions.bernoulli import Bernoulli
from mytorch.distributions.beta import Beta
from mytorch.distributions.binomial import Binomial
from mytorch.distributions.categorical import Categorical
from mytorch.distributions.cauchy import Cauchy
from mytorch.distributions.dirichlet import Dirichlet
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.exponential import Exponential
from mytorch.distributions.gamma import Gamma
from mytorch.distributions.geometric import Geometric
from mytorch.distributions.gumbel import EULER, Gumbel
from mytorch.distributions.half_normal import HalfNormal
from mytorch.distributions.independent import Independent
from mytorch.distributions.laplace import Laplace
from mytorch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from mytorch.distributions.multivariate_normal import (
    MultivariateNormal,
    half_log_det,
    squared_distance,
)
from mytorch.distributions.normal import Normal
from mytorch.distributions.one_hot_categorical import OneHotCategorical
from mytorch.distributions.pareto import Pareto
from mytorch.distributions.poisson import Poisson
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.uniform import Uniform
from mytorch.distributions.utils import sum_rightmost
from mytorch.errors import ShapeError
from mytorch.linalg import solve_triangular
from mytorch.nn.functional import softplus
from mytorch.ops import broadcast_tensors, digamma, erf, full_like, lgamma, where, xlogy
from mytorch.tensor import Tensor

__all__ = ["kl_divergence", "register_kl"]

Formula = TypeVar("Formula", bound=Callable[[Any, Any], Tensor])
_FORMULAS: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator: the function of two distributions is their `kl_divergence` from now on, if they
    are of these classes or of subclasses that have no nearer function.

    Raises TypeError for what is no class of distributions.
    """
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: expected subclasses of Distribution, got {kind!r}")

    def register(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The mean of log p(x) - log q(x) over x drawn from p, of the shape of the batch.

    Raises NotImplementedError for a pair of classes without a formula: see `register_kl`.

    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
    tensor(0.5)
    """
    return _formula(type(p), type(q))(p, q)


def _formula(p: type, q: type) -> Callable[[Any, Any], Tensor]:
    """The function of the nearest classes: nearest in p first, and in q first; if these differ, a
    warning."""
    places = {
        (p.__mro__.index(a), q.__mro__.index(b)): formula
        for (a, b), formula in _FORMULAS.items()
        if issubclass(p, a) and issubclass(q, b)
    }
    if not places:
        raise NotImplementedError(
            f"kl_divergence: no formula for {p.__name__} and {q.__name__}; write one with "
            f"@register_kl({p.__name__}, {q.__name__}), or average p.log_prob(x) - q.log_prob(x) "
            "over x = p.rsample(...)"
        )
    formula = places[min(places)]
    if formula is not places[min(places, key=lambda place: place[::-1])]:
        warn(
            f"kl_divergence: two formulas are as near to {p.__name__} and {q.__name__}; register "
            "one for these",
            RuntimeWarning,
            stacklevel=3,
        )
    return formula


def _infinite(*pairs: tuple[type, type]) -> None:
    """Pairs of which the first has values that the second has not."""

    def formula(p: Distribution, q: Distribution) -> Tensor:
        return full_like(p.mean + q.mean, inf)

    for pair in pairs:
        register_kl(*pair)(formula)


_infinite(
    *((Exponential, other) for other in (Beta, Pareto, Uniform)),
    *((Gamma, other) for other in (Beta, Pareto, Uniform)),
    *((p, q) for p in (Gumbel, Laplace, Normal) for q in (Beta, Exponential, Gamma)),
    *((p, q) for p in (Gumbel, Laplace, Normal) for q in (Pareto, Uniform)),
    *((Pareto, other) for other in (Beta, Uniform)),
    (Beta, Pareto),
    *((Poisson, other) for other in (Bernoulli, Binomial)),
)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    def part(share: Tensor, other: Tensor, sign: int) -> Tensor:
        found = share * (softplus(-sign * q.logits) - softplus(-sign * p.logits))
        return where(share == 0, 0.0, where(other == 0, inf, found))

    return part(p.probs, q.probs, 1) + part(1 - p.probs, 1 - q.probs, -1)


@register_kl(Beta, Beta)
def _beta_beta(p: Beta, q: Beta) -> Tensor:
    return _dirichlet_dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Binomial, Binomial)
def _binomial_binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "kl_divergence: binomials of which the second has more trials have no formula"
        )
    logs = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return where(p.total_count > q.total_count, inf, p.total_count * logs)


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    found = p.probs * (p.logits - q.logits)
    found = where(p.probs == 0, 0.0, where(q.probs == 0, inf, found))
    return found.sum(-1)


@register_kl(Cauchy, Cauchy)
def _cauchy_cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    square = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return square.log() - (4 * p.scale * q.scale).log()


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical_categorical(p._categorical, q._categorical)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    difference = p.concentration - q.concentration
    total: Tensor = p.concentration.sum(-1, keepdim=True)
    expected = (difference * (digamma(p.concentration) - digamma(total))).sum(-1)
    return q._log_normalizer() - p._log_normalizer() + expected


@register_kl(Exponential, Exponential)
def _exponential_exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Gamma, Gamma)
def _gamma_gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    scales = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return scales + lgamma(b) - lgamma(a) + (a - b) * digamma(a)


@register_kl(Geometric, Geometric)
def _geometric_geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Gumbel, Gumbel)
def _gumbel_gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
    rest = (lgamma(1 + ratio) - distance).exp()
    return -ratio.log() + distance + ratio * EULER + rest - (1 + EULER)


@register_kl(HalfNormal, HalfNormal)
def _half_normal_half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal_normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace_laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


AnyNormal: TypeAlias = MultivariateNormal | LowRankMultivariateNormal


def _require_one_size(p: AnyNormal, q: AnyNormal) -> None:
    if p.event_shape != q.event_shape:
        raise ShapeError(
            "kl_divergence: expected normal distributions of vectors of one size, got event shapes "
            f"{p.event_shape} and {q.event_shape}"
        )


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_multivariate(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    _require_one_size(p, q)
    factor, other = broadcast_tensors(q.scale_tril, p.scale_tril)
    spread = (solve_triangular(factor, other, upper=False) ** 2).sum((-2, -1))
    distance = squared_distance(q.scale_tril, q.loc - p.loc)
    logs = half_log_det(q.scale_tril) - half_log_det(p.scale_tril)
    return logs + 0.5 * (spread + distance - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _vectors_vectors(p: AnyNormal, q: AnyNormal) -> Tensor:
    _require_one_size(p, q)
    root = p._root() if isinstance(p, LowRankMultivariateNormal) else p.scale_tril
    shape = (p.mean + q.mean).shape
    columns = root.expand(*shape, -1).movedim(-1, 0)
    spread = _squared_distance(q, columns).sum(0) + _squared_distance(q, q.loc - p.loc)
    return _half_log_det(q) - _half_log_det(p) + 0.5 * (spread - shape[-1])


def _squared_distance(q: AnyNormal, difference: Tensor) -> Tensor:
    if isinstance(q, LowRankMultivariateNormal):
        return q._squared_distance(difference)
    return squared_distance(q.scale_tril, difference)


def _half_log_det(p: AnyNormal) -> Tensor:
    if isinstance(p, LowRankMultivariateNormal):
        return p._half_log_det()
    return half_log_det(p.scale_tril)


@register_kl(Normal, Normal)
def _normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(Pareto, Pareto)
def _pareto_pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    found = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, inf, found)


@register_kl(Poisson, Poisson)
def _poisson_poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Uniform, Uniform)
def _uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), inf, found)


@register_kl(Independent, Independent)
def _independent_independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "kl_divergence: expected as many reinterpreted_batch_ndims of both, got "
            f"{p.reinterpreted_batch_ndims} and {q.reinterpreted_batch_ndims}"
        )
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            "kl_divergence: of transformed distributions it is known where both have the same "
            "transforms and the same event_shape"
        )
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


# Where q is normal, gamma or exponential, the mean of its log_prob over p takes but moments of p.


def _to_normal(p: Distribution, q: Normal) -> Tensor:
    square = p.variance + (p.mean - q.loc) ** 2
    return -p.entropy() + q.scale.log() + log(2 * pi) / 2 + square / (2 * q.scale**2)


for _other in (Beta, Exponential, Gamma, Gumbel, Laplace, Uniform):
    register_kl(_other, Normal)(_to_normal)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Pareto, q: Normal) -> Tensor:
    return where(p.alpha <= 2, inf, _to_normal(p, q))


def _to_gamma(p: Any, q: Gamma, mean_logarithm: Tensor) -> Tensor:
    weight = lgamma(q.concentration) - q.concentration * q.rate.log()
    rest: Tensor = q.rate * p.mean - p.entropy()
    return rest + weight - (q.concentration - 1) * mean_logarithm


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    one = p.concentration1
    return _to_gamma(p, q, digamma(one) - digamma(one + p.concentration0))


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    return _to_gamma(p, q, -p.rate.log() - EULER)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    found = _to_gamma(p, q, p.scale.log() + p.alpha.reciprocal())
    return where(p.alpha <= 1, inf, found)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    return where(p.low < 0, inf, _to_gamma(p, q, _mean_logarithm(p.low, p.high)))


def _mean_logarithm(low: Tensor, high: Tensor) -> Tensor:
    """That of numbers which lie evenly between two."""
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


def _to_exponential(p: Distribution, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


for _other in (Beta, Gamma):
    register_kl(_other, Exponential)(_to_exponential)


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Pareto, q: Exponential) -> Tensor:
    return where(p.alpha <= 1, inf, _to_exponential(p, q))


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    return where(p.low < 0, inf, _to_exponential(p, q))


@register_kl(Beta, Uniform)
def _beta_uniform(p: Beta, q: Uniform) -> Tensor:
    found = -p.entropy() + (q.high - q.low).log()
    return where((q.low > 0) | (q.high < 1), inf, found)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    logs = q.alpha.log() + q.alpha * q.scale.log()
    found = (q.alpha + 1) * _mean_logarithm(p.low, p.high) - p.entropy() - logs
    return where(p.low < q.scale, inf, found)


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    one, zero = q.concentration1, q.concentration0
    logs = (one - 1) * _mean_logarithm(p.low, p.high)
    logs = logs + (zero - 1) * _mean_logarithm(1 - p.high, 1 - p.low)
    found = q._dirichlet._log_normalizer() - p.entropy() - logs
    return where((p.high > 1) | (p.low < 0), inf, found)


def _to_gumbel(p: Distribution, q: Gumbel, mean_exponential: Tensor) -> Tensor:
    """`mean_exponential`: the mean of exp(-x / q.scale)."""
    rest = (q.loc / q.scale).exp() * mean_exponential
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) / q.scale + rest


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product = p.rate * q.scale
    return _to_gumbel(p, q, product / (product + 1))


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    return _to_gumbel(p, q, (1 + 1 / (p.rate * q.scale)) ** -p.concentration)


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    return _to_gumbel(p, q, (0.5 * (p.scale / q.scale) ** 2 - p.loc / q.scale).exp())


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    share = q.scale / (p.high - p.low)
    return _to_gumbel(p, q, share * ((-p.low / q.scale).exp() - (-p.high / q.scale).exp()))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    distance = (p.loc - q.loc) / p.scale
    away = sqrt(2 / pi) * (-0.5 * distance**2).exp() + distance * erf(sqrt(0.5) * distance)
    return -p.entropy() + (2 * q.scale).log() + p.scale * away / q.scale
