"""What a row of the table is."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from math import sin
from types import ModuleType
from typing import Any

OPTIMIZERS = (
    "optim.SGD([{'params': [p]}, {'params': [q], 'lr': 0.5}], lr=0.2, momentum=0.9)",
    "optim.Adam([{'params': [p]}, {'params': [q], 'lr': 0.5, 'betas': (0.5, 0.7)}], lr=0.2)",
)


@dataclass(frozen=True)
class Row:
    """One scheduler.

    Attributes:
        name: the class's name in `optim.lr_scheduler`.
        forms: calls of its constructor, with expressions of `S` (that module), `o`, an optimizer
            of two groups, and `decay`, an object that can be called. Each option is in one.
        refused: expressions that PyTorch refuses; MyTorch has to, by an error of the same kind.
            There are `p`, a parameter, and `m`, a module, too.
        home: where in `optim` the class is, if elsewhere.
    """

    name: str
    forms: tuple[str, ...]
    refused: tuple[str, ...] = ()
    home: str = "lr_scheduler"

    def cases(self) -> "Iterator[Case]":
        """Every form."""
        for form in self.forms:
            yield Case(self, form)

    def scheduler(self, library: ModuleType) -> Any:
        """The class, in `library`."""
        return getattr(getattr(library.optim, self.home), self.name)


@dataclass(frozen=True)
class Case:
    """One form of a row."""

    row: Row
    form: str

    def __str__(self) -> str:
        return self.form


class Decay:
    """A factor that is no function, with a state."""

    def __init__(self) -> None:
        self.rate = 0.98

    def __call__(self, epoch: float) -> float:
        return self.rate ** (epoch % 13)


def evaluate(form: str, library: ModuleType, **names: Any) -> Any:
    """What an expression gives in `library`."""
    optim = library.optim
    return eval(form, {"S": optim.lr_scheduler, "optim": optim, "T": library, **names})


def parameter(library: ModuleType) -> Any:
    """A parameter of the library."""
    return library.ones(2, dtype=library.float64).requires_grad_()


class Side:
    """An optimizer and its scheduler, in one library."""

    def __init__(
        self, library: ModuleType, case: Case, optimizer: str = OPTIMIZERS[0], rate: Any = None
    ) -> None:
        self.library = library
        self.optimizer = evaluate(optimizer, library, p=parameter(library), q=parameter(library))
        for group in self.optimizer.param_groups:
            group["lr"] = group["lr"] if rate is None else rate(group["lr"])
        with warnings.catch_warnings():
            # In both libraries a SequentialLR in another one makes a step when that is made.
            warnings.filterwarnings("ignore", "(?s).*optimizer.step")
            self.scheduler = evaluate(case.form, library, o=self.optimizer, decay=Decay())
        self.number = 0

    def step(self) -> None:
        """A step of both. What a plateau is told falls, rises and stays."""
        self.optimizer.step()
        if "Plateau" in type(self.scheduler).__name__:
            self.scheduler.step(round(sin(self.number / 9) / (1 + self.number), 3))
        else:
            self.scheduler.step()
        self.number += 1

    def numbers(self) -> list[float]:
        """The rates and momentums of all groups."""
        return [
            float(number)
            for group in self.optimizer.param_groups
            for name in ("lr", "initial_lr", "momentum", "betas")
            if name in group
            for number in (group[name] if name == "betas" else [group[name]])
        ]
