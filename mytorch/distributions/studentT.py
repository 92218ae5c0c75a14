"""Student's t-distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, lgamma, nan
from typing import Any

from mytorch import ops
from mytorch.distributions import constraints
from mytorch.distributions.chi2 import Chi2
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import broadcast_all
from mytorch.tensor import Tensor

__all__ = ["StudentT"]


class StudentT(Distribution):
    """A standard normal variable over the root of an independent `Chi2(df)` / df, times `scale` and
    plus `loc`.

    >>> StudentT(3.0).variance
    tensor(3.)
    """

    arg_constraints = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)
        self._chi2 = Chi2(self.df, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return ops.where(self.df <= 1, nan, self.loc)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = ops.where(self.df > 2, self.df, 3.0)
        found = ops.where(self.df > 2, self.scale**2 * finite / (finite - 2), inf)
        return ops.where(self.df <= 1, nan, found)

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        draws = ops.randn(self._extended_shape(sample_shape), dtype=self.df.dtype)
        spread = (self._chi2.rsample(sample_shape) / self.df).rsqrt()
        return self.loc + self.scale * (draws * spread)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        y = (value - self.loc) / self.scale
        weight = self.scale.log() + self._log_beta() + 0.5 * self.df.log()
        return -0.5 * (self.df + 1.0) * (y**2.0 / self.df).log1p() - weight

    def _log_beta(self) -> Tensor:
        """The logarithm of the beta function of df / 2 and 1 / 2."""
        return lgamma(0.5) + ops.lgamma(0.5 * self.df) - ops.lgamma(0.5 * (self.df + 1))

    def entropy(self) -> Tensor:
        above = 0.5 * (self.df + 1)
        slope = ops.digamma(above) - ops.digamma(0.5 * self.df)
        return self.scale.log() + above * slope + 0.5 * self.df.log() + self._log_beta()
