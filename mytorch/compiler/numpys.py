"""NumPy's functions under the names by which the library finds them, and who may replace them."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

__all__ = ["lookup", "replaced"]

FUNCTIONS: dict[str, Any] = {
    f"{path}{name}": function
    for path, module in (("", np), ("linalg.", np.linalg))
    for name, function in vars(module).items()
    if isinstance(function, (np.ufunc, type(np.dot), BuiltinFunctionType, FunctionType))
}
NAMES: dict[int, list[str]] = {}
for name in FUNCTIONS:
    NAMES.setdefault(id(FUNCTIONS[name]), []).append(name)
ALL = attrgetter(*FUNCTIONS)
FOUND = ALL(np)


def replaced() -> bool:
    """Whether somebody has put another function under such a name."""
    try:
        return bool(ALL(np) != FOUND)
    except AttributeError:
        return True


def lookup(functions: Iterable[Any]) -> tuple[Any, tuple[Any, ...]]:
    """A function that gives what NumPy has under the names of these functions, or of what they are
    methods of, and what that has to be."""
    known = {id(getattr(function, "__self__", function)) for function in functions}
    names = [name for key in NAMES if key in known for name in NAMES[key]]
    # Of one name it would be no tuple.
    things = (np.ndarray, np.generic, *(FUNCTIONS[name] for name in names))
    return attrgetter("ndarray", "generic", *names), things
