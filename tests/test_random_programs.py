"""Random graphs of operations, run by PyTorch and by MyTorch: values and gradients are equal.

Each step draws a form from the table of operations and applies it to what there is. Steps that
PyTorch refuses, for their shapes, MyTorch has to refuse too. To replay a failure give its number:
`pytest tests/test_random_programs.py -k "[17]"`; the message lists the program.
"""

import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from tests.operations import CASES
from tests.operations.row import evaluate
from tests.ops.oracles import leaf, value

# Where a last bit decides about a jump, the rounding of either library would.
JUMPS = {"ceil", "floor", "round", "sign", "trunc", "remainder", "floor_divide", "fmod", "div"}
# One library takes odd shapes there (of parameters, of empty vectors) that the other refuses.
LENIENT = ("F.batch_norm", "F.group_norm", "F.linear", "T.cat([x, y], 1)")
# PyTorch's gradient misses an element that comes in twice.
WRONG = ('F.pad(x, (-1, 3), "circular")',)
# What PyTorch does not do for every shape: it warns that T and mT are to be of matrices, has no
# gradient for a source larger than the index, and does not check indices of empty results.
PARTIAL = {
    "Tensor.T",
    "Tensor.__getitem__",
    "Tensor.mT",
    "index_add",
    "index_copy",
    "index_fill",
    "scatter",
    "scatter_add",
    "take_along_dim",
}
FORMS = sorted(
    {
        (case.form, len(case.shapes))
        for case in CASES
        if case.row.derivatives
        and case.row.name not in JUMPS | PARTIAL
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
        total = sum(
            (variable * float(i + 1)).mean() / (i + 1)
            for i, variable in enumerate(self.variables)
            if value(variable).size
        )
        total.backward()
        return [np.zeros(value(x).shape) if x.grad is None else value(x.grad) for x in self.leaves]


def usable(outputs: list[Any]) -> bool:
    arrays = [value(out) for out in outputs]
    return all(
        array.dtype == np.float64 and array.size < 500 and np.abs(array).max(initial=0) < 10
        for array in arrays
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(1000))
def test_a_random_program(seed: int) -> None:
    chance = random.Random(seed)
    generator = np.random.default_rng(seed)
    arrays = [np.asarray(generator.uniform(0.3, 1.7, chance.choice(SHAPES))) for _ in range(3)]
    ours, theirs = Run(mytorch, arrays), Run(torch, arrays)
    program = [f"shapes {[array.shape for array in arrays]}"]
    while len(program) < 9:
        form, number = chance.choice(FORMS)
        places = [chance.randrange(len(ours.variables)) for _ in range(number)]
        shift = chance.uniform(-0.4, 0.4)
        program.append(f"{form} of {places}")
        expected = theirs.step(form, places, shift)
        found = ours.step(form, places, shift)
        assert (found is None) == (expected is None), "\n".join(program)
        if not expected or not usable(expected):
            continue
        for mine, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(
                value(mine), value(other), 1e-9, 1e-11, err_msg="\n".join(program)
            )
        ours.variables += found
        theirs.variables += expected
    for mine, other in zip(ours.gradients(), theirs.gradients(), strict=True):
        np.testing.assert_allclose(mine, other, 1e-8, 1e-10, err_msg="\n".join(program))
