"""Grades problems 1.1 to 2.6 of the mytorch/ beside autograder/ and prints the scores.

    python3 ./autograder/hw1_autograder/runner.py [--watch]

The last line printed is Autolab's JSON. With --watch the tests that fail are written to a page on
which their graphs are stepped through, grade.watch.html.
"""

import os
import sys

if not __package__:  # run as a file: Python looks for modules beside it, where others may lie
    sys.path.insert(0, os.path.realpath(__file__).rsplit(os.sep, 3)[0])
    import autograder.hw1_autograder  # noqa: F401 (once imported, it is found without the folder)
    from course.grader import environment

    environment.start(__file__)

from collections.abc import Sequence
from pathlib import Path

from autograder.hw1_autograder.test_autograd import TESTS as AUTOGRAD_TESTS
from autograder.hw1_autograder.test_mlp import TESTS as MLP_TESTS
from course.grader.environment import root_of
from course.grader.grading import grade
from course.grader.homework import Homework
from course.grader.pages import Watched, write_page
from course.grader.points import GradedTest
from course.grader.printing import run

# The keys of the scores that Autolab reads, with the points of the write-up's headings.
PROBLEMS = {
    "1.1 Basic operations": 15,
    "1.2 Autograd": 25,
    "2.1 Linear layer": 5,
    "2.2 ReLU": 10,
    "2.3 SGD": 10,
    "2.4 BatchNorm": 10,
    "2.5 Cross entropy loss": 15,
    "2.6 Momentum": 10,
}

TESTS = AUTOGRAD_TESTS + MLP_TESTS
TIME_LIMIT = 60.0  # seconds for all parts together


PAGE = "grade.watch.html"
USAGE = "usage: runner.py [--watch]"

OPERATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "operations.py")


def start(seconds: float, root: str = root_of(__file__)) -> Homework:
    """A process of the homework in `root`."""
    return Homework(root, seconds, operations=OPERATIONS)


def watched(seconds: float, root: str = root_of(__file__)) -> Watched:
    """The same, to be looked at."""
    return Watched(root, seconds, operations=OPERATIONS)


def show(failed: Sequence[GradedTest]) -> None:
    """Write the page of what has failed."""
    write_page(failed, watched, Path(root_of(__file__)) / PAGE)


def main() -> None:
    """Grade, and print."""
    if sys.argv[1:] not in ([], ["--watch"]):
        sys.exit(USAGE)
    grade(PROBLEMS, TESTS, start, TIME_LIMIT, show if sys.argv[1:] else None)


if __name__ == "__main__":
    run(main)
