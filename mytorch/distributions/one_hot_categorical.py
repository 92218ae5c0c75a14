"""The categorical distribution of one-hot vectors."""

from __future__ import annotations

from collections.abc import Iterable

from mytorch.distributions import constraints
from mytorch.distributions.of_classes import OfClasses
from mytorch.nn.functional import one_hot
from mytorch.ops import eye
from mytorch.tensor import Tensor

__all__ = ["OneHotCategorical", "OneHotCategoricalStraightThrough"]


class OneHotCategorical(OfClasses):
    """One-hot vectors of the draws of `Categorical`, which has the same parameters.

    >>> OneHotCategorical(Tensor([0.0, 1.0])).sample()
    tensor([0., 1.])
    """

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return one_hot(self._categorical.mode, self._event_shape[0]).to(self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        classes = self._categorical.sample(sample_shape)
        return one_hot(classes, self._event_shape[0]).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        (n,) = self._event_shape
        values = eye(n, dtype=self.probs.dtype).reshape(n, *(1 for _ in self._batch_shape), n)
        return values.expand(n, *self._batch_shape, n) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` with an `rsample`, whose gradient is that of the probabilities: it goes
    straight through the draw.

    >>> probs = Tensor([0.0, 1.0], requires_grad=True)
    >>> OneHotCategoricalStraightThrough(probs).rsample()
    tensor([0., 1.], grad_fn=<Add>)
    """

    has_rsample = True

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
