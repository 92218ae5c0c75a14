"""The base of all distributions."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cached_property
from typing import Any, Self
from warnings import warn

from mytorch._checks import kind_of
from mytorch._shapes import Shape
from mytorch.distributions import constraints
from mytorch.distributions.constraints import Constraint
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.tensor import Tensor

__all__ = ["Distribution"]


class Distribution:
    """A batch of distributions: `batch_shape` is the shape of the batch, `event_shape` that of one
    draw from one of them, both tuples.

    A subclass gives its parameters as tensors, `arg_constraints` for them, `support`, and what it
    has of the methods; what it has not raises NotImplementedError. With `validate_args` (None: the
    default of `set_default_validate_args`, which is True) parameters and values outside of their
    constraints raise ValueError.

    >>> from mytorch.distributions.normal import Normal
    >>> Normal(0.0, -1.0)
    Traceback (most recent call last):
    mytorch.errors.RangeError: Normal: expected parameter scale ...
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions validate unless they are told."""
        if value not in (True, False):
            raise RangeError(f"set_default_validate_args: expected a bool, got {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Iterable[int] = (),
        event_shape: Iterable[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            self._warn("arg_constraints")
            return
        for name, constraint in arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in vars(self) and isinstance(
                getattr(type(self), name, None), cached_property
            ):
                continue  # it is computed from the others
            self._require(f"parameter {name}", getattr(self, name), constraint)

    def _warn(self, name: str) -> None:
        warn(
            f"{type(self).__name__} defines no {name}, so nothing is validated by it; define it, "
            "or pass validate_args=False",
            stacklevel=4,
        )

    def _require(self, what: str, value: Tensor, constraint: Constraint) -> None:
        valid = constraint.check(value)
        if not valid.all():
            raise RangeError(
                f"{type(self).__name__}: expected {what} (a Tensor of shape {value.shape}) to "
                f"satisfy the constraint {constraint}, got {value}; validate_args=False lets "
                "anything through"
            )

    def expand(self, batch_shape: Iterable[int], _instance: Any = None) -> Self:
        """The same distributions, broadcast to another batch shape, without a copy."""
        shape, old = tuple(batch_shape), len(self._batch_shape)
        new = copy(self) if _instance is None else _instance
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                value = value.expand(*shape, *value.shape[old:])
            elif isinstance(value, Distribution):
                inner = value.batch_shape[old:]
                value = value.expand((*shape, *inner))
            setattr(new, name, value)
        new._batch_shape = shape
        return new

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """For an `expand` that is written as PyTorch's are: an instance without anything in it."""
        return type(self).__new__(type(self)) if _instance is None else _instance

    @property
    def batch_shape(self) -> Shape:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Shape:
        """The shape of one draw from one distribution."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """The constraints of the parameters, by name."""
        raise self._absent("arg_constraints")

    @property
    def support(self) -> Any:
        """The constraint that all draws satisfy."""
        raise self._absent("support")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise self._absent("mean")

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        raise self._absent("mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise self._absent("variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        """Draws without a gradient, of the shape sample_shape + batch_shape + event_shape."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Iterable[int] = ()) -> Tensor:
        """Draws that have a gradient with regard to the parameters."""
        raise self._absent("rsample")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or probability, at `value`, which broadcasts with the
        batch."""
        raise self._absent("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        raise self._absent("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The number whose `cdf` is `value`."""
        raise self._absent("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution along a new first axis; without `expand` the
        batch's axes are of size 1."""
        raise self._absent("enumerate_support")

    def entropy(self) -> Tensor:
        """The entropy, of the batch's shape."""
        raise self._absent("entropy")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def _absent(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} has no {name}")

    def _extended_shape(self, sample_shape: Iterable[int] = ()) -> Shape:
        try:
            return (*sample_shape, *self._batch_shape, *self._event_shape)
        except TypeError:
            raise TypeError(
                f"{type(self).__name__}: expected sample_shape to be a tuple of sizes, as (3,), "
                f"got {kind_of(sample_shape)} {sample_shape!r:.40}"
            ) from None

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """The values along a new first axis, before those of the batch."""
        values = values.reshape(-1, *(1 for _ in self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def _validate_sample(self, value: Tensor) -> None:
        """Raises ValueError for what is no possible value."""
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise RangeError(
                f"{name}: expected a Tensor as value, got {kind_of(value, Tensor)}; wrap it in "
                "Tensor(...) first"
            )
        wanted = (*self._batch_shape, *self._event_shape)
        sizes = list(zip(value.shape[::-1], wanted[::-1], strict=False))
        events = len(self._event_shape)
        if value.shape[value.ndim - events :] != self._event_shape or any(
            1 not in pair and pair[0] != pair[1] for pair in sizes
        ):
            raise ShapeError(
                f"{name}: expected a value whose shape ends with event_shape {self._event_shape} "
                f"and broadcasts with batch_shape + event_shape {wanted}, got {value.shape}"
            )
        try:
            support = self.support
        except NotImplementedError:
            self._warn("support")
            return
        self._require("the value", value, support)

    def _validate(self, value: Tensor) -> None:
        if self._validate_args:
            self._validate_sample(value)

    def __repr__(self) -> str:
        own = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        texts = (f"{name}: {x if x.numel() == 1 else x.shape}" for name, x in own.items())
        return f"{type(self).__name__}({', '.join(texts)})"
