"""The binomial distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.bernoulli import OfProbability
from mytorch.distributions.constraints import Constraint
from mytorch.grad_mode import no_grad
from mytorch.ops import arange, binomial, lgamma
from mytorch.tensor import Tensor

__all__ = ["Binomial"]


class Binomial(OfProbability):
    """The number of successes among `total_count` trials, each with the probability `probs`;
    `logits` are the log odds.

    >>> Binomial(2, Tensor(0.5)).log_prob(Tensor([0.0, 1.0, 2.0])).exp()
    tensor([0.25, 0.5 , 0.25])
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True
    total_count: Tensor

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args, total_count=total_count)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        n, logits = self.total_count, self.logits
        ways = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        # The logarithm of 1 + exp(logits), whatever their size, with half the slope at 0.
        rest = (logits + logits.abs()) / 2 + (-logits.abs()).exp().log1p()
        return ways + value * logits - n * rest

    def entropy(self) -> Tensor:
        log_prob = self.log_prob(self.enumerate_support(expand=False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        most = int(self.total_count.max())
        if not (self.total_count == most).all():
            raise NotImplementedError(
                "Binomial: enumerate_support and entropy need an equal total_count in the whole "
                f"batch, got {self.total_count}"
            )
        return self._enumerated(arange(1 + most, dtype=self.probs.dtype), expand)
