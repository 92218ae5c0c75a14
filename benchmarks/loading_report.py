"""docs/loading-speed.md: what an epoch of batches takes."""

from pathlib import Path
from typing import Any

from benchmarks.loading import BATCH, BY_HAND, DATASETS, IMAGES, PIXELS, PYTORCHS
from benchmarks.report import grid, machine_list, page, trust_line
from mytorch.files.atomic import write as write_file

PAGE = "loading-speed.md"

MARKDOWN = """\
# How fast data is fed

Written by `make bench` (`{command}`) on {date}.

An epoch of [DataLoader](data.md): {images:,} images of {pixels} numbers in single precision, or
bytes, with their labels, in shuffled batches of {batch}, in milliseconds of the processor.

{epochs}

## How to read it

- By hand it is `x.take(order[i : i + {batch}], 0)`, and the same for the labels, in a loop. That is
  the time that the memory takes, and hardly more: copied is `x[i : i + {batch}].copy()`, not even
  shuffled, the least that fresh batches can take.
- The contenders take turns in one process with {threads} thread(s), A B C A B C, for {rounds}
  rounds. The ratios are medians of those of the rounds.
- Of a TensorDataset an epoch shall take at most {by_hand:g} times the loop's time, and a
  {pytorchs:.0f}th of PyTorch's: {floats}. The floor, the copy, takes 1 / {floor:.1f} of
  PyTorch's.
- Bytes are how MNIST's files have the images: of a quarter of the memory, the time is that of the
  loader more than of the memory. By the same limits: {bytes}.
- Of a ConcatDataset what was gathered from each dataset is put back into the order of the batch,
  which copies it once more.
- A dataset of the user's own may draw random numbers: each batch has its own, and to seed for them
  is in its time.
- Samples one by one are those of a `Dataset` of one's own, whose `__getitem__` gives an array and a
  number: there both libraries make each sample, and stack them.

## Machine

{machine}

{trust}
"""


def epochs(results: dict[str, Any]) -> str:
    """A row for each dataset."""
    return grid(
        [
            *("dataset", "copied", "by hand", "MyTorch", "PyTorch"),
            *("MyTorch / by hand", "PyTorch / MyTorch"),
        ],
        [
            [
                found["dataset"],
                *(f"{found[who] * 1e3:.0f}" for who in ("copied", "by_hand", "mytorch", "torch")),
                f"{found['to_hand']:.2f}",
                f"{1 / found['to_torch']:.1f}",
            ]
            for found in results["loading"]
            if found["dataset"] in DATASETS
        ],
    )


def verdict(found: dict[str, Any]) -> str:
    """Whether a dataset has what was set out to reach."""
    met = found["to_hand"] <= BY_HAND, found["to_torch"] <= PYTORCHS
    return ", ".join("met" if holds else "NOT MET" for holds in met)


def terminal(results: dict[str, Any]) -> str:
    """The table."""
    return "\n\n".join([machine_list(results), trust_line(results), epochs(results)])


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    told = {"images": IMAGES, "pixels": PIXELS, "batch": BATCH, "by_hand": BY_HAND}
    told |= {"epochs": epochs(results), "pytorchs": 1 / PYTORCHS}
    told |= {"floats": verdict(results["loading"][0]), "bytes": verdict(results["loading"][1])}
    told["floor"] = 1 / results["loading"][0]["floor"]
    write_file(folder / PAGE, page(MARKDOWN, results, **told))
