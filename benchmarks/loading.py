"""An epoch of batches out of memory: the images copied in order, the loop that one would write by
hand, MyTorch's DataLoader, and PyTorch's, side by side."""

import gc
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np
import torch
import torch.utils.data

import mytorch
import mytorch.utils.data
from benchmarks.machine import threads

# The training images of MNIST, and the batches of the homework.
IMAGES, PIXELS, BATCH = 60_000, 784, 100
# What an epoch of a TensorDataset may take: of the loop by hand, and of PyTorch's.
BY_HAND, PYTORCHS = 1.15, 1 / 20


def tensors(library: Any, x: Any, y: Any) -> Any:
    return library.utils.data.TensorDataset(library.from_numpy(x), library.from_numpy(y))


def subset(library: Any, x: Any, y: Any) -> Any:
    order = np.random.default_rng(1).permutation(len(x)).tolist()
    return library.utils.data.Subset(tensors(library, x, y), order)


def stack(library: Any, x: Any, y: Any) -> Any:
    data = library.utils.data
    parts = (data.TensorDataset(library.from_numpy(part)) for part in (x, y))
    return data.StackDataset(*parts)


def concatenation(library: Any, x: Any, y: Any) -> Any:
    half = len(x) // 2
    return tensors(library, x[:half], y[:half]) + tensors(library, x[half:], y[half:])


def several(library: Any, x: Any, y: Any) -> Any:
    """A dataset of the user's own, which gives the samples of a batch at once."""
    members = {
        "__len__": lambda self: len(x),
        "__getitems__": lambda self, rows: list(zip(x[rows], y[rows], strict=True)),
    }
    return type("Several", (library.utils.data.Dataset,), members)()


def samples(library: Any, x: Any, y: Any) -> Any:
    """A dataset of the user's own, which gives one sample after the other."""
    members = {
        "__len__": lambda self: len(x),
        "__getitem__": lambda self, index: (x[index], int(y[index])),
    }
    return type("Samples", (library.utils.data.Dataset,), members)()


DATASETS: dict[str, Callable[..., Any]] = {
    "TensorDataset": tensors,
    "TensorDataset of bytes": tensors,
    "Subset of one": subset,
    "StackDataset of two": stack,
    "ConcatDataset of two": concatenation,
    "samples by __getitems__": several,
    "samples one by one": samples,
}


def contenders(name: str, images: int = IMAGES) -> dict[str, Callable[[], Any]]:
    """An epoch of each over the dataset of this name, as an iterator."""
    generator, make = np.random.default_rng(0), DATASETS[name]
    x = generator.integers(0, 256, (images, PIXELS), np.uint8)
    if "bytes" not in name:
        x = x.astype(np.float32)
    y = generator.integers(0, 10, images)

    def copied() -> Iterator[Any]:
        for start in range(0, images, BATCH):
            yield x[start : start + BATCH].copy(), y[start : start + BATCH].copy()

    def by_hand() -> Iterator[Any]:
        order = np.random.permutation(images)
        for start in range(0, images, BATCH):
            rows = order[start : start + BATCH]
            yield x.take(rows, 0), y.take(rows, 0)

    def of(library: Any) -> Callable[[], Any]:
        loader = library.utils.data.DataLoader(make(library, x, y), BATCH, shuffle=True)
        return lambda: iter(loader)

    return {"copied": copied, "by_hand": by_hand, "mytorch": of(mytorch), "torch": of(torch)}


def count() -> int:
    """How many datasets there are."""
    return len(DATASETS)


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The median seconds of an epoch of the dataset of this number, and the medians of the ratios
    of the rounds, in which the contenders take turns, A B C A B C, of an epoch or more."""
    torch.set_num_threads(threads())
    name = list(DATASETS)[number]
    epochs = contenders(name)
    runs = {who: max(1, round(wanted / _seconds(epoch))) for who, epoch in epochs.items()}
    times: dict[str, list[float]] = {who: [] for who in epochs}
    gc.collect()
    for _ in range(rounds):
        for who, epoch in epochs.items():
            times[who].append(sum(_seconds(epoch) for _ in range(runs[who])) / runs[who])

    def ratio(who: str, other: str) -> float:
        return median(mine / its for mine, its in zip(times[who], times[other], strict=True))

    found = {who: median(taken) for who, taken in times.items()}
    return {
        "dataset": name,
        **found,
        "to_hand": ratio("mytorch", "by_hand"),
        "to_torch": ratio("mytorch", "torch"),
        "floor": ratio("copied", "torch"),
    }


def _seconds(epoch: Callable[[], Any]) -> float:
    # Of the processor: there is one thread, and nothing is waited for.
    start = time.process_time()
    for _ in epoch():
        pass
    return time.process_time() - start
