"""What a model does in one run, operation by operation."""

from __future__ import annotations

from typing import Any, NamedTuple

from mytorch.observe import Observer
from mytorch.ops.comparison import equal
from mytorch.random import get_rng_state
from mytorch.tensor import Tensor

__all__ = ["Event", "Recorder"]


class Event(NamedTuple):
    """An operation, its arguments and its output, and the modules that were being called, the
    innermost first."""

    name: str
    args: tuple[Any, ...]
    output: Any
    modules: list[Any]


class Recorder(Observer):
    """Keeps what is done inside its with-block, and with it all arrays: none takes the place of
    another one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.drew: list[Any] | None = None  # the modules in which a random number was drawn first
        self._modules: list[Any] = []
        self._random_state = get_rng_state()

    def applied(self, operation: type, args: tuple[Any, ...], output: Tensor) -> None:
        name = operation.__name__
        if not operation.__module__.startswith("mytorch."):
            name = f"{operation.__module__}.{operation.__qualname__}"  # a program's own
        self.computed(name, args, output)

    def computed(self, name: str, args: tuple[Any, ...], output: Any) -> None:
        self.events.append(Event(name, args, output, self._modules[::-1]))

    def wrote(self, tensor: Tensor) -> None:
        self.computed("wrote", (), tensor)

    def entering(self, module: Any) -> None:
        self._modules.append(module)

    def leaving(self, module: Any) -> None:
        if self.drew is None and not equal(get_rng_state(), self._random_state):
            self.drew = self._modules[::-1]
        self._modules.pop()
