"""The logistic-normal distribution."""

from __future__ import annotations

from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.normal import Normal
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import StickBreakingTransform
from mytorch.tensor import Tensor

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """Vectors of shares, of which each breaks off a part of what is left of a stick, as the logits
    say, which are normal variables: one share more than there are of these.

    >>> LogisticNormal(Tensor([0.0, 0.0]), Tensor([1.0, 1.0])).sample().shape
    (3,)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The means of the logits."""
        return self.base_dist.base_dist.loc  # type: ignore[no-any-return]

    @property
    def scale(self) -> Tensor:
        """The standard deviations of the logits."""
        return self.base_dist.base_dist.scale  # type: ignore[no-any-return]
