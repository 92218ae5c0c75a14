"""What a model does in one run, operation by operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from mytorch._dtypes import Array
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
    another one. Those that no operation has made, and that are none of the `given` ones, are kept
    as they are when they are used: they may be changed later. So are those that NumPy has changed,
    of which nobody is told."""

    def __init__(self, given: Iterable[Array]) -> None:
        self._made = {id(array): (array, _checksum(array)) for array in given}
        self._seen: dict[int, tuple[Array, Array]] = {}
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
        args = tuple(map(self.as_now, args))
        self.events.append(Event(name, args, output, self._modules[::-1]))
        array = output.data if isinstance(output, Tensor) else output
        if name != "wrote" and isinstance(array, np.ndarray):
            self._made[id(array)] = array, _checksum(array)

    def as_now(self, arg: Any) -> Any:
        """An argument or a result: itself if it is what an operation has made, else a copy."""
        if type(arg) is tuple:
            return tuple(map(self.as_now, arg))
        array = arg.data if isinstance(arg, Tensor) else arg
        if not isinstance(array, np.ndarray):
            return arg
        if id(array) in self._made and self._made[id(array)][1] == _checksum(array):
            return arg
        seen = self._seen.get(id(array), (None, None))[1]
        if seen is None or not np.array_equal(seen, array, equal_nan=seen.dtype.kind == "f"):
            seen = array.copy()
            self._seen[id(array)] = array, seen
        return Tensor(seen) if isinstance(arg, Tensor) else seen

    def wrote(self, tensor: Tensor) -> None:
        self.computed("wrote", (), tensor)
        for number, (array, _) in self._made.items():
            if np.may_share_memory(array, tensor.data):
                self._made[number] = array, _checksum(array)

    def entering(self, module: Any) -> None:
        self._modules.append(module)

    def leaving(self, module: Any) -> None:
        if self.drew is None and not equal(get_rng_state(), self._random_state):
            self.drew = self._modules[::-1]
        self._modules.pop()


def _checksum(array: Array) -> int:
    return crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
