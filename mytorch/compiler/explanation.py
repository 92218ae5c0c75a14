"""Explanations: a plan as a text, for the eyes of whoever compiled a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import CellType, FunctionType
from typing import Any

import numpy as np

from mytorch.compiler.calls import Call, Check, Draw, Ref, map_leaves
from mytorch.compiler.plan import Copied, Held, Named, Plan, Value, Wrapped
from mytorch.compiler.state import Place
from mytorch.tensor import Tensor

__all__ = ["explanation"]

WIDTH = 80


def explanation(plan: Plan) -> str:
    """The inputs, guards, buffers, steps, writes and the result of a plan, a line each."""
    return "\n".join(map(_cut, _Explanation(plan).lines()))


class _Explanation:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # The names of the arrays and numbers: of the place that holds them, or a number.
        names = {id(place): _name(place) for place in plan.places}
        self.inputs = {name: names[key] for key, name in plan.variables.items()}
        self.held = {
            id(place.value): names[id(place)]
            for place in reversed(plan.places)
            if isinstance(place.value, (np.ndarray, Tensor))
        }
        used = plan.used()
        self.used = [index for index in sorted(plan.values) if index in used]
        self.names: dict[int, str] = {}
        for index in self.used:
            value = plan.values[index]
            if value.kind == "constant":
                continue
            name = self.inputs.get(value.name) or self.held.get(id(value.array))
            self.names[index] = name or f"%{len(self.names)}"

    def lines(self) -> Iterator[str]:
        """The lines, before they are cut."""
        plan, values = self.plan, self.plan.values
        inputs = [index for index in self.used if values[index].kind == "input"]
        yield from _part("inputs", [f"{self.names[i]}: {_kind(values[i])}" for i in inputs])
        guards = len(plan.places) + len(plan.apart)
        fixed = guards - len(plan.variables)
        yield from _part("guards", [f"{guards}, of {fixed} values that have to be the same"])
        own = [values[i] for i in self.used if values[i].kind == "buffer"]
        memory = {id(value.array.base): value.array.base for value in own}
        size = sum(piece.nbytes for piece in memory.values())
        count = len({value.root for value in own})
        yield from _part("buffers", [f"{count} arrays, {size:,} bytes"])
        yield from _part("steps", [self.step(call) for call in plan.steps])
        writes = [f"{_name(place)} = {self.tree(made)}" for place, made in plan.writes]
        yield from _part("writes", writes)
        yield from _part("result", [self.tree(plan.result)])

    def step(self, call: Call) -> str:
        """A call, with the shapes of what it makes."""
        arguments = [self.tree(arg) for arg in call.args]
        arguments += [f"{key}={self.tree(value)}" for key, value in call.kwargs.items()]
        text = f"{_title(call.function)}({', '.join(arguments)})"
        if type(call) is Check:
            answer = "as it was" if isinstance(call.outputs, bytes) else repr(call.outputs)
            return f"require {text} to be {answer}"
        made: list[str] = []
        map_leaves(call.outputs, lambda ref: made.append(self.made(ref.index)), Ref)
        draw = f", from {type(call.generator).__name__}" if type(call) is Draw else ""
        return f"{', '.join(made)} = {text}{draw}" if made else text

    def made(self, index: int) -> str:
        """The name of a result, and what it is."""
        return f"{self.names[index]}: {_kind(self.plan.values[index])}"

    def tree(self, tree: Any) -> str:
        """An argument or a result."""
        kind = type(tree)
        if kind is Ref:
            value = self.plan.values[tree.index]
            if value.kind != "constant":
                return self.names[tree.index]
            return f"<{_kind(value)}>" if value.array.ndim else str(value.contents)
        if kind is Wrapped:
            return f"Tensor({self.tree(tree.data)})"
        if kind is Named:
            return f"{tree.kind.__name__}{self.tree(tree.parts)}"
        if kind is Held:
            return self.inputs.get(tree.name) or self.held.get(id(tree.thing)) or "an object"
        if kind is Copied:
            return f"a copy of {tree.array.dtype} {tree.array.shape}"
        if kind in (tuple, list):
            inner = ", ".join(map(self.tree, tree))
            return f"({inner})" if kind is tuple else f"[{inner}]"
        if kind is dict:
            return f"{{{', '.join(f'{key!r}: {self.tree(part)}' for key, part in tree.items())}}}"
        if kind is slice:
            return ":".join("" if x is None else str(x) for x in (tree.start, tree.stop, tree.step))
        return _title(tree) if isinstance(tree, (type, FunctionType)) else repr(tree)


def _name(place: Place) -> str:
    """A place as a reader would write it, from the variable or argument on."""
    space = place.parent
    if space is None:
        return place.access
    if space.access == "{}.__globals__" or isinstance(space.value, CellType):
        return str(place.key) if space.access[0] == "{" else _name(space)
    if isinstance(place.value, CellType) and isinstance(space.value, FunctionType):
        return space.value.__code__.co_freevars[int(place.access[len("closure[") : -1])]
    owner = _name(space)
    if place.access in ("part", "vars", "{}._data"):
        return "self" if owner == "function" else owner
    if space.access == "vars":
        return f"{owner}.{place.key}"
    outer, _, registry = owner.rpartition(".")
    if registry in ("_modules", "_parameters", "_buffers"):
        return f"{outer}.{place.key}"
    return place.access.format(owner).replace("[key]", f"[{place.key!r}]")


def _title(function: Any) -> str:
    name: str = function.__name__
    return name.strip("_")


def _kind(value: Value) -> str:
    if value.layout is None:
        return type(value.contents).__name__
    return f"{value.layout.dtype} {value.layout.shape}"


def _part(name: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{name if number == 0 else '':8} {line}"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
