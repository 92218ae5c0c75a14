"""docs/loops.md: what `mytorch.compile` makes of training loops as people write them."""

from pathlib import Path
from typing import Any

from benchmarks.loops import LOOPS, STEPS
from benchmarks.report import grid, machine_list, page, trust_line
from mytorch.files.atomic import write as write_file

PAGE = "loops.md"

MARKDOWN = """\
# Compiled training loops

Written by `make bench` (`{command}`) on {date}.

A step of a loop with `mytorch.compile` before it, in units of the same loop's step without: of the
first {steps:,} steps, with all that it takes to record them, and of the {steps:,} after these.

{ratios}

## How to read it

- `benchmarks/loops.py` has the loops. They train the network 4-32-32-2 with ReLU and cross entropy
  on batches of 32, but for DQN, and differ in what changes between the steps; what they do beside
  the step, as gathering a batch, is a part of the time. That both ways compute the same, to the
  bit, is a test.
- The last rows cannot be replayed, or seldom: there compiled steps should cost no more than the
  others.
- The two ways take turns of 50 steps in one process with {threads} thread(s), for {rounds} rounds
  from the start. The shortest time of each counts.

## Machine

{machine}

{trust}
"""


def ratios(results: dict[str, Any]) -> str:
    """A row for each loop."""
    rows = {loop.name: loop for loop in LOOPS}
    return grid(
        ["loop", "eager (us)", "first steps", "at most", "later", "at most", ""],
        [
            [
                loop.name,
                f"{found['eager'][1] * 1e6:,.0f}",
                f"{found['at_first']:.2f}",
                f"{loop.most_at_first:g}",
                f"{found['later']:.2f}",
                f"{loop.most:g}",
                "met" if met(found) else "NOT MET",
            ]
            for found in results["loops"]
            if (loop := rows.get(found["loop"]))
        ],
    )


def met(found: dict[str, Any]) -> bool:
    """Whether a loop keeps both of its limits."""
    (loop,) = (loop for loop in LOOPS if loop.name == found["loop"])
    return bool(found["at_first"] <= loop.most_at_first and found["later"] <= loop.most)


def terminal(results: dict[str, Any]) -> str:
    """The table."""
    return "\n\n".join([machine_list(results), trust_line(results), ratios(results)])


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    write_file(folder / PAGE, page(MARKDOWN, results, ratios=ratios(results), steps=STEPS))
