"""The shortcuts: both ways compute the same, and the report flags those that do not pay.

Nothing here is about how long anything takes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import shortcuts, shortcuts_report
from benchmarks.shortcuts import SHORTCUTS, Shortcut
from mytorch import Tensor
from tests.benchmarks.test_benchmarks import RESULTS


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """The arrays of a value: itself, or its parts."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from arrays_in(part)
    else:
        yield np.asarray(value.data if isinstance(value, Tensor) else value)


def assert_same(plain: Any, short: Any, ulp: int) -> None:
    for expected, found in zip(arrays_in(plain), arrays_in(short), strict=True):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        unit = np.spacing(np.abs(expected).max()) if ulp else 0
        np.testing.assert_allclose(found, expected, 0, ulp * unit)


@pytest.mark.parametrize("row", SHORTCUTS, ids=lambda row: row.name)
def test_both_ways_compute_the_same(row: Shortcut) -> None:
    assert_same(*row.values(), row.ulp)


def test_another_value_is_noticed() -> None:
    one = np.float32(1)
    assert_same(one, np.nextafter(one, np.float32(2)), ulp=1)
    for other in (np.nextafter(one, np.float32(2)), np.ones(1, np.float32), 1.0):
        with pytest.raises(AssertionError):
            assert_same(one, other, ulp=0)


def test_names_are_one_to_one_and_fit_the_page() -> None:
    names = [row.name for row in SHORTCUTS]
    assert len(set(names)) == len(names)
    assert all(row.least > 1 and row.plain != row.short for row in SHORTCUTS)


def test_a_shortcut_is_measured() -> None:
    found = shortcuts.measure(0, 2, 0.0001)
    assert found["shortcut"] == SHORTCUTS[0].name
    assert found["gain"] == pytest.approx(found["plain"] / found["short"])
    assert 0 < found["short"] < 1


def test_the_page_flags_what_does_not_pay(tmp_path: Path) -> None:
    only = next(row for row in SHORTCUTS if row.only)
    pays, fails, *_ = SHORTCUTS
    gains = {pays.name: pays.least, fails.name: fails.least / 2, only.name: only.least / 2}
    found = [
        {"shortcut": name, "plain": gain, "short": 1.0, "gain": gain}
        for name, gain in {**gains, "one that is gone": 1.0}.items()
    ]
    shortcuts_report.write({**RESULTS, "shortcuts": found}, tmp_path)
    page = (tmp_path / "shortcuts.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    verdicts = {row[0]: row[-1] for row in rows if row and row[0] in gains}
    assert verdicts == {pays.name: "yes", fails.name: "NO", only.name: only.only}
    assert "one that is gone" not in page
    every = [{**found[0], "shortcut": row.name, "gain": 12345.678} for row in SHORTCUTS]
    lines = shortcuts_report.gains({"shortcuts": every}).splitlines()
    assert max(map(len, lines)) <= 80
