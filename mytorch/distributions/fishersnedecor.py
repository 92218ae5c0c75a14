"""The F-distribution, of Fisher and Snedecor."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from typing import Any

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.gamma import Gamma
from mytorch.distributions.utils import broadcast_all
from mytorch.ops import lgamma, where
from mytorch.tensor import Tensor

__all__ = ["FisherSnedecor"]


class FisherSnedecor(Distribution):
    """The ratio of two independent variables `Chi2(df1)` / df1 and `Chi2(df2)` / df2.

    >>> FisherSnedecor(1.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)
        self._above = Gamma(self.df1 * 0.5, self.df1, validate_args=False)
        self._below = Gamma(self.df2 * 0.5, self.df2, validate_args=False)

    @property
    def mean(self) -> Tensor:
        df2 = where(self.df2 <= 2, nan, self.df2)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        df1 = where(self.df1 <= 2, nan, self.df1)
        return (df1 - 2) / df1 * self.df2 / (self.df2 + 2)

    @property
    def variance(self) -> Tensor:
        df2 = where(self.df2 <= 4, nan, self.df2)
        above = 2 * df2**2 * (self.df1 + df2 - 2)
        return above / (self.df1 * (df2 - 2) ** 2 * (df2 - 4))

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        tiny = float(np.finfo(self.df1.dtype).tiny)
        below = self._below.rsample(sample_shape).clamp(min=tiny)
        return (self._above.rsample(sample_shape) / below).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        a, b, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        weight = lgamma(a + b) - lgamma(a) - lgamma(b) + a * ratio.log()
        return weight + (a - 1) * value.log() - (a + b) * (ratio * value).log1p()
