"""Options: the numbers and flags of a group, what they may be, and their names as attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mytorch._checks import kind_of
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.optim.optimizer import Optimizer

# What is called with an optimizer's name, an option's name and its value.
Check: TypeAlias = Callable[[str, str, Any], Any]

__all__ = [
    "CAPTURABLE",
    "DIFFERENTIABLE",
    "Option",
    "a_share",
    "as_number",
    "at_least_0",
    "number",
    "option",
    "two_betas",
    "two_numbers",
]


class Option:
    """An option of the groups as an attribute of the optimizer: `optimizer.lr`.

    Reading raises AttributeError where the groups have different values: no one number is right
    then.
    """

    def __init__(self, check: Check | None, default: Any, kw_only: bool, init: bool) -> None:
        self.check, self.default, self.kw_only, self.init = check, default, kw_only, init

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        if optimizer is None:
            return self
        values = [group[self.name] for group in optimizer.param_groups]
        if not values or any(other is not values[0] and other != values[0] for other in values):
            raise AttributeError(
                f"{type(optimizer).__name__}.{self.name}: the groups have different ones, "
                f"{values}; use optimizer.param_groups[i][{self.name!r}]"
            )
        return values[0]

    def __set__(self, optimizer: Optimizer, value: Any) -> None:
        self.__get__(optimizer, type(optimizer))
        for group in optimizer.param_groups:
            optimizer._check({**group, self.name: value})
        for group in optimizer.param_groups:
            group[self.name] = value


def option(
    check: Check | None = None,
    *,
    default: Any = None,
    kw_only: bool = False,
    init: bool = True,
    alias: str | None = None,
) -> Any:
    """Declares an option in a class's body, after its type: `lr: float = option(default=0.1)`.

    `check(optimizer's name, option's name, value)` raises for what the option cannot be. The other
    arguments are those of `dataclasses.field`, and what type checkers look for.
    """
    return Option(check, default, kw_only, init)


def number(optimizer: str, option: str, value: Any) -> Any:
    """Raises TypeError for what is no number, ValueError for several numbers."""
    return as_number(f"{optimizer}: expected {option}", value)


def at_least_0(optimizer: str, option: str, value: Any) -> None:
    """Raises as `number` does, and ValueError for a number below 0 or NaN."""
    if not number(optimizer, option, value) >= 0:
        raise ValueError(f"{optimizer}: expected {option} >= 0, got {value}")


def a_share(optimizer: str, option: str, value: Any) -> None:
    """Raises as `number` does, and ValueError for a number outside [0, 1] or NaN."""
    if not 0 <= number(optimizer, option, value) <= 1:
        raise ValueError(f"{optimizer}: expected {option} in [0, 1], got {value}")


def two_numbers(optimizer: str, option: str, value: Any) -> list[Any]:
    """The two numbers. Raises TypeError or ValueError for anything else."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{optimizer}: expected two {option}, got {value!r}; write (0.9, 0.999)")
    if len(value) != 2:
        raise ValueError(f"{optimizer}: expected two {option}, got {value}")
    return [number(optimizer, f"each of {option}", one) for one in value]


def two_betas(optimizer: str, option: str, value: Any) -> None:
    """Raises as `two_numbers` does, and ValueError for numbers outside [0, 1)."""
    if not all(0 <= beta < 1 for beta in two_numbers(optimizer, option, value)):
        raise ValueError(f"{optimizer}: expected two {option} in [0, 1), got {value}")


def absent(why: str) -> Check:
    """The check of a flag that raises NotImplementedError when it is set."""

    def check(optimizer: str, option: str, value: Any) -> None:
        if value:
            raise NotImplementedError(f"{optimizer}: {option}=True is not there; {why}")

    return check


# The checks of flags that PyTorch has and that are not there.
DIFFERENTIABLE = absent("a step is not recorded: it changes the parameters in place")
CAPTURABLE = absent("there are no CUDA graphs to capture it in")


def as_number(what: str, value: Any) -> Any:
    """A number, or an array or Tensor of one element, as a number or a 0-d array that follows it.

    Raises TypeError for anything else, ValueError for more elements.
    """
    if isinstance(value, (Tensor, np.ndarray)):
        data = value._data if isinstance(value, Tensor) else value
        if data.size != 1:
            raise ValueError(f"{what} as one number, got an array of shape {data.shape}")
        if data.dtype.kind in "fiu":
            return data.reshape(()) if data.ndim else data
    elif isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return value
    cure = "; write it without the quotes" if isinstance(value, str) else ""
    raise TypeError(f"{what} as a number, got {value!r}, a {kind_of(value)}{cure}")
