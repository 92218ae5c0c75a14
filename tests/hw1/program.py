"""Runs the program, on data that it learns at once."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
Split = tuple[npt.NDArray[Any], npt.NDArray[np.int64]]
Dataset = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


def digits(count: int, seed: int) -> Split:
    """Easy images: ten fixed patterns under noise."""
    patterns = np.random.default_rng(99).random((10, 784))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    return 0.5 * patterns[labels] + 0.5 * rng.random((count, 784)), labels


def run(
    *arguments: object, module: bool = False, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the program with arguments; options as for `subprocess.run`."""
    start = ["-m", "hw1.mnist"] if module else ["hw1/mnist.py"]
    if not {"stdout", "stderr"} & options.keys():
        options["capture_output"] = True
    return subprocess.run(
        [sys.executable, *start, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def read_curve(out: Path) -> list[tuple[int, int, float]]:
    """What the program has written into a folder."""
    with (out / "validation_accuracy.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "batch", "accuracy"]
    return [(int(epoch), int(batch), float(accuracy)) for epoch, batch, accuracy in rows]
