"""Reads: by which names the code of one run can have read attributes.

A step reads few of the attributes that it could reach: of a Linear the weight and the bias, but
neither its sizes nor its lists of parameters. Only what it read has to be guarded, and what it did
not read may change from run to run.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from opcode import opmap
from operator import attrgetter, methodcaller
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from mytorch.compiler.state import Place

__all__ = ["Reads", "watched"]

# What reads attributes by names that the code which calls it need not have.
READERS = (getattr, hasattr, vars, dir, eval, exec)
READER_TYPES = (attrgetter, methodcaller)
# The names by which code finds these, or all attributes at once, or has "{0.name}" filled in.
SIGNS = frozenset(
    [reader.__name__ for reader in READERS + READER_TYPES]
    + ["__dict__", "__getattribute__", "__getstate__", "__reduce__", "__reduce_ex__"]
    + ["format", "format_map"]
)
# A class pattern of `match` may read attributes that only the class names.
MATCH_CLASS = opmap["MATCH_CLASS"]
# The modules whose code reads attributes of arrays, tensors and nodes alone.
NOT_NOTED = ("numpy.", "mytorch.compiler.", "mytorch.graph.")
# Where the library lies.
ROOT = str(Path(__file__).parents[1])
# `type.__flags__` of a class that is written in Python.
_HEAP_TYPE = 1 << 9


class Reads:
    """Notes, inside its with-block, the code that runs in this thread.

    Attributes: `names`, by which that code can have read attributes; None for any name.
    """

    def __init__(self) -> None:
        self.names: set[str] | None = None
        self._codes: set[CodeType] = set()

    def __enter__(self) -> None:
        # Somebody else's profile function is left where it is: any name may have been read then.
        self._noting = sys.getprofile() is None
        if self._noting:
            sys.setprofile(self._note)

    def __exit__(self, *exception: object) -> None:
        if not self._noting:
            return
        sys.setprofile(None)
        names = {name for code in self._codes for name in code.co_names}
        matches = any(MATCH_CLASS in code.co_code[::2] for code in self._codes)
        if names.isdisjoint(SIGNS) and not matches:
            self.names = names

    def users(self) -> list[CodeType]:
        """The user's code that ran."""
        return [code for code in self._codes if not code.co_filename.startswith(ROOT)]

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and not f"{frame.f_globals.get('__name__')}.".startswith(NOT_NOTED):
            self._codes.add(frame.f_code)


def watched(places: list[Place], names: set[str] | None, needed: Iterable[Any]) -> list[Place]:
    """The places that a run can have read, if it read attributes by these names alone; each has
    one of these as its parent. All of them if something that is needed would not be there.

    `places` are all, in the order of `walk`, parents first.
    """
    if names is None or any(_is_reader(place.value) for place in places):
        return places
    listed = set(map(id, places))
    below: defaultdict[int, list[tuple[Place, Place]]] = defaultdict(list)
    for place in places:
        first = place
        while first.parent is not None and id(first.parent) not in listed:
            first = first.parent  # it was made on the way, and is in no list
        if first.parent is not None:
            below[id(first.parent.value)].append((place, first))
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
        for child, first in reversed(below[id(place.value)]):
            if not _is_unread(child, names):
                parents.append((first, place))
                stack.append(child)
    if not seen.issuperset(map(id, needed)):
        return places
    for first, parent in parents:
        first.parent = parent
    return kept


def _is_unread(place: Place, names: set[str]) -> bool:
    """Whether it is an attribute by another name. C code reads without names: those of its own
    classes, as the == of a SimpleNamespace does, and special ones, as `__array_interface__`."""
    space = place.parent
    return (
        space is not None
        and space.access == "vars"
        and space.parent is not None
        and isinstance(place.key, str)
        and not place.key.startswith("__")
        and place.key not in names
        and all(kind.__flags__ & _HEAP_TYPE for kind in type(space.parent.value).__mro__[:-1])
    )


def _is_reader(value: Any) -> bool:
    return isinstance(value, READER_TYPES) or any(value is reader for reader in READERS)
