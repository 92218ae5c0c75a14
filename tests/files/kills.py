"""Kills a program that saves over one path, at random moments, and looks at the file each time:

    python -m tests.files.kills --kills 1000

It must be whole, and the last one that was told to be saved, or the one after it. What the kills
have left beside it must be gone after one more `save`.
"""

import argparse
import os
import random
import signal
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import mytorch
from mytorch import Tensor
from tests.forks import fork


def state(number: int, size: int) -> dict[str, object]:
    """An object of some `size` bytes that has `number` in each of its parts."""
    half = Tensor(np.full(size // 16, number, np.int64))
    return {"first": number, "halves": [half, half + 0], "last": number}


def number_of(path: Path, size: int) -> int:
    """The number of the object in the file. Raises unless that is whole."""
    found = mytorch.load(path)
    halves = [half.data for half in found["halves"]]
    numbers = {found["first"], found["last"], *np.unique(np.concatenate(halves)).tolist()}
    assert len(numbers) == 1, f"parts of several objects: {numbers}"
    assert [half.size for half in halves] == [size // 16] * 2
    return int(found["first"])


def save_on(path: Path, number: int, size: int, told: int) -> int:
    """Saves one object after the other, and tells of each when it is saved."""
    while True:
        number += 1
        mytorch.save(state(number, size), path)
        os.write(told, number.to_bytes(8, "little"))


def kill_while_saving(folder: Path, kills: int, size: int, seed: int) -> tuple[int, int]:
    """How often the file was the last one told of, and how often one after it."""
    draw = random.Random(seed)
    path = folder / "state.pt"
    began = time.perf_counter()
    mytorch.save(state(0, size), path)
    took = time.perf_counter() - began
    number, counts = 0, [0, 0]
    for _ in range(kills):
        read, told = os.pipe()
        child = fork(partial(save_on, path, number, size, told))
        os.close(told)
        time.sleep(draw.uniform(0, 2 * took))
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "the program ended by itself"
        last = number
        while message := os.read(read, 8):
            last = int.from_bytes(message, "little")
        os.close(read)
        number = number_of(path, size)
        assert number in (last, last + 1), f"expected {last} or the one after it, found {number}"
        counts[number - last] += 1
        assert len(os.listdir(folder)) <= 2, os.listdir(folder)
    mytorch.save(state(number, size), path)
    assert os.listdir(folder) == [path.name], os.listdir(folder)
    return counts[0], counts[1]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser("python -m tests.files.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--mebibytes", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--folder", type=Path, help="where to save; default: a temporary one")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as folder:
        size = options.mebibytes << 20
        same, next_one = kill_while_saving(Path(folder), options.kills, size, options.seed)
    print(f"{options.kills} kills: {same} times the last file told of, {next_one} times the next")
    sys.exit(0)


if __name__ == "__main__":
    main()
