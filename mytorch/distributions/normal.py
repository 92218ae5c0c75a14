"""The normal distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import log, pi

from mytorch.distributions.location_scale import LocationScale
from mytorch.ops import randn
from mytorch.special import ndtr, ndtri
from mytorch.tensor import Tensor

__all__ = ["Normal"]


class Normal(LocationScale):
    """N(loc, scale**2).

    >>> Normal(0.0, Tensor([1.0, 2.0])).log_prob(Tensor(0.0))
    tensor([-0.91893853, -1.61208571])
    """

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        return self.loc + self.scale * randn(
            self._extended_shape(sample_shape), dtype=self.loc.dtype
        )

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return -(((value - self.loc) / self.scale) ** 2) / 2 - self.scale.log() - log(2 * pi) / 2

    def cdf(self, value: Tensor) -> Tensor:
        self._validate(value)
        return ndtr((value - self.loc) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * ndtri(value)

    def entropy(self) -> Tensor:
        return (log(2 * pi) + 1) / 2 + self.scale.log()
