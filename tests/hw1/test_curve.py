"""The picture of the curve: what it shows can be read."""

import struct
from itertools import combinations
from pathlib import Path

import pytest

from hw1.curve import draw, write_png

LEARNED = [(1, 0.22), (101, 0.912), (201, 0.942), (301, 0.95), (401, 0.9625), (501, 0.96)]


def test_it_shows_the_accuracies_against_the_batches_and_ends_epochs() -> None:
    axes = draw(LEARNED, 200).axes[0]
    ends = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata() for line in ends] == [[200, 200], [400, 400]]
    (curve,) = (line for line in axes.lines if line.get_linestyle() == "-")
    assert [*zip(*curve.get_data(), strict=True)] == LEARNED
    assert axes.get_ylim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()][::5] == ["0%", "100%"]
    assert [text.get_text() for text in axes.texts] == ["96.00%"]
    assert axes.texts[0].xy == (501, 0.96)
    assert "accuracy" in axes.get_ylabel()
    assert "batches" in axes.get_xlabel()


@pytest.mark.parametrize(("best", "top"), [(0.9625, 0.98), (0.99, 1)])
def test_a_window_shows_what_happens_from_90_percent_on(best: float, top: float) -> None:
    curve = [(batch, best if y == 0.9625 else y) for batch, y in LEARNED]
    axes = draw(curve, 200).axes[0]
    (window,) = axes.child_axes
    assert window.get_ylim() == (0.9, top)
    assert [*zip(*window.lines[-1].get_data(), strict=True)] == curve


@pytest.mark.parametrize(
    "curve",
    [
        [(1, 0.1)],
        [(1, 0.2), (101, 0.5), (201, 0.9)],
        [(1 + 100 * i, 0.1 + 0.05 * i) for i in range(18)],
        [(1, 0.2), (101, 0.95), (201, 0.96), (301, 0.1)],
    ],
)
def test_a_curve_that_the_window_would_hide_has_none(curve: list[tuple[int, float]]) -> None:
    assert draw(curve, 200).axes[0].child_axes == []


def test_no_text_overlaps_another_nor_leaves_the_picture() -> None:
    figure = draw([(1 + 100 * i, min(0.9 + 0.004 * i, 0.97)) for i in range(18)], 550)
    figure.draw_without_rendering()
    (large,) = figure.axes
    (window,) = large.child_axes
    texts = [large.title, large.xaxis.label, large.yaxis.label, *large.texts]
    for axes in (large, window):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    texts.append(tick.label1)
    boxes = {text.get_text(): text.get_window_extent() for text in texts}
    assert len(boxes) > 15
    for one, other in combinations([text.get_window_extent() for text in texts], 2):
        assert not one.overlaps(other)
    for box in boxes.values():
        assert figure.bbox.contains(*box.min)
        assert figure.bbox.contains(*box.max)


def test_the_same_curve_gives_the_same_unsigned_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_png(tmp_path / name, LEARNED, 200)
    content = (tmp_path / "one").read_bytes()
    assert content == (tmp_path / "two").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">2I", content[16:24]) == (700, 420)  # its width and height
    assert b"matplotlib" not in content
