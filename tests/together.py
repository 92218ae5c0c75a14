"""One test of many cases: each of them is tried, and all that fail are told of by name."""

import os
import random
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np
import pytest


def reseed() -> None:
    """What a test draws hangs on nothing that ran before it."""
    seed = int(os.environ.get("FUZZ_SEED", "0"))
    random.seed(seed)
    np.random.seed(seed)


def row_of(case: Any) -> str:
    """The row of its table that a case belongs to."""
    name: str = case.row.name
    return name


def as_one(case: Any) -> str:
    """One test for all of them."""
    return "all"


def together(
    argument: str, cases: Iterable[Any], by: Callable[[Any], str] = row_of
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize(argument, cases)`, but one test for all cases that have the same
    name by `by`: to collect and to report a test costs more than many a case.

    Its fixtures are made once for all of them; numbers are drawn anew for each.
    """
    groups: dict[str, list[Any]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def each(*owner: Any, **arguments: Any) -> None:
            group = arguments.pop(argument)
            failures: dict[str, BaseException] = {}
            skips: list[BaseException] = []
            for case in group:
                reseed()
                try:
                    test(*owner, **arguments, **{argument: case})
                except pytest.skip.Exception as skip:  # of this case, not of those behind it
                    skips.append(skip)
                except (Exception, pytest.fail.Exception) as failure:
                    failures[str(case)] = failure
            if failures:
                found = "\n  ".join([f"{len(failures)} of {len(group)} fail:", *failures])
                raise BaseExceptionGroup(found, [*failures.values()])
            if len(skips) == len(group):
                raise skips[0]

        return pytest.mark.parametrize(argument, groups.values(), ids=groups)(each)

    return decorate
