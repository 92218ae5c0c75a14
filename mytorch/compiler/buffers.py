"""Buffers: the memory that a plan's steps write to, made once.

What no later step needs is written over: a few pieces of memory serve all steps, in turn.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np

from mytorch.compiler.calls import Call
from mytorch.compiler.plan import Plan, Value

__all__ = ["dying", "prepare"]

# Memory of fewer bytes than this is not shared: there is little to save.
LEAST = 2**12
# New arrays of fewer bytes than this are let go of at the end of a run: `del` takes time, too.
LEAST_TO_DELETE = 2**16


def prepare(plan: Plan) -> None:
    """Gives the plan's buffers their memory."""
    members: dict[int, list[Value]] = {}
    for value in plan.values.values():
        if value.kind == "buffer":
            members.setdefault(value.root, []).append(value)
    starts = {root: min(map(_first_byte, group)) for root, group in members.items()}
    pieces = _Pieces()
    taken: dict[int, int] = {}
    last = _last_uses(plan, roots=True)
    for number, step in enumerate(plan.steps):
        used = {plan.values[index].root for index in _indices(step)} & members.keys()
        for root in sorted(used - taken.keys()):
            size = max(map(_end, members[root])) - starts[root]
            taken[root] = pieces.take(size)
        for root in sorted(used):
            if last[root] == number:
                pieces.give_back(taken[root])
    memory = [np.empty(size, np.uint8) for size in pieces.sizes]
    for root, group in members.items():
        for value in group:
            layout = value.layout
            assert layout is not None
            offset = value.offset - starts[root]
            place = memory[taken[root]]
            value.array = np.ndarray(layout.shape, layout.dtype, place, offset, layout.strides)


def dying(plan: Plan) -> dict[int, list[int]]:
    """By the numbers of steps, the large new arrays that no later step needs, nor the caller."""
    found: dict[int, list[int]] = {}
    shown = plan.shown()
    for index, number in _last_uses(plan, roots=False).items():
        value = plan.values[index]
        large = value.kind == "new" and _bytes(plan.values[value.root]) >= LEAST_TO_DELETE
        if large and index not in shown:
            found.setdefault(number, []).append(index)
    return found


class _Pieces:
    """Pieces of memory, which are taken and given back; `sizes` says how many bytes each has."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        # Sizes of those that can be taken, when they were given back, and their numbers: of a
        # size the latest comes first, which is in the processor's cache.
        self._free: list[tuple[int, int, int]] = []
        self._time = 0

    def take(self, size: int) -> int:
        """The number of a piece of at least this size, and not of far more."""
        free = self._free
        position = bisect_left(free, (size,))
        if size >= LEAST and position < len(free) and free[position][0] <= 2 * size:
            return free.pop(position)[2]
        if size >= LEAST and position and 2 * free[position - 1][0] >= size:
            number = free.pop(position - 1)[2]
            self.sizes[number] = size  # it grows
            return number
        self.sizes.append(size)
        return len(self.sizes) - 1

    def give_back(self, number: int) -> None:
        """Lets another one take it."""
        if self.sizes[number] >= LEAST:
            self._time -= 1
            insort(self._free, (self.sizes[number], self._time, number))


def _last_uses(plan: Plan, roots: bool) -> dict[int, int]:
    """The number of the last step that has each array, or the memory of each root."""
    return {
        plan.values[index].root if roots else index: number
        for number, step in enumerate(plan.steps)
        for index in _indices(step)
    }


def _indices(step: Call) -> tuple[int, ...]:
    return (*step.reads(), *step.made(), *step.writes)


def _bytes(value: Value) -> int:
    return value.layout.nbytes if value.layout else 0


def _first_byte(value: Value) -> int:
    return value.offset + sum(length for length in _lengths(value) if length < 0)


def _end(value: Value) -> int:
    assert value.layout is not None
    itemsize: int = value.layout.dtype.itemsize
    return value.offset + sum(length for length in _lengths(value) if length > 0) + itemsize


def _lengths(value: Value) -> list[int]:
    """How far it is from the first to the last element along each axis, in bytes."""
    assert value.layout is not None
    pairs = zip(value.layout.shape, value.layout.strides, strict=True)
    return [max(size - 1, 0) * stride for size, stride in pairs]
