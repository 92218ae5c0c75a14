"""Random programs, compiled: those that read state, and those of the table of operations."""

import random
from types import FunctionType

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from tests.compiler.stale_programs import run
from tests.seeds import seeds
from tests.test_random_programs import FORMS, SHAPES, Program, Run, usable


def test_no_random_program_is_stale() -> None:
    found = {seed: run(seed) for seed in seeds(30)}
    assert [seed for seed, one in found.items() if one.stale] == []
    assert sum(one.replayed for one in found.values()) > len(found) / 2


def functions(form: str) -> FunctionType:
    """A form as a function."""
    return eval(f"lambda T, F, x=None, y=None, z=None, w=None: {form}")


def drawn(seed: int) -> Program:
    """A random program of the table, of the steps that eager can do."""
    chance = random.Random(seed)
    program = Program(seed, [chance.choice(SHAPES) for _ in range(3)])
    eager = Run(mytorch, program.arrays())
    for _ in range(5):
        # What is changed in place may be a number while it is recorded, which refuses.
        form, number = chance.choice([row for row in FORMS if "_(" not in row[0]])
        places = [chance.randrange(len(eager.variables)) for _ in range(number)]
        step = form, places, chance.uniform(-0.4, 0.4)
        made = eager.step(*step)
        if made and usable(made):
            program.steps.append(step)
            eager.variables += made
    return program


def flat(result) -> list[Tensor]:
    if isinstance(result, (tuple, list)):
        return [part for inner in result for part in flat(inner)]
    return [result] if result.requires_grad else []


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", seeds(12))
def test_a_random_program_of_the_table_is_equal_to_the_bit(seed: int) -> None:
    program = drawn(seed)
    steps = [(functions(form), places, shift) for form, places, shift in program.steps]

    def compute(leaves):
        variables = [*leaves]
        for function, places, shift in steps:
            operands = [variables[place] for place in places]
            outputs = flat(function(mytorch, mytorch.nn.functional, *operands))
            variables += [out * 0.8 + shift for out in outputs]
        sum((v.mean() for v in variables if v.size), start=leaves[0].sum()).backward()
        return [leaf.grad for leaf in leaves], [v.detach() for v in variables]

    compiled = mytorch.compile(compute)
    for factor in (1.0, 1.0, 1.0, 0.75):
        results = []
        for function in (compute, compiled):
            leaves = [Tensor(np.array(a * factor), requires_grad=True) for a in program.arrays()]
            gradients, values = function(leaves)
            results.append(
                [None if t is None else (t.dtype, t.shape, t.data.tobytes()) for t in gradients]
                + [t.data.tobytes() for t in values]
            )
        assert results[0] == results[1], program
