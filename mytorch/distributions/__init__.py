"""Probability distributions, by PyTorch's names in `torch.distributions`.

A distribution holds its parameters as tensors, so `log_prob`, `entropy`, `rsample` and
`kl_divergence` have gradients by them. Draws come from the global generator, which
`mytorch.manual_seed` seeds; they are not PyTorch's numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.distributions import constraints, transforms
from mytorch.distributions.bernoulli import Bernoulli
from mytorch.distributions.beta import Beta
from mytorch.distributions.binomial import Binomial
from mytorch.distributions.categorical import Categorical
from mytorch.distributions.cauchy import Cauchy
from mytorch.distributions.chi2 import Chi2
from mytorch.distributions.constraint_registry import biject_to, transform_to
from mytorch.distributions.dirichlet import Dirichlet
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.exponential import Exponential
from mytorch.distributions.fishersnedecor import FisherSnedecor
from mytorch.distributions.gamma import Gamma
from mytorch.distributions.geometric import Geometric
from mytorch.distributions.gumbel import Gumbel
from mytorch.distributions.half_cauchy import HalfCauchy
from mytorch.distributions.half_normal import HalfNormal
from mytorch.distributions.independent import Independent
from mytorch.distributions.inverse_gamma import InverseGamma
from mytorch.distributions.kl import kl_divergence, register_kl
from mytorch.distributions.kumaraswamy import Kumaraswamy
from mytorch.distributions.laplace import Laplace
from mytorch.distributions.log_normal import LogNormal
from mytorch.distributions.logistic_normal import LogisticNormal
from mytorch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from mytorch.distributions.mixture_same_family import MixtureSameFamily
from mytorch.distributions.multinomial import Multinomial
from mytorch.distributions.multivariate_normal import MultivariateNormal
from mytorch.distributions.negative_binomial import NegativeBinomial
from mytorch.distributions.normal import Normal
from mytorch.distributions.one_hot_categorical import (
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from mytorch.distributions.pareto import Pareto
from mytorch.distributions.poisson import Poisson
from mytorch.distributions.relaxed_bernoulli import RelaxedBernoulli
from mytorch.distributions.relaxed_categorical import RelaxedOneHotCategorical
from mytorch.distributions.studentT import StudentT
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import *
from mytorch.distributions.uniform import Uniform
from mytorch.distributions.weibull import Weibull

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "FisherSnedecor",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Kumaraswamy",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "StudentT",
    "TransformedDistribution",
    "Uniform",
    "Weibull",
    "biject_to",
    "constraints",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]
__all__ += transforms.__all__
