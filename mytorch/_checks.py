"""Checks of arguments, and what errors call them."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np

__all__ = ["are_plain", "argument", "flag", "kind_of", "option"]

_PLAIN = {int, str, type(None)}
# Tuples of them by their ids, which nothing else can have while they are held: layers give the
# same ones again and again.
_known: dict[int, Any] = {}
_MANY = 1024


def are_plain(*options: Any) -> bool:
    """Whether options are Python's integers and texts, or tuples of them: what was found for equal
    ones is found for them. 1.0 and True equal 1, and what stands for a number while that is
    recorded is to be asked each time."""
    for option in options:
        if type(option) not in _PLAIN and _known.get(id(option)) is not option:
            if type(option) is not tuple or not _PLAIN.issuperset(map(type, option)):
                return False
            if len(_known) >= _MANY:
                _known.clear()
            _known[id(option)] = option
    return True


def flag(where: str, name: str, value: Any, cure: str = "") -> bool:
    """True or False, of Python or NumPy. Raises TypeError for what is neither."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(
            f"{where}: expected True or False as {name}, got {kind_of(value)} {value!r:.40}{cure}"
        )
    return bool(value)


def option(where: str, name: str, value: Any) -> bool:
    """A flag that PyTorch asks for its truth alone: 1 and 0 stand for True and False, too."""
    if isinstance(value, (int, np.integer)) and value in (0, 1):
        return bool(value)
    return flag(where, name, value, f"; give it by its name, as in {where}(..., {name}=True)")


def argument(value: Any) -> str:
    """Which argument of which operation `value` is, as errors begin: "round: decimals: ". It is
    looked for only once something was wrong with it, in the calls under way: in the outermost of
    the library that was given this very object, or one of its class (which was compared, say, and
    `value` came of it) where its annotation has none. Empty if there is no such call."""
    found = ""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("mytorch."):
        code, given = frame.f_code, frame.f_locals
        owner: Any = type(given.get("self")) if code.co_name == "__init__" else None
        function = frame.f_globals.get(code.co_name) if owner is None else owner.__init__
        annotations = getattr(function, "__annotations__", {})
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        foreign = [
            name
            for name in names
            if type(given.get(name)) is type(value)
            and not _admits(annotations.get(name, "Any"), type(value).__name__)
        ]
        same = [name for name in names if given.get(name) is value]
        for name in ([name for name in same if name in foreign] or foreign or same)[:1]:
            found = f"{code.co_name if owner is None else owner.__name__}: {name}: "
        frame = frame.f_back
    return found


def _admits(annotation: str, kind: str) -> bool:
    return any(name in annotation for name in (kind, "Any", "Operand", "object"))


def kind_of(value: Any, expected: type | None = None) -> str:
    """The name of a value's class. Where that is no `expected` and yet has its name, or derives
    from what has, also where it comes from: another library, or another copy of this one."""
    kind = type(value)
    if expected is None:
        return kind.__name__
    for base in kind.__mro__:
        if base.__name__ == expected.__name__ and base is not expected:
            theirs, ours = _source(base), _source(expected)
            if base.__module__ != expected.__module__:
                return f"{kind.__module__}.{kind.__qualname__}"
            return f"{kind.__name__} of another copy of {base.__module__}, " + (
                f"from {theirs}, while this one is from {ours}; import one of them alone"
                if theirs != ours
                else f"which was imported twice, from {ours}; restart Python, or make the object "
                "anew"
            )
    return kind.__name__


def _source(kind: type) -> str:
    """The file of a class, by one of its own functions: `sys.modules` knows the latest copy."""
    codes = (getattr(member, "__code__", None) for member in vars(kind).values())
    return next((code.co_filename for code in codes if code is not None), "an unknown file")
