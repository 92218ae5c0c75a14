"""Guards: the tests that each place holds what it held when the run was recorded.

They are a program's first lines, bind its variables, and may take much of its time: hence plain
comparisons, as few as will do.
"""

from __future__ import annotations

from collections import Counter, deque
from keyword import iskeyword
from typing import Any

import numpy as np

from mytorch._dtypes import get_default_dtype
from mytorch._replaced import replaced
from mytorch._silence import numpy_errors
from mytorch.compiler.analysis import identities
from mytorch.compiler.names import Names
from mytorch.compiler.number import NUMERIC
from mytorch.compiler.numpys import lookup
from mytorch.compiler.plan import Plan
from mytorch.compiler.reads import holder_of
from mytorch.compiler.state import NUMBERS, Place
from mytorch.compiler.understood import is_ours
from mytorch.tensor import Tensor

__all__ = ["Guards"]


class Guards:
    """The guards of a plan's places; `used` are the names in the program's other lines."""

    def __init__(self, names: Names, plan: Plan, used: set[str]) -> None:
        self._names = names
        self._plan = plan
        places = plan.places
        # The names of each variable's value, and of each Tensor, by the value's id.
        self._found = {
            id(place.value): plan.variables[id(place)]
            for place in places
            if id(place) in plan.variables and type(place.value) not in NUMERIC
        }
        for place in places:
            if isinstance(place.value, Tensor) and id(place.value) not in self._found:
                self._found[id(place.value)] = names.of(place.value)
        self._variables: list[str] = []
        self._fixed = [
            f"default_dtype() is {names.of(get_default_dtype())}",
            f"{names.of(replaced)}[0] == {replaced[0]}",
            f"(numpy_errors(None) is {names.of(numpy_errors.get(None))} or not raises_errors())",
            self._of_numpy(),
        ]
        # The variables that are Tensors, and those of them that are leaves.
        self._tensors: list[str] = []
        self._leaves: list[str] = []
        # Fixed lists and dicts are measured together: each has at least the entries that it had,
        # as these are looked up, so none has more if the sum is right.
        self._lengths: dict[str, int] = {}
        self._keys: dict[str, list[Any]] = {}
        self._measured: set[int] = set()
        # What tensors hold in each run, by dtypes: somebody may give it another one, or a shape.
        self._arrays: dict[str, list[str]] = {}
        # The arrays whose memory is written, by their ids and variables.
        values = [plan.values[index] for step in plan.steps for index in step.writes]
        self._written = {value.name or id(value.array) for value in values} - {id(None)}
        # How many entries of each container are looked up.
        self._entries = Counter(id(place.parent.value) for place in places if place.parent)
        unused = _unused_gradients(plan, used)
        skipped: set[Place | None] = set()
        for place in places:
            if place.parent in skipped:
                skipped.add(place)
            elif place in unused:
                # Whether there is a gradient may decide something, what it is does not.
                skipped.add(place)
                self._tests(place).append(f"{self._read(place)} is not None")
            else:
                self._guard(place)

    def lines(self) -> list[str]:
        """The lines that leave with MISS unless all tests pass: arguments, which change the most,
        come first, and what needs all variables last."""
        last = self._of_leaves() + self._of_memory()
        tests = (self._variables, self._fixed + self._of_sizes() + self._of_dtypes(), last)
        return [f"if not ({' and '.join(part)}): return MISS" for part in tests if part]

    def _tests(self, place: Place) -> list[str]:
        """Where the tests of a place belong."""
        parent = place.parent
        variable = parent is None or id(parent) in self._plan.variables
        return self._variables if variable else self._fixed

    def _guard(self, place: Place) -> None:
        """Adds the tests for a place."""
        value, tests = place.value, self._tests(place)
        variable = self._plan.variables.get(id(place))
        if variable is not None:
            tests = self._variables
            tests += self._of_variable(variable, place)
        elif "{}" in place.access and not self._follows(place):
            tests.append(self._unchanged(place, _is_number(value)))
        elif place.parent is None and place.access != "function":
            tests.append(self._unchanged(place, True))
        if id(value) not in self._measured:
            self._measured.add(id(value))
            tests += self._of_size(place, variable)
        # Nobody makes read-only what the library holds, a layer its weight.
        holder = place.parent if place.key == "_data" and place.parent else place
        if not self._written.isdisjoint((variable, id(value))) and holder_of(holder) != "ours":
            tests.append(f"{variable or self._names.of(value)}.flags.writeable")
        if isinstance(value, np.ndarray) and variable is None:
            if place.key == "_data":
                name = self._names.of(value)
                tests.append(f"{name}.shape == {value.shape}")
                self._arrays.setdefault(self._names.of(value.dtype), []).append(name)
            elif holder_of(place) != "ours":
                # It may be given another shape or dtype.
                tests += self._of_layout(self._names.of(value), value)

    def _follows(self, place: Place) -> bool:
        """Whether the place holds what it holds as long as its parent is the same object."""
        parent = place.parent
        if parent is None:
            return False
        variable = id(parent) in self._plan.variables
        if place.access.startswith("type("):
            return variable  # whose own type is compared
        if place.key == "grad_fn" and isinstance(parent.value, Tensor):
            return not parent.value._requires_grad  # which only a leaf can be without
        return isinstance(parent.value, tuple) and not variable and "[" in place.access

    def _of_variable(self, variable: str, place: Place) -> list[str]:
        """The tests that bind a variable and compare its type, and an array's layout."""
        value = place.value
        kind = self._names.of(type(value))
        tests = [f"type({variable} := {self._read(place)}) is {kind}"]
        if isinstance(value, np.ndarray):
            tests += self._of_layout(variable, value)
        if isinstance(value, Tensor) or (self._plan.identities and id(value) in self._found):
            self._tensors.append(variable)
            if self._plan.identities or (place.key != "_grad" and value.requires_grad):
                self._leaves.append(variable)
        return tests

    def _of_layout(self, name: str, array: Any) -> list[str]:
        """The tests of an array's layout."""
        dtype = self._names.of(array.dtype)
        return [
            f"{name}.shape == {array.shape}",
            f"({name}.dtype is {dtype} or {name}.dtype == {dtype})",
            f"{name}.strides == {array.strides}",
        ]

    def _read(self, place: Place) -> str:
        """The source that reads a place. An attribute is read as one where the class has none by
        its name: the look into the dict is slower."""
        space = place.parent
        if space is None or space.access != "vars" or space.parent is None:
            return self._names.reading(place, self._plan.variables)
        name = str(place.key)
        kind = type(space.parent.value)
        usual = kind.__getattribute__ is object.__getattribute__  # type: ignore[comparison-overlap]
        if not usual or hasattr(kind, name) or not name.isidentifier() or iskeyword(name):
            return self._names.reading(place, self._plan.variables)
        variable = self._plan.variables.get(id(space.parent))
        return f"{variable or self._names.of(space.parent.value)}.{name}"

    def _unchanged(self, place: Place, equal: bool) -> str:
        """The test that a place holds the same object, or also an equal one."""
        value, read = place.value, self._read(place)
        name = self._found.get(id(value))
        if name is None:
            constant = value is None or value is True or value is False
            name = repr(value) if constant else self._names.of(value)
        test = f"{read} is {name}"
        return f"({test} or same({read}, {name}))" if equal else test

    def _of_size(self, place: Place, variable: str | None) -> list[str]:
        """The tests that a container has no other entries than those that are looked up, and a
        dict its order; none here for those that are measured together."""
        value = place.value
        # The order of attributes decides nothing, but those that nobody read are not looked up.
        space = place.access == "vars"
        ordered = isinstance(value, dict) and (not space or self._entries[id(value)] < len(value))
        if not isinstance(value, (dict, list, tuple, set, deque)):
            return []
        if isinstance(value, tuple) and variable is None:
            return []
        tests = []
        name = variable or self._names.of(value)
        if space and not variable and place.parent and not is_ours(type(place.parent.value)):
            # Another dict may have been put in its place.
            tests = [f"{self._names.of(place.parent.value)}.__dict__ is {name}"]
        if not value:
            return [*tests, f"not {name}"]
        named = isinstance(value, dict) and all(type(key) is str for key in value)
        # A subclass may make the entries that are looked up: it is measured before.
        together = variable is None and type(value) in (dict, list)
        if isinstance(value, set) or (ordered and not named):
            # What is equal need not be the same.
            tests.append(f"same([*{name}], {self._names.of([*value])})")
        elif ordered and together:
            self._keys[name] = [*value]
        elif together:
            self._lengths[name] = len(value)
        elif ordered:
            tests.append(f"[*{name}] == {self._names.of([*value])}")
        else:
            tests.append(f"len({name}) == {len(value)}")
        return tests

    def _of_sizes(self) -> list[str]:
        tests = []
        if self._lengths:
            total = " + ".join(f"len({name})" for name in self._lengths)
            tests.append(f"{total} == {sum(self._lengths.values())}")
        if self._keys:
            found = ", ".join(f"*{name}" for name in self._keys)
            keys = [key for keys in self._keys.values() for key in keys]
            tests.append(f"[{found}] == {self._names.of(keys)}")
        return tests

    def _of_numpy(self) -> str:
        """The test that NumPy's functions are where the library finds them."""
        look, found = lookup(step.function for step in self._plan.steps)
        of = self._names.of
        return f"{of(look)}({of(np)}) == {of(found)}"

    def _of_dtypes(self) -> list[str]:
        """The tests that these arrays have their dtypes."""
        return [
            " is ".join([dtype, *[f"{name}.dtype" for name in names]])
            for dtype, names in self._arrays.items()
        ]

    def _of_leaves(self) -> list[str]:
        """The tests that no two leaves are one: their gradients would add up. No two variables
        at all, where the user's code may ask."""
        found, objects = self._found, self._names.objects
        fixed = {id(objects[name]) for name in found.values() if name in objects}
        if self._plan.identities:
            fixed |= identities(self._plan.places).keys() - found.keys()
        tests = []
        for number, leaf in enumerate(self._leaves):
            later = self._leaves[number:]
            tests += [f"{leaf} is not {other}" for other in self._tensors if other not in later]
            tests.append(f"id({leaf}) not in {self._names.of_value(frozenset(fixed))}")
        return tests

    def _of_memory(self) -> list[str]:
        """The tests that what a check reads is not what was changed before it, for a program
        checks first. Two fixed arrays are as they were."""
        values = self._plan.values
        return [
            f"not may_share_memory({', '.join(map(self._array, pair))})"
            for pair in sorted(self._plan.apart)
            if any(values[index].kind == "input" for index in pair)
        ]

    def _array(self, index: int) -> str:
        value = self._plan.values[index]
        return value.name or self._names.of(value.array)


def _unused_gradients(plan: Plan, used: set[str]) -> set[Place]:
    """The places of gradients that only are or are not there, as far as the program goes."""
    places = plan.places
    times = Counter(id(place.value) for place in places)
    needed = set()
    for place in places:
        if plan.variables.get(id(place)) in used:
            needed |= {place, place.parent}
    return {
        place
        for place in places
        if place.key == "_grad"
        and place.value is not None
        and place not in needed
        and times[id(place.value)] == 1
    }


def _is_number(value: Any) -> bool:
    """Whether another object may be the same value: not so None and the booleans, nor an object of
    a class of its own, which may have attributes."""
    numbers = type(value) in NUMBERS or isinstance(value, (np.generic, slice))
    return numbers and value is not None and not isinstance(value, bool)
