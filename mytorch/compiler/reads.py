"""Reads: by which names the code of one run can have read attributes.

A step reads few of the attributes that it could reach: of a Linear the weight and the bias, but
neither its sizes nor its lists of parameters. Only what it read has to be guarded, and what it did
not read may change from run to run.
"""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dis import get_instructions
from opcode import opmap
from operator import attrgetter, methodcaller
from types import CodeType, EllipsisType, FrameType, FunctionType, NotImplementedType
from typing import Any
from weakref import KeyedRef

import numpy as np

from mytorch.compiler.stand_in import SETS_EVENTS, here
from mytorch.compiler.state import NUMBERS, UNREAD, Place
from mytorch.compiler.understood import (
    SIGNS,
    catches_errors,
    inner_codes,
    is_of_c,
    is_opaque,
    is_ours,
    is_understood,
    room_of,
    users,
)
from mytorch.tensor import Tensor

__all__ = ["Reads", "holder_of", "watched"]

# What reads attributes by names that the code which calls it need not have.
READERS = frozenset(map(id, (getattr, hasattr, vars, dir, eval, exec)))
READER_TYPES = (attrgetter, methodcaller)
# The library's functions that read by such means attributes of these names alone.
DECLARED = frozenset(
    [
        "LRScheduler._update_lr",
        "LRScheduler._warn_of_order",
        "Module.__setattr__",
        "_BufferType.__instancecheck__",
        "_named_tensors",
        "assign",
        "native",
        "traverse",
        "whole",
    ]
)
DECLARED_NAMES = frozenset(
    [
        *("_buffers", "_get_closed_form_lr", "_is_buffer", "_modules", "_parameters"),
        *("dtype", "step"),
    ]
)
# A class pattern of `match` may read attributes that only the class names.
MATCH_CLASS = opmap["MATCH_CLASS"]
# The modules whose code reads attributes of arrays, tensors, nodes and classes alone.
NOT_NOTED = ("collections.abc.", "abc.", "numpy.", "mytorch.compiler.", "mytorch.engine.graph.")
# What NumPy's functions call where they read or write files.
SYSTEM = frozenset(["_io", "io", "nt", "posix", "time"])
# Whose calls of C are looked at.
WATCHED = ("user", "numpy")
# What asks of a function what only its calls need else.
OF_FUNCTIONS = frozenset(
    ["__closure__", "__code__", "__defaults__", "__globals__", "__kwdefaults__"]
)
# What may ask whether two objects are one: as keys they are compared so, too.
ASKS_IDENTITY = frozenset(["BUILD_MAP", "BUILD_SET", "CONTAINS_OP", "IS_OP", "MAP_ADD", "SET_ADD"])
USES_IDENTITY = frozenset(["dict", "frozenset", "hash", "id", "set"])
# What code may ask of a tensor that decides nothing else.
FLAGS = frozenset(["is_leaf", "is_parameter"])
# What functions and classes tell of themselves, and may be given.
DESCRIPTIVE = frozenset(["__doc__", "__module__", "__name__", "__qualname__"])
# What tells of a state that nobody watches, in NumPy and in the library.
TELLING = frozenset(["get_printoptions", "getbufsize", "geterr", "geterrcall", "initial_seed"])
# The library's methods that only its own code calls, and people replace.
REPLACED = frozenset(["__call__", "forward", "step", "zero_grad"])


class Reads:
    """Notes, inside its with-block, the code that runs in this thread, and calls `stop` with the
    reason where it does what is not understood. The block gets the profile function.

    Attributes: `names`, by which that code can have read attributes; None for any name. `ran`, the
    ids of the code; None if it was not noted. `users`, those of the user's code. `direct`, those of
    what the user's code has called of the library. `imports`, whether a module was loaded.
    """

    def __init__(self, stop: Callable[[str], None] = lambda reason: None) -> None:
        self.names: set[str] | None = None
        self.ran: set[int] | None = None
        self.direct: set[int] = set()
        self.imports = False
        self._stop = stop
        self._codes: dict[int, CodeType] = {}
        self._rooms: dict[int, str] = {}
        # Whose the functions are that are running, and how many of them load a module.
        self._calling = [""]
        self._loading = 0

    def __enter__(self) -> Callable[..., Any] | None:
        # Somebody else's profile function is left where it is: any name may have been read then.
        self._noting = sys.getprofile() is None
        if not self._noting:
            return None
        note = self._noter()
        if not SETS_EVENTS:
            here.profile = note
        sys.setprofile(note)
        return note

    def __exit__(self, *exception: object) -> None:
        if self._noting:
            here.profile = None
            sys.setprofile(None)
        if not self._noting:
            return
        self.ran = set(self._codes)
        codes = {
            code
            for key, code in self._codes.items()
            if self._rooms[key] != "ours" or code.co_qualname not in DECLARED
        }
        names = set().union(*[code.co_names for code in codes])
        matches = any(map(_matches_a_class, codes))
        if names.isdisjoint(SIGNS) and not matches:
            declared = set(self._codes.values()) - codes
            self.names = names.union(*(DECLARED_NAMES.union(code.co_names) for code in declared))

    def users(self) -> list[CodeType]:
        """The user's code that ran."""
        return [code for key, code in self._codes.items() if self._rooms[key] == "user"]

    def _noter(self) -> Callable[[FrameType, str, Any], None]:
        """The profile function: its time is a good part of a recording's."""
        calling, rooms, direct = self._calling, self._rooms, self.direct

        def note(frame: FrameType, event: str, argument: Any) -> None:
            if event == "c_call":
                if calling[-1] in WATCHED:
                    self._call_of_c(frame, argument)
            elif event == "call":
                key = id(frame.f_code)
                room = rooms.get(key, "standard")
                if room == "standard":
                    room = self._enter(frame)
                elif room == "ours" and calling[-1] == "user":
                    direct.add(key)
                calling.append(room)
            # Of the function that is still running when the block begins it is no return.
            elif event == "return" and len(calling) > 1 and calling.pop() == "loading":
                self._loading -= 1

        return note

    def _call_of_c(self, frame: FrameType, function: Any) -> None:
        if self._calling[-1] == "user":
            if not is_understood(function):
                self._refuse(function, frame)
        elif getattr(function, "__module__", None) in SYSTEM:
            self._refuse(function, users(frame))

    def _enter(self, frame: FrameType) -> str:
        """Notes code that is called for the first time, or that is not to be called."""
        code = frame.f_code
        if self._loading:
            return ""  # what runs while a module is loaded is no part of the run
        name = str(frame.f_globals.get("__name__"))
        room = room_of(name)
        if code.co_name in TELLING and room in ("numpy", "ours"):
            room = "standard"
        if code.co_name == "_find_and_load" and name.startswith("importlib."):
            self._loading += 1
            if users(frame.f_back) is not None:
                # The next run finds it loaded.
                self.imports = True
                self._stop("it loads a module")
            return "loading"
        self._rooms[id(code)] = room
        if not f"{name}.".startswith(NOT_NOTED):
            self._codes[id(code)] = code
        if room == "standard":
            self._refuse(code, users(frame.f_back))
        elif room == "ours" and self._calling[-1] == "user":
            self.direct.add(id(code))
        return room

    def _refuse(self, thing: Any, frame: FrameType | None) -> None:
        """Stops for what the user's code calls in this frame; for nothing that the library does."""
        if frame is None:
            return
        here.profile = None  # as for one of the user's own, which this may be about to set
        where = f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        self._stop(f"it calls {_name_of(thing)} ({where}), and a replay would not")

    def misunderstood(self, kept: list[Place]) -> str | None:
        """Why a program cannot be made of the places that are to be watched, if it cannot: some
        hold what changes unseen, or code ran that none leads to."""
        users = self.users()
        own = self._names()
        if "_version" in own:
            return "it reads the version of a tensor, which each run changes"
        if "__annotations__" in own:
            return "it reads __annotations__, and changes of these cannot be watched"
        known = {
            id(code)
            for place in kept
            if isinstance(place.value, FunctionType)
            for code in inner_codes(place.value.__code__)
        }
        for code in users:
            if id(code) not in known:
                return f"it runs {_name_of(code)}, and nothing that is watched leads there"
        for kind in _firsts(kept):
            for name in sorted(own - UNREAD):
                value = getattr(kind, name, None)
                if _is_data(value) and not _is_fixed(value):
                    return (
                        f"it may read {kind.__name__}.{name}, and changes of what a class of the "
                        "library is given cannot be watched"
                    )
        for place in kept:
            if type(place.value) in NUMBERS:
                continue
            if (is_opaque(place.value) and not _is_watched_by_its_holder(place)) or not (
                place.deep or _is_fixed(place.value) or is_ours(type(place.value))
            ):
                return (
                    f"it may read {place}{_line_of(place, users)}, and changes of a "
                    f"{type(place.value).__name__} cannot be watched"
                )
        return None

    def replaceable(self, kept: list[Place]) -> Iterator[Place]:
        """What else is to be watched: flags of tensors, methods of the library's classes that the
        user's code has called, which somebody may replace, and what else these have by a name that
        it reads, which somebody has put there."""
        own = self._names()
        flags = FLAGS & own
        for place in kept if flags else ():
            for flag in flags if isinstance(place.value, Tensor) else ():
                yield Place(place, f"{{}}.{flag}", getattr(place.value, flag))
        for place in kept if not own.isdisjoint(DESCRIPTIVE) else ():
            for thing in (place.value, type(place.value)):
                for name in DESCRIPTIVE & own if isinstance(thing, (type, FunctionType)) else ():
                    yield Place(Place(None, "part", thing), f"{{}}.{name}", getattr(thing, name))
        called = self.direct | {
            key for key, code in self._codes.items() if code.co_name in REPLACED
        }
        any_name = not own.isdisjoint(SIGNS)
        grows = any_name or any(map(catches_errors, self.users()))
        for place in kept:
            if isinstance(place.value, Tensor) and (
                grows or self.names is None or _may_be_asked(place, own)
            ):
                yield Place(place, "len({}.__dict__)", len(vars(place.value)))
        for kind in _firsts(kept):
            for base in filter(is_ours, kind.__mro__) if grows else ():
                yield Place(Place(None, "part", base), "len({}.__dict__)", len(vars(base)))
            if any_name:
                own = own.union(*map(vars, kind.__mro__))
            names = _operators(kind)
            for name in (*names, *sorted(own - UNREAD - {*names})):
                value = getattr(kind, name, None)
                if id(_code_of(value)) in called or (name in own and _is_data(value)):
                    yield Place(Place(None, "part", kind), f"{{}}.{name}", value)

    def _names(self) -> set[str]:
        """The names that the user's code reads."""
        return {name for code in self.users() for name in code.co_names}

    def asks_numbers_of_objects(self) -> bool:
        """Whether the user's code may have asked for the number of an object."""
        return not self._names().isdisjoint(("__hash__", "hash", "id"))

    def asks_identity(self) -> bool:
        """Whether the user's code may have asked if two objects are one."""
        return any(_asks_identity(code) for code in self.users())


def _may_be_asked(place: Place, names: set[str]) -> bool:
    """Whether the user's code may call a method of a tensor that the function holds, which an
    attribute of the same name would hide. An argument is another one in each call."""
    if place.key == "_grad" or (holder_of(place) == "ours" and place.key not in names):
        return False
    while place.parent is not None:
        place = place.parent
    return place.access == "function"


def _firsts(kept: list[Place]) -> list[type]:
    """The first class of the library of each object's bases, and Tensor."""
    kinds: set[Any] = {p.value if isinstance(p.value, type) else type(p.value) for p in kept}
    firsts = {base for kind in kinds if (base := _first_of_ours(kind))} | {Tensor}
    return sorted(firsts, key=lambda kind: kind.__qualname__)


@functools.lru_cache(maxsize=4096)
def _first_of_ours(kind: type) -> type | None:
    return next((base for base in kind.__mro__ if is_ours(base)), None)


@functools.lru_cache(maxsize=4096)
def _operators(kind: type) -> list[str]:
    """The special methods that a class of the library has from there, and those that only its own
    code calls."""
    names = {name for base in kind.__mro__ if is_ours(base) for name in vars(base)}
    return sorted({name for name in names if name.startswith("__")}.union(REPLACED) - UNREAD)


@functools.lru_cache(maxsize=4096)
def _asks_identity(code: CodeType) -> bool:
    before: Any = ()
    for instruction in get_instructions(code):
        name = instruction.opname
        if name in ASKS_IDENTITY and not (name == "IS_OP" and before in (None, True, False)):
            return True
        if name == "LOAD_GLOBAL" and instruction.argval in USES_IDENTITY:
            return True
        before = instruction.argval if name == "LOAD_CONST" else ()
    return False


@functools.lru_cache(maxsize=4096)
def _matches_a_class(code: CodeType) -> bool:
    return MATCH_CLASS in code.co_code[::2]


def _is_data(value: Any) -> bool:
    """Whether a class has it for all of its objects as it is."""
    return value is not None and not callable(value) and not hasattr(type(value), "__get__")


def _code_of(value: Any) -> CodeType | None:
    """The code of a function, or of a property."""
    if isinstance(value, FunctionType):
        return value.__code__
    getter = value.fget if isinstance(value, property) else None
    return getter.__code__ if isinstance(getter, FunctionType) else None


def _name_of(thing: Any) -> str:
    if isinstance(thing, CodeType):
        return f"{thing.co_qualname} of {thing.co_filename}"
    owner = getattr(thing, "__self__", None)
    name = getattr(thing, "__qualname__", repr(thing))
    return f"{owner.__name__}.{name}" if isinstance(owner, type(sys)) else str(name)


def _line_of(place: Place, codes: list[CodeType]) -> str:
    """The line where the place is read by its name, as " (file, line 3)"."""
    name = str(place).replace("]", "").replace("'", "").replace("[", ".").rpartition(".")[2]
    for code in codes:
        for instruction in get_instructions(code):
            if instruction.argval == name and instruction.positions is not None:
                return f" ({code.co_filename}, line {instruction.positions.lineno})"
    return ""


def _is_fixed(value: Any) -> bool:
    """Whether it never changes, as far as it shows."""
    return (
        type(value) in NUMBERS
        or callable(value)
        or isinstance(
            value, (CodeType, EllipsisType, NotImplementedType, np.dtype, np.generic, tuple)
        )
    )


def _is_watched_by_its_holder(place: Place) -> bool:
    """Whether an object that nobody watches is a part of one that is watched; what a dict of weak
    references leads to is none."""
    return holder_of(place) in ("ours", "pure") and not isinstance(place.value, KeyedRef)


def holder_of(place: Place) -> str:
    """Whose object holds it, maybe in containers: a room of `room_of`, or "" for none."""
    parent = place.parent
    while parent is not None and type(parent.value) in (dict, list, tuple):
        parent = parent.parent
    kind: Any = object if parent is None else type(parent.value)
    return "" if is_of_c(kind) else room_of(kind.__module__)


def watched(
    places: list[Place],
    names: set[str] | None,
    needed: Iterable[Any],
    reads: Reads | None = None,
) -> list[Place]:
    """The places that a run can have read, if it read attributes by these names alone; each has
    one of these as its parent. All of them if something that is needed would not be there.

    `places` are all, in the order of `walk`, parents first; of functions that did not run, as far
    as `reads` tells, little is read.
    """
    if names is None or any(
        id(place.value) in READERS or type(place.value) in READER_TYPES for place in places
    ):
        return places
    ran = None if reads is None or not names.isdisjoint(OF_FUNCTIONS) else reads.ran
    direct = reads.direct if reads else set()
    listed = set(map(id, places))
    below: defaultdict[int, list[tuple[Place, Place]]] = defaultdict(list)
    for place in places:
        first, parent = place, place.parent
        while parent is not None and id(parent) not in listed:
            first, parent = parent, parent.parent  # it was made on the way, and is in no list
        if parent is not None:
            below[id(parent.value)].append((place, first))
    kept: list[Place] = []
    parents: list[tuple[Place, Place]] = []
    seen: set[int] = set()
    stack = [place for place in reversed(places) if place.parent is None]
    while stack:
        place = stack.pop()
        kept.append(place)
        if id(place.value) in seen:
            continue
        seen.add(id(place.value))
        children = below.get(id(place.value))
        if children is None:
            continue
        idle = (
            ran is not None
            and isinstance(place.value, FunctionType)
            and id(place.value.__code__) not in ran
            and not f"{place.value.__module__}.".startswith(NOT_NOTED)
        )
        for child, first in reversed(children):
            if not (idle and first.access != "vars") and not _is_unread(child, names, ran, direct):
                parents.append((first, place))
                stack.append(child)
    if not seen.issuperset(map(id, needed)):
        return places
    for first, parent in parents:
        first.parent = parent
    return kept


def _is_unread(place: Place, names: set[str], ran: set[int] | None, direct: set[int]) -> bool:
    """Whether it is an attribute by another name, or a function that did not run. C code reads
    without names: those of its own classes, as the == of a SimpleNamespace does, and special ones,
    as `__array_interface__`."""
    space, value = place.parent, place.value
    name = place.key if isinstance(place.key, str) else ""
    if space is None:
        return False
    if ran is not None and type(value) is FunctionType:
        if isinstance(space.parent, Place) and _is_our_module(space.parent):
            return id(value.__code__) not in direct
        if place.access == "{}.__dict__[key]" and id(value.__code__) not in ran:
            return name.startswith("__") or name not in names
    if name in names or name.startswith("__") or not isinstance(place.key, str):
        return False
    if place.access == "{}.__dict__[key]":
        return True
    holder: Any = object if space.parent is None else type(space.parent.value)
    return space.access == "vars" and _is_of_python(holder)


@functools.lru_cache(maxsize=4096)
def _is_of_python(kind: type) -> bool:
    """Whether no class but object among its bases is written in C."""
    return kind is not object and not any(map(is_of_c, kind.__mro__[:-1]))


def _is_our_module(place: Place) -> bool:
    return isinstance(place.value, type(sys)) and is_ours(place.value)
