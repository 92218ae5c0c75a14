"""The half-normal distribution."""

from __future__ import annotations

from math import inf, log, pi, sqrt
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.normal import Normal
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AbsTransform
from mytorch.ops import where, zeros_like
from mytorch.tensor import Tensor

__all__ = ["HalfNormal"]


class HalfNormal(TransformedDistribution):
    """|x| of a normal variable x of the mean 0 and the standard deviation `scale`.

    >>> HalfNormal(1.0).mean
    tensor(0.79788456)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0.0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the whole normal distribution."""
        return self.base_dist.scale  # type: ignore[no-any-return]

    @property
    def mean(self) -> Tensor:
        return self.scale * sqrt(2 / pi)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (1 - 2 / pi)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return where(value >= 0, self.base_dist.log_prob(value) + log(2), -inf)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate(value)
        return 2 * self.base_dist.cdf(value) - 1  # type: ignore[no-any-return]

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)  # type: ignore[no-any-return]

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - log(2)  # type: ignore[no-any-return]
