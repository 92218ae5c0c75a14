"""The times of optimizers: each is measured, and what is too slow is told."""

from pathlib import Path

from benchmarks import optimizers, optimizers_report
from tests.benchmarks.test_benchmarks import RESULTS


def test_every_optimizer_is_measured() -> None:
    found = [optimizers.measure(number, 1, 0) for number in range(optimizers.count())]
    assert [row["optimizer"] for row in found] == optimizers.NAMES
    assert all(min(row["seconds"], row["adam"], row["torch"]) > 0 for row in found)


def test_the_page_flags_what_is_too_slow(tmp_path: Path) -> None:
    def row(name: str, seconds: float) -> dict:
        return {"optimizer": name, "seconds": seconds, "adam": 1.0, "torch": 2.0}

    rows = [row("SGD", 1.5), row("ASGD", 1.6), row("Muon", 9.0), row("gone", 1.0)]
    optimizers_report.write({**RESULTS, "optimizers": rows}, tmp_path)
    lines = (tmp_path / "optimizers-speed.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    verdicts = {
        row[0]: row[2:] for row in cells if row and row[0] in ("SGD", "ASGD", "Muon", "gone")
    }
    assert verdicts == {
        "SGD": ["1.50", "0.75", "met"],
        "ASGD": ["1.60", "0.80", "NOT MET"],
        "Muon": ["9.00", "4.50", ""],
    }
