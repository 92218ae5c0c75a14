"""The half-Cauchy distribution."""

from __future__ import annotations

from math import inf
from typing import Any

from mytorch.distributions.cauchy import Cauchy
from mytorch.distributions.half import Half
from mytorch.ops import full_like
from mytorch.tensor import Tensor

__all__ = ["HalfCauchy"]


class HalfCauchy(Half):
    """|x| of a Cauchy variable x of the location 0 and the scale `scale`.

    >>> HalfCauchy(1.0).cdf(Tensor(1.0))
    tensor(0.5)
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0.0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale, inf)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance  # type: ignore[no-any-return]
