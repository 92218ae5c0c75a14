"""Random graphs of operations, run by PyTorch and by MyTorch: values and gradients are equal.

Each step draws a form from the table of operations and applies it to what there is. Steps that
PyTorch refuses, for their shapes, MyTorch has to refuse too. To replay a failure give its number:
`pytest tests/test_random_programs.py -k "[17]"`. The message is the program itself: it is kept in
FOUND, as a number draws another one when the table grows.
"""

import random
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from tests.close import assert_allclose
from tests.operations import CASES, decompositions, systems
from tests.operations.row import evaluate
from tests.ops.oracles import leaf, value
from tests.seeds import seeds, twenties
from tests.together import together

# Where a last bit decides about a jump, the rounding of either library would.
JUMPS = {"ceil", "floor", "round", "sign", "trunc", "remainder", "floor_divide", "fmod", "div"}
# One library takes odd shapes there (of parameters, of empty vectors, of what is indexed, of places
# of samples) that the other refuses.
LENIENT = (
    "F.adaptive_avg_pool2d(x, 1)",
    "F.batch_norm",
    "F.group_norm",
    "F.linear",
    "F.multi_head_attention_forward",
    "F.scaled_dot_product_attention",
    "T.cat([x, y], 1)",
    "T.gradient(x, spacing=(T.tensor(",
    "T.gradient(x, spacing=[T.tensor(",
    "x.roll(-2, 1)",
    "[T.cumulative_trapezoid(x, y)",
    "[T.trapezoid(x)",
    "x[T.repeat_interleave(",
)
# PyTorch's gradient misses an element that comes in twice, it wraps around where nothing is left,
# and its derivative of digamma has nine digits.
WRONG = ('F.pad(x, (-1, 3), "circular")', 'F.pad(x, (1, -2), "circular")')
INEXACT = {"digamma", "lgamma", "mvlgamma", "polygamma"}
# What PyTorch does not do for every shape: it warns that T and mT are to be of matrices, has no
# gradient for a source larger than the index, and does not check indices of empty results.
PARTIAL = {
    "Tensor.H",
    "Tensor.T",
    "Tensor.__getitem__",
    "Tensor.mT",
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "take_along_dim",
}
# Near a singular matrix rounding grows without a bound, in each library by itself.
ILL_CONDITIONED = (*decompositions.ROWS, *systems.ROWS)
FORMS = sorted(
    {
        (case.form, len(case.shapes))
        for case in CASES
        if case.row.derivatives
        and case.row.name not in JUMPS | PARTIAL | INEXACT
        and case.row not in ILL_CONDITIONED
        and not case.form.startswith(LENIENT + WRONG)
    }
)
SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 4), (1, 4), (4, 4), (2, 3, 4), (0, 3)]
REFUSALS = (RuntimeError, TypeError, ValueError, IndexError)


class Run:
    """One library's side of a program."""

    def __init__(self, library: ModuleType, arrays: list[np.ndarray]) -> None:
        self.library = library
        self.leaves = [leaf(library, array) for array in arrays]
        self.variables = list(self.leaves)

    def step(self, form: str, places: list[int], shift: float) -> list[Any] | None:
        """The new variables, or None if the library refuses."""
        try:
            outputs = evaluate(form, self.library, *(self.variables[i] for i in places))
        except REFUSALS:
            return None
        # Scaled and shifted, so that a difference that cancels does not come to lie on a kink.
        return [out * 0.8 + shift for out in outputs if getattr(out, "requires_grad", False)]

    def gradients(self) -> list[np.ndarray]:
        """Those of a weighted sum of all variables."""
        means = (
            (variable * float(i + 1)).mean() / (i + 1)
            for i, variable in enumerate(self.variables)
            if value(variable).size
        )
        total = sum(means, start=self.leaves[0].sum())
        total.backward()
        return [np.zeros(value(x).shape) if x.grad is None else value(x.grad) for x in self.leaves]


def usable(outputs: list[Any]) -> bool:
    arrays = [value(out) for out in outputs]
    return all(
        array.dtype == np.float64 and array.size < 500 and np.abs(array).max(initial=0) < 10
        for array in arrays
    )


@dataclass
class Program:
    """What is computed: of three leaves with random numbers, step by step."""

    seed: int
    shapes: list[tuple[int, ...]]
    steps: list[tuple[str, list[int], float]] = field(default_factory=list)

    def arrays(self) -> list[np.ndarray]:
        generator = np.random.default_rng(self.seed)
        return [np.asarray(generator.uniform(0.3, 1.7, shape)) for shape in self.shapes]


class Pair:
    """Both libraries at work on a program, step by step."""

    def __init__(self, program: Program) -> None:
        self.ours, self.theirs = (Run(lib, program.arrays()) for lib in (mytorch, torch))

    def step(self, form: str, places: list[int], shift: float) -> None:
        """Both have the same new variables, or both refuse."""
        expected = self.theirs.step(form, places, shift)
        found = self.ours.step(form, places, shift)
        assert (found is None) == (expected is None)
        if not expected or not usable(expected):
            return
        self.equal([value(out) for out in found or []], [value(out) for out in expected], 1e-9)
        self.ours.variables += found or []
        self.theirs.variables += expected

    def gradients(self) -> None:
        """Both have the same gradients."""
        self.equal(self.ours.gradients(), self.theirs.gradients(), 1e-8)

    def equal(self, found: list[np.ndarray], expected: list[np.ndarray], rtol: float) -> None:
        for mine, other in zip(found, expected, strict=True):
            assert_allclose(mine, other, rtol, rtol / 100)


@pytest.mark.filterwarnings("ignore::UserWarning")
@together("seed", seeds(1000), twenties)
def test_a_random_program(seed: int) -> None:
    chance = random.Random(seed)
    program = Program(seed, [chance.choice(SHAPES) for _ in range(3)])
    pair = Pair(program)
    try:
        for _ in range(8):
            form, number = chance.choice(FORMS)
            places = [chance.randrange(len(pair.ours.variables)) for _ in range(number)]
            program.steps.append((form, places, chance.uniform(-0.4, 0.4)))
            pair.step(*program.steps[-1])
        pair.gradients()
    except Exception as error:
        error.add_note(str(program))
        raise


# Programs that failed once.
FOUND: list[Program] = []


@pytest.mark.parametrize("program", FOUND, ids=str)
def test_a_program_that_failed_once(program: Program) -> None:
    pair = Pair(program)
    for step in program.steps:
        pair.step(*step)
    pair.gradients()
