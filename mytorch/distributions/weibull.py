"""The Weibull distribution."""

from __future__ import annotations

from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.exponential import Exponential
from mytorch.distributions.gumbel import EULER
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AffineTransform, PowerTransform
from mytorch.distributions.utils import broadcast_all
from mytorch.ops import lgamma, ones_like
from mytorch.tensor import Tensor

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """scale * x ** (1 / concentration) of an exponential variable x of the rate 1.

    >>> Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        transforms = [
            PowerTransform(self.concentration_reciprocal),
            AffineTransform(0, self.scale),
        ]
        super().__init__(Exponential(ones_like(self.scale)), transforms, validate_args)

    def _moment(self, order: int) -> Tensor:
        """The mean of (x / scale) ** order."""
        return lgamma(1 + order * self.concentration_reciprocal).exp()

    @property
    def mean(self) -> Tensor:
        return self.scale * self._moment(1)

    @property
    def mode(self) -> Tensor:
        share = (self.concentration - 1) / self.concentration
        return self.scale * share**self.concentration_reciprocal

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (self._moment(2) - self._moment(1) ** 2)

    def entropy(self) -> Tensor:
        one_over = self.concentration_reciprocal
        return EULER * (1 - one_over) + (self.scale * one_over).log() + 1
