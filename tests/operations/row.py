"""What a row of the table is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One row.

    Attributes:
        name: PyTorch's name below `torch`, as "exp", "Tensor.T", "nn.functional.gelu"; after a
            space what tells rows of one operation apart.
        forms: expressions of `T` (the library), `F` (its nn.functional), and the inputs x, y, z
            and w: float tensors, or what `shapes` says.
        shapes: the lists of the inputs' shapes that each form is tried on.
        low, high: the bounds of the inputs: keep the results of order 1, and away from kinks.
        derivatives: whether the forms are differentiable, and how many times: 0, 1 or 2.
        special: whether NaN, infinities, zeros and huge numbers are tried as inputs too.
        sums_products: whether it adds up products, in each library's own order: numbers so small
            that the order decides whether they count are then left out of the special ones.
        rounding: how many units in the last place of the largest result a smaller one may be off,
            where numbers cancel.
        integers: whether integer and boolean inputs are tried too.
        refused: expressions that PyTorch refuses; MyTorch has to.
        note: how MyTorch differs from PyTorch, and why. Only for docs/operations.md.
    """

    name: str
    forms: tuple[str, ...]
    shapes: tuple[tuple[Shape, ...], ...] = (((3, 4),),)
    low: float = -2.0
    high: float = 2.0
    derivatives: int = 2
    special: bool = True
    sums_products: bool = False
    rounding: int = 4
    integers: bool = True
    refused: tuple[str, ...] = ()
    note: str = ""

    def cases(self) -> "Iterator[Case]":
        """Every form on every list of shapes."""
        for form in self.forms:
            for shapes in self.shapes:
                yield Case(self, form, shapes)


@dataclass(frozen=True)
class Case:
    """One form of an operation on inputs of some shapes."""

    row: Operation
    form: str
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{self.row.name}: {self.form} {' '.join(map(str, self.shapes))}"

    def inputs(self, seed: int, dtype: Any = np.float64) -> list[np.ndarray]:
        """Arrays of the case's shapes, the same for the same seed."""
        generator = np.random.default_rng(seed)
        return [
            np.asarray(generator.uniform(self.row.low, self.row.high, shape)).astype(dtype)
            for shape in self.shapes
        ]

    def outputs(self, library: Any, *inputs: Any) -> list[Any]:
        """The tensors that the form gives, in `library`."""
        return evaluate(self.form, library, *inputs)


def evaluate(form: str, library: Any, *inputs: Any) -> list[Any]:
    """The tensors that a form gives; tuples and lists are flattened."""
    names = dict(zip("xyzw", inputs, strict=False))
    result = eval(_compiled(form), {"T": library, "F": library.nn.functional, **names})
    return list(flat(result))


@cache
def _compiled(form: str) -> CodeType:
    return compile(form, form, "eval")


def flat(result: Any) -> Iterator[Any]:
    """The results in a tuple or list, however deep, or the one result."""
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from flat(part)
    else:
        yield result
