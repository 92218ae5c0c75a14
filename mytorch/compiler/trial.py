"""Trials: one call both replayed and run as it is, instead of one more recording of it.

The replay comes first and is undone, so the run is a real one. What is drawn unseen, counted in
secret or hidden from view is another in it than in the recorded run before, and so are the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._silence import IGNORED, numpy_errors
from mytorch.compiler.calls import Draw
from mytorch.compiler.draws import fingerprint, set_state, state_of
from mytorch.compiler.layout import Layout
from mytorch.compiler.plan import Kept, Plan
from mytorch.compiler.program import MISS, Program
from mytorch.compiler.state import Place, same
from mytorch.tensor import Tensor

__all__ = ["Trial", "fits"]


def fits(plan: Plan, values: tuple[Any, ...]) -> bool:
    """Whether its program may be meant for a call with these arguments, as far as is quickly told,
    and what a replay of it changes can be put back."""
    arguments = [place for place in plan.places if place.parent is None][1:]
    written = _written(plan)
    return (
        [_looks(place.value) for place in arguments] == [*map(_looks, values)]
        and all(same(place.get(), place.value) for place in _fixed(plan))
        and not any(id(place.parent) in plan.variables for place, _ in plan.writes)
        and not any(v.kind == "input" and v.root in written for v in plan.values.values())
    )


def _written(plan: Plan) -> set[int]:
    """The numbers of the arrays whose memory is written."""
    return {plan.values[index].root for step in plan.steps for index in step.writes}


def _looks(value: Any) -> tuple[Kept, Any]:
    return Kept.of(value), getattr(value, "shape", None)


def _fixed(plan: Plan) -> list[Place]:
    """The places that hold the same in each run."""
    others = set(plan.variables)
    fixed = []
    for place in plan.places:
        if id(place) in others or id(place.parent) in others:
            others.add(id(place))
        elif place.owner is not None:
            fixed.append(place)
    return fixed


class Trial:
    """A plan's program, tried on one call of a function; `plan` is one that `fits`.

    Attributes: `program`; `agrees`, whether the real run did the same to the bit.
    """

    def __init__(self, plan: Plan) -> None:
        written = [plan.values[root] for root in sorted(_written(plan))]
        self._arrays: list[Array] = [value.array for value in written if value.kind == "outside"]
        self._places = [place for place, _ in plan.writes]
        left = set(map(id, self._places))
        self._fixed = [place for place in _fixed(plan) if id(place) not in left]
        self._generators = {id(s.generator): s.generator for s in plan.steps if type(s) is Draw}
        self.program = Program(plan)
        self.agrees = False

    def replay(self, values: tuple[Any, ...]) -> bool:
        """Replays the call, notes what comes of it, and makes all what it was before; returns
        whether there was a replay."""
        before = self._state()
        setting = numpy_errors.set(IGNORED)  # the run warns
        try:
            self._result = self.program.run(*values)
            self._outcome = self._state()
        except Exception:
            self._result = MISS
        finally:
            numpy_errors.reset(setting)
            self._put_back(*before)
        return self._result is not MISS

    def run(self, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
        """Runs the function; returns its result, and leaves what it leaves. Where a replay does the
        same these are a replay's, cut from their graph."""
        result = function(*args, **kwargs)
        arrays, held, states = self._outcome
        now = self._state()
        self.agrees = (
            _equal(self._result, result)
            and all(map(_equal, held, now[1]))
            and all(map(_equal, arrays, now[0]))
            and [*map(fingerprint, states)] == [*map(fingerprint, now[2])]
            and all(same(place.get(), place.value) for place in self._fixed)
        )
        if not self.agrees:
            return result
        for place, value in zip(self._places, held, strict=True):
            place.set(value)
        return self._result

    def _state(self) -> tuple[list[Array], list[Any], list[Any]]:
        """What a replay may change: the contents of arrays, what places hold, and generators."""
        return (
            [array.copy() for array in self._arrays],
            [place.get() for place in self._places],
            [*map(state_of, self._generators.values())],
        )

    def _put_back(self, arrays: list[Array], held: list[Any], states: list[Any]) -> None:
        for array, contents in zip(self._arrays, arrays, strict=True):
            array[...] = contents
        for place, value in zip(self._places, held, strict=True):
            place.set(value)
        for generator, state in zip(self._generators.values(), states, strict=True):
            set_state(generator, state)


def _equal(one: Any, two: Any) -> bool:
    """Whether two results are the same to the bit."""
    if one is two:
        return True
    if type(one) is not type(two):
        return False
    if isinstance(one, Tensor):
        return _equal(one._data, two._data)
    if isinstance(one, np.ndarray):
        return Layout.of(one) == Layout.of(two) and bool(one.tobytes() == two.tobytes())
    if isinstance(one, (tuple, list)):
        return len(one) == len(two) and all(map(_equal, one, two))
    if isinstance(one, dict):
        return [*one] == [*two] and all(map(_equal, one.values(), two.values()))
    return same(one, two)
