"""A distribution seen through transforms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from mytorch._checks import kind_of
from mytorch.distributions import constraints
from mytorch.distributions.constraints import Constraint
from mytorch.distributions.distribution import Distribution
from mytorch.distributions.independent import Independent
from mytorch.distributions.transforms import ComposeTransform, Transform
from mytorch.distributions.utils import sum_rightmost
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.tensor import Tensor

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of what transforms, one or a list, make of a variable of another one.

    >>> from mytorch.distributions.normal import Normal
    >>> from mytorch.distributions.transforms import ExpTransform
    >>> TransformedDistribution(Normal(0.0, 1.0), [ExpTransform()]).log_prob(Tensor(1.0))
    tensor(-0.91893853)
    """

    arg_constraints: dict[str, Constraint] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, list) or not all(
            isinstance(part, Transform) for part in self.transforms
        ):
            raise RangeError(
                f"{type(self).__name__}: expected a Transform or a list of some, got "
                f"{kind_of(transforms)}"
            )
        whole = ComposeTransform(self.transforms)
        domain, codomain = whole.domain.event_dim, whole.codomain.event_dim
        shape = base_distribution.batch_shape + base_distribution.event_shape
        events = len(base_distribution.event_shape)
        if len(shape) < domain:
            raise ShapeError(
                f"{type(self).__name__}: the transforms need at least {domain} axes, and the base "
                f"distribution has batch_shape + event_shape {shape}"
            )
        forward = whole.forward_shape(shape)
        expanded = whole.inverse_shape(forward)
        if shape != expanded:
            base_distribution = base_distribution.expand(expanded[: len(expanded) - events])
        if domain > events:
            base_distribution = Independent(base_distribution, domain - events)
        self.base_dist: Any = base_distribution
        cut = len(forward) - max(codomain, events + codomain - domain)
        super().__init__(forward[:cut], forward[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Iterable[int], _instance: Any = None) -> Self:
        shape = tuple(batch_shape) + self._event_shape
        new = super().expand(batch_shape, _instance)
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        events = len(self.base_dist.event_shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - events])
        return new

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self._event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample  # type: ignore[no-any-return]

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate(value)
        event_dim = len(self._event_shape)
        total: Any = 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(value)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            one = transform.log_abs_det_jacobian(x, value)
            total = total - sum_rightmost(one, event_dim - transform.domain.event_dim)
            value = x
        base = self.base_dist.log_prob(value)
        return total + sum_rightmost(base, event_dim - len(self.base_dist.event_shape))  # type: ignore[no-any-return]

    def _rising(self, share: Tensor) -> Tensor:
        """The share below for that above, where the transforms turn the order round."""
        sign = ComposeTransform(self.transforms).sign
        if isinstance(sign, int) and sign == 1:
            return share
        return sign * (share - 0.5) + 0.5  # type: ignore[no-any-return]

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        self.base_dist._validate(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._transformed(self.base_dist.icdf(self._rising(value)))
