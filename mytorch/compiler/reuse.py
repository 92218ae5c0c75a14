"""Reuse: results that are written over what a kernel has made, if nobody needs that any more.

Large arrays are in no cache, so a call takes as long as the memory that it goes through: what
writes where it has read goes through a third less.
"""

from __future__ import annotations

import numpy as np

from mytorch._kernels.elementwise import KERNELS
from mytorch.compiler.plan import Plan, Value

__all__ = ["write_over"]

# Smaller arrays stay in the cache.
LEAST = 2**16


def write_over(plan: Plan) -> None:
    """Has a ufunc write over a kernel's result, where its own would lie in a buffer in the same
    way, and neither a later step has the other one nor the caller."""
    values = plan.values
    last = {
        values[index].root: number
        for number, step in enumerate(plan.steps)
        for index in (*step.reads(), *step.made(), *step.writes)
    }
    kept = {values[index].root for index in plan.shown()}
    # The arrays in memory that a kernel has made for them.
    own: set[int] = set()
    for number, step in enumerate(plan.steps):
        made = [index for index in step.made() if values[index].root == index not in kept]
        if step.function in KERNELS:
            own.update(index for index in made if values[index].kind == "new")
        function = step.function
        if not isinstance(function, np.ufunc) or function.signature is not None:
            continue
        for index in filter(lambda index: _is_large_buffer(values[index]), made):
            layout = values[index].layout
            over = [i for i in step.reads() if i in own and values[i].layout == layout]
            over = [i for i in over if last[i] == number]
            if over:
                values[index].over = over[0]
                for value in values.values():
                    value.kind = "new" if value.root == index else value.kind
                own.add(index)


def _is_large_buffer(value: Value) -> bool:
    layout = value.layout
    return value.kind == "buffer" and bool(layout and layout.contiguous and layout.nbytes >= LEAST)
