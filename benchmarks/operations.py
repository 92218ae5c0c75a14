"""Every operation of the table on about 100,000 numbers, beside PyTorch.

What is timed is the forward alone, recorded, and the whole: forward and backward from a gradient
that is given. Both libraries work in this process, turn by turn, in single precision.
"""

import gc
import time
from collections.abc import Callable
from functools import partial
from math import prod
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import mytorch
from benchmarks.calls import MATRIX, ROWS, Call, Shape, table
from benchmarks.floors import FLOORS
from benchmarks.machine import threads
from tests.operations import Operation

# In single precision, of the largest number of a result.
TOLERANCE = 1e-4
RANDOM = {
    *("rand", "bernoulli", "multinomial", "normal", "Tensor.normal_", "nn.functional.dropout"),
}


class Contestant:
    """A library with the inputs of a call, ready to run it."""

    def __init__(self, library: Any, form: str, arrays: Any, recorded: bool) -> None:
        tensor = library.tensor
        generator = np.random.default_rng(0)
        grid = generator.integers(0, ROWS, MATRIX)
        names = {
            "T": library,
            "F": library.nn.functional,
            "numbers": generator.standard_normal(MATRIX),
            "grid": tensor(grid),
            "rows": tensor(grid[0, :ROWS]),
            "columns": tensor(grid[1, :ROWS] * 10),
            "order": tensor(generator.permutation(ROWS)),
            "mask": tensor(generator.random(MATRIX) < 0.5),
        }
        self.leaves = [tensor(array).requires_grad_(recorded) for array in arrays]
        self._call = eval(f"lambda {', '.join('xyz'[: len(arrays)])}: {form}", names)
        self._backward = library.autograd.backward
        outputs = [out for out in self.outputs() if out.requires_grad]
        starts = [generator.standard_normal(out.shape).astype(np.float32) for out in outputs]
        self._starts = [tensor(s).to(o.dtype) for s, o in zip(starts, outputs, strict=True)]

    @property
    def has_backward(self) -> bool:
        return bool(self._starts)

    def outputs(self) -> list[Any]:
        """The tensors that the call gives."""
        found = self._call(*self.leaves)
        return [out for out in (found if isinstance(found, (tuple, list)) else [found])
                if hasattr(out, "requires_grad")]  # fmt: skip

    def forward(self) -> None:
        self._call(*self.leaves)

    def whole(self) -> None:
        for leaf in self.leaves:
            leaf.grad = None
        self._backward([out for out in self.outputs() if out.requires_grad], self._starts)

    def results(self) -> list[NDArray[Any]]:
        """The outputs and the gradients."""
        found = [np.asarray(out.detach().numpy()) for out in self.outputs()]
        if self.has_backward:
            self.whole()
            # PyTorch has zeros without memory.
            grads = [leaf.grad for leaf in self.leaves]
            found += [np.asarray(grad.numpy(force=True)) for grad in grads if grad is not None]
        return found


def contestants(row: Operation, call: Call) -> tuple[Contestant, Contestant]:
    """MyTorch and PyTorch. Raises ValueError unless they compute the same."""
    form, shapes = call
    generator = np.random.default_rng(1)
    arrays = [_distinct(row, shape, generator) for shape in shapes]
    recorded = bool(row.derivatives)
    ours, theirs = (Contestant(lib, form, arrays, recorded) for lib in (mytorch, torch))
    if row.name not in RANDOM:
        for mine, other in zip(ours.results(), theirs.results(), strict=True):
            scale = np.abs(other, dtype=float).max(initial=0)
            if not np.allclose(mine, other, 0, TOLERANCE * max(scale, 1), equal_nan=True):
                raise ValueError(f"{row.name}: {form} is not PyTorch's")
    return ours, theirs


def _distinct(row: Operation, shape: Shape, generator: np.random.Generator) -> NDArray[Any]:
    """Numbers in the row's bounds, no two equal: among those PyTorch's sort has an order of its
    own."""
    numbers = np.linspace(row.low, row.high, prod(shape), dtype=np.float32)
    return generator.permutation(numbers).reshape(shape)


def count() -> int:
    """How many calls there are."""
    return len(list(table()))


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The times of the call of this number, forward and whole."""
    torch.set_num_threads(threads())
    mytorch.set_default_dtype(np.float32)
    name, row, call = list(table())[number]
    ours, theirs = contestants(row, call)
    forward = {"mytorch": ours.forward, "torch": theirs.forward}
    if call[0] in FLOORS:
        arrays = [leaf.detach().numpy() for leaf in theirs.leaves]
        forward["numpy"] = partial(FLOORS[call[0]], *arrays)
    found: dict[str, Any] = {"operation": name, "call": call[0], "shapes": call[1]}
    found["forward"] = _turns(forward, rounds, wanted)
    if ours.has_backward and theirs.has_backward:
        whole = {"mytorch": ours.whole, "torch": theirs.whole}
        found["whole"] = _turns(whole, rounds, wanted)
    return found


def _turns(works: dict[str, Callable[[], Any]], rounds: int, wanted: float) -> dict[str, float]:
    """The median of the seconds that a run takes each of them, A B A B, and of the ratios of the
    rounds: MyTorch's and, if it takes part, that of NumPy alone to PyTorch's, the "floor"."""
    counts = {
        name: max(1, round(wanted / min(_seconds(work, 1) for _ in range(3))))
        for name, work in works.items()
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_seconds(work, counts[name]) / counts[name])
    found = {name: median(taken) for name, taken in times.items()}
    for ratio, name in (("ratio", "mytorch"), ("floor", "numpy")):
        if name in times:
            pairs = zip(times[name], times["torch"], strict=True)
            found[ratio] = median(mine / other for mine, other in pairs)
    return found


def _seconds(work: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - start
