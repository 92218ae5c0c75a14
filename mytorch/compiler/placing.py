"""Placing: numbers that a kernel places among zeros are masked before that, where they are fewer.

Pooling gives the gradients of the largest numbers in windows back to their places, and `relu` then
keeps those where a number is not 0: at these places it is the largest one, which is known before.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from mytorch._kernels.elementwise import PLACING
from mytorch.compiler.calls import Call, Ref
from mytorch.compiler.layout import Layout, Made
from mytorch.compiler.tape import Tape

__all__ = ["mask_before_placing"]

# What keeps by the data what was placed: where they are not 0, as integers, times the integers that
# the numbers are in memory. A zero stays what it is.
MASKING = [np.ndarray.astype, np.ndarray.astype, np.ndarray.view, np.multiply]


def mask_before_placing(tape: Tape, escaping: set[int]) -> None:
    """Changes the tape so where nobody has the numbers before they are masked; it is told which
    memory the caller sees, by its roots."""
    calls = tape.calls
    places = [number for number, call in enumerate(calls) if call.function in PLACING]
    reads = Counter(index for call in calls if places for index in call.reads())
    for number in reversed(places):
        steps = calls[number : number + 5]
        if [step.function for step in steps[1:]] != MASKING:
            continue
        placed, mask, _, bits, _ = (step.outputs.index for step in steps)
        once = reads[placed] == reads[mask] == reads[bits] == 1
        seen = not {placed, mask}.isdisjoint(escaping) or not tape.early.isdisjoint(map(id, steps))
        if once and not seen and _masks(tape, *steps):
            calls[number : number + 5] = _swapped(tape, *steps)


def _masks(tape: Tape, placing: Call, mask: Call, wide: Call, view: Call, product: Call) -> bool:
    """Whether the calls after the placing one keep by its data what it has placed."""
    data, _, given = (arg.index if type(arg) is Ref else -1 for arg in placing.args[:3])
    before = [step.reads() for step in (mask, wide, view, product)]
    placed, chosen, whole, bits = (step.outputs.index for step in (placing, mask, wide, view))
    one, two = tape.layout(whole), tape.layout(bits)
    return (
        before == [(data,), (chosen,), (placed,), (whole, bits, whole)]
        and product.writes == [whole]
        and tape.layout(chosen).dtype == bool
        and one == two
        and one.dtype.kind == "i"
        and all(type(tape.arrays[index]) is Made for index in (given, tape.roots[given]))
    )


def _swapped(
    tape: Tape, placing: Call, mask: Call, wide: Call, view: Call, product: Call
) -> list[Call]:
    """The calls for what is to be placed, and then the placing one. What was the product is a view
    of the latter's result."""
    data, best, given, *rest = placing.args
    source: Made = tape.arrays[given.index]
    shape, whole = source.layout.shape, wide.outputs
    dtype = tape.layout(whole.index).dtype
    few = tape.planned(Layout.of(np.empty(shape, bool)))
    kept = tape.planned(Layout.of(np.empty(shape, dtype)))
    bits = tape.planned(source.layout._replace(dtype=dtype), given.index, source.offset)
    floats = tape.planned(Layout.of(np.empty(shape, source.layout.dtype)), kept.index)
    root = tape.roots[placing.outputs.index]
    tape.roots = [root if owner == whole.index else owner for owner in tape.roots]
    return [
        Call(mask.function, (best, *mask.args[1:]), mask.kwargs, [], few),
        Call(wide.function, (few, *wide.args[1:]), wide.kwargs, [], kept),
        Call(view.function, (given, *view.args[1:]), view.kwargs, [], bits),
        Call(np.multiply, (kept, bits), {"out": kept}, [kept.index], kept),
        Call(np.ndarray.view, (kept, source.layout.dtype), {}, [], floats),
        Call(placing.function, (data, best, floats, *rest), placing.kwargs, [], placing.outputs),
        Call(view.function, (placing.outputs, *view.args[1:]), view.kwargs, [], whole),
    ]
