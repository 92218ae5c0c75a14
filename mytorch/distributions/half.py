"""|x| of a variable x that is distributed alike on both sides of 0."""

from __future__ import annotations

from math import inf, log
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AbsTransform
from mytorch.ops import where, zeros_like
from mytorch.tensor import Tensor

__all__ = ["Half"]


class Half(TransformedDistribution):
    """|x| of a variable x of the distribution `whole`, which has the location 0 and a `scale`."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, whole: Any, validate_args: bool | None = None) -> None:
        super().__init__(whole, AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of the whole distribution."""
        return self.base_dist.scale  # type: ignore[no-any-return]

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

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
