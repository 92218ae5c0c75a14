"""The half-Cauchy distribution."""

from __future__ import annotations

from math import inf, log
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.cauchy import Cauchy
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AbsTransform
from mytorch.ops import full_like, where, zeros_like
from mytorch.tensor import Tensor

__all__ = ["HalfCauchy"]


class HalfCauchy(TransformedDistribution):
    """|x| of a Cauchy variable x of the location 0 and the scale `scale`.

    >>> HalfCauchy(1.0).cdf(Tensor(1.0))
    tensor(0.5)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0.0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of the whole Cauchy distribution."""
        return self.base_dist.scale  # type: ignore[no-any-return]

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale, inf)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance  # type: ignore[no-any-return]

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
