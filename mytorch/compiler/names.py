"""Names: what a program is bound to once, each object by a name.

Names count up in the order of first use, so two recordings of one run give the same names, and
two programs can be compared by their source and what their names stand for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch.compiler.state import same

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

    def agree(self, other: Names) -> bool:
        """Whether the same names stand for the same things."""
        return self.objects.keys() == other.objects.keys() and all(
            self._agree_on(other, name) for name in self.objects
        )

    def _agree_on(self, other: Names, name: str) -> bool:
        one, two = self.objects[name], other.objects[name]
        if name in self.contents:
            return name in other.contents and _equal(self.contents[name], other.contents[name])
        if isinstance(one, np.ndarray):
            # A buffer belongs to the program; any other array must be the same memory.
            return _layout(one) == _layout(two) and (
                name[0] == "b" or one.ctypes.data == two.ctypes.data
            )
        if callable(one) or isinstance(one, frozenset):
            return bool(one == two)
        return same(one, two)


def _layout(array: Array) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype


def _equal(one: Array, two: Array) -> bool:
    return _layout(one) == _layout(two) and one.tobytes() == two.tobytes()
