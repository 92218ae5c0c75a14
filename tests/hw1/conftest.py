"""The data that the program is trained on here."""

from pathlib import Path

import numpy as np
import pytest

from tests.hw1.program import Dataset, digits


@pytest.fixture
def dataset() -> Dataset:
    return (*digits(620, 0), *digits(130, 1))


@pytest.fixture
def folder(tmp_path: Path, dataset: Dataset) -> Path:
    """The same as the course's files."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, array in zip(
        ("train_data", "train_labels", "val_data", "val_labels"), dataset, strict=True
    ):
        np.save(folder / f"{name}.npy", array)
    return folder
