"""The times of data loading: all contenders see the same, and the page tells what was measured.

Nothing here is about how long anything takes.
"""

from pathlib import Path

import pytest

from benchmarks import loading, loading_report
from tests.benchmarks.test_benchmarks import RESULTS


@pytest.mark.parametrize("name", loading.DATASETS)
def test_all_see_every_image(name: str) -> None:
    epochs = loading.contenders(name, 250)
    seen = []
    for epoch in epochs.values():
        images = [batch[0][0] if isinstance(batch[0], list) else batch[0] for batch in epoch()]
        assert [image.shape for image in images] == [(100, 784), (100, 784), (50, 784)]
        seen.append(sorted(pixel for image in images for pixel in image[:, 0].tolist()))
    assert all(other == seen[0] for other in seen)


def test_an_epoch_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "IMAGES", 300)
    monkeypatch.setattr(loading.contenders, "__defaults__", (300,))
    found = [loading.measure(number, 1, 0.0) for number in range(loading.count())]
    for row in found:
        assert row["to_hand"] == pytest.approx(row["mytorch"] / row["by_hand"])
        assert row["to_torch"] == pytest.approx(row["mytorch"] / row["torch"])
        assert row["floor"] == pytest.approx(row["copied"] / row["torch"])
    found[0] |= {"to_hand": 1.25, "to_torch": 0.04, "floor": 0.08}
    loading_report.write({**RESULTS, "loading": found}, tmp_path)
    page = (tmp_path / "loading-speed.md").read_text()
    row = next(line for line in page.splitlines() if "TensorDataset  " in line)
    assert [cell.strip() for cell in row.split("|")[-3:-1]] == ["1.25", "25.0"]
    assert "NOT MET, met. The floor, the copy, takes 1 / 12.5 of" in page
    assert all(f"{name} " in page for name in loading.DATASETS)
