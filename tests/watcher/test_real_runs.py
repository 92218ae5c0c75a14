"""Runs as people have them: their pages stay small, and say what they leave out."""

from collections.abc import Callable

import pytest

from mytorch import Tensor, nn, optim
from mytorch.watcher import watch
from mytorch.watcher.page import page
from mytorch.watcher.trace import trace_of
from tests.watcher.runs import RUNS

LARGEST = 1_500_000


@pytest.mark.parametrize("run", RUNS)
def test_its_page_is_small(run: Callable[[], None]) -> None:
    with watch() as tape:
        run()
    trace = trace_of(tape._recorder)
    assert trace["truncated"] is None
    assert not [step for step in trace["steps"] if "disagrees" in step]
    assert len(page([trace]).encode()) < LARGEST


def test_the_iteration_in_which_nan_appears_is_kept() -> None:
    with watch() as tape:
        w = nn.Parameter(Tensor([1.0]))
        optimizer = optim.SGD([w], lr=0.1)
        for step in range(16):
            optimizer.zero_grad()
            (w * (float("nan") if step == 6 else 1.0)).sum().backward()
            optimizer.step()
    assert [one["i"] for one in trace_of(tape._recorder)["iterations"]] == [1, 7, 10, 16]


def test_iterations_that_are_asked_for() -> None:
    for wanted, kept in ([2, 5], [2, 5]), ([3, "last"], [3, 9]):
        with watch(iterations=wanted) as tape:
            w = nn.Parameter(Tensor([1.0]))
            optimizer = optim.SGD([w], lr=0.1)
            for _ in range(9):
                (w * 2.0).sum().backward()
                optimizer.step()
        assert [one["i"] for one in trace_of(tape._recorder)["iterations"]] == kept
