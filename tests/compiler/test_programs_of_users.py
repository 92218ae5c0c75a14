"""Programs as people write them do, compiled, what they do without."""

import random
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from tests.compiler.programs_of_users import PROGRAMS, Program

# What reads a state that nobody can watch.
UNWATCHED = ["contextvar_attr", "new_in_step", "subclasses", "threads_local", "weakset"]
# Later versions of Python ask a protocol for its members by `inspect`.
UNWATCHED += ["protocol_data"] * (sys.version_info >= (3, 12))


def bits(tree: Any) -> Any:
    if isinstance(tree, (Tensor, np.ndarray)):
        array = tree.data if isinstance(tree, Tensor) else tree
        return type(tree), array.dtype, array.shape, array.tobytes()
    return [*map(bits, tree)] if isinstance(tree, (tuple, list)) else tree


def outcome(run: Program, compiled: Any) -> list[Any]:
    random.seed(0)
    mytorch.manual_seed(0)
    return [bits(found) for found in run(compiled)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_does_what_it_does_without(name: str) -> None:
    run, made = PROGRAMS[name], []

    def compiled(function: Any) -> Any:
        made.append(mytorch.compile(function))
        return made[-1]

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = outcome(run, compiled)
    assert found == outcome(run, lambda function: function)
    replayed = sum(one.counts.replayed for one in made)
    assert bool(replayed) == (name not in UNWATCHED)
    assert replayed or len(told) == 1
