"""The half-normal distribution."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from mytorch.distributions.half import Half
from mytorch.distributions.normal import Normal
from mytorch.tensor import Tensor

__all__ = ["HalfNormal"]


class HalfNormal(Half):
    """|x| of a normal variable x of the mean 0 and the standard deviation `scale`.

    >>> HalfNormal(1.0).mean
    tensor(0.79788456)
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0.0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * sqrt(2 / pi)

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (1 - 2 / pi)
