"""State: every place that a function can reach, from its closure, globals, arguments and their
attributes.

A program is right as long as each place holds what it held when it was recorded, or, for the
arrays that may change, an array of the same layout. So the places are what is guarded, and where
the stand-ins go while recording.
"""

from __future__ import annotations

import sys
from abc import ABCMeta, get_cache_token
from collections import deque
from collections.abc import Iterator, Set
from functools import lru_cache
from gc import get_referents
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import numpy as np

from mytorch.compiler.tape import CompileError
from mytorch.compiler.understood import (
    catches_errors,
    code_names,
    global_names,
    imported,
    is_of_c,
    is_ours,
    is_standard,
    reads_any_name,
    room_of,
)
from mytorch.memory import Memory
from mytorch.tensor import Tensor

__all__ = ["Place", "has_inside", "is_plain", "raises_errors", "same", "walk"]

MOST_PLACES = 20_000
# The hooks are those of a tensor that requires a gradient.
TENSOR_FIELDS = [
    (name, f"{{}}.{name}", name != "grad_fn")
    for name in ("_data", "_grad", "_requires_grad", "grad_fn", "_hooks")
]
# Standard classes that people keep their settings in; the insides of others are not looked at.
CONTAINERS = frozenset(["argparse", "builtins", "collections", "dataclasses", "functools", "types"])
NUMBERS = frozenset([bool, int, float, complex, str, bytes, type(None)])
ATOMS = (np.ndarray, np.generic, np.dtype, Memory)
SIZE = "len({})"
# What a class or module has that no code of its own reads.
UNREAD = frozenset(
    [
        "__abstractmethods__",
        "__annotations__",
        "__builtins__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__loader__",
        "__module__",
        "__qualname__",
        "__spec__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    ]
)


class Place:
    """One place: `access` is how its value is read from the `parent`'s, with {} for that.

    `owner` and `key` read and write it; `owner` is None where it cannot be written. What hangs
    below a value is looked at if it is `deep`. `path` is a number of all places that are reached
    in the same way.
    """

    __slots__ = ("access", "deep", "key", "owner", "parent", "path", "value")

    def __init__(
        self,
        parent: Place | None,
        access: str,
        value: Any,
        owner: Any = None,
        key: Any = None,
        deep: bool = True,
    ) -> None:
        self.deep = deep
        self.parent = parent
        self.access = access
        self.value = value
        self.owner = owner
        self.key = key
        self.path: int | None = None

    def get(self) -> Any:
        """What is there now; the value itself where nothing else can be."""
        owner, key = self.owner, self.key
        if owner is None:
            return self.value
        # Past what a subclass makes of them.
        if isinstance(owner, dict):
            return dict.get(owner, key)
        if isinstance(owner, list):
            return list.__getitem__(owner, key)
        if isinstance(owner, deque):
            return deque.__getitem__(owner, key)
        return vars(owner).get(key) if isinstance(owner, type) else getattr(owner, key, None)

    def set(self, value: Any) -> None:
        """Puts a value there."""
        owner, key = self.owner, self.key
        if isinstance(owner, dict):
            dict.__setitem__(owner, key, value)
        elif isinstance(owner, list):
            list.__setitem__(owner, key, value)
        elif isinstance(owner, deque):
            deque.__setitem__(owner, key, value)
        elif isinstance(owner, type):
            type.__setattr__(owner, key, value)
        else:
            # Past the class's own `__setattr__`, as of a frozen dataclass.
            object.__setattr__(owner, key, value)

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
    # The modules, each with the names by which it was looked at, and by which functions look, and
    # whether these read any name, or go on after an error.
    modules: dict[int, set[str]] = {}
    late: list[Place] = []
    names: set[str] = set()
    any_name = catches = False
    count = 0
    while stack or late:
        if not stack:
            for place in late:
                known = modules[id(place.value)]
                stack.extend(_below_module(place, names, known, any_name, catches))
            late = late if stack else []
            continue
        place = stack.pop()
        yield place
        count += 1
        if count > MOST_PLACES:
            raise CompileError(
                f"more than {MOST_PLACES} places to watch, the last one {place}: keep large lists "
                "out of the function's reach, or their numbers in one array"
            )
        value = place.value
        # A stand-in passes for an array.
        if type(value) in NUMBERS or isinstance(value, ATOMS) or not place.deep:
            continue
        if isinstance(value, ModuleType):
            # Whatever function has found it may have handed it to any other.
            modules.setdefault(id(value), set())
            late.append(place)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.extend(reversed(list(_below(place, value))))
            if isinstance(value, FunctionType):
                names |= code_names(value.__code__)
                if not is_ours(value):
                    any_name |= reads_any_name(value.__code__)
                    catches |= catches_errors(value.__code__)


def _below(place: Place, value: Any) -> Iterator[Place]:
    kind: Any = type(value)
    if isinstance(value, Tensor):
        for name, access, deep in TENSOR_FIELDS if value._requires_grad else TENSOR_FIELDS[:4]:
            yield Place(place, access, getattr(value, name), value, name, deep)
        for key, item in vars(value).items():
            yield Place(place, "{}.__dict__[key]", item, vars(value), key)
    elif isinstance(value, dict):
        for key, item in list(value.items()):
            yield Place(place, "{}[key]", item, value, key)
    elif isinstance(value, (list, tuple, deque)):
        owner = None if isinstance(value, tuple) else value
        for index, item in enumerate(value):
            yield Place(place, f"{{}}[{index}]", item, owner, index)
    elif isinstance(value, CellType):
        try:
            yield Place(place, "{}.cell_contents", value.cell_contents, value, "cell_contents")
        except ValueError:
            yield Place(place, "({} == EMPTY_CELL)", True)
    elif isinstance(value, FunctionType):
        yield from _below_function(place, value)
    elif "__compiled__" in getattr(value, "__dict__", ()):
        yield Place(place, "part", value.__compiled__)
    elif isinstance(value, type):
        yield from _below_class(place, value)
    elif isinstance(value, BuiltinFunctionType):
        yield Place(place, "part", value.__self__)
    elif not isinstance(value, np.ufunc):
        yield from _attributes(place, value)
        return
    if isinstance(value, (dict, list, tuple, deque, Tensor)) and not (
        is_of_c(kind) or is_ours(kind)
    ):
        yield from _attributes(place, value)


def _attributes(place: Place, value: Any) -> Iterator[Place]:
    """The attributes of an object."""
    kind: Any = type(value)
    room = room_of(kind.__module__)
    if hasattr(value, "__dict__") and not isinstance(value, (classmethod, staticmethod)):
        space = Place(place, "vars", vars(value))
        if room != "standard" and not (room == "user" and _speaks_to_numpy(kind)):
            yield space
        else:
            for key, item in vars(value).items():
                yield Place(space, "{}[key]", item, None, key, deep=False)
    for name in _slots(kind):
        if hasattr(value, name):
            yield Place(place, f"{{}}.{name}", getattr(value, name), value, name)
        else:
            yield Place(place, f"hasattr({{}}, {name!r})", False)
    if is_of_c(kind):
        if kind.__module__ in CONTAINERS:
            # A bound method, a partial, a set ...: its parts cannot be named.
            for part in get_referents(value):
                yield Place(place, "part", part)
    elif not is_ours(kind) or hasattr(kind, "forward"):
        yield Place(place, "type({})", kind)


@lru_cache(maxsize=4096)
def _speaks_to_numpy(kind: type) -> bool:
    """Whether NumPy asks its objects for arrays, and takes no stand-ins for these."""
    return any(hasattr(kind, f"__array{name}__") for name in ("", "_interface", "_struct"))


@lru_cache(maxsize=4096)
def _slots(kind: type) -> list[str]:
    """The names of the slots of a class and its bases."""
    return [
        name
        for base in kind.__mro__
        if not is_of_c(base)
        for name, slot in vars(base).items()
        if isinstance(slot, MemberDescriptorType)
    ]


def _below_module(
    place: Place, names: Set[str], known: set[str], any_name: bool, catches: bool
) -> Iterator[Place]:
    """What a module has by these names and was not known of it; its data by any name, on demand,
    and which of the names it has not, for who catches the error."""
    module = place.value
    space = vars(module)
    inside = Place(place, "vars", space)
    theirs, ours = is_standard(module), is_ours(module)
    wanted = names & space.keys()
    if any_name:
        if SIZE not in known:
            known.add(SIZE)
            yield Place(inside, SIZE, len(space))
        # What is called is noted by itself, and what a library has is as it was made.
        wanted |= {
            name
            for name, item in space.items()
            if not callable(item) and not isinstance(item, ModuleType) and name not in UNREAD
            if type(item) in NUMBERS or not (theirs or ours)
        }
    new = sorted(wanted - known)
    known.update(new)
    for name in new:
        item, access = space[name], f"{{}}[{name!r}]"
        if (theirs or ours) and isinstance(item, ModuleType):
            yield Place(inside, "part", item)
        elif ours or theirs:
            yield Place(inside, access, item, None, name, deep=_is_of_user(item))
        else:
            yield Place(inside, access, item, space, name)
    if theirs or ours:
        return
    missing = tuple(sorted(names - space.keys() - known))
    if missing and (catches or "__getattr__" in space):
        known.update(missing)
        yield Place(inside, "has_none({}, [key])", True, None, missing)
    if "__getattr__" in space and "__getattr__" not in known:
        known.add("__getattr__")
        yield Place(inside, "{}['__getattr__']", space["__getattr__"], space, "__getattr__")


def _is_of_user(value: Any) -> bool:
    """Whether it is a function or class of the user's."""
    return isinstance(value, (FunctionType, type)) and room_of(value.__module__) == "user"


def _below_class(place: Place, value: type) -> Iterator[Place]:
    if is_standard(value) or is_ours(value):
        return
    # A new entry may hide a base's.
    yield Place(place, "len({}.__dict__)", len(vars(value)))
    for key, item in vars(value).items():
        if key not in UNREAD:
            yield Place(place, "{}.__dict__[key]", item, value, key)
    yield Place(place, "{}.__mro__", value.__mro__)
    if isinstance(value, ABCMeta):
        # Which classes are registered, of all.
        yield Place(place, "abc_token({})", abc_token(value))
    if type(value) is not type:
        yield Place(place, "type({})", type(value))


def _below_function(place: Place, function: Any) -> Iterator[Place]:
    scope = function.__globals__
    # A doctest's functions bear the name of a module, but live in a copy of it.
    at_home = scope is vars(sys.modules.get(str(function.__module__), object))
    if at_home and is_standard(function):
        return
    for index, cell in enumerate(function.__closure__ or ()):
        yield Place(place, f"closure[{index}]", cell)
    for name in ("__defaults__", "__kwdefaults__"):
        if getattr(function, name):
            yield Place(place, f"{{}}.{name}", getattr(function, name), function, name)
    if at_home and is_ours(function):
        return
    code = function.__code__
    yield Place(place, "{}.__code__", code, deep=False)
    yield Place(place, "vars", vars(function))
    inside = Place(place, "globals", scope)
    below = function.__builtins__
    outside = Place(place, "globals", below)
    for name in sorted(global_names(code)):
        if name in scope:
            yield Place(inside, f"{{}}[{name!r}]", scope[name], scope, name)
            continue
        yield Place(inside, f"({name!r} in {{}})", False)
        if name in below:
            yield Place(outside, f"{{}}[{name!r}]", below[name], None, name, deep=False)
        else:
            yield Place(outside, f"({name!r} in {{}})", False)
    for name in sorted(imported(code, scope)):
        if name in sys.modules:
            module = sys.modules[name]
            found = Place(place, "modules", sys.modules)
            library = is_ours(module) or is_standard(module)
            yield Place(found, "part" if library else f"{{}}[{name!r}]", module)


def has_inside(value: Any) -> bool:
    """Whether what is inside can be found by the same ways in another one."""
    return isinstance(value, (tuple, list, dict)) or is_plain(value)


def is_plain(value: Any) -> bool:
    """Whether it is an object of a class that is written in Python, and the user's alone."""
    kind: Any = type(value)
    return _is_plain(kind)


@lru_cache(maxsize=4096)
def _is_plain(kind: type) -> bool:
    bases: list[Any] = [base for base in kind.__mro__ if base is not object]
    return not any(map(is_of_c, bases)) and all(room_of(b.__module__) == "user" for b in bases)


def has_none(space: dict[str, Any], names: list[tuple[str, ...]]) -> bool:
    """Whether a namespace has none of the names."""
    return space.keys().isdisjoint(names[0])


def abc_token(kind: ABCMeta) -> object:
    """What is another one as soon as a class is registered with an abstract one."""
    return get_cache_token()


def raises_errors() -> bool:
    """Whether NumPy is to do more about floating-point errors than to warn of them."""
    return not set(np.geterr().values()) <= {"ignore", "warn"}


def same(one: Any, other: Any) -> bool:
    """Whether two values are interchangeable: one object, or equal numbers of one type."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) in (tuple, list) or hasattr(one, "_fields"):
        return len(one) == len(other) and all(map(same, one, other))
    # The text tells 0.0 from -0.0, and finds a NaN equal to another.
    if type(one) in NUMBERS or isinstance(one, (np.generic, np.dtype)):
        return repr(one) == repr(other)
    if isinstance(one, (slice, range)):
        return bool(one == other)
    return False
