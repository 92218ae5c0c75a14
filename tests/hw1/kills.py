"""Kills the MNIST program at random moments and lets it resume, until it has come to its end:

    python -m tests.hw1.kills --kills 100

Its last checkpoint, which has the weights, the optimizer and the random state, and its curve must
be to the byte those of a program that nothing has stopped. It trains on easy images of its own,
unless `--data data` names a folder of MNIST.
"""

import argparse
import io
import os
import random
import signal
import time
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from hw1 import command_line
from tests.forks import fork
from tests.hw1.program import digits


def write_images(folder: Path) -> Path:
    """A folder with easy images, as the course's files."""
    folder.mkdir()
    train, val = digits(2020, 0), digits(130, 1)
    for name, array in zip(
        ("train_data", "train_labels", "val_data", "val_labels"), (*train, *val), strict=True
    ):
        np.save(folder / f"{name}.npy", array)
    return folder


def train(data: Path, out: Path, options: list[str]) -> int:
    """The program; it goes on if there is a checkpoint."""
    file = out / "checkpoint.pt"
    files = ["--checkpoint", str(file), *(["--resume", str(file)] if file.exists() else [])]
    return command_line.main(["--data", str(data), "--out", str(out), *files, *options])


def results(out: Path) -> list[bytes]:
    """The bytes of the last checkpoint and of the curve."""
    return [(out / name).read_bytes() for name in ("checkpoint.pt", "validation_accuracy.csv")]


def ended(process: int, seconds: float) -> bool:
    """Whether a process ends well within this time; else it is killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            assert status == 0
            return True
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return False


def kill_and_resume(folder: Path, data: Path, options: list[str], kills: int, seed: int) -> int:
    """How often a training came to its end while the program was killed so many times."""
    draw = random.Random(seed)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert train(data, folder / "whole", options) == 0
    expected = results(folder / "whole")
    began = time.monotonic()
    assert ended(fork(partial(train, data, folder / "timed", options)), 3600)
    took = time.monotonic() - began
    killed = ends = 0
    while killed < kills or not ends:
        out = folder / str(ends)
        while not ended(
            fork(partial(train, data, out, options)),
            draw.uniform(0, took) if killed < kills else 3600,
        ):
            killed += 1
        assert results(out) == expected, f"after {killed} kills: {out} differs"
        ends += 1
    return ends


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser("python -m tests.hw1.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--data", type=Path, help="default: easy images")
    parser.add_argument("--epochs", type=int, default=30, help="default: %(default)s")
    parser.add_argument("--every", type=int, default=7, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        data = options.data or write_images(Path(folder) / "images")
        words = ["--epochs", str(options.epochs), "--every", str(options.every)]
        ends = kill_and_resume(Path(folder), data, words, options.kills, options.seed)
    print(f"{options.kills} kills: {ends} trainings came to their end, all to the same bytes")


if __name__ == "__main__":
    main()
