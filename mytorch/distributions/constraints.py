"""Where a parameter or a value may lie, by PyTorch's names: `constraints.positive.check(x)`.

A constraint checks each event, the last `event_dim` axes of a tensor, and gives booleans of the
shape that is left. What depends on a distribution's parameters is `dependent`, and known from an
instance alone.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from mytorch.linalg import cholesky_ex
from mytorch.ops import full, isclose
from mytorch.tensor import Tensor

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "real",
    "real_vector",
    "simplex",
    "square",
    "symmetric",
    "unit_interval",
]


class Constraint:
    """A region: subclass it with `check`.

    Attributes: `is_discrete`, whether the region is; `event_dim`, the number of last axes that are
    one event.
    """

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Any:
        """Whether each event of `value` lies in the region."""
        raise NotImplementedError(f"{type(self).__name__}.check is not defined")

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={bound}" for name, bound in vars(self).items())
        return f"{type(self).__name__.lstrip('_')}({bounds})"


class _Dependent(Constraint):
    """What depends on the distribution."""

    def __init__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> None:
        self._known = {"is_discrete": is_discrete, "event_dim": event_dim}

    def _static(self, name: str) -> Any:
        if self._known[name] is NotImplemented:
            raise NotImplementedError(
                f".{name} cannot be told from the class; ask an instance's constraint"
            )
        return self._known[name]

    @property
    def is_discrete(self) -> Any:
        return self._static("is_discrete")

    @property
    def event_dim(self) -> Any:
        return self._static("event_dim")

    def __call__(self, **known: Any) -> _Dependent:
        return _Dependent(**{**self._known, **known})

    def check(self, value: Tensor) -> Any:
        raise ValueError(
            "a dependent constraint cannot be checked by itself; ask an instance of the "
            "distribution for it, as by normal.support"
        )

    def __repr__(self) -> str:
        return "Dependent()"


class dependent_property(property, _Dependent):
    """A property that computes a constraint, and on the class stands for a dependent one:
    `@constraints.dependent_property(is_discrete=False, event_dim=0)`."""

    def __init__(
        self,
        fn: Callable[[Any], Any] | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Callable[[Any], Any]) -> dependent_property:  # type: ignore[override]
        return dependent_property(fn, **self._known)


def is_dependent(constraint: Constraint) -> bool:
    """Whether a constraint is known from an instance of the distribution alone."""
    return isinstance(constraint, _Dependent)


class _IndependentConstraint(Constraint):
    """All of the last so many axes of another constraint's answers, as one event."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> Any:
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> Any:
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Any:
        found = self.base_constraint.check(value)
        kept = found.ndim - self.reinterpreted_batch_ndims
        if kept < 0:
            raise ValueError(
                f"{self}: expected a value of at least {self.event_dim} axes, got shape "
                f"{value.shape}"
            )
        return _all_of(found, kept)

    def __repr__(self) -> str:
        name = type(self).__name__.lstrip("_")
        return f"{name}({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


def _all_of(found: Tensor, kept: int) -> Tensor:
    """Whether all are true beyond the first `kept` axes."""
    # Not -1, which nothing tells of an empty batch.
    return found.reshape(*found.shape[:kept], prod(found.shape[kept:])).all(-1)


class _Boolean(Constraint):
    """0 or 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Any:
        return (value == 0) | (value == 1)


class MixtureSameFamilyConstraint(Constraint):
    """What satisfies the constraint of every component."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> Any:
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> Any:
        return self.base_constraint.event_dim

    def check(self, value: Tensor) -> Any:
        kept = value.ndim - self.event_dim
        return _all_of(self.base_constraint.check(value.unsqueeze(kept)), kept)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r})"


class _Multinomial(Constraint):
    """Vectors of counts, together at most the bound."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class _OneHot(Constraint):
    """Vectors of zeros and one 1."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Any:
        return boolean.check(value).all(-1) & (value.sum(-1) == 1)


class _IntegerInterval(Constraint):
    """Integers within both bounds."""

    is_discrete = True

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value: Tensor) -> Any:
        return (value % 1 == 0) & (self.lower_bound <= value) & (value <= self.upper_bound)


class _IntegerGreaterThan(Constraint):
    """Integers from the bound on."""

    is_discrete = True

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Any:
        return (value % 1 == 0) & (value >= self.lower_bound)


class _Real(Constraint):
    """What is not NaN."""

    def check(self, value: Tensor) -> Any:
        return value == value


class _GreaterThan(Constraint):
    """Numbers above the bound."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Any:
        return self.lower_bound < value


class _GreaterThanEq(_GreaterThan):
    """Numbers from the bound on."""

    def check(self, value: Tensor) -> Any:
        return self.lower_bound <= value


class _LessThan(Constraint):
    """Numbers below the bound."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        return value < self.upper_bound


class _Interval(Constraint):
    """Numbers within both bounds."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value: Tensor) -> Any:
        return (self.lower_bound <= value) & (value <= self.upper_bound)


class _HalfOpenInterval(_Interval):
    """Numbers from the lower bound on and below the upper one."""

    def check(self, value: Tensor) -> Any:
        return (self.lower_bound <= value) & (value < self.upper_bound)


class _Simplex(Constraint):
    """Vectors of shares: none negative, their sum 1 to six digits."""

    event_dim = 1

    def check(self, value: Tensor) -> Any:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _LowerTriangular(Constraint):
    """Matrices that are 0 above the diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        return _all_of(value.tril() == value, value.ndim - 2)


class _LowerCholesky(Constraint):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        positive_diagonal = (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)
        return lower_triangular.check(value) & positive_diagonal


class _Square(Constraint):
    """Square matrices."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        return full(value.shape[:-2], value.shape[-2] == value.shape[-1])


class _Symmetric(_Square):
    """Square matrices equal to their transpose."""

    def check(self, value: Tensor) -> Any:
        if value.shape[-2] != value.shape[-1]:
            return super().check(value)
        return _all_of(isclose(value, value.mT, atol=1e-6), value.ndim - 2)


class _PositiveDefinite(_Symmetric):
    """Symmetric matrices that have a Cholesky factor."""

    def check(self, value: Tensor) -> Any:
        symmetric = super().check(value)
        if not symmetric.all():
            return symmetric
        return cholesky_ex(value).info == 0


dependent = _Dependent()
independent = _IndependentConstraint
boolean = _Boolean()
one_hot = _OneHot()
nonnegative_integer = _IntegerGreaterThan(0)
positive_integer = _IntegerGreaterThan(1)
integer_interval = _IntegerInterval
real = _Real()
real_vector = independent(real, 1)
positive = _GreaterThan(0.0)
nonnegative = _GreaterThanEq(0.0)
greater_than = _GreaterThan
greater_than_eq = _GreaterThanEq
less_than = _LessThan
unit_interval = _Interval(0.0, 1.0)
interval = _Interval
half_open_interval = _HalfOpenInterval
simplex = _Simplex()
lower_triangular = _LowerTriangular()
lower_cholesky = _LowerCholesky()
multinomial = _Multinomial
square = _Square()
symmetric = _Symmetric()
positive_definite = _PositiveDefinite()
