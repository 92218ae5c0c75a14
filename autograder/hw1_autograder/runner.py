"""Grades problems 1.1 to 2.6 of the mytorch/ beside autograder/ and prints the scores.

    python3 ./autograder/hw1_autograder/runner.py

Every part of the homework runs in a process of its own with a time limit, so that an endless
loop, a crash or a missing file costs the points of that part alone. The last line printed is
Autolab's JSON.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import suppress

from homework import ROOT
from points import PROBLEMS, GradedTest, scores
from worker import TESTS

TIME_LIMIT = 30.0
AT_ONCE = 2
PRINTED_CHARACTERS = 500
WORKER = ROOT / "autograder" / "hw1_autograder" / "worker.py"


class PartRun:
    """One part of the homework in its own process and process group."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, unless it is started already."""
        if self.process:
            return
        # Read when the process has ended: no full pipe can block it, no leftover of it us.
        self.results = tempfile.TemporaryFile()  # noqa: SIM115
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115
        self.deadline = time.monotonic() + TIME_LIMIT
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(WORKER), self.part, str(self.results.fileno())],
            cwd=ROOT,
            # Several parts run at once: more threads would only be in each other's way.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self.printed,
            stderr=subprocess.STDOUT,
            pass_fds=[self.results.fileno()],
            start_new_session=True,
        )

    def finish(self) -> str:
        """Wait for the end or the time limit; say why tests without a result have none."""
        assert self.process is not None
        try:
            status = self.process.wait(max(0.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return f"stopped: the time limit of {TIME_LIMIT:g} seconds for {self.part} is over"
        finally:
            self.stop()
        return f"not finished: the process of {self.part} ended with status {status}"

    def stop(self) -> None:
        """Kill the process and all that it started."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def failures(self) -> dict[str, str | None]:
        """What went wrong in each finished test, by name; None where it passed."""
        self.results.seek(0)
        # A process that was stopped may leave half a line.
        lines = self.results.read().decode().split("\n")[:-1]
        return {record["name"]: record["failure"] for record in map(json.loads, lines)}

    def output(self) -> str:
        """What the homework printed, or the beginning of it."""
        self.printed.seek(0)
        text = self.printed.read(PRINTED_CHARACTERS + 1).decode(errors="replace")
        return text.rstrip() if len(text) <= PRINTED_CHARACTERS else text[:-1] + " ..."


def report(run: PartRun) -> list[GradedTest]:
    """Wait for a part, print one line per test, return the tests that passed."""
    ending = run.finish()
    failures = run.failures()
    passed = []
    for test in TESTS:
        if test.part != run.part:
            continue
        failure = failures.get(test.name, ending)
        if failure is None:
            passed.append(test)
            print(f"PASS {test.part}: {test.name} ({points(test.points)})")
        else:
            print(f"FAIL {test.part}: {test.name} (0 of {points(test.points)})")
            print(textwrap.indent(failure, "     "))
    if printed := run.output():
        print(textwrap.indent(printed, f"     {run.part} printed: "))
    sys.stdout.flush()
    return passed


def points(number: int) -> str:
    """A number of points in words."""
    return f"{number} point{'s' if number != 1 else ''}"


def grade() -> list[GradedTest]:
    """Run all parts, a few at once, report them in order, return the tests that passed."""
    runs = [PartRun(part) for part in dict.fromkeys(test.part for test in TESTS)]
    passed = []
    try:
        for index, run in enumerate(runs):
            for ahead in runs[index : index + AT_ONCE]:
                ahead.start()
            passed += report(run)
    finally:
        for run in runs:
            run.stop()
    return passed


def main() -> None:
    """Grade, then print the table and, as the last line, the scores for Autolab."""
    try:
        earned = scores(grade())
    except KeyboardInterrupt:
        print("\nStopped: nothing was scored.", file=sys.stderr)
        sys.exit(130)
    print()
    for problem, maximum in PROBLEMS.items():
        print(f"{problem:<24}{earned[problem]:>4} of {maximum:>3}")
    print(f"{'Total':<24}{sum(earned.values()):>4} of {sum(PROBLEMS.values()):>3}")
    print(json.dumps({"scores": earned}))


if __name__ == "__main__":
    main()
