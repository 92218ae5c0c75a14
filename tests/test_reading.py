"""The engine stays short enough to be read."""

from tests import reading


def test_backward_is_told_in_few_lines() -> None:
    counts = reading.lines()
    assert len(counts) == len(reading.FILES) + 1
    assert min(counts.values()) > 10
    assert sum(counts.values()) <= reading.LIMIT, counts
