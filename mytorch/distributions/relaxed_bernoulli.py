"""The relaxed Bernoulli distribution, and that of its log odds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mytorch.distributions import constraints
from mytorch.distributions.bernoulli import OfProbability
from mytorch.distributions.relaxed import Relaxed
from mytorch.distributions.transforms import SigmoidTransform
from mytorch.distributions.utils import broadcast_all, clamp_probs
from mytorch.ops import rand
from mytorch.tensor import Tensor

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(OfProbability):
    """The log odds of `RelaxedBernoulli`: (logits + logit(u)) / temperature of a uniform u."""

    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        (self.temperature,) = broadcast_all(temperature)
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape: Iterable[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(rand(shape, dtype=probs.dtype))
        noise = u.log() - (-u).log1p()
        return (noise + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value * self.temperature
        return self.temperature.log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(Relaxed):
    """Numbers between 0 and 1 that are the nearer to draws of `Bernoulli` the lower the temperature
    is, and have a gradient by `probs` or `logits`.

    Source: Maddison et al., "The Concrete Distribution", 2017; Jang et al., "Categorical
    Reparameterization with Gumbel-Softmax", 2017.

    >>> draw = RelaxedBernoulli(Tensor(0.5), probs=Tensor(0.3, requires_grad=True)).rsample()
    >>> draw.requires_grad
    True
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)
