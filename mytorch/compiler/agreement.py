"""Agreement: whether two recorded runs are one plan, but for the numbers that they were given.

What is drawn unseen, counted in secret or hidden from view is another in the second of two runs;
so plans that agree are taken to be what all further runs do. A number that is an input of the one
may be a constant of the other, as may be all that is computed of numbers and constants alone: that
has to be what the one computes of the other run's numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._silence import silent
from mytorch.compiler.calls import Call, Check, Draw, Ref, map_leaves
from mytorch.compiler.layout import Layout
from mytorch.compiler.number import NUMERIC
from mytorch.compiler.plan import Copied, Held, Kept, Named, Plan, Wrapped
from mytorch.compiler.state import Place, has_inside, same
from mytorch.compiler.tape import SCALAR_OPERATORS

__all__ = ["agree", "difference", "differences", "replacements"]

# They hold what their parent holds, by which they are guarded.
UNGUARDED = ("vars", "part")


def agree(plan: Plan, earlier: Plan) -> bool:
    """Whether two recorded runs, of which the earlier one knew fewer inputs, are one plan."""
    return _Comparison(plan, earlier).agrees()


def difference(plan: Plan, earlier: Plan) -> tuple[Place, Place] | Call | None:
    """The first place, in both plans, or call in which they differ; None where it is no such."""
    comparison = _Comparison(plan, earlier)
    for place, other in zip(plan.places, earlier.places):  # noqa: B905
        if place.access != other.access or not same(place.key, other.key):
            break  # one has a place more
        if not comparison.is_place(place, other):
            return place, other
    if not comparison.computes():
        # A number decides something else.
        pairs = zip(plan.places, earlier.places)  # noqa: B905
        return next((pair for pair in pairs if _is_other_number(*pair)), None)
    for step, another in zip(*comparison.unknown()):  # noqa: B905
        if not comparison.is_step(step, another):
            return step
    return None


def differences(
    path: Callable[[Place], int], plan: Plan, earlier: Plan
) -> list[tuple[Place, Place]]:
    """The places of two plans that are reached in the same way, but are not the same, other than
    numbers and gradients, which may agree the next time."""
    return [
        (place, other)
        for place, other in _pairs(path, plan, earlier)
        if place.key != "_grad"
        and place.access not in UNGUARDED
        and type(place.value) not in NUMERIC
        and not same(place.value, other.value)
        and (id(place) not in plan.variables or _kept(place.value) != _kept(other.value))
    ]


def replacements(
    path: Callable[[Place], int], plan: Plan, earlier: Plan
) -> list[tuple[Place, Place]]:
    """The places of two plans that are reached in the same way, and hold containers or objects of
    one type, but two of them."""
    return [
        (place, other)
        for place, other in _pairs(path, plan, earlier)
        if has_inside(place.value)
        and (place.owner is not None or place.access.startswith("x"))
        and type(place.value) is type(other.value)
        and place.value is not other.value
    ]


def _pairs(path: Callable[[Place], int], plan: Plan, earlier: Plan) -> list[tuple[Place, Place]]:
    known = {path(place): place for place in earlier.places}
    return [(place, known[path(place)]) for place in plan.places if path(place) in known]


class _Comparison:
    def __init__(self, plan: Plan, earlier: Plan) -> None:
        self.plan = plan
        self.earlier = earlier
        # The arrays of the plan with those of the earlier one that they are.
        self.pairs: dict[int, int] = {}
        self.places = {id(place): number for number, place in enumerate(plan.places)}
        self.earlier_places = {id(place): number for number, place in enumerate(earlier.places)}
        # Constants, the earlier run's numbers as the inputs of both plans, and what they compute of
        # these.
        self.known = _constants(plan)
        self.earlier_known = _constants(earlier)
        self.earlier_known |= {i: earlier.values[i].contents for i in earlier.numbers()}

    def agrees(self) -> bool:
        """Whether they are one."""
        plan, earlier = self.plan, self.earlier
        if len(plan.places) != len(earlier.places) or plan.silent != earlier.silent:
            return False
        if not all(map(self.is_place, plan.places, earlier.places)):
            return False
        if not self.computes():
            return False
        steps, others = self.unknown()
        return (
            len(steps) == len(others)
            and all(map(self.is_step, steps, others))
            and self._writes()
            and self._tree(plan.touched, earlier.touched)
            and self._tree(plan.result, earlier.result)
        )

    def computes(self) -> bool:
        """Whether the earlier run's numbers decide the same in both."""
        return _compute(self.plan, self.known) and _compute(self.earlier, self.earlier_known)

    def unknown(self) -> tuple[list[Call], list[Call]]:
        """The steps of both that do not follow from numbers that are known."""
        return _unknown(self.plan, self.known), _unknown(self.earlier, self.earlier_known)

    def is_place(self, place: Place, other: Place) -> bool:
        """Whether two places are one, as far as the guards tell."""
        if place.access != other.access or not same(place.key, other.key):
            return False
        if place.parent is not None and (
            other.parent is None
            or self.places.get(id(place.parent)) != self.earlier_places.get(id(other.parent))
        ):
            return False
        name = self.plan.variables.get(id(place))
        one, two = place.value, other.value
        if name is None:
            return same(one, two) or (type(one) is type(two) and place.access in UNGUARDED)
        if type(one) in NUMERIC:
            index = next(i for i in self.plan.numbers() if self.plan.values[i].name == name)
            self.known[index] = two
            return type(one) is type(two)
        return _kept(one) == _kept(two)

    def is_step(self, step: Call, other: Call) -> bool:
        return (
            type(step) is type(other)
            and (step.function is other.function or bool(step.function == other.function))
            and len(step.writes) == len(other.writes)
            and all(map(self._pair, step.writes, other.writes))
            and self._tree(step.args, other.args)
            and self._tree(step.kwargs, other.kwargs)
            and self._tree(step.outputs, other.outputs)
        )

    def _writes(self) -> bool:
        """Whether both set the same. Where the earlier run did not take a number for an input, it
        does not show that it set it to what it was."""
        others = {self.earlier_places[id(place)]: value for place, value in self.earlier.writes}
        for place, value in self.plan.writes:
            number = self.places[id(place)]
            if number in others:
                if not self._tree(value, others.pop(number)):
                    return False
            elif not self._is_known(value, self.earlier.places[number].value):
                return False
        return not others

    def _is_known(self, value: Any, number: Any) -> bool:
        """Whether a value is computed of numbers alone, and is this one in the earlier run."""
        return type(value) is Ref and same(self.known.get(value.index, self), number)

    def _tree(self, one: Any, two: Any) -> bool:
        """Whether two arguments or results are the same."""
        if type(one) is Ref:
            if type(two) is Ref:
                return self._pair(one.index, two.index)
            return one.index in self.known and same(self.known[one.index], two)
        if type(one) is not type(two):
            return False
        if isinstance(one, (tuple, list)):
            return len(one) == len(two) and all(map(self._tree, one, two))
        if isinstance(one, dict):
            return [*one] == [*two] and all(map(self._tree, one.values(), two.values()))
        if isinstance(one, Wrapped):
            return self._tree(one.data, two.data)
        if isinstance(one, Named):
            return one.kind is two.kind and self._tree(one.parts, two.parts)
        if isinstance(one, Copied):
            return _equal(one.contents, two.contents)
        if isinstance(one, Held):
            return one.name == two.name and one.thing is two.thing
        return same(one, two) or (not isinstance(one, np.generic | float) and bool(one == two))

    def _pair(self, index: int, other: int) -> bool:
        """Whether two arrays or numbers are the same, as far as is known before the runs."""
        if index in self.pairs:
            return self.pairs[index] == other
        self.pairs[index] = other
        one, two = self.plan.values[index], self.earlier.values[other]
        if index in self.known:
            if two.kind == "constant":
                return _is(self.known[index], two.contents)
            return other in self.earlier_known and _is(self.known[index], self.earlier_known[other])
        if (one.kind, one.layout, one.scalar) != (two.kind, two.layout, two.scalar):
            return False
        if one.kind == "outside":
            return bool(one.array.ctypes.data == two.array.ctypes.data)
        return one.name == two.name


def _constants(plan: Plan) -> dict[int, Any]:
    """The plan's constants."""
    return {i: value.contents for i, value in plan.values.items() if value.kind == "constant"}


@silent
def _compute(plan: Plan, known: dict[int, Any]) -> bool:
    """Computes what a plan computes of numbers and constants alone; whether its checks of these
    hold."""
    values = plan.values
    scalars = {index for index, value in values.items() if value.scalar}
    for step in plan.steps:
        reads = step.reads()
        if step.writes:
            roots = {values[index].root for index in step.writes}
            for index in [i for i in known if values[i].root in roots]:
                del known[index]
            continue
        if type(step) is Draw or not reads or not known.keys() >= set(reads):
            continue
        # As in the run, where NumPy scalars that are no inputs are 0-d arrays.
        arrays = () if step.function in SCALAR_OPERATORS else scalars
        given = {i: np.asarray(known[i]) if i in arrays else known[i] for i in reads}
        args, options = map_leaves((step.args, step.kwargs), lambda ref: given[ref.index], Ref)  # noqa: B023
        if step.function is repr:
            found = args[0]
        else:
            try:
                found = step.function(*args, **options)
            except Exception:
                return False
        if type(step) is Check:
            if not same(found, step.outputs):
                return False
        elif type(step.outputs) is Ref:
            known.setdefault(step.outputs.index, found)
    return True


def _unknown(plan: Plan, known: dict[int, Any]) -> list[Call]:
    """The steps that compute with more than numbers."""
    if not known:
        return plan.steps
    return [
        step
        for step in plan.steps
        if step.writes or not (known.keys() & {*step.made(), *_asked(step)})
    ]


def _asked(step: Call) -> tuple[int, ...]:
    return step.reads() if type(step) is Check else ()


def _is_other_number(place: Place, other: Place) -> bool:
    return type(place.value) in NUMERIC and not same(place.value, other.value)


def _kept(value: Any) -> Kept:
    return value if isinstance(value, Kept) else Kept.of(value)


def _is(value: Any, other: Any) -> bool:
    """Whether two numbers are one, or arrays, or a number as an array."""
    if isinstance(other, np.ndarray):
        array = value if isinstance(value, np.ndarray) else np.array(value, other.dtype)
        return _equal(array, other)
    return same(value, other)


def _equal(one: Any, two: Any) -> bool:
    return Layout.of(one) == Layout.of(two) and bool(one.tobytes() == two.tobytes())
