"""Distributions on the way between draws with a gradient and those of a discrete distribution."""

from __future__ import annotations

from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.tensor import Tensor

__all__ = ["Relaxed"]


class Relaxed(TransformedDistribution):
    """A distribution with a temperature: the lower it is, the nearer are draws to those of the
    discrete distribution of the same probabilities. Its base has the parameters."""

    has_rsample = True

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature  # type: ignore[no-any-return]

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities; of one probability, its log odds."""
        return self.base_dist.logits  # type: ignore[no-any-return]

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs  # type: ignore[no-any-return]
