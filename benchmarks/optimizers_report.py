"""docs/optimizers-speed.md: how long a step of each optimizer takes."""

from pathlib import Path
from typing import Any

from benchmarks.optimizers import APART, MOST, NAMES
from benchmarks.report import grid, machine_list, page, trust_line
from mytorch.files.atomic import write as write_file

PAGE = "optimizers-speed.md"

MARKDOWN = """\
# How long an optimizer's step takes

Written by `make bench` (`{command}`) on {date}.

A step on the parameters of a network 4-32-32-2 in single precision, by default options: beside one
of Adam, and beside the same optimizer of PyTorch.

{times}

## How to read it

- The three take turns in one process with {threads} thread(s), for {rounds} rounds of {wanted:g} s
  each. The shortest time of each counts.
- No more than {most:g} times Adam's time is the limit, but for LBFGS, a step of which calls its
  closure again and again, forward and backward, and for Muon, which gets the matrices alone and
  multiplies each with itself fifteen times.

## Machine

{machine}

{trust}
"""


def times(results: dict[str, Any]) -> str:
    """A row for each optimizer."""
    return grid(
        ["optimizer", "microseconds", "Adam's", "PyTorch's", ""],
        [
            [
                found["optimizer"],
                f"{found['seconds'] * 1e6:,.1f}",
                f"{found['seconds'] / found['adam']:.2f}",
                f"{found['seconds'] / found['torch']:.2f}",
                "" if found["optimizer"] in APART else "met" if met(found) else "NOT MET",
            ]
            for found in results["optimizers"]
            if found["optimizer"] in NAMES
        ],
    )


def met(found: dict[str, Any]) -> bool:
    """Whether an optimizer keeps its limit."""
    return bool(found["optimizer"] in APART or found["seconds"] <= MOST * found["adam"])


def terminal(results: dict[str, Any]) -> str:
    """The table."""
    return "\n\n".join([machine_list(results), trust_line(results), times(results)])


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    write_file(folder / PAGE, page(MARKDOWN, results, times=times(results), most=MOST))
