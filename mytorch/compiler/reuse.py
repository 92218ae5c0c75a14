"""Reuse: results that are written over an operand, if nobody needs that any more.

Large arrays are in no cache, so a call takes as long as the memory that it goes through: what
writes where it has read goes through a third less.
"""

from __future__ import annotations

import numpy as np

from mytorch._kernels.elementwise import KERNELS, WRITING
from mytorch.compiler.calls import Call, Ref
from mytorch.compiler.plan import Plan, Value

__all__ = ["write_over"]

# Smaller arrays stay in the cache.
LEAST = 2**16


def write_over(plan: Plan) -> None:
    """Has large results be written over operands that lie in memory in the same way, and that
    neither a later step has nor the caller: those of ufuncs, which would lie in buffers, over what
    a kernel has made; those of kernels over this or a buffer."""
    values = plan.values
    last = {
        values[index].root: number
        for number, step in enumerate(plan.steps)
        for index in (*step.reads(), *step.made(), *step.writes)
    }
    kept = {values[index].root for index in plan.shown()}
    # The arrays in memory that a kernel has made for them, or written to.
    own: set[int] = set()
    for number, step in enumerate(plan.steps):
        writing = step.function in WRITING
        for index in step.made():
            result = values[index]
            if result.root != index or index in kept:
                continue
            if step.function in KERNELS and result.kind == "new":
                own.add(index)
            if not _is_large(result) or result.kind != ("new" if writing else "buffer"):
                continue
            for over in _operands(step, values):
                operand = values[over]
                root = operand.root
                free = over in own or (writing and operand.kind == "buffer")
                if free and last[root] == number and operand.layout == result.layout:
                    result.over, last[root] = over, last[index]
                    for value in values.values():
                        if value.root == index:
                            value.root, value.kind = root, "new"
                    own.add(index)
                    break


def _operands(step: Call, values: dict[int, Value]) -> list[int]:
    """The operands, by their numbers, that a call can write its result over."""
    function = step.function
    if function in WRITING:
        operand = step.args[WRITING[function]]
        roots = [values[index].root for index in step.reads()]
        alone = type(operand) is Ref and roots.count(values[operand.index].root) == 1
        return [operand.index] if alone else []
    elementwise = isinstance(function, np.ufunc) and function.signature is None
    return [*step.reads()] if elementwise else []


def _is_large(value: Value) -> bool:
    layout = value.layout
    return layout is not None and layout.contiguous and layout.nbytes >= LEAST
