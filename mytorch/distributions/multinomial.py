"""The multinomial distribution."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from mytorch._checks import kind_of
from mytorch.distributions import constraints
from mytorch.distributions.binomial import Binomial
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.of_classes import OfClasses
from mytorch.distributions.utils import broadcast_all
from mytorch.grad_mode import no_grad
from mytorch.ops import lgamma, where, zeros
from mytorch.tensor import Tensor

__all__ = ["Multinomial"]


class Multinomial(OfClasses):
    """How often each class comes among `total_count` draws of `Categorical`, which has the same
    other parameters. `total_count` is one number for the whole batch.

    >>> Multinomial(4, Tensor([0.0, 1.0])).sample()
    tensor([0., 4.])
    """

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"Multinomial: expected total_count to be an int, got {kind_of(total_count)}"
            )
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        with no_grad():
            classes = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
            counts = zeros(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            return counts.scatter_add(-1, classes, zeros(classes.shape, dtype=counts.dtype) + 1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        logits, value = broadcast_all(self.logits, value)
        # An impossible class that did not come: 0 times an infinite logarithm.
        logits = where((value == 0) & (logits == -inf), 0.0, logits)
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        n = self.total_count
        binomial = Binomial(n, self.probs, validate_args=False)
        counts = binomial.enumerate_support(expand=False)[1:]
        weights = (binomial.log_prob(counts).exp() * lgamma(counts + 1)).sum((0, -1))
        each = n * self._categorical.entropy()
        return each - lgamma(Tensor(n + 1.0).to(self.probs.dtype)) + weights
