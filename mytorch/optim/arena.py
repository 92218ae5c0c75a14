"""Arenas: what an optimizer keeps of many parameters, end to end in a few flat arrays.

One NumPy call then serves all parameters, instead of one for each, and calls are nearly all of a
small net's step: SGD takes half the time for the six parameters of a 4-32-32-2 net.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, count, pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np

from mytorch._quiet import quiet
from mytorch.optim.optimizer import Optimizer
from mytorch.tensor import Tensor, touch

__all__ = ["Arena", "ArenaOptimizer", "Array", "Flat", "number", "shift", "zeros_like"]

Array: TypeAlias = np.ndarray[Any, Any]


def _is_large(param: Tensor) -> bool:
    """Whether a parameter has an arena of its own: calls are no cost then, but what the call
    before has left in the cache is worth a twentieth of a step."""
    return param.numel() > 2**16


class Flat:
    """A flat array, `whole`, and its views as arrays of these shapes end to end, `parts`."""

    def __init__(self, whole: Array, shapes: Sequence[tuple[int, ...]]) -> None:
        ends = [0, *accumulate(map(prod, shapes))]
        self.whole = whole
        self.parts = [
            whole[start:end].reshape(shape)
            for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
        ]

    def __reduce__(self) -> Any:
        # So that a copy's parts are views of the copy.
        return Flat, (self.whole, [part.shape for part in self.parts])


def zeros_like(params: Sequence[Tensor]) -> Flat:
    """A zero for each number of parameters of one dtype."""
    size = sum(param.numel() for param in params)
    return Flat(np.zeros(size, params[0].dtype), [param.shape for param in params])


@lru_cache(1024)
def _array(value: float, dtype: np.dtype[Any]) -> Array:
    return np.array(value, dtype)


def number(value: Any, dtype: np.dtype[Any]) -> Any:
    """A Python number as the array that NumPy would make of it on each call, for half the time
    of the call; anything else as it is."""
    return _array(value, dtype) if type(value) in (float, int) else value


class Arena:
    """What is kept of a group's parameters of one dtype, or of a large one; subclasses add what
    they remember.

    Attributes: `places`, where in the group the parameters are, None for everywhere; `dtype`.
    """

    def __init__(self, params: Sequence[Tensor], places: list[int] | None) -> None:
        self.places = places
        self.dtype = params[0].dtype
        # A large parameter's is new in each step: memory freed just before is in the cache, too.
        self._room = None if _is_large(params[0]) else zeros_like(params)

    def params(self, group: Mapping[str, Any]) -> Sequence[Tensor]:
        """The arena's parameters."""
        params: Sequence[Tensor] = group["params"]
        return params if self.places is None else [params[place] for place in self.places]

    def kept(self) -> list[Any]:
        """What is remembered of each parameter."""
        raise NotImplementedError

    def update(self, group: Mapping[str, Any], params: Sequence[Tensor]) -> None:
        """Makes the group's step for these parameters."""
        raise NotImplementedError

    def gather(
        self, group: Mapping[str, Any], params: Sequence[Tensor], weight: Any, decay: Any
    ) -> tuple[Flat, list[int] | None]:
        """weight * (gradient + decay * W) of each parameter, with -gradient to maximize, and
        which parameters have a gradient, None for all. It is all overwritten by the next one."""
        multiply, maximize, complete = np.multiply, group["maximize"], True
        weight = number(weight, self.dtype)
        decay = number(decay, self.dtype) if decay else None
        room = self._room
        if room is None:
            memory = np.empty_like(params[0]._data, self.dtype, "C")
            room = Flat(memory.reshape(-1), [memory.shape])
        for param, part in zip(params, room.parts, strict=True):
            grad = param._grad
            if grad is None:
                complete = False
                continue
            gradient = grad._data
            if maximize:
                gradient = -gradient
            if decay is not None:
                gradient = gradient + decay * param._data
            multiply(gradient, weight, part)
        if complete:
            return room, None
        return room, [i for i, param in enumerate(params) if param._grad is not None]


def shift(
    params: Sequence[Tensor], changes: Flat, live: list[int] | None, keep: Any = None
) -> None:
    """Adds its change to each parameter, or to the live ones; before that multiplies it by `keep`
    if that is given."""
    add, parts = np.add, changes.parts
    if live is not None:
        params, parts = [params[i] for i in live], [parts[i] for i in live]
    touch(params)
    for param, change in zip(params, parts, strict=True):
        data = param._data
        if keep is not None:
            np.multiply(data, keep, data)
        add(data, change, data)


class ArenaOptimizer(Optimizer):
    """An optimizer that keeps all that it remembers in arenas of the class `_arena`."""

    _arena: type[Arena]

    def __init__(
        self, params: Iterable[Tensor] | Iterable[dict[str, Any]], defaults: Mapping[str, Any]
    ) -> None:
        self._arenas: list[list[Any]] = []  # each group's
        super().__init__(params, defaults)

    def _start(self, group: dict[str, Any]) -> None:
        params = group["params"]
        found = defaultdict(list)
        for place, param in enumerate(params):
            found[param.dtype, place if _is_large(param) else None].append(place)
        self._arenas.append(
            [
                self._arena([params[place] for place in places], places if len(found) > 1 else None)
                for places in found.values()
            ]
        )

    def _update(self) -> None:
        for group, arenas in zip(self.param_groups, self._arenas, strict=True):
            for arena in arenas:
                quiet().run(arena.update, group, arena.params(group))

    def _each(self) -> Iterator[tuple[Tensor, dict[str, Any], Any, int, Any]]:
        """Each parameter with its group, its arena, its number there, and what is remembered of
        it."""
        for group, arenas in zip(self.param_groups, self._arenas, strict=True):
            homes = {
                place: (arena, i, kept)
                for arena in arenas
                for i, (place, kept) in enumerate(
                    zip(arena.places or count(), arena.kept(), strict=False)
                )
            }
            for place, param in enumerate(group["params"]):
                yield param, group, *homes[place]
