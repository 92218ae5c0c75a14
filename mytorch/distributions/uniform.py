"""The uniform distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import broadcast_all
from mytorch.ops import full_like, rand
from mytorch.tensor import Tensor

__all__ = ["Uniform"]


class Uniform(Distribution):
    """All numbers from `low` up to `high`, which itself is not drawn.

    >>> Uniform(0.0, 4.0).log_prob(Tensor(1.0))
    tensor(-1.38629436)
    """

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        return {
            "low": constraints.less_than(self.high),
            "high": constraints.greater_than(self.low),
        }

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        return full_like(self.low, float("nan"))

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / 12**0.5

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        draws = rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + draws * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        inside = (self.low <= value) & (self.high > value)
        certain: Tensor = inside.to(self.low.dtype).log()
        return certain - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()
