"""The networks: all contenders compute the same, and what is too slow or too large is told.

Nothing here is about how long anything takes.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mytorch
from benchmarks import nets, nets_report
from benchmarks.compare import check
from benchmarks.nets import NETS
from tests.benchmarks.test_benchmarks import RESULTS


@pytest.fixture(autouse=True)
def _prepared_anew() -> Iterator[None]:
    yield
    nets.prepared.cache_clear()


@pytest.mark.parametrize("number", range(len(NETS)), ids=[net.name for net in NETS])
def test_all_contenders_compute_the_same(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for JAX and PyTorch's compiler: their tests are the runs."""
    monkeypatch.setattr(nets, "CHECKED_RUNS", 2)
    names = ["PyTorch", "MyTorch", "MyTorch compiled"]
    if "ONNX Runtime" in NETS[number].peers:
        pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
        names.append("ONNX Runtime")
    found = {name: nets.results(number, name) for name in names}
    assert all(len(values) > 1 and np.isfinite(values).all() for values in found.values())
    check(NETS[number].name, found)


def test_a_compiled_run_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def compiled(function: Any) -> Any:
        made.append(mytorch.compile(function))
        return made[-1]

    run = nets.running(mytorch, NETS[-1], compiled)
    for _ in range(nets.WARM_UP):
        run()
    assert made[0].counts.replayed


def test_the_products_are_those_of_a_run() -> None:
    """Of a convolution of 2 images with 3 and 4 channels and 5 places, which a run there and back
    multiplies with each other."""
    sizes = nets.convolution(2, 3, 4, 5, True)
    assert [m * k * n * count for m, k, n, count in sizes] == [2 * 3 * 4 * 5 * 9] * 3
    assert [m * k * n for m, k, n, _ in nets.linear(2, 3, 4)] == [24] * 3


def test_the_page_flags_what_is_too_slow_or_too_large(tmp_path: Path) -> None:
    def row(name: str, eager: float, compiled: float, held: int) -> dict[str, Any]:
        times = {"PyTorch": [1.0, 2.0], "MyTorch": [eager, 2 * eager], "products": [0.1, 0.2]}
        times["MyTorch compiled"] = [compiled * eager, 2 * compiled * eager]
        memory = {"PyTorch": 10**7, "MyTorch": held, "MyTorch compiled": held}
        return {"net": name, "times": times | {"JAX jit": [0.5, 1.0]}, "memory": memory}

    first, second = NETS[0], NETS[1]
    found = [row(first.name, first.most, 0.8, 10**7), row(second.name, 2.0, 0.9, 2 * 10**7)]
    found.append(row("gone", 1.0, 1.0, 1))
    nets_report.write({**RESULTS, "nets": found}, tmp_path)
    page = (tmp_path / "nets.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    verdicts = [(row[0], row[4], row[7]) for row in rows if len(row) == 9]
    assert (first.name, "met", "met") in verdicts
    assert (second.name, "NOT MET", "NOT MET") in verdicts
    assert [row[5] for row in rows if len(row) == 7 and row[0] == second.name] == ["NOT MET"]
    assert "| JAX jit | 0.50 |" in page.replace("    ", " ").replace("  ", " ")
    assert "gone" not in page


def test_other_libraries_run_without_mytorch() -> None:
    program = "import sys, benchmarks.nets; print('mytorch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout == b"False\n"
