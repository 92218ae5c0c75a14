"""How many calls a recording writes down: what goes block by block is one of them, so that neither
recordings nor replays take longer for each block."""

from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, special
from mytorch.compiler.recording import Changing, Recording
from mytorch.nn import functional
from tests.operations import FAMILIES, Operation
from tests.operations.row import flat

NAMES = ("Activations", "Elementwise functions", "Special functions", "Trigonometry")
ROWS = [row for name in NAMES for row in FAMILIES[name] if len(row.shapes[0]) == 1]
# But for what takes a second.
ROWS = [row for row in ROWS if row.name != "special.gammainc"]
# One block, but large enough for the ways that are fast on large arrays; and more than one.
SMALL, LARGE = 2**11, 2**17 + 2


def calls(row: Operation, size: int) -> int:
    """Of the first form and its gradients."""
    names = {"T": mytorch, "F": functional}
    form = eval(f"lambda x: {row.forms[0]}", names)
    array = np.random.default_rng(0).uniform(row.low, row.high, size)
    x = Tensor(array, requires_grad=bool(row.derivatives))

    def run(x: Tensor) -> list[Any]:
        found = [out for out in flat(form(x)) if isinstance(out, Tensor)]
        for out in found:
            if out.requires_grad:
                out.backward(out.detach())
        return [out.detach() for out in found]

    recording = Recording(run, (x,), {}, Changing())
    recording.run()
    assert recording.trouble is None
    return len(recording.tape.calls)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_blocks_are_no_calls(row: Operation) -> None:
    assert calls(row, LARGE) <= calls(row, SMALL) + 10


def test_replays_in_blocks_agree_with_eager() -> None:
    def run(x: Tensor) -> list[Tensor]:
        functions = (mytorch.erf, mytorch.erfc, mytorch.lgamma, mytorch.i0, special.log_ndtr)
        return [function(x) for function in functions] + [mytorch.polygamma(2, x)]

    compiled = mytorch.compile(run)
    for seed in range(4):
        x = Tensor(np.random.default_rng(seed).normal(size=2**14 + 3))
        for found, expected in zip(compiled(x), run(x), strict=True):
            assert found.data.tobytes() == expected.data.tobytes()
    assert compiled.counts.replayed == 2
    assert "by_blocks(lgamma_of, x0)" in compiled.explain()
