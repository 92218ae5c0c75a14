"""Programs: a recorded run as a Python function, guards first, then the calls, then what they
leave.

Arrays that are the same in every run are bound to names once: the parameters, and buffers with the
views of them. What the caller can keep (results, gradients, running statistics) is made anew each
time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from types import CellType, CodeType
from typing import Any

import numpy as np

from mytorch._dtypes import get_default_dtype
from mytorch._silence import numpy_errors, silenced
from mytorch.compiler.buffers import dying, prepare
from mytorch.compiler.guards import Guards
from mytorch.compiler.names import Names
from mytorch.compiler.plan import Plan
from mytorch.compiler.source import Source
from mytorch.compiler.state import abc_token, has_none, raises_errors, same
from mytorch.memory import touch
from mytorch.tensor import wrap

__all__ = ["MISS", "Program"]

# What `run` returns instead of a result where a guard fails, or a value that the run was recorded
# with decides otherwise: nothing has changed then.
MISS = object()

# The names that every program may use.
ALWAYS: dict[str, Any] = {
    "EMPTY_CELL": CellType(),
    "MISS": MISS,
    "abc_token": abc_token,
    "has_none": has_none,
    "asarray": np.asarray,
    "default_dtype": get_default_dtype,
    "may_share_memory": np.may_share_memory,
    "numpy_errors": numpy_errors.get,
    "raises_errors": raises_errors,
    "silenced": silenced,
    "new_tuple": tuple.__new__,
    "same": same,
    "touch": touch,
    "wrap": wrap,
}


class Program:
    """A plan as a Python function, `run(*args)`, keyword arguments last."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names = names = Names()
        prepare(plan)
        source = Source(names, plan)
        lines = [source.call(call) for call in plan.steps]
        for number, indices in dying(plan).items():
            lines[number].append(source.delete(indices))
        body = [*chain.from_iterable(lines[: plan.attempted])]
        if body:
            saved = [source.saved(index) for index in plan.undone]
            saved += [source.saved_state(*drawn) for drawn in plan.undrawn()]
            body = _attempted(body, saved)
        body += chain.from_iterable(lines[plan.attempted :])
        body += [source.write(place, made) for place, made in plan.writes]
        body += source.touch()
        body.append(f"return {source.made(plan.result)}")
        used = set(re.findall(r"\w+", " ".join(body)))
        guards = Guards(names, plan, used).lines()
        arguments = [place.access for place in plan.places if place.parent is None]
        variables = [name for name in plan.variables.values() if name in used]
        self.source = _functions(arguments[1:], guards, variables, body, plan.silent)
        self.run = self._bound()
        plan.forget()

    def _bound(self) -> Callable[..., Any]:
        """The function of the source, whose globals are the program's names."""
        space = ALWAYS | self.names.objects
        exec(_code_of(self.source), space)
        # Without a cycle it is freed, and its buffers, as soon as nobody has hold of it.
        del space["replay"]
        run: Callable[..., Any] = space.pop("run")
        return run


@lru_cache(maxsize=16)
def _code_of(source: str) -> CodeType:
    """The code of a source: of networks of one form, as in a search, all programs have the same."""
    return compile(source, "<string>", "exec")


def _attempted(lines: list[str], saved: list[tuple[str, str]]) -> list[str]:
    """Lines at which a replay may end, with what they have changed put back: the run that follows
    is a real one, and raises its own error."""
    return [
        *[keep for keep, _ in saved],
        "try:",
        *[f"    {line}" for line in lines],
        "except Exception:",
        *[f"    {put_back}" for _, put_back in saved],
        "    return MISS",
    ]


def _functions(
    arguments: list[str], guards: list[str], variables: list[str], body: list[str], silent: bool
) -> str:
    replay = "silenced().run(replay, " if silent else "replay("
    return "\n".join(
        [
            f"def replay({', '.join(variables)}):",
            *[f"    {line}" for line in body],
            f"def run({', '.join([*arguments, '*', 'replay=replay'])}):",
            "    try:",
            *[f"        {line}" for line in guards],
            "    except (AttributeError, LookupError, TypeError, ValueError):",
            "        return MISS",
            f"    return {replay}{', '.join(variables)})",
        ]
    )
