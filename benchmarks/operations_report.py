"""docs/operations-speed.md: the times of all operations beside PyTorch's."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import grid, machine_list, page, trust_line
from mytorch.files.atomic import write as write_file

PAGE = "operations-speed.md"
# What MyTorch set out to reach.
MEDIAN = 1.2
MOST = 3.0
PARTS = ("forward", "whole")

MARKDOWN = """\
# The speed of operations

Written by `make bench` (`{command}`) on {date}.

Every [operation](operations.md) on about 100,000 numbers in single precision, beside PyTorch: the
forward alone, recorded, and the whole, forward and backward. Times are microseconds, the ratio is
MyTorch's time over PyTorch's, so less is faster.

{summary}

## Machine

{machine}

{trust}

## How to read it

- `T` is the library, `F` its `nn.functional`. `rows` and `columns` are one index for each of 100
  rows, `grid` is one for each number, `order` a permutation, `mask` holds for half of the numbers.
- First it is checked that both libraries compute the same, gradients too. Then they take turns in
  one process with {threads} thread(s), A B A B, for {rounds} rounds of about {wanted:g} s a turn.
  The ratio is taken within each round; the table gives the medians.
- "NumPy alone" is the time of bare arrays beside PyTorch's forward, without a tensor: NumPy's own
  call or the fewest passes that are known (`benchmarks/floors.py`). It is there for the calls whose
  forward is slow; the last column above counts those of them in which NumPy alone is over {most:g}.
- Backward starts from a gradient that is given, of random numbers.

## Times

{times}
"""


def ratios(results: dict[str, Any], part: str) -> dict[str, float]:
    """The ratio of each call that has the part."""
    return {
        f"{found['call']} {_shapes(found)}": found[part]["ratio"]
        for found in results["operations"]
        if part in found
    }


def summary(results: dict[str, Any]) -> str:
    """How far the operations are from what they have to reach."""
    rows = []
    for part in PARTS:
        values = ratios(results, part)
        slow = [found[part] for found in results["operations"] if _slow(found, part)]
        bound = sum(_floor(times) > MOST for times in slow)
        middle = f"{median(values.values()):.2f}"
        rows.append([part, str(len(values)), middle, str(len(slow)), str(bound)])
    limit = f"over {MOST:g}"
    header = ["", "calls", f"median (at most {MEDIAN:g})", f"{limit} (none)", "NumPy alone as well"]
    return grid(header, rows)


def _slow(found: dict[str, Any], part: str) -> bool:
    return part in found and bool(found[part]["ratio"] > MOST)


def _floor(times: dict[str, float]) -> float:
    """The ratio of NumPy alone, 0 where it is not known."""
    return times.get("floor", 0.0)


def _shapes(found: dict[str, Any]) -> str:
    return " ".join("x".join(map(str, shape)) for shape in found["shapes"])


def _cells(found: dict[str, Any]) -> Iterator[str]:
    for part in PARTS:
        if part in found:
            yield f"{found[part]['mytorch'] * 1e6:,.1f}"
            yield f"{found[part]['ratio']:.2f}"
        else:
            yield from ("", "")
        if part == "forward":
            floor = _floor(found[part])
            yield f"{floor:.2f}" if floor else ""


def times(results: dict[str, Any]) -> str:
    """A row for each call."""
    rows = [
        [
            found["operation"],
            f"`{found['call']}`".replace("|", "\\|"),
            _shapes(found),
            *_cells(found),
        ]
        for found in results["operations"]
    ]
    columns = ["forward", "ratio", "NumPy alone", "whole", "ratio"]
    return grid(["operation", "call", "shapes", *columns], rows)


def terminal(results: dict[str, Any], most: int = 20) -> str:
    """The summary, and the slowest calls beside PyTorch's."""
    lines = []
    for part in PARTS:
        values = ratios(results, part)
        lines.append(f"{part}, the slowest beside PyTorch:")
        slowest = sorted(values, key=lambda call: -values[call])[:most]
        lines += [f"  {values[call]:6.2f}  {call:.70}" for call in slowest]
    return "\n\n".join(
        [machine_list(results), trust_line(results), "\n".join(lines), summary(results)]
    )


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    parts = {"summary": summary(results), "most": MOST, "times": times(results)}
    write_file(folder / PAGE, page(MARKDOWN, results, **parts))
