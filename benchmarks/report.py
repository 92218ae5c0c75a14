"""From the results of a run: tables, docs/benchmarks.md and its plot."""

import io
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.compare import CHECKED_RUNS, TOLERANCE
from benchmarks.limits import limits
from benchmarks.machine import MAX_DRIFT, MAX_SPREAD
from benchmarks.worker import STRETCH, WARM_UP
from benchmarks.workloads import CHAIN
from mytorch.files.atomic import write as write_file

PAGE, PLOT = "benchmarks.md", "benchmarks.svg"

COLORS = {
    "torch_eager": "#9a9a9a",
    "mytorch_eager": "#d1495b",
    "mytorch_compiled": "#7b1e3a",
    "jax_jit": "#00798c",
    "mygrad_eager": "#edae49",
    "autograd_eager": "#6a994e",
    "numpy_by_hand": "#2e4057",
}

MARKDOWN = """\
# Benchmarks

Written by `make bench` (`{command}`) on {date}.
Every time that was measured is in `benchmarks/results.json`.

How long MyTorch takes for the work that it is meant for, small networks on one core, beside
other libraries that do the same work: in units of {first}'s time, so less is faster.

![Time of each contender in units of {first}'s](benchmarks.svg)

{ratios}

## Machine

{machine}

{trust}

## How to read it

- A step of **seed** (Linear(784, 20), batch norm, ReLU, Linear(20, 10), batch 100), **wide**
  (784-512-512-10 with batch norm, batch 128) and **tiny** (4-32-32-2 without batch norm, batch 1
  or 32) gathers the batch, runs forward, cross entropy and backward, and lets SGD (0.1, momentum
  0.9) or Adam (0.001) update. Everything is in single precision. **overhead** is one operation of
  a chain of {chain:,} adds and multiplies of shape (1,), recorded and walked backwards.
  **inference** is the seed network in evaluation mode on one image, without recording, until the
  result is an array.
- **linear-3d** is Linear(64, 192) on an input (32, 64, 64), **matmul-broadcast** the product of
  (16, 1, 64, 64) and (8, 64, 32), each forward and backward. A step of **transformer** is one block
  (width 64, 4 heads, causal, 256 hidden units with GELU) on 32 sequences of 64: forward, mean
  squared error, backward and Adam.
- Each contender is written as its users write: `benchmarks/contenders/` has a file for each. A
  contender is left out where its library has no way of its own to do the work. MyGrad and HIPS
  autograd keep no running statistics in batch norm; the others do.
- First it is checked that all contenders compute the same: the losses (logits, gradients) of
  {checked} runs from the same weights and batches, within {tolerance} of {first}'s. That allows
  for single precision, where a value next to 0 may fall on either side of a ReLU.
- Each contender has a process of its own, and only one works at a time, with {threads} thread(s)
  on as many cores. They take turns, A B C A B C, for {rounds} rounds of about {wanted:g} s a turn.
  A turn starts from a clean heap; the garbage collector stays on. Every {stretch} steps a training
  starts over from its first weights, and {warm_up} steps that warm it up are not counted: what a
  unit that has died remembers would by and by be denormal numbers, which are slow, for the fastest
  contender first. The ratio is taken within each round; the tables give its median and quartiles.
- A fixed piece of pure Python is timed in every round. If its quartiles are more than {spread:.0%}
  apart or it drifts by more than {drift:.0%}, the machine was not quiet enough to trust the run.

## Times

{times}

## Graphs of growing size

One operation of a chain of adds and multiplies of shape (1,) with their parameters, and of a ladder
of doublings (y = y + y: 2^60 ways from its end to its start). Memory is what the process grows by
while the graph is held, each time in a fresh process.

{scale}

## Import and size

The median time of fresh processes that import one module and end, and the size of its files on
disk, alone and with all that it requires.

{imports}

## Limits

What MyTorch set out to reach. Ratios are medians.

{limits}
"""


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that can be read as it is."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The first quartile, the median and the third."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    first, middle, third = quantiles(values, n=4, method="inclusive")
    return first, middle, third


def ratios(results: dict[str, Any]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """For each workload and contender the quartiles of its time over the first contender's, round
    by round."""
    base = next(iter(results["contenders"]))
    return {
        workload: {
            name: quartiles([mine / other for mine, other in zip(found, times[base], strict=True)])
            for name, found in times.items()
        }
        for workload, times in results["workloads"].items()
    }


def medians(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The middle ones of `ratios`."""
    return {
        workload: {name: middle for name, (_, middle, _) in found.items()}
        for workload, found in ratios(results).items()
    }


def ratio_table(results: dict[str, Any]) -> str:
    labels = results["contenders"]
    rows = [
        [workload, *(f"{found[name]:.2f}" if name in found else "" for name in labels)]
        for workload, found in medians(results).items()
    ]
    return grid(["", *labels.values()], rows)


def time_table(results: dict[str, Any]) -> str:
    rows = []
    for workload, found in ratios(results).items():
        unit = CHAIN if workload == "overhead" else 1
        for name, (first, middle, third) in found.items():
            microseconds = median(results["workloads"][workload][name]) / unit * 1e6
            rows.append(
                [
                    f"{workload}, {results['contenders'][name]}",
                    f"{microseconds:,.1f}",
                    f"{middle:.3f}",
                    f"{first:.3f} to {third:.3f}",
                ]
            )
    return grid(["", "microseconds", "ratio", "quartiles"], rows)


def scale_table(results: dict[str, Any]) -> str:
    rows = [
        [
            f"{case}, {results['contenders'][name]}",
            *(f"{found[key] * 1e6:.2f}" if key in found else "" for key in ("forward", "backward")),
            f"{found['total'] * 1e6:.2f}",
            f"{found['bytes']:.0f}" if "bytes" in found else "",
        ]
        for name, cases in results["scale"].items()
        for case, found in cases.items()
    ]
    return grid(["per operation", "record (us)", "backward (us)", "all (us)", "bytes"], rows)


def import_table(results: dict[str, Any]) -> str:
    rows = [
        [
            module,
            f"{median(times) * 1e3:.0f}",
            f"{results['sizes'][module]['own'] / 1e6:.1f}",
            f"{results['sizes'][module]['all'] / 1e6:.1f}",
        ]
        for module, times in results["imports"].items()
    ]
    return grid(["", "import (ms)", "size (MB)", "with requirements (MB)"], rows)


def limit_table(results: dict[str, Any]) -> str:
    rows = [
        [limit.name, f"{limit.bound:g}", f"{limit.value:.3g}", "met" if limit.met else "NOT MET"]
        for limit in limits(results, medians(results))
    ]
    return grid(["", "at most", "measured", ""], rows)


def machine_list(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{module} {found}" for module, found in results["versions"].items())
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}",
        f"Python {machine['python']}, {versions}",
        f"threads: {results['threads']}",
    ]
    lines += [f"left out: {name} ({why})" for name, why in results["absent"].items()]
    return "\n".join(f"- {line}" for line in lines)


def trust_line(results: dict[str, Any]) -> str:
    quiet = results["quiet"]
    verdict = (
        "The machine was quiet"
        if quiet["trusted"]
        else "**The machine was too busy: do not trust these figures**"
    )
    first, last = results["machine"]["load"], results["load_at_end"]
    return (
        f"{verdict}: the control's quartiles were {quiet['spread']:.1%} apart and it drifted by "
        f"{quiet['drift']:.1%}; the load average was {first:.2f} at the start and {last:.2f} at "
        "the end (1 is the benchmark itself)."
    )


def terminal(results: dict[str, Any]) -> str:
    """All tables of what was run."""
    parts = [machine_list(results), trust_line(results)]
    if results["workloads"]:
        parts += [time_table(results), ratio_table(results)]
    parts += [scale_table(results)] if "scale" in results else []
    parts += [import_table(results)] if "imports" in results else []
    return "\n\n".join([*parts, limit_table(results)])


def page(markdown: str, results: dict[str, Any], **parts: Any) -> bytes:
    """A page from its Markdown: what is told of every run, and these parts."""
    told = {name: results[name] for name in ("command", "date", "threads", "rounds", "wanted")}
    told |= {"machine": machine_list(results), "trust": trust_line(results)}
    return markdown.format(**told, **parts).encode()


def write(results: dict[str, Any], folder: Path) -> None:
    """benchmarks.md and benchmarks.svg, from the results of a full run."""
    text = page(
        MARKDOWN,
        results,
        ratios=ratio_table(results),
        chain=CHAIN,
        checked=CHECKED_RUNS,
        first=next(iter(results["contenders"].values())),
        tolerance=TOLERANCE,
        stretch=STRETCH,
        warm_up=WARM_UP,
        spread=MAX_SPREAD,
        drift=MAX_DRIFT,
        times=time_table(results),
        scale=scale_table(results),
        imports=import_table(results),
        limits=limit_table(results),
    )
    write_file(folder / PAGE, text)
    write_file(folder / PLOT, plot(results))


def plot(results: dict[str, Any]) -> bytes:
    """A panel for each workload: a point for each contender's ratio, a line for its quartiles."""
    import matplotlib

    matplotlib.use("svg")
    # The same results make the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    labels = results["contenders"]
    found = ratios(results)
    rows = -(-len(found) // 4)
    figure, grid_of_axes = plt.subplots(
        rows,
        4,
        figsize=(10, 2.2 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes in grid_of_axes.flat[len(found) :]:
        axes.set_axis_off()
    for axes, (workload, cases) in zip(grid_of_axes.flat, found.items(), strict=False):
        axes.axvline(1, color="#9a9a9a", linewidth=0.8)
        for row, name in enumerate(labels):
            if name in cases:
                low, middle, high = cases[name]
                axes.plot([low, high], [row, row], color=COLORS[name], linewidth=2)
                axes.plot(middle, row, "o", color=COLORS[name], markersize=5)
                axes.annotate(
                    f"{middle:.2f}", (middle, row), (0, 4), textcoords="offset points",
                    ha="center", fontsize=7, color=COLORS[name],
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
                )  # fmt: skip
        axes.set_title(workload, fontsize=9)
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.25, 0.5, 1, 2], ["0.1", "0.25", "0.5", "1", "2"])
        axes.minorticks_off()
        axes.set_yticks(range(len(labels)), labels.values())
        axes.set_ylim(len(labels) - 0.4, -0.8)
        axes.grid(axis="x", color="#eeeeee")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
    first, *_ = labels.values()
    figure.supxlabel(f"time in units of {first}'s (less is faster)", fontsize=9)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    plt.close(figure)
    return drawn.getvalue()
