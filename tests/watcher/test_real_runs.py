"""Runs as people have them: their pages stay small, and say what they leave out."""

import json
import sys
from collections.abc import Callable
from importlib.resources import files

import jsonschema
import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.watcher import watch
from mytorch.watcher.page import page
from mytorch.watcher.trace import trace_of
from tests.watcher import runs
from tests.watcher.runs import RUNS

SCHEMA = json.loads((files("mytorch.watcher") / "schema.json").read_text(encoding="utf-8"))

LARGEST = 1_500_000


def test_a_page_without_data_is_small() -> None:
    with watch() as tape:
        pass
    assert len(page([trace_of(tape._recorder)]).encode()) < 150_000


@pytest.mark.parametrize("run", RUNS)
def test_its_page_is_small(run: Callable[[], None]) -> None:
    with watch() as tape:
        run()
    trace = trace_of(tape._recorder)
    assert trace["truncated"] is None
    assert not [step for step in trace["steps"] if "disagrees" in step]
    assert len(page([trace]).encode()) < LARGEST


def test_beyond_the_caps_a_module_is_one_node() -> None:
    net = nn.Sequential(*[runs.Block(4) for _ in range(12)])
    x = mytorch.randn(3, 4)
    net(x).square().sum().backward()
    gradients = [parameter.grad for parameter in net.parameters()]
    net.zero_grad()
    with watch(max_nodes=60, title="deep") as tape:
        loss = net(x).square().sum()
        loss.backward()
    told = trace_of(tape._recorder)
    jsonschema.validate(json.loads(tape.to_json()), SCHEMA)
    gathered = [node for node in told["nodes"] if "gathers" in node]
    assert {node["op"] for node in gathered} == {"Linear", "Block"}
    assert {node["gathers"] for node in gathered if node["op"] == "Linear"} == {1}
    assert {node["gathers"] for node in gathered if node["op"] == "Block"} == {2}
    assert all("gradient" in node and "d" in node["value"] for node in gathered)
    assert sum(saved["bytes"] for node in gathered for saved in node["saved"]) > 0
    assert len(told["nodes"]) <= 2 * 60
    assert {step["kind"] for step in told["steps"]} > {"arrive", "store"}
    assert "modules are one node each" in told["truncated"]
    assert told["losses"] == [pytest.approx(loss.item(), rel=1e-6)]
    assert len({edge["to"] for edge in told["edges"]} & {node["id"] for node in gathered}) > 3
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        assert np.array_equal(parameter.grad, gradient)


def test_of_many_long_iterations_the_loss_and_the_norms_alone_are_told() -> None:
    with watch(max_steps=60) as tape:
        runs.hundred_steps()
    told = trace_of(tape._recorder)
    assert [one["i"] for one in told["iterations"]] == [1, 100]
    assert len(told["steps"]) <= 60
    assert len(told["losses"]) == 100
    assert "of 4 more iterations the loss and the norms alone are told" in told["truncated"]


@pytest.mark.parametrize(
    ("largest", "words"), [(30_000, "Arrays are told more shortly"), (9_000, "the shapes alone")]
)
def test_a_large_page_is_told_shortly(
    largest: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watch() as tape:
        runs.mnist_step()
    trace = trace_of(tape._recorder)
    assert words not in page([trace])
    whole = len(page([trace]))
    monkeypatch.setattr(sys.modules["mytorch.watcher.page"], "LARGEST", largest)
    assert words in page([trace])
    assert len(page([trace])) < whole


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
