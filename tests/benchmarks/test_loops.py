"""The loops: eager and compiled they compute the same, to the bit.

Nothing here is about how long anything takes.
"""

import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from benchmarks import loops, loops_report
from benchmarks.loops import LOOPS, Loop, as_it_is
from mytorch import is_grad_enabled
from tests.benchmarks.test_benchmarks import RESULTS


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_a_compiled_loop_computes_the_same(loop: Loop) -> None:
    made: list[Any] = []

    def wrapped(function: Any) -> Any:
        made.append(mytorch.compile(function))
        return made[-1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eager, compiled = (
            [np.asarray(result.data) for result in islice(loop.run(wrapper), 40)]
            for wrapper in (as_it_is, wrapped)
        )
    assert is_grad_enabled()
    for number, (expected, found) in enumerate(zip(eager, compiled, strict=True)):
        assert np.isfinite(expected).all()
        assert (expected.shape, expected.dtype) == (found.shape, found.dtype)
        assert expected.tobytes() == found.tobytes(), number
    if loop.most < 1:
        for step in made:
            assert step.counts.replayed > step.counts.recorded, step.counts


def test_a_loop_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "STEPS", 50)
    found = loops.measure(0, 1, 0)
    assert found["loop"] == LOOPS[0].name
    assert found["later"] == found["compiled"][1] / found["eager"][1]


def test_the_page_flags_what_is_too_slow(tmp_path: Path) -> None:
    names = [loop.name for loop in LOOPS]
    assert len(set(names)) == len(names)
    one = {"loop": names[0], "eager": [1e-4, 1e-4], "compiled": [1e-4, 1e-4], "at_first": 1.0}
    slow = [{**one, "later": 0.5}, {**one, "loop": names[1], "later": 0.9}]
    slow += [{**one, "loop": names[2], "later": 0.5, "at_first": 3.0}, {**one, "loop": "gone"}]
    loops_report.write({**RESULTS, "loops": slow}, tmp_path)
    page = (tmp_path / "loops.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    verdicts = {row[0]: row[-1] for row in rows if row and row[0] in names}
    assert verdicts == {names[0]: "met", names[1]: "NOT MET", names[2]: "NOT MET"}
    assert "gone" not in page
