"""Names: what a program is bound to once, each object by a name.

Names count up in the order of first use.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch.compiler.state import Place, same

__all__ = ["Names"]


class Names:
    """The names of one program.

    Attributes: `objects`, what each name stands for, and `contents`, what the arrays among them
    held that the program takes for constant.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.contents: dict[str, Array] = {}
        self._by_id: dict[int, str] = {}

    def of(self, thing: Any, letter: str = "") -> str:
        """The name of this very object. The letters a, b, n and c begin the names of outside
        arrays, buffers, numbers, and everything else."""
        letter = letter or ("a" if isinstance(thing, np.ndarray) else "c")
        name = self._by_id.get(id(thing))
        if name is None:
            name = self._by_id[id(thing)] = f"{letter}{len(self._by_id)}"
            self.objects[name] = thing
        return name

    def of_view(self, name: str, view: Array, constant: bool) -> str:
        """The name of a view, in another shape, of an array that has a name."""
        name = f"{name}_{'x'.join(map(str, view.shape))}"
        self.objects[name] = view
        if constant:
            self.contents[name] = view.copy()
        return name

    def of_constant(self, array: Array, contents: Array) -> str:
        """The name of an array that no run changes."""
        name = self.of(array)
        self.contents[name] = contents
        return name

    def of_scalar(self, array: Array) -> str:
        """The name of a number as a 0-d array of the program's own, one for all that are equal."""
        for name, known in self.contents.items():
            if name[0] == "n" and _equal(known, array):
                return name
        name = self.of(array, "n")
        self.contents[name] = array
        return name

    def of_value(self, value: Any) -> str:
        """The name of anything but an array, one for all that are interchangeable."""
        for name, known in self.objects.items():
            if not isinstance(known, np.ndarray) and same(known, value):
                return name
        return self.of(value)

    def of_function(self, function: Any) -> str:
        """The name of a function: its own one with a number."""
        for name, known in self.objects.items():
            # Bound methods, as `np.add.reduce`, are made anew by each look.
            if known is function or (callable(known) and known == function):
                return name
        return self.of(function, f"{function.__name__.strip('_')}_")

    def reading(self, place: Place, variables: dict[int, str]) -> str:
        """The source that reads a place, or with = writes it."""
        if place.parent is None:
            return place.access
        owner = variables.get(id(place.parent)) or self.of(place.parent.value)
        if place.access == "vars":
            return f"{owner}.__dict__"
        key = repr(place.key) if type(place.key) in (str, int) else self.of(place.key)
        return place.access.format(owner).replace("[key]", f"[{key}]")


def _equal(one: Array, two: Array) -> bool:
    return (
        (one.shape, one.strides, one.dtype) == (two.shape, two.strides, two.dtype)
    ) and one.tobytes() == two.tobytes()
