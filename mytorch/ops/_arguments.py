"""The arguments of operations: NumPy's names beside PyTorch's, flags, and what errors say of what
is no argument at all."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch.errors import LocatedError
from mytorch.tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")

# What Python and NumPy raise, and as what it goes on.
_RAW: dict[type[Exception], type[Exception]] = {
    TypeError: TypeError,
    AttributeError: TypeError,
    ValueError: ValueError,
    KeyError: ValueError,
    OverflowError: ValueError,
    IndexError: IndexError,
    ZeroDivisionError: ZeroDivisionError,
}
# Messages that begin with the name of an operation.
_NAMED = re.compile(r"[\w.]+(\[[^]]*\])?( = \w+)?: ")
_KINDS: dict[str, Any] = {
    "Tensor": Tensor,
    "int": Integral,
    "float": (Real, Tensor),
    "Scalar": (Real, Tensor),
    "bool": (bool, np.bool_, int),
    "str": str,
    "None": type(None),
}


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """Lets what Python or NumPy raises on the way name the function, of a constructor the class,
    and what it was given."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            # Keywords of which there are none would take time, too.
            return function(*args, **kwargs) if kwargs else function(*args)  # type: ignore[call-arg]
        except tuple(_RAW) as error:
            _explain(error, function, args, kwargs)
            raise

    return run


def _explain(
    error: Exception, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Raises what tells of an error that names no operation. The first argument that is of another
    kind than it is annotated with is to blame; where none is, all of them are told."""
    # With one frame alone the call did not come about, which Python says by itself.
    inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
    kind = _kind_of(error)
    if not inside or kind is None or _NAMED.match(str(error)):
        return
    signature = inspect.signature(function)
    given = signature.bind(*args, **kwargs).arguments
    operation = function.__name__
    if operation == "__init__":
        operation = type(given.pop("self")).__name__
    expected = {name: str(signature.parameters[name].annotation) for name in given}
    for name, value in given.items():
        kinds = [_KINDS.get(part, object) for part in expected[name].split(" | ")]
        many = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        if not many and not any(isinstance(value, kind) for kind in kinds):
            raise TypeError(
                f"{operation}: expected {expected[name]} as {name}, got {_described(value)}"
            ) from error
    wanted = ", ".join(f"{name}: {annotation}" for name, annotation in expected.items())
    came = ", ".join(f"{name} = {_described(value)}" for name, value in given.items())
    raise kind(f"{operation}: expected {wanted}; got {came} ({error})") from error


def _kind_of(error: Exception) -> type[Exception] | None:
    """As what it goes on, if it is Python's, one of NumPy's own, which are made of Python's, or one
    of ours that knows no operation."""
    if isinstance(error, LocatedError):
        return type(error)
    if type(error).__module__.startswith("numpy"):
        return next(raised for kind, raised in _RAW.items() if isinstance(error, kind))
    return _RAW.get(type(error))


def _described(value: Any) -> str:
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{kind_of(value, Tensor)} of shape {value.shape}"
    return f"{kind_of(value, Tensor)} {value!r:.40}"


def sizes_named(name: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Lets the variable arguments of a function be given as one sequence by PyTorch's name, too:
    `zeros(size=(2, 3))`. What is raised on the way is `explained`."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> R:
            if name in kwargs:
                args = (*args, kwargs.pop(name))
            try:
                return function(*args, **kwargs) if kwargs else function(*args)
            except tuple(_RAW) as error:
                _explain(error, function, args, kwargs)
                raise

        return named

    return decorate


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function with PyTorch's `dim` and `keepdim` also be called with NumPy's `axis` and
    `keepdims`. Its flags, as `keepdim` is, have to be True or False."""
    annotations = function.__annotations__
    flags = [
        (place, name, annotations[name] == "bool | None")
        for place, name in enumerate(annotations)
        if annotations[name] in ("bool", "bool | None")
    ]
    first = flags[0][0] if flags else len(annotations)

    @functools.wraps(function)
    def renamed(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            if kwargs or len(args) > first:
                return function(*_fitted(function.__name__, flags, list(args), kwargs), **kwargs)
            return function(*args)  # type: ignore[call-arg]
        except tuple(_RAW) as error:
            _explain(error, function, args, kwargs)
            raise

    return renamed


def _fitted(
    name: str, flags: list[tuple[int, str, bool]], args: list[Any], kwargs: dict[str, Any]
) -> list[Any]:
    """The arguments with their flags checked; the named ones get PyTorch's names."""
    for ours, theirs in (("dim", "axis"), ("keepdim", "keepdims")):
        if theirs in kwargs:
            if ours in kwargs:
                raise TypeError(f"{name}: {ours} and {theirs} mean the same; give one of them")
            kwargs[ours] = kwargs.pop(theirs)
    for place, option, free in flags:
        if place < len(args):
            if args[place] is not None or not free:
                args[place] = flag(name, option, args[place])
        elif option in kwargs and (kwargs[option] is not None or not free):
            kwargs[option] = flag(name, option, kwargs[option])
    return args
