"""What a row of the table is."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One row.

    Attributes:
        name: the class's name in `nn`; after a space what tells rows of one class apart.
        forms: calls of its constructor; `nn` and `T` are the library's. Each option is in one.
        calls: how the module `m` is called, with inputs x, y and z.
        shapes: the lists of the inputs' shapes that each call is tried on.
        low, high: the bounds of the inputs.
        without: PyTorch's options that are not there.
        fixed: options that take their default alone; another value of each is in `refused`.
        unlike: PyTorch's attributes that are not there, or something else.
        refused: expressions that PyTorch refuses; MyTorch has to. x is a tensor of shape (2, 3).
        tolerance: of the values and gradients, where it is not that of all operations.
        rounding: as in the table of operations, where what is left of large terms is little.
        note: how MyTorch differs from PyTorch. Only for docs/modules.md.
    """

    name: str
    forms: tuple[str, ...]
    calls: tuple[str, ...] = ("m(x)", "m(input=x)")
    shapes: tuple[tuple[Shape, ...], ...] = (((4, 3),),)
    low: float = -2.0
    high: float = 2.0
    without: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    tolerance: float | None = None
    rounding: int = 4
    note: str = ""

    @property
    def kind(self) -> str:
        """The class's name."""
        return self.name.split()[0]

    def cases(self) -> "Iterator[Case]":
        """Every form."""
        for form in self.forms:
            yield Case(self, form)


@dataclass(frozen=True)
class Case:
    """One form of a row."""

    row: Layer
    form: str

    def __str__(self) -> str:
        return self.form

    def make(self, library: ModuleType, **options: str) -> Any:
        """The module, with more options."""
        start, end = self.form[:-1], "".join(f"{name}={text}" for name, text in options.items())
        comma = ", " if end and not start.endswith("(") else ""
        return evaluate(f"{start}{comma}{end})", library)

    def inputs(self, seed: int, dtype: Any) -> list[list[np.ndarray]]:
        """For each list of shapes, arrays; the same for the same seed."""
        generator = np.random.default_rng(seed)
        return [
            [
                generator.uniform(self.row.low, self.row.high, shape).astype(dtype)
                for shape in shapes
            ]
            for shapes in self.row.shapes
        ]


def evaluate(form: str, library: ModuleType, **names: Any) -> Any:
    """What an expression gives in a library."""
    return eval(form, {"T": library, "nn": library.nn, **names})
