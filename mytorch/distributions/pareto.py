"""The Pareto distribution."""

from __future__ import annotations

from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.exponential import Exponential
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AffineTransform, ExpTransform
from mytorch.distributions.utils import broadcast_all
from mytorch.tensor import Tensor

__all__ = ["Pareto"]


class Pareto(TransformedDistribution):
    """scale * exp(x) of an exponential variable x of the rate `alpha`: numbers of at least `scale`,
    of which few are large. The mean is infinite for an alpha of at most 1, the variance for one of
    at most 2.

    >>> Pareto(1.0, 3.0).mean
    tensor(1.5)
    """

    arg_constraints = {"scale": constraints.positive, "alpha": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args)
        super().__init__(base, [ExpTransform(), AffineTransform(0, self.scale)], validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + 1 + self.alpha.reciprocal()
