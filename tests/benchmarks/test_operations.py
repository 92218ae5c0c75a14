"""The times of operations: every operation is timed on enough numbers, and both libraries agree.

Nothing here is about how long anything takes.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from benchmarks import calls, operations, operations_report
from benchmarks.floors import FLOORS
from tests.benchmarks.test_benchmarks import RESULTS
from tests.operations import OPERATIONS

# PyTorch warns that it may change.
pytestmark = pytest.mark.filterwarnings("ignore:index_reduce")

CALLS = list(calls.table())


@pytest.fixture(autouse=True)
def _single_precision() -> Iterator[None]:
    before = mytorch.get_default_dtype()
    mytorch.set_default_dtype(np.float32)
    yield
    mytorch.set_default_dtype(before)


@pytest.mark.parametrize(
    ("row", "call"), [call[1:] for call in CALLS], ids=[str(c[2]) for c in CALLS]
)
def test_both_libraries_compute_the_same_of_many_numbers(row: Any, call: Any) -> None:
    ours, theirs = operations.contestants(row, call)
    assert ours.has_backward == theirs.has_backward
    outputs = [out.numel() for out in theirs.outputs()]
    assert 50_000 <= max([*map(prod, call[1]), *outputs, 0]) <= 200_000


def test_every_operation_is_timed_and_no_other() -> None:
    names = {row.name.split()[0] for row in OPERATIONS}
    assert {name for name, _, _ in CALLS} == names
    assert set(calls.LARGE) <= names


def test_a_wrong_operation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    (relu,) = (call for call in CALLS if call[0] == "relu")
    monkeypatch.setattr(mytorch, "relu", lambda x: mytorch.clamp(x, -1e-3))
    with pytest.raises(ValueError, match=r"relu: T\.relu\(x\) is not PyTorch's"):
        operations.contestants(*relu[1:])


def test_a_call_is_measured() -> None:
    found = operations.measure(0, 1, 0.0001)
    assert found["operation"] == "add"
    for part in ("forward", "whole"):
        assert found[part]["ratio"] == pytest.approx(found[part]["mytorch"] / found[part]["torch"])
        assert 0 < found[part]["torch"] < 1


FLOORED = [call for call in CALLS if call[2][0] in FLOORS]


def test_every_floor_is_that_of_a_call() -> None:
    assert set(FLOORS) == {call[0] for _, _, call in FLOORED}


@pytest.mark.parametrize(
    ("row", "call"), [call[1:] for call in FLOORED], ids=[str(c[2]) for c in FLOORED]
)
def test_a_floor_computes_what_the_call_does(row: Any, call: Any) -> None:
    ours, _ = operations.contestants(row, call)
    found = FLOORS[call[0]](*[leaf.detach().numpy() for leaf in ours.leaves])
    found = found if isinstance(found, (list, tuple)) else [found]
    for mine, alone in zip(ours.outputs(), found, strict=True):
        assert mine.shape == np.shape(alone)
        if row.name not in operations.RANDOM:
            scale = np.abs(mine.detach().numpy(), dtype=float).max()
            np.testing.assert_allclose(alone, mine.detach().numpy(), 0, 2e-6 * scale)


def test_the_floor_is_measured_beside_the_call() -> None:
    number = CALLS.index(FLOORED[0])
    forward = operations.measure(number, 1, 0.0001)["forward"]
    assert forward["floor"] == pytest.approx(forward["numpy"] / forward["torch"])


FOUND = [
    {
        "operation": "eq",
        "call": "x == y | z",
        "shapes": [[100, 1000], [1000]],
        "forward": {"mytorch": 1e-3, "torch": 2e-3, "ratio": 0.5},
    },
    {
        "operation": "exp",
        "call": "x.exp()",
        "shapes": [[100, 1000]],
        "forward": {"mytorch": 7e-3, "torch": 2e-3, "numpy": 6e-3, "ratio": 3.5, "floor": 3.1},
        "whole": {"mytorch": 2e-3, "torch": 1e-3, "ratio": 2.0},
    },
]


def test_the_page(tmp_path: Path) -> None:
    results = {**RESULTS, "operations": FOUND}
    operations_report.write(results, tmp_path)
    page = (tmp_path / "operations-speed.md").read_text()
    rows = [[cell.strip() for cell in line.split(" | ")] for line in page.splitlines()]
    assert ["| forward", "2", "2.00", "1", "1 |"] in rows
    assert ["| whole", "1", "2.00", "0", "0 |"] in rows
    assert [
        "| exp",
        "`x.exp()`",
        "100x1000",
        "7,000.0",
        "3.50",
        "3.10",
        "2,000.0",
        "2.00 |",
    ] in rows
    assert "`x == y \\| z`" in page
    shown = operations_report.terminal(results, most=1)
    assert "3.50  x.exp()" in shown
    assert "0.50" not in shown
