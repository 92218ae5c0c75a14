"""The geometric distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.bernoulli import OfProbability
from mytorch.distributions.utils import broadcast_all
from mytorch.errors import RangeError
from mytorch.grad_mode import no_grad
from mytorch.ops import empty, where, zeros_like
from mytorch.tensor import Tensor

__all__ = ["Geometric"]


class Geometric(OfProbability):
    """The number of failures before the first success, of trials that succeed with the probability
    `probs`, which is above 0; `logits` are the log odds.

    >>> Geometric(0.25).mean
    tensor(3.)
    """

    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            raise RangeError(f"Geometric: expected probs above 0, got {self.probs}")

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        with no_grad():
            dtype = self.probs.dtype
            draws = empty(self._extended_shape(sample_shape), dtype=dtype)
            draws.uniform_(float(np.finfo(dtype).tiny), 1)
            return (draws.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        value, probs = broadcast_all(value, self.probs)
        # 0 failures at the probability 1: 0 times an infinite logarithm.
        probs = where((probs == 1) & (value == 0), 0.0, probs)
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return self._surprise() / self.probs
