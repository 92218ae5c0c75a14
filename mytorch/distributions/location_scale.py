"""What distributions have that are one of a kind, moved and stretched."""

from __future__ import annotations

from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import broadcast_all
from mytorch.tensor import Tensor

__all__ = ["LocationScale"]


class LocationScale(Distribution):
    """The distribution of loc + scale * z, for a variable z that lies symmetrically round its mode,
    0. Attributes: `loc` and `scale`, broadcast."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc
