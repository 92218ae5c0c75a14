"""The relaxed distribution of one-hot vectors, and that of its logarithms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mytorch.distributions import constraints
from mytorch.distributions.of_classes import OfClasses
from mytorch.distributions.relaxed import Relaxed
from mytorch.distributions.transforms import ExpTransform
from mytorch.distributions.utils import broadcast_all, clamp_probs
from mytorch.ops import full_like, lgamma, logsumexp, rand
from mytorch.tensor import Tensor

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(OfClasses):
    """The logarithms of `RelaxedOneHotCategorical`: the log softmax of the logits plus Gumbel
    variables, over the temperature."""

    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args)
        (self.temperature,) = broadcast_all(temperature)

    def expand(self, batch_shape: Iterable[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(rand(shape, dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - logsumexp(scores, -1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        (count,) = self._event_shape
        logits, value = broadcast_all(self.logits, value)
        scale = lgamma(full_like(self.temperature, float(count)))
        scores = logits - value * self.temperature
        shares = (scores - logsumexp(scores, -1, keepdim=True)).sum(-1)
        return shares + scale + self.temperature.log() * (count - 1)


class RelaxedOneHotCategorical(Relaxed):
    """Vectors of shares that are the nearer to draws of `OneHotCategorical` the lower the
    temperature is, and have a gradient by `probs` or `logits`.

    Source: see `RelaxedBernoulli`.

    >>> RelaxedOneHotCategorical(Tensor(0.5), logits=Tensor([0.0, 0.0])).rsample().sum()
    tensor(1.)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)
