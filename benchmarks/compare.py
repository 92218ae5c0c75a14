"""All contenders on the same work: first that they compute the same, then how long they take."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from typing import Any

from benchmarks import machine, worker

# The results of the first runs are compared. In single precision a value next to 0 may fall on
# either side of a ReLU, by rounding alone: that moves a loss by 1e-4, a wrong step by 1e-2.
CHECKED_RUNS = 20
TOLERANCE = 1e-3


class DisagreementError(Exception):
    """Two contenders do not compute the same: their times cannot be compared."""


class Process:
    """A fresh process, which works only while it is asked."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self._pool.submit(function, *args).result()

    def close(self) -> None:
        """Ends it, and frees its memory."""
        self._pool.shutdown()


def in_fresh_process(function: Callable[..., Any], *args: Any) -> Any:
    """What the function returns there."""
    with closing(Process()) as fresh:
        return fresh.call(function, *args)


class Control(Process):
    """A process that times the same piece of work through the whole run."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def measure(self) -> None:
        self.times.append(self.call(machine.control))


class Contender(Process):
    """A contender in its own process. Raises ImportError if its library is not there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.label, self.workloads = self.call(worker.introduce, name)

    def outputs(self, workload: str) -> list[float]:
        return list(self.call(worker.outputs, self.name, workload, CHECKED_RUNS))

    def seconds(self, workload: str, runs: int) -> float:
        return float(self.call(worker.seconds, self.name, workload, runs))


def assemble(names: Iterable[str]) -> tuple[list[Contender], dict[str, str]]:
    """The contenders whose libraries are there, and why the others are not."""
    present, absent = [], {}
    for name in names:
        try:
            present.append(Contender(name))
        except ImportError as error:
            # Without the path that Python appends.
            absent[name] = str(error).partition(" (")[0]
    return present, absent


def check(workload: str, results: dict[str, Sequence[float]]) -> None:
    """Raises DisagreementError unless all have the results of the first, within TOLERANCE."""
    (first, expected), *others = results.items()
    for name, numbers in others:
        for run, (mine, theirs) in enumerate(zip(numbers, expected, strict=True)):
            # A NaN differs from everything.
            if not abs(mine - theirs) <= TOLERANCE * max(1, abs(theirs)):
                raise DisagreementError(
                    f"{workload}: result {run} of {name} is {mine}, that of {first} {theirs}"
                )


def runs_in(contender: Contender, workload: str, wanted: float) -> int:
    """How many runs take about `wanted` seconds."""
    runs, seconds = 1, contender.seconds(workload, 1)
    while seconds < wanted / 4:
        runs *= 4
        seconds = contender.seconds(workload, runs)
    return max(1, round(runs * wanted / seconds))


def measure(
    contenders: Sequence[Contender], workload: str, rounds: int, wanted: float, control: Control
) -> dict[str, list[float]]:
    """The seconds that a run takes each contender in each round, A B C A B C."""
    runs = {contender: runs_in(contender, workload, wanted) for contender in contenders}
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        control.measure()
        for contender, count in runs.items():
            times[contender.name].append(contender.seconds(workload, count) / count)
    return times
