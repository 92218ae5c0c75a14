"""docs/shortcuts.md: which of the library's shortcuts pay."""

from pathlib import Path
from typing import Any

from benchmarks.report import grid, machine_list, page, trust_line
from benchmarks.shortcuts import SHORTCUTS, Shortcut
from mytorch.files.atomic import write as write_file

PAGE = "shortcuts.md"

MARKDOWN = """\
# Which shortcuts pay

Written by `make bench` (`{command}`) on {date}.

Where the library computes in a less plain way, it does so because that is faster. Each of these
ways is here beside the plain one, with the gain: how many times the short way fits into the plain
one.

{gains}

## How to read it

- `benchmarks/shortcuts.py` has both ways of each row, and the numbers they work on. That they
  compute the same is a test.
- A shortcut pays if its gain is at least the one in the next column. One that does not, in several
  runs on a quiet machine, is to be replaced by the plain way.
- The two ways take turns in one process with {threads} thread(s), A B A B, for {rounds} rounds of
  about {wanted:g} s a turn. The shortest turn of each counts.

## Machine

{machine}

{trust}
"""


def gains(results: dict[str, Any]) -> str:
    """A row for each shortcut."""
    rows = {row.name: row for row in SHORTCUTS}
    return grid(
        ["shortcut", "gain", "at least", "pays"],
        [
            [
                name,
                f"{found['gain']:.2f}",
                f"{rows[name].least:g}",
                verdict(rows[name], found["gain"]),
            ]
            for found in results["shortcuts"]
            if (name := found["shortcut"]) in rows
        ],
    )


def verdict(row: Shortcut, gain: float) -> str:
    """Whether it pays, or where it would."""
    return "yes" if gain >= row.least else row.only or "NO"


def terminal(results: dict[str, Any]) -> str:
    """The table."""
    return "\n\n".join([machine_list(results), trust_line(results), gains(results)])


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    write_file(folder / PAGE, page(MARKDOWN, results, gains=gains(results)))
