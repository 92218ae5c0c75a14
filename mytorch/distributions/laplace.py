"""The Laplace distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np

from mytorch.distributions.location_scale import LocationScale
from mytorch.ops import empty
from mytorch.tensor import Tensor

__all__ = ["Laplace"]


class Laplace(LocationScale):
    """The density exp(-|x - loc| / scale) / (2 scale).

    >>> Laplace(0.0, 1.0).log_prob(Tensor([0.0, -2.0]))
    tensor([-0.69314718, -2.69314718])
    """

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        return sqrt(2) * self.scale

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        dtype = self.loc.dtype
        draws = empty(self._extended_shape(sample_shape), dtype=dtype)
        # Not -1, whose logarithm below would be infinite.
        draws.uniform_(float(np.finfo(dtype).eps) - 1, 1)
        return self.loc - self.scale * draws.sign() * (-draws.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        self._validate(value)
        distance = value - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()
