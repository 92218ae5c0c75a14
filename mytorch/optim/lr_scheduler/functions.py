"""Schedulers by functions that a program gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, TypeAlias

from mytorch._checks import kind_of
from mytorch.optim.lr_scheduler.scheduler import LRScheduler, groups_of
from mytorch.optim.optimizer import Optimizer

__all__ = ["LambdaLR", "MultiplicativeLR", "load_function", "state_of_function"]

Factor: TypeAlias = Callable[[int], float]


class _FunctionsLR(LRScheduler):
    """One function of the epoch for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Factor | Sequence[Factor],
        last_epoch: int = -1,
    ) -> None:
        name, groups = type(self).__name__, groups_of(self, optimizer)
        given = lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * len(groups)
        if len(given) != len(groups):
            raise ValueError(
                f"{name}: expected one lr_lambda, or {len(groups)}, as many as the optimizer has "
                f"groups, got {len(given)}"
            )
        for function in given:
            if not callable(function):
                raise TypeError(
                    f"{name}: expected a function of the epoch as lr_lambda, got "
                    f"{kind_of(function)}; write lambda epoch: ..."
                )
        self.lr_lambdas = list(given)
        super().__init__(optimizer, last_epoch)

    def _factors(self) -> list[Any]:
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def state_dict(self) -> dict[str, Any]:
        """As of every scheduler. A function is not in it; of an object that can be called are its
        attributes."""
        functions = [state_of_function(function) for function in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": functions}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._require("lr_lambdas", state_dict)
        functions = self.lr_lambdas
        super().load_state_dict({**state_dict, "lr_lambdas": functions})
        for function, state in zip(functions, state_dict["lr_lambdas"], strict=True):
            load_function(function, state)


class LambdaLR(_FunctionsLR):
    """rate = base_lr * lr_lambda(epoch), with one function for all groups or a list of one for
    each.

    Raises TypeError for what cannot be called, ValueError for a list of another length.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> for epoch in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.2
    """

    def _rates(self) -> list[Any]:
        return [base * factor for base, factor in zip(self.base_lrs, self._factors(), strict=True)]


class MultiplicativeLR(_FunctionsLR):
    """rate = rate before * lr_lambda(epoch), with one function for all groups or a list of one for
    each; it is first called for epoch 1.

    Raises TypeError for what cannot be called, ValueError for a list of another length.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.125
    """

    def _rates(self) -> list[Any]:
        groups = self.optimizer.param_groups
        if self._is_initial:
            return [group["lr"] for group in groups]
        # Other numbers of groups and functions are refused where the rates are set.
        return [group["lr"] * factor for group, factor in zip(groups, self._factors())]  # noqa: B905


def state_of_function(function: Any) -> dict[str, Any] | None:
    """What a state says of a function that a program gave: the attributes of an object, else
    None."""
    known = function is None or isinstance(function, FunctionType)
    return None if known else dict(vars(function))


def load_function(function: Any, state: dict[str, Any] | None) -> None:
    """Sets the attributes that a state tells."""
    if state is not None:
        vars(function).update(state)
