"""The arguments of operations: NumPy's names beside PyTorch's, and flags."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from mytorch._checks import flag

P = ParamSpec("P")
R = TypeVar("R")


def sizes_named(name: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Lets the variable arguments of a function be given as one sequence by PyTorch's name, too:
    `zeros(size=(2, 3))`."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> R:
            if name in kwargs:
                args = (*args, kwargs.pop(name))
            return function(*args, **kwargs)

        return named

    return decorate


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function with PyTorch's `dim` and `keepdim` also be called with NumPy's `axis` and
    `keepdims`. Its flags, as `keepdim` is, have to be True or False."""
    annotations = function.__annotations__
    flags = [
        (place, name)
        for place, name in enumerate(annotations)
        if annotations[name] in ("bool", "bool | None")
    ]
    first = flags[0][0] if flags else len(annotations)

    @functools.wraps(function)
    def renamed(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs or len(args) > first:
            return function(*_fitted(function.__name__, flags, list(args), kwargs), **kwargs)
        return function(*args, **kwargs)

    return renamed


def _fitted(
    name: str, flags: list[tuple[int, str]], args: list[Any], kwargs: dict[str, Any]
) -> list[Any]:
    """The arguments with their flags checked; the named ones get PyTorch's names."""
    for ours, theirs in (("dim", "axis"), ("keepdim", "keepdims")):
        if theirs in kwargs:
            if ours in kwargs:
                raise TypeError(f"{name}: {ours} and {theirs} mean the same; give one of them")
            kwargs[ours] = kwargs.pop(theirs)
    for place, option in flags:
        if place < len(args):
            if args[place] is not None:
                args[place] = flag(name, option, args[place])
        elif kwargs.get(option) is not None:
            kwargs[option] = flag(name, option, kwargs[option])
    return args
