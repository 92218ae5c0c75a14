"""The relaxed distribution of one-hot vectors, and that of its logarithms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mytorch.distributions import constraints
from mytorch.distributions.categorical import Categorical
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.transformed_distribution import TransformedDistribution
from mytorch.distributions.transforms import ExpTransform
from mytorch.distributions.utils import broadcast_all, clamp_probs
from mytorch.ops import full_like, lgamma, logsumexp, rand
from mytorch.tensor import Tensor

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(Distribution):
    """The logarithms of `RelaxedOneHotCategorical`: the log softmax of the logits plus Gumbel
    variables, over the temperature."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        (self.temperature,) = broadcast_all(temperature)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    def expand(self, batch_shape: Iterable[int], _instance: Any = None) -> Self:
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the parameters."""
        return self._categorical.param_shape

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


class RelaxedOneHotCategorical(TransformedDistribution):
    """Vectors of shares that are the nearer to draws of `OneHotCategorical` the lower the
    temperature is, and have a gradient by `probs` or `logits`.

    Source: see `RelaxedBernoulli`.

    >>> RelaxedOneHotCategorical(Tensor(0.5), logits=Tensor([0.0, 0.0])).rsample().sum()
    tensor(1.)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature  # type: ignore[no-any-return]

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self.base_dist.logits  # type: ignore[no-any-return]

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs  # type: ignore[no-any-return]
