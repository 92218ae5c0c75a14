"""`python -m benchmarks`: measures MyTorch beside its peers.

A full run takes some ten minutes and writes benchmarks/results.json, docs/benchmarks.md and its
plot, and for each of the tables (`operations`, `shortcuts`, `loops`, `loading`, `optimizers` and
`nets`) a file and a page of its own. With --quick, or when only some workloads are named, it only
prints, but for the tables, whose pages are written whenever they are measured without --quick. With
--render it measures nothing, and writes the pages and the plot of the last full run again.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import (
    imports,
    loading,
    loading_report,
    loops,
    loops_report,
    machine,
    memory,
    nets,
    nets_report,
    operations,
    operations_report,
    optimizers,
    optimizers_report,
    report,
    shortcuts,
    shortcuts_report,
)
from benchmarks.compare import Contender, Control, Process, assemble, check, measure
from benchmarks.contenders import CONTENDERS
from benchmarks.workloads import WORKLOADS
from hw1.output import lenient_output
from mytorch.files.atomic import check_writable, write

RESULTS = Path(__file__).resolve().parent / "results.json"
DOCS = RESULTS.parent.parent / "docs"
APART = ("scale", "leak", "import")
# What is measured row by row, the report on it, and how many turns of how many seconds a row gets.
TABLES: dict[str, tuple[Any, Any, int, float]] = {
    "operations": (operations, operations_report, 9, 0.005),
    "shortcuts": (shortcuts, shortcuts_report, 50, 0.001),
    "loops": (loops, loops_report, 9, 0.005),
    "loading": (loading, loading_report, 9, 0.1),
    "optimizers": (optimizers, optimizers_report, 50, 0.002),
    "nets": (nets, nets_report, 9, 0.3),
}
EVERY = (*WORKLOADS, *APART, *TABLES)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", help=f"some of: {', '.join(EVERY)}")
    parser.add_argument("--quick", action="store_true", help="less than a minute, less sure")
    parser.add_argument("--threads", type=int, default=1, help="for every contender (default: 1)")
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--render", action="store_true", help="only write the page again")
    options = parser.parse_args(arguments)
    unknown = set(options.workloads) - set(EVERY)
    if unknown:
        parser.error(f"unknown workloads: {', '.join(sorted(unknown))}")

    if options.render:
        report.write(json.loads(RESULTS.read_text()), DOCS)
        for name, (_, its_report, *_) in TABLES.items():
            its_report.write(json.loads(results_of(name).read_text()), DOCS)
        return
    wanted = options.workloads or EVERY
    tables = [name for name in TABLES if name in wanted]
    full = not options.quick and not options.workloads
    path = options.json or (RESULTS if full else None)
    pages = [DOCS / report.PAGE, DOCS / report.PLOT] if full else []
    if not options.quick:
        for name in tables:
            pages += [results_of(name), DOCS / TABLES[name][1].PAGE]
    try:  # now, not after the measurements
        for target in [path, *pages] if path else pages:
            check_writable(target)
    except OSError as error:
        parser.error(f"cannot write {error.filename}: {error.strerror}")
    machine.pin(options.threads)
    with lenient_output():
        if set(wanted) - set(TABLES):
            results = run(wanted, options.quick)
            if path:
                write(path, as_json(results))
            if full:
                report.write(results, DOCS)
            print(report.terminal(results))
        for name in tables:
            _, its_report, *_ = TABLES[name]
            found = run_table(name, options.quick)
            if not options.quick:
                write(results_of(name), as_json(found))
                its_report.write(found, DOCS)
            print(its_report.terminal(found))


def results_of(table: str) -> Path:
    """The file of a table's results."""
    return RESULTS.with_name(f"{table}.json")


def as_json(results: dict[str, Any]) -> bytes:
    return (json.dumps(results, indent=1) + "\n").encode()


def described() -> dict[str, Any]:
    """What is run, when and where."""
    return {
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.describe(),
        "threads": machine.threads(),
        "versions": imports.installed(),
    }


def run_table(name: str, quick: bool) -> dict[str, Any]:
    """Measures every row of a table."""
    table, _, rounds, seconds = TABLES[name]
    if quick:
        rounds, seconds = 3, 0.001
    results = {**described(), "absent": {}, "rounds": rounds, "wanted": seconds}
    say(name)
    with closing(Control()) as control, closing(Process()) as process:
        results[name] = []
        count = process.call(table.count)
        for number in range(count):
            for _ in range(max(1, 30 // count)):  # a few rows tell as much as many
                control.measure()
            results[name].append(process.call(table.measure, number, rounds, seconds))
    results["load_at_end"] = os.getloadavg()[0]
    results["quiet"] = machine.quiet(control.times)
    return results


def run(wanted: Sequence[str], quick: bool) -> dict[str, Any]:
    """Measures what is wanted."""
    rounds, seconds = (7, 0.02) if quick else (15, 0.2)
    begun = described()
    contenders, absent = assemble(CONTENDERS)
    for name, why in absent.items():
        say(f"left out: {name} ({why})")
    results: dict[str, Any] = {
        **begun,
        "contenders": {contender.name: contender.label for contender in contenders},
        "absent": absent,
        "rounds": rounds,
        "wanted": seconds,
    }
    control = Control()
    results["workloads"] = compare(
        contenders, [name for name in WORKLOADS if name in wanted], rounds, seconds, control
    )
    for contender in contenders:
        contender.close()
    for part in APART:
        if part in wanted:
            say(part)
            # As often as a workload's rounds, so that these parts count as much.
            for _ in range(rounds):
                control.measure()
            results |= measure_apart(part, list(results["contenders"]), quick)
    results["load_at_end"] = os.getloadavg()[0]
    results["quiet"] = machine.quiet(control.times)
    return results


def compare(
    contenders: list[Contender],
    workloads: list[str],
    rounds: int,
    seconds: float,
    control: Control,
) -> dict[str, dict[str, list[float]]]:
    """The times of every workload, after all of them were checked."""
    able = {
        workload: [contender for contender in contenders if workload in contender.workloads]
        for workload in workloads
    }
    for workload, found in able.items():
        say(f"{workload}: do all compute the same?")
        check(workload, {contender.name: contender.outputs(workload) for contender in found})
    times = {}
    for workload, found in able.items():
        say(f"{workload}: how long does it take?")
        times[workload] = measure(found, workload, rounds, seconds, control)
    return times


def measure_apart(part: str, names: list[str], quick: bool) -> dict[str, Any]:
    """What is not a run that can be repeated: graphs of growing size, leaks, imports."""
    if part == "scale":
        lengths = [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000]
        able = [name for name in names if name in ("mytorch_eager", "torch_eager")]
        return {"scale": memory.scale(able, lengths)}
    if part == "leak":
        return {"leak": memory.in_fresh_process(memory.leak, "mytorch_eager", "seed")}
    modules = ["numpy", "mytorch"] if quick else list(imports.installed())
    times = imports.import_seconds(modules, 10)
    return {"imports": times, "sizes": imports.sizes(modules)}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
