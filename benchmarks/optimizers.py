"""The step of every optimizer on a small network, beside Adam's and beside PyTorch's."""

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch

import mytorch
from mytorch import optim

NAMES = [name for name in optim.__all__ if name != "Optimizer"]
# The most that a step may take, in units of Adam's. LBFGS calls a closure some twenty times, and
# Muon multiplies matrices, five times three for each.
MOST = 1.5
APART = ("LBFGS", "Muon")


def stepping(name: str, library: ModuleType) -> Callable[[], Any]:
    """A step of an optimizer on the parameters of a network 4-32-32-2, with gradients."""
    generator = np.random.default_rng(0)
    params = []
    for shape in ((32, 4), (32,), (32, 32), (32,), (2, 32), (2,)):
        array, gradient = generator.normal(size=(2, *shape)).astype(np.float32)
        if name != "Muon" or len(shape) == 2:
            params.append(library.tensor(array).requires_grad_())
            params[-1].grad = library.tensor(gradient)
    optimizer = getattr(library.optim, name)(params, lr=1e-3)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sum((param * param).sum() for param in params)
        loss.backward()
        return loss

    return (lambda: optimizer.step(closure)) if name == "LBFGS" else optimizer.step


def count() -> int:
    """How many rows there are."""
    return len(NAMES)


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The shortest seconds of a step here, of Adam's here and of PyTorch's, which take turns."""
    name = NAMES[number]
    steps = stepping(name, mytorch), stepping("Adam", mytorch), stepping(name, torch)
    best = [float("inf")] * len(steps)
    for _ in range(rounds):
        for place, step in enumerate(steps):
            done, start = 0, time.perf_counter()
            while not done or time.perf_counter() < start + wanted:
                step()
                done += 1
            best[place] = min(best[place], (time.perf_counter() - start) / done)
    return {"optimizer": name, "seconds": best[0], "adam": best[1], "torch": best[2]}
