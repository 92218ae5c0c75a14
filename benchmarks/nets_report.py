"""docs/nets.md: whole steps of convolutional, recurrent and attending networks beside PyTorch's."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.nets import EACH, MOST_COMPILED, MOST_MEMORY, NETS, Net, ratio
from benchmarks.report import grid, machine_list, page, trust_line
from mytorch.files.atomic import write as write_file

PAGE = "nets.md"

MARKDOWN = """\
# Networks beside PyTorch's

Written by `make bench` (`{command}`) on {date}.

How long a run takes in units of PyTorch's eager time, so less is faster: a training step (forward,
cross entropy, backward, Adam), or the logits of one example. *Products* are the run's products of
matrices alone, by NumPy: no way of computing the rest can take less.

{times}

{peers}

## Memory

What a process holds at most during a run, above what it held before the first one.

{memory}

## How to read it

{nets}
- `benchmarks/nets.py` has the models, each written once for both libraries, and everything is in
  single precision. It is checked that all contenders give the same losses or logits.
- Each contender has a process of its own, and only one works at a time, with {threads} thread(s).
  They take turns for {rounds} rounds of about {wanted:g} s each. Time is the processor's, which
  other programs hardly lengthen; the ratio is taken within a round, and its median counts. The
  compiled step of MyTorch is beside its eager one.

## Machine

{machine}

{trust}
"""


def rows(results: dict[str, Any]) -> Iterator[tuple[Net, dict[str, Any]]]:
    """The nets that there are, with what was measured."""
    nets = {net.name: net for net in NETS}
    return ((nets[row["net"]], row) for row in results["nets"] if row["net"] in nets)


def verdicts(net: Net, row: dict[str, Any]) -> dict[str, bool]:
    """Whether a net keeps its limits of time, of the compiled run and of memory."""
    times, memory = row["times"], row["memory"]
    return {
        "time": ratio(times, "MyTorch", "PyTorch") <= net.most,
        "compiled": ratio(times, "MyTorch compiled", "MyTorch") <= MOST_COMPILED,
        "memory": not memory or memory["MyTorch"] <= MOST_MEMORY * memory["PyTorch"],
    }


def said(met: bool) -> str:
    return "met" if met else "NOT MET"


def times(results: dict[str, Any]) -> str:
    """A row for each net."""
    return grid(
        [
            "run",
            "PyTorch (ms)",
            "eager",
            "at most",
            "",
            "compiled / eager",
            "at most",
            "",
            "products",
        ],
        [
            [
                net.name,
                f"{median(row['times']['PyTorch']) * 1e3:.2f}",
                f"{ratio(row['times'], 'MyTorch', 'PyTorch'):.2f}",
                f"{net.most:g}",
                said(verdicts(net, row)["time"]),
                f"{ratio(row['times'], 'MyTorch compiled', 'MyTorch'):.2f}",
                f"{MOST_COMPILED:g}",
                said(verdicts(net, row)["compiled"]),
                f"{ratio(row['times'], 'products', 'PyTorch'):.2f}",
            ]
            for net, row in rows(results)
        ],
    )


def peers(results: dict[str, Any]) -> str:
    """Others, in units of PyTorch's time, where any were there."""
    found = [
        [net.name, name, f"{ratio(row['times'], name, 'PyTorch'):.2f}"]
        for net, row in rows(results)
        for name in row["times"]
        if name not in EACH
    ]
    return grid(["run", "others", "time"], found) if found else ""


def memory(results: dict[str, Any]) -> str:
    """A row for each net."""
    return grid(
        ["run", "PyTorch (MB)", "eager (MB)", "ratio", "at most", "", "compiled (MB)"],
        [
            [
                net.name,
                f"{row['memory']['PyTorch'] / 1e6:.1f}",
                f"{row['memory']['MyTorch'] / 1e6:.1f}",
                f"{row['memory']['MyTorch'] / row['memory']['PyTorch']:.2f}",
                f"{MOST_MEMORY:g}",
                said(verdicts(net, row)["memory"]),
                f"{row['memory']['MyTorch compiled'] / 1e6:.1f}",
            ]
            for net, row in rows(results)
            if row["memory"]
        ],
    )


def terminal(results: dict[str, Any]) -> str:
    """The tables."""
    parts = (machine_list, trust_line, times, peers, memory)
    return "\n\n".join(part(results) for part in parts)


def write(results: dict[str, Any], folder: Path) -> None:
    """The page, from the results of a run."""
    nets = "\n".join(f"- **{net.name}**: {net.what}." for net, _ in rows(results))
    tables = {"times": times(results), "peers": peers(results), "memory": memory(results)}
    write_file(folder / PAGE, page(MARKDOWN, results, nets=nets, **tables))
