"""The negative binomial distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.bernoulli import OfProbability
from mytorch.distributions.gamma import Gamma
from mytorch.grad_mode import no_grad
from mytorch.nn.functional import logsigmoid
from mytorch.ops import lgamma, poisson
from mytorch.tensor import Tensor

__all__ = ["NegativeBinomial"]


class NegativeBinomial(OfProbability):
    """The number of successes before `total_count` failures, of trials that succeed with the
    probability `probs`; `logits` are the log odds. `total_count` need not be an integer.

    >>> NegativeBinomial(3, Tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    total_count: Tensor

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args, total_count=total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        with no_grad():
            # Not validated: a count may be 0.
            rate = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return poisson(rate.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        n = self.total_count
        trials = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = lgamma(n + value) - lgamma(1.0 + value) - lgamma(n)
        # Without a failure to wait for there is no success: ways would be infinity - infinity.
        return trials + ways.masked_fill(n + value == 0.0, 0.0)
