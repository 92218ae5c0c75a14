"""What two recordings of a function differ in, told to its user."""

from __future__ import annotations

from collections.abc import Iterator
from dis import get_instructions
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from mytorch.compiler.agreement import difference
from mytorch.compiler.calls import Call, Check
from mytorch.compiler.plan import Kept, Plan
from mytorch.compiler.state import Place
from mytorch.compiler.tape import LIBRARIES

__all__ = ["told"]

UNSEEN = (
    "it is drawn, counted or read where that is not seen: draw from numpy.random or from a "
    "Generator that the function reaches, or pass it in"
)
OTHER_SHAPE = (
    "each shape is recorded by itself; use few of them, as by dropping or padding the rest"
)
OTHER_VALUE = (
    "what decides a branch or a shape is recorded anew for each value; keep it the same for many "
    "calls, or compile a function for each of its values"
)


def told(plans: list[Plan], places: list[Place], new: tuple[Place, Place] | None = None) -> str:
    """The first thing in which a plan differs from an earlier one, or the places that are known
    to have something new each time, the line that reads it, and the cure. `places` are all that the
    function can reach."""
    if new is None and len({tuple(_values_read(plan)) for plan in plans}) > 1:
        return (
            "a function of the library that it calls reads the values of an array, and found "
            "others in each run; call that outside, as the step of ReduceLROnPlateau"
        )
    found = new or (difference(*plans) if len(plans) > 1 else None)
    if isinstance(found, tuple):
        place, other = found
        shapes = isinstance(place.value, Kept) and isinstance(other.value, Kept)
        cure = OTHER_SHAPE if shapes else OTHER_VALUE
        return (
            f"{place}{_line(place, places)} was {_text(other.value)}, then {_text(place.value)}; "
            + cure
        )
    if isinstance(found, Call):
        name = getattr(found.function, "__name__", repr(found.function))
        return f"the call of {name} got other values in each of its runs; {UNSEEN}"
    return f"something was different in each of its runs; {UNSEEN}"


def _values_read(plan: Plan) -> Iterator[bytes]:
    """The values of arrays that are asked for by the library."""
    for step in plan.steps:
        if type(step) is Check and step.function is np.ndarray.tobytes:
            yield step.outputs


def _text(value: Any) -> str:
    if not isinstance(value, Kept):
        return f"{value!r:.60}"
    if value.layout is None:
        return f"a {value.kind.__name__}"
    return f"an array of shape {value.layout.shape} and dtype {value.layout.dtype}"


def _line(place: Place, places: list[Place]) -> str:
    """The first line of the user's code that has a name or key, as " (file, line 3)"."""
    for one in places:
        function = one.value
        if (
            isinstance(function, FunctionType)
            and str(function.__module__).partition(".")[0] not in LIBRARIES
        ):
            for code in _codes(function.__code__):
                for instruction in get_instructions(code):
                    if place.key is not None and instruction.argval == place.key:
                        line = next(
                            line
                            for start, end, line in code.co_lines()
                            if start <= instruction.offset < end
                        )
                        return f" ({code.co_filename}, line {line})"
    return ""


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
