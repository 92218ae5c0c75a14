"""One case of the table run by MyTorch and by PyTorch, with the same inputs."""

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch

import mytorch
from tests.close import assert_allclose, assert_array_equal
from tests.operations import Case

Arrays = list[np.ndarray]

# Rounding: some operations in a row, each correct to the last bit or two.
TOLERANCE = {np.dtype(np.float64): 1e-13, np.dtype(np.float32): 5e-6}


def leaf(library: ModuleType, array: np.ndarray) -> Any:
    """A tensor of the array's values, in its memory layout where the library can have that; of
    floats, it requires a gradient."""
    needs = array.dtype.kind == "f"
    if library is mytorch:
        return mytorch.Tensor(array, requires_grad=needs)
    if min(array.strides, default=0) < 0 or not array.flags.writeable:
        array = array.copy()
    return torch.from_numpy(array).requires_grad_(needs)


def value(result: Any) -> np.ndarray:
    """The values of a tensor, or of what is none."""
    # The clone because PyTorch has zeros without memory, as in the second derivative of abs.
    return np.asarray(result.detach().clone().numpy() if hasattr(result, "detach") else result)


def weights(tensor: Any, seed: int) -> np.ndarray:
    """A gradient to start from, of the tensor's shape and dtype."""
    return _draws(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), seed)


@cache
def _draws(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).uniform(-1, 1, shape)).astype(dtype)


def run(library: ModuleType, case: Case, arrays: Arrays, derivatives: int) -> Arrays:
    """The values of a case, and its derivatives up to an order (0 where there is none)."""
    leaves = [leaf(library, array) for array in arrays]
    level = case.outputs(library, *leaves)
    found = [value(output) for output in level]
    variables = [variable for variable in leaves if variable.requires_grad]
    for order in range(derivatives):
        ends = {n: end for n, end in enumerate(level) if getattr(end, "requires_grad", False)}
        parts: Any = [None] * len(variables)
        if ends:
            # Of each another one: parts that are equal but for the sign would cancel.
            starts = [
                leaf(library, weights(end, order + 10 * n)).detach() for n, end in ends.items()
            ]
            gradient = mytorch.grad if library is mytorch else torch.autograd.grad
            parts = gradient(
                [*ends.values()], variables, starts, create_graph=True, allow_unused=True
            )
        found += [
            np.zeros(tuple(variable.shape), value(variable).dtype) if part is None else value(part)
            for variable, part in zip(variables, parts, strict=True)
        ]
        level = parts
    return found


def assert_close(
    ours: Arrays, theirs: Arrays, tolerance: float | None = None, rounding: int = 4
) -> None:
    """Equal dtypes and shapes, and each value equal within the rounding of some operations (a part
    of it, `tolerance`), or `rounding` units in the last place of the largest one; with a tolerance
    of 0 exactly."""
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        assert mine.dtype == expected.dtype
        assert mine.shape == expected.shape
        allowed = TOLERANCE.get(expected.dtype, 0.0) if tolerance is None else tolerance
        if not allowed or expected.dtype.kind != "f":
            assert_array_equal(mine, expected)
            continue
        # What cancels leaves the rounding of what was added.
        largest = max(1.0, np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
        rest = rounding * np.finfo(expected.dtype).eps * largest
        assert_allclose(mine, expected, rtol=allowed, atol=rest)
