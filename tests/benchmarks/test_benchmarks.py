"""The benchmark harness: it runs, it notices what is wrong, and it reports what it measured.

Nothing here is about how long anything takes.
"""

import json
import os
from contextlib import closing
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks import imports, limits, machine, memory, report
from benchmarks.__main__ import compare, main
from benchmarks.compare import CHECKED_RUNS, Control, DisagreementError, assemble, check
from benchmarks.contenders import CONTENDERS, mytorch_eager, numpy_by_hand, numpy_optimizers
from benchmarks.contenders.numpy_optimizers import optimizer_of
from benchmarks.worker import STRETCH, WARM_UP, introduce, outputs, prepared, read
from benchmarks.workloads import NETWORKS, WORKLOADS, task

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")


def contenders_for(workload: str) -> list[str]:
    """Those whose libraries are there."""
    found = []
    for name in CONTENDERS:
        try:
            _, workloads = introduce(name)
        except ImportError:
            continue
        if workload in workloads:
            found.append(name)
    return found


@pytest.mark.parametrize("workload", WORKLOADS)
def test_all_contenders_compute_the_same(workload: str) -> None:
    prepared.cache_clear()
    names = contenders_for(workload)
    assert {"torch_eager", "mytorch_eager"} <= set(names)
    check(workload, {name: outputs(name, workload, CHECKED_RUNS) for name in names})


@pytest.mark.parametrize("workload", [name for name in NETWORKS if name.startswith("tiny")])
def test_no_number_is_denormal_by_the_end_of_a_stretch(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(
        numpy_by_hand, "optimizer_of", lambda *args: made.append(optimizer_of(*args)) or made[-1]
    )
    step = numpy_by_hand.training(task(workload))
    for _ in range(WARM_UP + STRETCH):
        step()
    (optimizer,) = made
    memory = optimizer.momentums if "sgd" in workload else chain(*optimizer.moments)
    sizes = np.abs(np.concatenate([array.ravel() for array in memory]))
    assert sizes.any()
    assert not ((sizes > 0) & (sizes < np.finfo(np.float32).tiny)).any()


def losses(contender: ModuleType) -> list[float]:
    step = contender.training(task("seed"))
    return [loss for _ in range(CHECKED_RUNS) for loss in read(step())]


def test_a_wrong_contender_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = losses(mytorch_eager)
    check("seed", {"mytorch": right, "by hand": losses(numpy_by_hand)})
    monkeypatch.setattr(numpy_optimizers, "MOMENTUM", 0.89)
    with pytest.raises(DisagreementError, match=r"seed: result \d+ of by hand"):
        check("seed", {"mytorch": right, "by hand": losses(numpy_by_hand)})


@pytest.mark.parametrize(
    "numbers", [[1.0, float("nan")], [1.0, 2.01], [1.01, 2.0]], ids=["nan", "last", "first"]
)
def test_the_check_looks_at_every_number(numbers: list[float]) -> None:
    with pytest.raises(DisagreementError):
        check("seed", {"reference": [1.0, 2.0], "other": numbers})


def test_one_round_of_one_workload() -> None:
    contenders, absent = assemble(["mytorch_eager", "not_installed"])
    assert absent == {"not_installed": "No module named 'benchmarks.contenders.not_installed'"}
    with closing(Control()) as control, closing(contenders[0]):
        times = compare(contenders, ["tiny-32-sgd"], 1, 0.001, control)
    ((seconds,),) = times["tiny-32-sgd"].values()
    assert 0 < seconds < 1
    assert len(control.times) == 1


@linux
def test_memory_is_measured() -> None:
    # What other tests let go of would be used again, and not count.
    found = memory.in_fresh_process(memory.chain, "mytorch_eager", 20_000)
    assert 100 < found["bytes"] < 2_000
    assert found["total"] >= found["forward"] + found["backward"] > 0
    assert memory.ladder("mytorch_eager", memory.LADDER)["total"] > 0


def test_sizes_count_requirements_once() -> None:
    found = imports.sizes(["numpy", "mytorch"])
    assert found["mytorch"]["own"] > 0
    assert found["mytorch"]["all"] == found["mytorch"]["own"] + found["numpy"]["all"]


def test_a_busy_machine_is_noticed() -> None:
    assert machine.quiet([1.0, 1.01, 1.0, 0.99, 1.0, 1.01])["trusted"]
    assert not machine.quiet([1.0, 1.2, 1.0, 1.2, 1.0, 1.2])["trusted"]
    # Steady at first and in the end, but not the same: the quartiles alone would not tell.
    drifting = machine.quiet([1.0] * 20 + [1.055] * 60 + [1.1] * 20)
    assert drifting["spread"] == 0
    assert not drifting["trusted"]


RESULTS = {
    "command": "python -m benchmarks",
    "date": "2026-01-02 03:04 UTC",
    "machine": {"cpu": "A", "cores": 2, "system": "B", "python": "3.11", "load": 0.0},
    "load_at_end": 1.0,
    "quiet": {"spread": 0.2, "drift": 0.0, "trusted": False},
    "threads": 1,
    "versions": {"mytorch": "1"},
    "contenders": {
        "torch_eager": "PyTorch eager",
        "mytorch_eager": "MyTorch eager",
        "mytorch_compiled": "MyTorch compiled",
        "jax_jit": "JAX jit",
    },
    "absent": {"mygrad_eager": "No module named 'mygrad'"},
    "rounds": 3,
    "wanted": 0.1,
    "workloads": {
        workload: {
            "torch_eager": [1.0, 2.0, 4.0],
            "mytorch_eager": [0.4, 0.6, 1.6],
            "mytorch_compiled": [0.1, 0.2, 0.4],
            "jax_jit": [0.05, 0.1, 0.2],
        }
        for workload in WORKLOADS
    },
    "scale": {
        "mytorch_eager": {
            "chain of 10": {"bytes": 400.0, "forward": 1e-6, "backward": 2e-6, "total": 4e-6},
            "chain of 20": {"bytes": 900.0, "forward": 1e-6, "backward": 2e-6, "total": 8e-6},
            "ladder of 60": {"total": 4e-6},
        }
    },
    "imports": {"numpy": [0.1, 0.2, 0.1], "mytorch": [0.11, 0.22, 0.16]},
    "sizes": {"numpy": {"own": 5, "all": 5}, "mytorch": {"own": 1, "all": 6}},
    "leak": 2**19,
}


def test_ratios_are_taken_within_each_round() -> None:
    assert report.ratios(RESULTS)["seed"]["mytorch_eager"] == pytest.approx((0.35, 0.4, 0.4))


def test_limits_say_what_was_reached() -> None:
    found = {limit.name: limit for limit in limits.limits(RESULTS, report.medians(RESULTS))}
    seed = found["MyTorch eager, seed: times PyTorch eager"]
    assert (seed.bound, seed.value, seed.met) == (0.38, pytest.approx(0.4), False)
    assert found["MyTorch eager, overhead: times PyTorch eager"].met
    assert found["MyTorch compiled, inference: times PyTorch eager"].met
    assert found["MyTorch compiled, inference: times JAX jit"].value == pytest.approx(2)
    assert found["graph: bytes per recorded operation"].value == 900
    assert found["longest chain: times the shortest, per operation"].value == 2
    assert found["import: ms over NumPy's"].value == pytest.approx(20)
    assert found["leak: MiB from step 100 to 10,000"].value == 0.5


def test_the_page_and_the_plot(tmp_path: Path) -> None:
    report.write(RESULTS, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "too busy" in page
    assert "- left out: mygrad_eager (No module named 'mygrad')" in page
    (row,) = (line for line in page.splitlines() if line.startswith("| seed, MyTorch eager"))
    assert [cell.strip() for cell in row.split("|")[2:-1]] == [
        "600,000.0",
        "0.400",
        "0.350 to 0.400",
    ]
    assert "MyTorch compiled" in (tmp_path / "benchmarks.svg").read_text()


def test_workloads_without_results_are_left_out(tmp_path: Path) -> None:
    workloads = dict(list(RESULTS["workloads"].items())[:5])
    report.write({**RESULTS, "workloads": workloads}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| tiny-32-sgd, MyTorch eager" in page
    assert "| transformer, MyTorch eager" not in page
    assert "transformer" not in (tmp_path / "benchmarks.svg").read_text()


def test_a_run_without_pytorch_is_reported() -> None:
    alone = {"mytorch_eager": "MyTorch eager"}
    times = {"seed": {"mytorch_eager": [0.1, 0.2, 0.3]}}
    text = report.terminal({**RESULTS, "contenders": alone, "workloads": times})
    assert "MyTorch eager" in text
    assert "times PyTorch" not in text


def test_unknown_workloads_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sed"])
    assert "unknown workloads: sed" in capsys.readouterr().err


def test_results_that_cannot_be_written_are_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.__main__.run", lambda *_: pytest.fail("it has measured"))
    with pytest.raises(SystemExit):
        main(["--json", str(tmp_path / "nowhere" / "results.json"), "leak"])
    assert str(tmp_path / "nowhere" / "results.json") in capsys.readouterr().err
    monkeypatch.setattr("benchmarks.__main__.DOCS", tmp_path / "nowhere")
    monkeypatch.setattr("benchmarks.__main__.RESULTS", tmp_path / "results.json")
    with pytest.raises(SystemExit):
        main([])
    assert str(tmp_path / "nowhere" / "benchmarks.md") in capsys.readouterr().err


def test_results_are_written_whole_and_before_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        assert json.loads(path.read_text()) == RESULTS
        assert sorted(os.listdir(tmp_path)) == ["benchmarks.md", "benchmarks.svg", "results.json"]
        raise ZeroDivisionError

    path = tmp_path / "results.json"
    monkeypatch.setattr("benchmarks.__main__.DOCS", tmp_path)
    monkeypatch.setattr("benchmarks.__main__.RESULTS", path)
    monkeypatch.setattr("benchmarks.__main__.run", lambda *_: RESULTS)
    monkeypatch.setattr(report, "terminal", fail)
    pinned: list[int] = []
    # It would be for the whole process, in which other tests run.
    monkeypatch.setattr("benchmarks.machine.pin", pinned.append)
    with pytest.raises(ZeroDivisionError):
        main([])
    assert pinned == [1]
