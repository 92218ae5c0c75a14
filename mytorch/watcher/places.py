"""Places in the user's source: the expression that ran, and the lines around it."""

from __future__ import annotations

import dis
import linecache
import os.path
import re
import sys
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import CodeType, FrameType, TracebackType
from typing import Any

__all__ = ["Places", "arguments", "caller", "passed"]

_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_KINDS = re.compile("(STORE|LOAD)_(?:FAST|NAME|GLOBAL|DEREF)")
# How many lines are shown before and after one that ran.
AROUND = 3
# How much of one is shown, in characters.
LONGEST = 500


def _outside(frame: FrameType | None) -> FrameType | None:
    """The innermost frame, from this one out, whose code is not the library's."""
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame


def passed(error: BaseException) -> list[TracebackType]:
    """Where an exception passed outside of the library, the innermost place last."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        if _outside(traceback.tb_frame) is traceback.tb_frame:
            found.append(traceback)
        traceback = traceback.tb_next
    return found


class Places:
    """The places that a trace names: `[file, line, end line, column, end column]`, columns counted
    in characters. With `source` false there are none.
    """

    def __init__(self, source: bool) -> None:
        self._source = source
        self._names: dict[str, int] = {}
        self._lines: list[set[int]] = []
        self._positions: dict[CodeType, list[Any]] = {}
        self._stores: dict[CodeType, dict[str, list[tuple[int, int]]]] = {}

    def of(self, frame: FrameType | None) -> list[int] | None:
        """The expression that a frame computes now."""
        return None if frame is None else self._place(frame.f_code, frame.f_lasti)

    def of_error(self, error: BaseException) -> list[int] | None:
        """The innermost place outside of the library where an exception passed."""
        found = passed(error)
        return self._place(found[-1].tb_frame.f_code, found[-1].tb_lasti) if found else None

    def assigned(self, code: CodeType, name: str, until: int | None = None) -> list[int] | None:
        """`[file, line]` where code has given a variable its value before the instruction `until`;
        None for an argument. In a loop that may be a line below.
        """
        if not self._source:
            return None
        if code not in self._stores:
            self._stores[code] = _stores(code)
        stores = self._stores[code].get(name)
        if stores is None:
            return None
        lines = [line for at, line in stores if until is None or at < until] or [stores[-1][1]]
        return self.at(code.co_filename, lines[-1], None, None, None)[:2]

    def files(self) -> list[dict[str, Any]]:
        """The files by their base names, with the lines that are shown."""
        shown: dict[str, int] = {}
        found = []
        for (path, _), numbers in zip(self._names.items(), self._lines, strict=True):
            name = os.path.basename(path)
            shown[name] = shown.get(name, 0) + 1
            if shown[name] > 1:
                name = f"{name} ({shown[name]})"
            near = {line + i for line in numbers for i in range(-AROUND, AROUND + 1)}
            text = linecache.getlines(path)
            lines = {
                str(line): text[line - 1].rstrip("\n")[:LONGEST]
                for line in sorted(near)
                if 0 < line <= len(text)
            }
            found.append({"name": name, "lines": lines})
        return found

    def _place(self, code: CodeType, instruction: int) -> list[int] | None:
        if not self._source:
            return None
        positions = self._positions.get(code)
        if positions is None:
            positions = self._positions[code] = list(code.co_positions())
        line, end, column, last = positions[instruction // 2]
        return None if line is None else self.at(code.co_filename, line, end, column, last)

    def at(
        self, path: str, line: int, end: int | None, column: int | None, last: int | None
    ) -> list[int]:
        """The place in a file, columns as Python counts them, in bytes; None for what it does not
        know."""
        if path not in self._names:
            self._names[path] = len(self._names)
            self._lines.append(set())
        file = self._names[path]
        end = line if end is None else end
        self._lines[file].update(range(line, min(end, line + 2 * AROUND) + 1))
        if column is None or last is None:  # Python was told to keep no columns
            return [file, line, end, 0, 0]
        return [file, line, end, _characters(path, line, column), _characters(path, end, last)]


def arguments(code: CodeType) -> tuple[str, ...]:
    """The names of a function's arguments."""
    several = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + several]


def _stores(code: CodeType) -> dict[str, list[tuple[int, int]]]:
    """Of each variable the instructions that give it a value, with their lines."""
    found: dict[str, list[tuple[int, int]]] = {}
    for instruction in dis.get_instructions(code):
        # From Python 3.12 on two of them may be one: STORE_FAST_LOAD_FAST.
        kinds = _KINDS.findall(instruction.opname)
        names = instruction.argval
        names = names if isinstance(names, tuple) else (names,)
        line = instruction.positions.lineno if instruction.positions else None
        if line is not None:
            for kind, name in zip(kinds, names, strict=False):
                if kind == "STORE":
                    found.setdefault(name, []).append((instruction.offset, line))
    return found


def _characters(path: str, line: int, bytes_before: int) -> int:
    text = linecache.getline(path, line).encode()[:bytes_before]
    return len(text.decode(errors="replace"))


def caller() -> FrameType | None:
    """The frame outside of the library that called it."""
    return _outside(sys._getframe())
