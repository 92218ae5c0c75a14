"""What the tests of `compile` train, and how often it is recorded."""

import functools
from itertools import pairwise
from typing import Any

import numpy as np

import mytorch
from mytorch import Tensor, nn, optim

SEED = ([784, 20, 10], True, 100)
TINY = ([4, 32, 32, 2], False, 32)


def network(sizes: list[int], batch_norm: bool, dtype=np.float32) -> nn.Sequential:
    layers: list[nn.Module] = []
    for position, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(nn.Linear(inputs, outputs))
        if position < len(sizes) - 2:
            layers += [nn.BatchNorm1d(outputs)] if batch_norm else []
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).to(dtype)


class Training:
    """A model with its optimizer and one training step, from the same seed each time."""

    def __init__(self, sizes=(4, 32, 2), batch_norm=True, make=None, dtype=np.float32) -> None:
        mytorch.manual_seed(0)
        self.model = network(sizes, batch_norm, dtype)
        make = make or functools.partial(optim.SGD, lr=0.1, momentum=0.9)
        self.optimizer = make(self.model.parameters())

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(self.model(Tensor(x)), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self) -> list[bytes]:
        arrays = [value.data for value in self.model.state_dict().values()]
        arrays += [p.grad.data for p in self.model.parameters() if p.grad is not None]
        return [array.tobytes() for array in arrays]


def batch(step: int, sizes=TINY[0], rows: int = 32, dtype=np.float32):
    generator = np.random.default_rng(step)
    x = generator.normal(size=(rows, sizes[0])).astype(dtype)
    return x, generator.integers(0, sizes[-1], rows)


def programs(compiled: Any) -> list[Any]:
    """The programs that a compiled function replays."""
    return [program for kind in compiled._kinds.values() for program in kind.programs]


def gave_up(compiled: Any) -> bool:
    """Whether it has told that some of its calls run as they are."""
    return any(kind.warned for kind in compiled._kinds.values())


class Runs(list[int]):
    """An entry for each run that was recorded; `replays` counts those that were replayed."""

    replays = 0


def replayed(recordings: Runs, call) -> object:
    """Calls until two calls in a row were replayed; fails if that never happens."""
    replays: list[bool] = []
    for _ in range(9):
        recorded, before = len(recordings), recordings.replays
        result = call()
        replays.append(recordings.replays > before and len(recordings) == recorded)
        if replays[-2:] == [True, True]:
            return result
    raise AssertionError(f"which of its calls were replayed: {replays}")
