"""The Bernoulli distribution, and what distributions of one probability share."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from typing import Any

from mytorch.distributions import constraints
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import (
    broadcast_all,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)
from mytorch.errors import RangeError
from mytorch.grad_mode import no_grad
from mytorch.nn.functional import binary_cross_entropy_with_logits
from mytorch.ops import arange, bernoulli, where
from mytorch.tensor import Tensor

__all__ = ["Bernoulli", "OfProbability", "one_of"]


def one_of(name: str, probs: Any, logits: Any) -> None:
    """Raises ValueError unless one of both was given."""
    if (probs is None) == (logits is None):
        got = "neither" if probs is None else "both"
        raise RangeError(f"{name}: expected either probs or logits, got {got}")


class OfProbability(Distribution):
    """A distribution of a probability that is given as `probs` or as its log odds, `logits`, and of
    other parameters that broadcast with it."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
        **others: Any,
    ) -> None:
        one_of(type(self).__name__, probs, logits)
        given = "logits" if probs is None else "probs"
        # The probability first, for the dtype of the others.
        values = broadcast_all(logits if probs is None else probs, *others.values())
        for name, value in zip((given, *others), values, strict=True):
            setattr(self, name, value.to(values[0].dtype))
        super().__init__(values[0].shape, validate_args=validate_args)

    @lazy_property
    def logits(self) -> Tensor:
        """The log odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """The probability."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the parameters."""
        return self._batch_shape

    def _surprise(self) -> Tensor:
        """The entropy of one trial."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


class Bernoulli(OfProbability):
    """1 with the probability `probs`, else 0; `logits` are the log odds, log(p / (1 - p)).

    >>> Bernoulli(0.25).log_prob(Tensor([0.0, 1.0]))
    tensor([-0.28768207, -1.38629436])
    """

    support = constraints.boolean
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits, validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        likely = (self.probs >= 0.5).to(self.probs.dtype)
        return where(self.probs == 0.5, nan, likely)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return self._surprise()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(2, dtype=self.probs.dtype), expand)
