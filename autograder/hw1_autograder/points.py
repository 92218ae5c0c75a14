"""The problems of the write-up, and what one graded test is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hw1_autograder.homework import Homework

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


@dataclass(frozen=True)
class GradedTest:
    """One test: the part of the homework it belongs to, its name, its points, the check itself.

    `part` is a problem, or one numbered piece of it ("1.1.1 Subtract"). The parts are what runs
    in a process of its own. `run` is given that process; it returns when all is well and raises
    otherwise.
    """

    part: str
    name: str
    points: int
    run: Callable[[Homework], None]

    @property
    def problem(self) -> str:
        """The problem whose number starts the part's number."""
        return next(key for key in PROBLEMS if self.part.startswith(key.split()[0]))


def scores(passed: Iterable[GradedTest]) -> dict[str, int]:
    """The points of each problem, given the tests that passed."""
    result = dict.fromkeys(PROBLEMS, 0)
    for test in passed:
        result[test.problem] += test.points
    return result
