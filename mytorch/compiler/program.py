"""Programs: a recorded run as a Python function, guards first, then the calls, then what they
leave.

Arrays that are the same in every run are bound to names once: the parameters, and as buffers the
very arrays that the recorded run made, with the views it made of them. What the caller can keep
(results, gradients, running statistics) is made anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from gc import get_referents
from typing import Any

import numpy as np

from mytorch._dtypes import get_default_dtype
from mytorch._silence import silenced
from mytorch.compiler.analysis import Analysis
from mytorch.compiler.guards import Guards
from mytorch.compiler.names import Names
from mytorch.compiler.source import Source
from mytorch.compiler.stand_in import Recorded
from mytorch.compiler.state import Place, same
from mytorch.compiler.tape import Tape
from mytorch.memory import touch
from mytorch.tensor import Tensor, wrap

__all__ = ["MISS", "Program"]

# What `run` returns instead of a result where a guard fails, or a value that the run was recorded
# with decides otherwise: nothing has changed then.
MISS = object()

# The names that every program may use.
ALWAYS: dict[str, Any] = {
    "MISS": MISS,
    "asarray": np.asarray,
    "default_dtype": get_default_dtype,
    "get_referents": get_referents,
    "may_share_memory": np.may_share_memory,
    "silenced": silenced,
    "same": same,
    "touch": touch,
    "wrap": wrap,
}


class Program:
    """One recorded run of a function, to be run again by `run(*args)`, keyword arguments
    last.

    Arguments: the tape, the places that were watched, the stand-in at each place, the places
    that the run changed with what they hold now, the tensors it marked as written, and the
    result, still with the stand-ins of the tape.

    Raises CompileError if the run left something that a program cannot.
    """

    def __init__(
        self,
        tape: Tape,
        places: list[Place],
        stand_ins: dict[int, Recorded],
        changed: list[tuple[Place, Any]],
        written: list[Tensor],
        result: Any,
    ) -> None:
        self.names = Names()
        analysis = Analysis(tape, self.names, places, stand_ins, changed, result)
        source = Source(self.names, analysis)
        attempt, rest = analysis.live_calls()
        body = [line for call in attempt for line in source.call(call)]
        if attempt:
            body = _attempted(body, [source.saved(index) for index in analysis.undone(attempt)])
        body += [line for call in rest for line in source.call(call)]
        body += [
            f"{analysis.source(place)} = {source.held(place, value)}" for place, value in changed
        ]
        if written:
            tensors = "".join(f"{analysis.found[id(tensor)]}, " for tensor in written)
            body.append(f"touch(({tensors}))")
        body.append(f"return {source.value(result)}")
        used = set(re.findall(r"\w+", " ".join(body)))
        guards = Guards(self.names, analysis, places, used).lines()
        arguments = [place.access for place in places if place.parent is None]
        variables = [name for name in analysis.variables.values() if name in used]
        self.source = _functions(arguments[1:], guards, variables, body, tape.quiet)
        self.run = self._bound()

    def _bound(self) -> Callable[..., Any]:
        """The function of the source, inside one whose arguments are the program's names."""
        space: dict[str, Any] = {}
        names = ALWAYS | self.names.objects
        lines = [f"def bind({', '.join(names)}):", *self.source.split("\n"), "return run"]
        exec("\n    ".join(lines), space)
        run: Callable[..., Any] = space["bind"](**names)
        return run

    def agrees(self, other: Program) -> bool:
        """Whether both recordings are one program: the same source on the same constants."""
        return self.source == other.source and self.names.agree(other.names)


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
            f"def run({', '.join(arguments)}):",
            "    try:",
            *[f"        {line}" for line in guards],
            "    except (AttributeError, LookupError, TypeError, ValueError):",
            "        return MISS",
            f"    return {replay}{', '.join(variables)})",
        ]
    )
