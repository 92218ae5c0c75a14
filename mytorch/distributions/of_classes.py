"""Distributions of vectors with a part for each class of a `Categorical`."""

from __future__ import annotations

from mytorch.distributions import constraints
from mytorch.distributions.categorical import Categorical
from mytorch.distributions.distribution import Distribution
from mytorch.tensor import Tensor

__all__ = ["OfClasses"]


class OfClasses(Distribution):
    """A distribution of vectors with a part for each class of a `Categorical`, whose parameters it
    has."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

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
