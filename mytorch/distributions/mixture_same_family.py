"""Mixtures of distributions of one family."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mytorch._checks import kind_of
from mytorch.distributions import constraints
from mytorch.distributions.categorical import Categorical
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.distribution import Distribution
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.ops import log_softmax, logsumexp
from mytorch.tensor import Tensor

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """Draws of one of several components, which stand along the last axis of a distribution's
    batch; a `Categorical` says how often each is taken.

    >>> from mytorch.distributions.normal import Normal
    >>> taken = Categorical(Tensor([0.25, 0.75]))
    >>> MixtureSameFamily(taken, Normal(Tensor([0.0, 4.0]), 1.0)).mean
    tensor(3.)
    """

    arg_constraints: dict[str, Constraint] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        for what, part, kind in (
            ("mixture", mixture_distribution, Categorical),
            ("component", component_distribution, Distribution),
        ):
            if not isinstance(part, kind):
                raise RangeError(
                    f"MixtureSameFamily: expected a {kind.__name__} as the {what}_distribution, "
                    f"got {kind_of(part)}"
                )
        mixture, components = mixture_distribution, component_distribution
        *batch, count = components.batch_shape or (0,)
        sizes = zip(mixture.batch_shape[::-1], batch[::-1], strict=False)
        if mixture.param_shape[-1] != count or any(1 not in p and p[0] != p[1] for p in sizes):
            raise ShapeError(
                "MixtureSameFamily: expected the components along the last axis of the batch, as "
                f"many as there are classes, {mixture.param_shape}; got components of batch_shape "
                f"{components.batch_shape}"
            )
        self._mixture_distribution, self._component_distribution = mixture, components
        super().__init__(batch, components.event_shape, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """How often each component is taken."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Constraint:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def _axis(self) -> int:
        """The axis of the components in what they draw."""
        return -1 - len(self._event_shape)

    def _weighted(self, of_each: Tensor) -> Tensor:
        """The mean over the components."""
        probs = self._mixture_distribution.probs
        return (probs.reshape(*probs.shape, *(1 for _ in self._event_shape)) * of_each).sum(
            self._axis
        )

    @property
    def mean(self) -> Tensor:
        return self._weighted(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        away = self._component_distribution.mean - self.mean.unsqueeze(self._axis)
        return self._weighted(self._component_distribution.variance) + self._weighted(away**2)

    def cdf(self, value: Tensor) -> Tensor:
        shares = self._component_distribution.cdf(value.unsqueeze(self._axis))
        return (shares * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        of_each = self._component_distribution.log_prob(value.unsqueeze(self._axis))
        return logsumexp(of_each + log_softmax(self._mixture_distribution.logits, -1), -1)

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        sample_shape = tuple(sample_shape)
        with no_grad():
            draws = self._component_distribution.sample(sample_shape)
            taken = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            ones = (1 for _ in range(1 + len(self._event_shape)))
            shape = (*sample_shape, *self._batch_shape, 1, *self._event_shape)
            places: Any = taken.reshape(*taken.shape, *ones).expand(shape)
            return draws.gather(draws.ndim + self._axis, places).squeeze(self._axis)

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self._mixture_distribution}, {self._component_distribution})"
