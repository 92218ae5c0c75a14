"""Axes of a batch taken for axes of one event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import sum_rightmost
from mytorch.errors import ShapeError
from mytorch.tensor import Tensor

__all__ = ["Independent"]


class Independent(Distribution):
    """Another distribution, the last `reinterpreted_batch_ndims` axes of whose batch are axes of
    one event: their `log_prob` is added up.

    >>> from mytorch.distributions.normal import Normal
    >>> Independent(Normal(Tensor([0.0, 0.0]), 1.0), 1).log_prob(Tensor([0.0, 0.0]))
    tensor(-1.83787707)
    """

    arg_constraints: dict[str, Constraint] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ShapeError(
                f"Independent: expected at most {len(batch)} reinterpreted_batch_ndims for the "
                f"batch shape {batch}, got {reinterpreted_batch_ndims}"
            )
        cut = len(batch) - reinterpreted_batch_ndims
        self.base_dist, self.reinterpreted_batch_ndims = (
            base_distribution,
            reinterpreted_batch_ndims,
        )
        event = batch[cut:] + base_distribution.event_shape
        super().__init__(batch[:cut], event, validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        support, axes = self.base_dist.support, self.reinterpreted_batch_ndims
        return constraints.independent(support, axes) if axes else support

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Independent: the values of several axes are not enumerated")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
