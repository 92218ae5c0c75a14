"""Plans: what a replay does, as data.

A plan is what is known of a recorded run once `analysis` has gone through it, and all that an
emitter of code has to know: `source`, `guards` and `program` make Python of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mytorch._dtypes import Array
from mytorch.compiler.calls import Call, Draw, Ref, map_leaves
from mytorch.compiler.layout import Layout
from mytorch.compiler.number import NUMERIC
from mytorch.compiler.state import Place

__all__ = ["Copied", "Held", "Kind", "Named", "Plan", "Value", "Wrapped"]

# What a value is. "outside": memory that is there before the run, the same in each; "constant": an
# array that no run changes; "buffer": memory of the plan's own, or a view of it; "input": what a
# place holds, which is another array or number in each run; "new": made in each run.
Kind = Literal["outside", "constant", "buffer", "input", "new"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a variable's value in the recorded run: its type, and an array's layout."""

    kind: type
    layout: Layout | None

    @classmethod
    def of(cls, value: Any) -> Kept:
        """What is known of this one."""
        layout = Layout.of(value) if isinstance(value, np.ndarray) else None
        return cls(type(value), layout)


@dataclass(slots=True)
class Value:
    """An array or number of the plan.

    Attributes:
        kind: see `Kind`.
        root: the number of the array whose memory it is; its own, unless it is a view.
        layout: the array's; None for a Python number.
        scalar: whether it is a NumPy scalar.
        array: the memory, unless each run has another; `buffers` makes a buffer's.
        contents: what a constant holds, and what a number was in the recorded run.
        name: of an input, its place's in `Plan.variables`.
        offset: of a buffer, how many bytes of its root's memory lie before its first element.
        over: of a new one, the number of the operand that it is written over.
    """

    kind: Kind
    root: int
    layout: Layout | None = None
    scalar: bool = False
    array: Any = None
    contents: Any = None
    name: str = ""
    offset: int = 0
    over: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether it is another object in each run."""
        return self.kind in ("input", "new")


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A new Tensor of an array."""

    data: Any


@dataclass(frozen=True, slots=True)
class Named:
    """A new tuple of a class with names for its parts."""

    kind: type
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """A new copy of an array that the run found as it is."""

    array: Array
    contents: Array


@dataclass(frozen=True, slots=True)
class Held:
    """An object that a place holds: by the name of the place's variable, or by itself."""

    name: str
    thing: Any = None


@dataclass(slots=True, eq=False)
class Plan:
    """One recorded run.

    Attributes:
        places: what is guarded, parents first.
        variables: by the ids of places, the names of those that hold another object in each run.
        values: the arrays and numbers, each by its number, which the steps have in Refs.
        steps: the calls, in order, the early checks and what they need first.
        early: the ids of these.
        attempted: at how many of the first steps a replay may still end.
        undone: the numbers of the arrays that are put back if it does.
        writes: places with what they are set to, after the steps.
        touched: the tensors that are marked as written.
        result: what is returned, as the writes a tree of tuples, lists, dicts and Named of Refs,
            Wrapped, Copied, Held and plain values.
        apart: pairs of numbers of arrays that must not share memory.
        silent: whether NumPy's floating-point warnings are silenced.
        identities: whether the user's code may have asked if two objects are one.
    """

    places: list[Place]
    variables: dict[int, str]
    values: dict[int, Value]
    steps: list[Call]
    early: set[int]
    attempted: int
    undone: list[int]
    writes: list[tuple[Place, Any]]
    touched: list[Held]
    result: Any
    apart: set[tuple[int, int]]
    silent: bool
    identities: bool = False

    def numbers(self) -> list[int]:
        """The numbers of the inputs that are Python numbers."""
        return [i for i, value in self.values.items() if value.name and value.layout is None]

    def undrawn(self) -> list[tuple[Any, list[Draw]]]:
        """The generators whose states are put back where a replay ends, with the draws."""
        found: dict[int, tuple[Any, list[Draw]]] = {}
        for step in self.steps[: self.attempted]:
            if type(step) is Draw:
                found.setdefault(id(step.generator), (step.generator, []))[1].append(step)
        return list(found.values())

    def used(self) -> set[int]:
        """The numbers of the arrays and numbers that the steps, what they leave and the guards
        have."""
        found = {index for pair in self.apart for index in pair}
        for step in self.steps:
            found.update(step.reads(), step.made(), step.writes)
        return found | self.shown()

    def shown(self) -> set[int]:
        """The numbers of the arrays and numbers in the result and the writes."""
        found: set[int] = set()
        trees = [self.result, *(tree for _, tree in self.writes)]
        for tree in trees:  # which grows
            map_leaves(tree, lambda named: trees.append(named.parts), Named)
            map_leaves(tree, lambda tensor: trees.append(tensor.data), Wrapped)
            map_leaves(tree, lambda ref: found.add(ref.index), Ref)
        return found

    def forget(self) -> None:
        """Lets go of what the recorded run was given, which each run has another of."""
        used = self.used()
        for index, value in self.values.items():
            if index not in used and value.kind == "outside":
                value.array = None
        others = set(self.variables)
        for place in self.places:
            if place.parent is not None and id(place.parent) in others:
                others.add(id(place))
                place.owner = None
            if id(place) in self.variables and type(place.value) not in NUMERIC:
                place.value = Kept.of(place.value)
