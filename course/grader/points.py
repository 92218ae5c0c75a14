"""What one graded test is, and the points of the problems."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from course.grader.homework import Homework


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


def scores(problems: Mapping[str, int], passed: Iterable[GradedTest]) -> dict[str, int]:
    """The points of each problem, given the tests that passed: a part belongs to the problem
    whose number starts its own."""
    result = dict.fromkeys(problems, 0)
    for test in passed:
        result[next(key for key in problems if test.part.startswith(key.split()[0]))] += test.points
    return result
