"""State: every place that a function can reach, from its closure, globals, arguments and their
attributes.

A program is right as long as each place holds what it held when it was recorded, or, for the
arrays that may change, an array of the same layout. So the places are what is guarded, and where
the stand-ins go while recording.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from gc import get_referents
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    ModuleType,
)
from typing import Any

import numpy as np

from mytorch.compiler.tape import CompileError
from mytorch.memory import Memory
from mytorch.tensor import Tensor

__all__ = ["Place", "same", "walk"]

MOST_PLACES = 20_000
TENSOR_FIELDS = ("_data", "_grad", "_requires_grad", "grad_fn")
# Standard classes that people keep their settings in; the insides of others are not looked at.
CONTAINERS = frozenset(["argparse", "collections", "dataclasses", "functools", "types"])
NUMBERS = (bool, int, float, complex, str, bytes, type(None))
ATOMS = (*NUMBERS, np.ndarray, np.generic, np.dtype, Memory)
OPAQUE = (type, FunctionType, BuiltinFunctionType, ModuleType, np.ufunc)


class Place:
    """One place: `access` is how its value is read from the `parent`'s, with {} for that.

    `owner` and `key` read and write it; `owner` is None where it cannot be written.
    """

    __slots__ = ("access", "key", "owner", "parent", "value")

    def __init__(
        self, parent: Place | None, access: str, value: Any, owner: Any = None, key: Any = None
    ) -> None:
        self.parent = parent
        self.access = access
        self.value = value
        self.owner = owner
        self.key = key

    def get(self) -> Any:
        """What is there now; the value itself where nothing else can be."""
        if self.owner is None:
            return self.value
        if isinstance(self.owner, (dict, list)):
            return (
                self.owner.get(self.key) if isinstance(self.owner, dict) else self.owner[self.key]
            )
        return getattr(self.owner, self.key, None)

    def set(self, value: Any) -> None:
        """Puts a value there."""
        if isinstance(self.owner, (dict, list)):
            self.owner[self.key] = value
        else:
            # Past the class's own `__setattr__`, as of a frozen dataclass.
            object.__setattr__(self.owner, self.key, value)

    def __str__(self) -> str:
        """The place as a reader would write it."""
        inner = "" if self.parent is None else str(self.parent)
        if self.access == "vars":
            return inner
        if self.parent is not None and self.parent.access == "vars":
            return f"{inner}.{self.key}"
        return self.access.format(inner).replace("[key]", f"[{self.key!r}]")


def walk(roots: list[Place]) -> Iterator[Place]:
    """The places below the roots, each object's once; parents come first.

    Raises CompileError where there are too many to guard.
    """
    seen: set[int] = set()
    stack = roots[::-1]
    count = 0
    while stack:
        place = stack.pop()
        yield place
        count += 1
        if count > MOST_PLACES:
            raise CompileError(
                f"more than {MOST_PLACES} places to watch, the last one {place}: keep large lists "
                "out of the function's reach, or their numbers in one array"
            )
        value = place.value
        if not isinstance(value, ATOMS):  # as a stand-in is, which passes for an array
            if id(value) in seen:
                continue
            seen.add(id(value))
            stack.extend(reversed(list(_below(place, value))))


def _below(place: Place, value: Any) -> Iterator[Place]:
    if isinstance(value, Tensor):
        for name in TENSOR_FIELDS:
            yield Place(place, f"{{}}.{name}", getattr(value, name), value, name)
    elif isinstance(value, dict):
        for key, item in list(value.items()):
            yield Place(place, "{}[key]", item, value, key)
    elif isinstance(value, (list, tuple)):
        owner = value if isinstance(value, list) else None
        for index, item in enumerate(value):
            yield Place(place, f"{{}}[{index}]", item, owner, index)
    elif isinstance(value, CellType):
        try:
            yield Place(place, "{}.cell_contents", value.cell_contents, value, "cell_contents")
        except ValueError:  # empty
            return
    elif isinstance(value, FunctionType):
        yield from _below_function(place, value)
    elif "__compiled__" in getattr(value, "__dict__", ()):
        yield Place(place, "part", value.__compiled__)
    elif isinstance(value, type):
        if not _is_standard(value) and not _is_ours(value):
            # A new entry may hide a base's.
            yield Place(place, "len({}.__dict__)", len(vars(value)))
            for key, item in vars(value).items():
                if callable(item) or not key.startswith("__"):
                    yield Place(place, "{}.__dict__[key]", item, None, key)
            for base in value.__mro__[1:]:
                yield Place(place, "base", base)
    elif not isinstance(value, OPAQUE) and not (
        _is_standard(type(value)) and type(value).__module__ not in CONTAINERS | {"builtins"}
    ):
        if hasattr(value, "__dict__"):
            yield Place(place, "vars", vars(value))
        for kind in type(value).__mro__:
            for name in kind.__dict__.get("__slots__", ()) if "__slots__" in vars(kind) else ():
                if not name.startswith("__") and hasattr(value, name):
                    yield Place(place, f"{{}}.{name}", getattr(value, name), value, name)
        if type(value).__module__ in CONTAINERS | {"builtins"}:
            # A bound method, a partial, a set, a deque ...: its parts cannot be named.
            for part in get_referents(value):
                yield Place(place, "part", part)
        yield Place(place, "type({})", type(value))


def _below_function(place: Place, function: FunctionType) -> Iterator[Place]:
    scope = function.__globals__
    # A doctest's functions bear the name of a module, but live in a copy of it.
    at_home = scope is vars(sys.modules.get(str(function.__module__), object))
    if at_home and _is_standard(function):
        return
    for index, cell in enumerate(function.__closure__ or ()):
        yield Place(place, f"closure[{index}]", cell)
    for name in ("__defaults__", "__kwdefaults__"):
        if getattr(function, name):
            yield Place(place, f"{{}}.{name}", getattr(function, name), function, name)
    if at_home and _is_ours(function):
        return
    names = _names(function.__code__)
    inside = Place(place, "{}.__globals__", scope)
    for name in sorted(names & scope.keys()):
        found = scope[name]
        yield Place(inside, f"{{}}[{name!r}]", found, scope, name)
        if isinstance(found, ModuleType) and not _is_standard(found) and not _is_ours(found):
            module = Place(inside, f"{{}}[{name!r}]", found, scope, name)
            space = Place(module, "vars", vars(found))
            for inner in sorted(names & vars(found).keys()):
                yield Place(space, f"{{}}[{inner!r}]", vars(found)[inner], vars(found), inner)


def _names(code: CodeType) -> set[str]:
    """The names that a function's code, and the code inside it, reads."""
    # A name that is none was put there by a tool, as pytest does for `assert`.
    found = {name for name in code.co_names if name.isidentifier()}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


def _top(thing: Any) -> str:
    """The package that a module, class or function belongs to."""
    name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
    return str(name or "").partition(".")[0]


def _is_ours(thing: Any) -> bool:
    return _top(thing) == "mytorch"


def _is_standard(thing: Any) -> bool:
    top = _top(thing)
    return top == "numpy" or (top in sys.stdlib_module_names and top != "__main__")


def same(one: Any, other: Any) -> bool:
    """Whether two values are interchangeable: one object, or equal numbers of one type."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    # The text tells 0.0 from -0.0, and finds a NaN equal to another.
    if isinstance(one, (bool, int, float, complex, str, bytes, np.generic, np.dtype)):
        return repr(one) == repr(other)
    if isinstance(one, (slice, range)):
        return bool(one == other)
    return False
