"""The Kumaraswamy distribution."""

from __future__ import annotations

from math import nan
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.gumbel import EULER
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AffineTransform, PowerTransform
from mytorch.distributions.uniform import Uniform
from mytorch.distributions.utils import broadcast_all
from mytorch.ops import digamma, lgamma, ones_like, where, zeros_like
from mytorch.tensor import Tensor

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """(1 - u ** (1 / concentration0)) ** (1 / concentration1) of a uniform variable u.

    >>> Kumaraswamy(1.0, 1.0).mean
    tensor(0.5)
    """

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        zeros, ones = zeros_like(self.concentration0), ones_like(self.concentration0)
        transforms = [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(1.0, -1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]
        super().__init__(Uniform(zeros, ones, validate_args), transforms, validate_args)

    def _moment(self, order: int) -> Tensor:
        """The mean of x ** order."""
        a, b = 1 + order / self.concentration1, self.concentration0
        return (b.log() + lgamma(a) + lgamma(b) - lgamma(a + b)).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        found = ((-b).log1p() / b - (-b * a).log1p()).exp()
        return where((b < 1) | (a < 1), nan, found)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1) ** 2

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        mean = (1 - 1 / b) + (1 - 1 / a) * (digamma(b + 1) + EULER)
        return mean - a.log() - b.log()
