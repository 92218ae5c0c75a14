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
from mytorch.distributions.gamma import Gamma
from mytorch.distributions.geometric import Geometric
from mytorch.distributions.gumbel import Gumbel
from mytorch.distributions.half_normal import HalfNormal
from mytorch.distributions.independent import Independent
from mytorch.distributions.kl import kl_divergence, register_kl
from mytorch.distributions.laplace import Laplace
from mytorch.distributions.log_normal import LogNormal
from mytorch.distributions.multivariate_normal import MultivariateNormal
from mytorch.distributions.normal import Normal
from mytorch.distributions.one_hot_categorical import (
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from mytorch.distributions.poisson import Poisson
from mytorch.distributions.studentT import StudentT
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import *
from mytorch.distributions.uniform import Uniform

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
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Independent",
    "Laplace",
    "LogNormal",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Poisson",
    "StudentT",
    "TransformedDistribution",
    "Uniform",
    "biject_to",
    "constraints",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]
__all__ += transforms.__all__
