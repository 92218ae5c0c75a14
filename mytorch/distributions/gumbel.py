"""The Gumbel distribution."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import AffineTransform, ExpTransform
from mytorch.distributions.uniform import Uniform
from mytorch.distributions.utils import broadcast_all
from mytorch.ops import full_like, ones_like
from mytorch.tensor import Tensor

__all__ = ["EULER", "Gumbel"]

# Euler and Mascheroni's constant.
EULER = 0.57721566490153286


class Gumbel(TransformedDistribution):
    """The distribution of maxima: loc - scale * log(-log(u)) of a uniform variable u.

    >>> Gumbel(0.0, 1.0).mean
    tensor(0.57721566)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        finfo = np.finfo(self.loc.dtype)
        base = Uniform(
            full_like(self.loc, float(finfo.tiny)),
            full_like(self.loc, float(1 - finfo.eps)),
            validate_args,
        )
        transforms = [
            ExpTransform().inv,
            AffineTransform(0, -ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(self.loc, -self.scale),
        ]
        super().__init__(base, transforms, validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return pi / sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev**2

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)
