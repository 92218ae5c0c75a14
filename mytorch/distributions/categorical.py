"""The categorical distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan, prod
from typing import Any

import numpy as np

from mytorch.distributions import constraints
from mytorch.distributions.bernoulli import one_of
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.utils import lazy_property, logits_to_probs, probs_to_logits
from mytorch.errors import ShapeError
from mytorch.grad_mode import no_grad
from mytorch.ops import arange, broadcast_tensors, full, logsumexp, multinomial
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["Categorical"]


class Categorical(Distribution):
    """One of K classes, 0 to K - 1, with the probabilities that stand along the last axis of
    `probs`, which are normalised to sum 1, or whose logarithms up to a constant are `logits`.

    >>> policy = Categorical(logits=Tensor([0.0, 0.0]))
    >>> policy.log_prob(policy.sample())
    tensor(-0.69314718)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        one_of("Categorical", probs, logits)
        given: Any = logits if probs is None else probs
        if not data_of("Categorical", given).ndim:
            raise ShapeError("Categorical: expected at least one axis, of classes, got a number")
        if probs is None:
            self.logits = given - logsumexp(given, -1, keepdim=True)
        else:
            self.probs = given / given.sum(-1, keepdim=True)
        super().__init__(given.shape[:-1], validate_args=validate_args)
        self._num_events = given.shape[-1]

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the parameters."""
        return (*self._batch_shape, self._num_events)

    @property
    def mean(self) -> Tensor:
        return full(self._extended_shape(), nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return full(self._extended_shape(), nan, dtype=self.probs.dtype)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        with no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            draws = multinomial(rows, prod(sample_shape), replacement=True)
            return draws.T.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        places, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, places[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        # An impossible class adds 0, not 0 times infinity.
        logits = self.logits.clamp(float(np.finfo(self.logits.dtype).min))
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self._num_events), expand)
