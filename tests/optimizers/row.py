"""What a row of the table is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

SHAPES = ((2, 3), (3,), (), (1, 2))
MATRICES = ((2, 3), (4, 1), (1, 2), (3, 3))


@dataclass(frozen=True)
class Row:
    """One optimizer.

    Attributes:
        name: the class's name in `optim`.
        forms: calls of its constructor, with expressions of `optim`, `T` (the library) and
            `params`, a list of parameters. Each option is in one.
        refused: expressions that PyTorch refuses, `p` being a parameter and `m` a module;
            MyTorch has to, by an error of the same kind.
        ours: expressions that PyTorch accepts and MyTorch refuses.
        shapes: those of the parameters.
        closure: whether a step calls a closure, which is then the one way to have gradients.
        without: PyTorch's options that are not there.
        note: how MyTorch differs from PyTorch. Only for docs/optimizers.md.
    """

    name: str
    forms: tuple[str, ...]
    refused: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = SHAPES
    closure: bool = False
    without: tuple[str, ...] = ()
    note: str = ""

    def cases(self) -> "Iterator[Case]":
        """Every form."""
        for form in self.forms:
            yield Case(self, form)


@dataclass(frozen=True)
class Case:
    """One form of a row."""

    row: Row
    form: str

    def __str__(self) -> str:
        return self.form

    def make(self, library: ModuleType, params: Any) -> Any:
        """The optimizer, in `library`."""
        return evaluate(self.form, library, params=params)


def evaluate(form: str, library: ModuleType, **names: Any) -> Any:
    """What an expression gives in `library`."""
    return eval(form, {"optim": library.optim, "T": library, **names})


@cache
def _gradients(
    number: int, shapes: tuple[tuple[int, ...], ...], dtype: np.dtype[Any]
) -> list[np.ndarray | None]:
    """Those of a step, for parameters of these shapes."""
    generator = np.random.default_rng(100 + number)
    gradients: list[np.ndarray | None] = []
    for i, shape in enumerate(shapes):
        gradient = generator.normal(size=shape) * 10.0 ** (i - 1)
        gradient *= (number + i) % 5 != 3
        gradients.append(None if (number + i) % 4 == 0 else np.asarray(gradient, dtype))
    return gradients


class Side:
    """An optimizer and its parameters, in one library."""

    def __init__(self, library: ModuleType, case: Case, dtype: Any = np.float64) -> None:
        self.library = library
        generator = np.random.default_rng(0)
        arrays = [
            np.asarray(generator.normal(size=shape)).astype(dtype) for shape in case.row.shapes
        ]
        self.params = [library.tensor(array).requires_grad_() for array in arrays]
        self.optimizer = case.make(library, self.params)
        self.closure = case.row.closure

    def step(self, number: int) -> None:
        """A step with gradients that are the same for the same number. Some are missing, some
        0."""
        if self.closure:
            self.optimizer.step(self.loss)
            return
        shapes = tuple(tuple(param.shape) for param in self.params)
        gradients = _gradients(number, shapes, self.params[0].detach().numpy().dtype)
        for param, gradient in zip(self.params, gradients, strict=True):
            param.grad = None if gradient is None else self.library.tensor(gradient)
        self.optimizer.step()

    def loss(self) -> Any:
        """A loss, with its gradients, without the last parameter. It is convex: elsewhere LBFGS
        makes of the last digit of a sum any difference within some steps."""
        self.optimizer.zero_grad()
        a, b, c, _ = self.params
        loss = ((b - a) ** 2 + (a - c) ** 2 + a**2 * (a**2 + 2)).sum() + (c - 2) ** 2
        loss.backward()
        return loss

    def arrays(self) -> list[np.ndarray]:
        """The parameters' values."""
        return [param.detach().numpy() for param in self.params]
