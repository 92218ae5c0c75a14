"""The Cauchy distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log, nan, pi

from mytorch.distributions.location_scale import LocationScale
from mytorch.ops import atan, empty, full_like, tan
from mytorch.tensor import Tensor

__all__ = ["Cauchy"]


class Cauchy(LocationScale):
    """The ratio of two independent normal variables, times `scale` and plus `loc`; it has neither
    mean nor variance.

    >>> Cauchy(0.0, 1.0).log_prob(Tensor(0.0))
    tensor(-1.14472989)
    """

    @property
    def mean(self) -> Tensor:
        return full_like(self.loc, nan)

    @property
    def variance(self) -> Tensor:
        return full_like(self.loc, inf)

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        draws = empty(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + draws.cauchy_() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return -log(pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        self._validate(value)
        return atan((value - self.loc) / self.scale) / pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return tan(pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return log(4 * pi) + self.scale.log()
