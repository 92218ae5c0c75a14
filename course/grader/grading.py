"""Runs the tests of a homework, a few parts at once, and prints what came of them.

Every part of the homework runs in a process of its own with a time limit, so that an endless
loop, a crash or a missing file costs the points of that part alone.
"""

import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np

from course.grader.checks import MismatchError, shortened
from course.grader.homework import EndedError, Homework, HomeworkError
from course.grader.points import GradedTest, scores
from course.grader.printing import harmless

AT_ONCE = 2

Failures = dict[GradedTest, str | None]


def failure_of(test: GradedTest, homework: Homework) -> str | None:
    """Run a test: None when it passed, otherwise what went wrong."""
    try:
        homework.call("seed", 0)
        with np.errstate(all="ignore"):
            test.run(homework)
    except (MismatchError, EndedError) as failure:
        return str(failure)
    except HomeworkError as error:
        return "\n  ".join(filter(None, (shortened(str(error)), error.place[:300])))
    except Exception as error:  # the homework gave what no test has thought of
        return shortened(f"{type(error).__name__}: {error}")
    return None


class Grading:
    """All parts of the homework, each in a process of its own, a few at once."""

    def __init__(
        self, tests: Sequence[GradedTest], start: Callable[[float], Homework], seconds: float
    ) -> None:
        self.tests, self.start = tests, start
        self.deadline = time.monotonic() + seconds
        self.running: set[Homework] = set()
        self.stopped = Event()

    def part(self, tests: list[GradedTest]) -> tuple[Failures, str]:
        """Run the tests of one part: what went wrong in each, and what the homework printed.

        A part gets a third of the time that is left, so that endless loops in all the others leave
        some for the last.
        """
        homework = self.start(max(0.0, self.deadline - time.monotonic()) / 3)
        self.running.add(homework)
        try:
            if self.stopped.is_set():
                homework.stop()
            return {test: failure_of(test, homework) for test in tests}, homework.close()
        finally:
            self.running.discard(homework)

    def run(self) -> Iterator[tuple[Failures, str]]:
        """The outcome of each part, in their order."""
        parts = [
            [test for test in self.tests if test.part == part]
            for part in dict.fromkeys(test.part for test in self.tests)
        ]
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            yield from pool.map(self.part, parts)
        finally:
            self.stopped.set()
            for homework in list(self.running):
                homework.stop()
            pool.shutdown(cancel_futures=True)


def report(outcomes: Iterable[tuple[Failures, str]]) -> Failures:
    """Print one line per test, and each failure once; return all of them."""
    reported: Failures = {}
    places: dict[str, str] = {}
    for failures, printed in outcomes:
        reported |= failures
        for test, failure in failures.items():
            if failure is None:
                print(f"PASS {test.part}: {test.name} ({points(test.points)})")
                continue
            print(f"FAIL {test.part}: {test.name} (0 of {points(test.points)})")
            place = places.setdefault(failure, f"{test.part}: {test.name}")
            known = place != f"{test.part}: {test.name}"
            text = f"the same as in {place}" if known else failure
            print(textwrap.indent(harmless(text), "     "))
        if printed:
            print(textwrap.indent(harmless(printed), f"     {test.part} printed: "))
        print(end="", flush=True)
    return reported


def points(number: int) -> str:
    """A number of points in words."""
    return f"{number} point{'s' if number != 1 else ''}"


def grade(
    problems: Mapping[str, int],
    tests: Sequence[GradedTest],
    start: Callable[[float], Homework],
    seconds: float,
    show: Callable[[Sequence[GradedTest]], None] | None = None,
) -> None:
    """Grade, then print the table and, as the last line, the scores for Autolab.

    `problems` has the keys of the scores and the points to get; `start` gives a process of the
    homework with a time limit; `seconds` is the limit of all of them together. `show` is given the
    tests that failed; whatever becomes of it, the scores stay.
    """
    try:
        reported = report(Grading(tests, start, seconds).run())
    except KeyboardInterrupt:
        print("\nStopped: nothing was scored.", file=sys.stderr)
        sys.exit(130)
    earned = scores(problems, [test for test, failure in reported.items() if failure is None])
    if show is not None:
        print()
        try:
            show([test for test, failure in reported.items() if failure is not None])
        except KeyboardInterrupt:
            print("No page: stopped.")
        except Exception as error:
            print(harmless(f"No page: {shortened(f'{type(error).__name__}: {error}')}"))
    print()
    for problem, maximum in problems.items():
        print(f"{problem:<24}{earned[problem]:>4} of {maximum:>3}")
    print(f"{'Total':<24}{sum(earned.values()):>4} of {sum(problems.values()):>3}")
    print(json.dumps({"scores": earned}))
