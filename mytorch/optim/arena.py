"""Arenas: what an optimizer keeps of many parameters, end to end in a few flat arrays.

One NumPy call then serves all parameters, instead of one for each, and calls are nearly all of a
small net's step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np

from mytorch._kernels.constants import number
from mytorch._silence import silenced
from mytorch.errors import ShapeError
from mytorch.optim.optimizer import Optimizer, Option
from mytorch.tensor import Tensor, touch, wrap

__all__ = [
    "Arena",
    "ArenaOptimizer",
    "Array",
    "Flat",
    "Group",
    "Portion",
    "array_of",
    "prepared",
    "zeros_like",
]

Array: TypeAlias = np.ndarray[Any, Any]
Group: TypeAlias = dict[str, Any]

# How many numbers of a large parameter are updated at a time: what one call leaves in the cache
# the next one finds there.
BLOCK = 2**15


def _is_large(param: Tensor) -> bool:
    """Whether a parameter has an arena of its own, where it is updated block by block."""
    return param.numel() > 2 * BLOCK


def _gradient(param: Tensor) -> Array:
    """The data of the gradient, which there is."""
    gradient: Any = param._grad
    return gradient._data if isinstance(gradient, Tensor) else gradient


class Flat:
    """A flat array, `whole`, and its views as arrays of these shapes end to end, `parts`."""

    def __init__(self, whole: Array, shapes: Sequence[tuple[int, ...]]) -> None:
        ends = [0, *accumulate(map(prod, shapes))]
        self.whole = whole
        self.parts = [
            whole[start:end].reshape(shape)
            for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
        ]


def zeros_like(params: Sequence[Tensor]) -> Flat:
    """A zero for each number of parameters of one dtype."""
    size = sum(param.numel() for param in params)
    return Flat(np.zeros(size, params[0].dtype), [param.shape for param in params])


def prepared(value: Any, dtype: np.dtype[Any]) -> Any:
    """A Python number as an array that is made once; anything else as it is."""
    return number(value, dtype) if type(value) in (float, int) else value


class Portion:
    """What is updated at a time: all parameters of an arena, one of them, or a block of one.

    `params` are these; `steps` is where a step is computed for each of them, and `step` is all of
    that in one array. `region` tells its part of an arena's flat arrays: all, the part of one
    parameter, by its number, or a slice.
    """

    __slots__ = ("params", "region", "step", "steps")

    def __init__(
        self,
        params: Sequence[Tensor],
        steps: Sequence[Array],
        step: Array,
        region: int | slice | None = None,
    ) -> None:
        self.params = params
        self.steps = steps
        self.step = step
        self.region = region

    @property
    def first(self) -> int:
        """The number of its first parameter."""
        return self.region if isinstance(self.region, int) else 0

    def of(self, flat: Flat) -> Array:
        """Its part of a flat array."""
        region = self.region
        if region is None:
            return flat.whole
        return flat.parts[region] if isinstance(region, int) else flat.whole[region]

    def parts(self, flat: Flat) -> Sequence[Array]:
        """The same, an array for each parameter."""
        return flat.parts if self.region is None else (self.of(flat),)

    def gather(self, group: Mapping[str, Any], weight: Any, decay: Any) -> Array:
        """Makes each step weight * (gradient + decay * W), with -gradient to maximize."""
        step, maximize = self.step, group["maximize"]
        weight = prepared(weight, step.dtype)
        if decay:
            decay = prepared(decay, step.dtype)
        elif maximize:
            weight = -weight
        if len(self.params) == 1 and not decay:
            np.multiply(_gradient(self.params[0]), weight, self.steps[0])
            return step
        for param, part in zip(self.params, self.steps):  # noqa: B905
            # A copy takes less time than a small product: there is one for all of them.
            gradient: Any = param._grad
            part[...] = gradient._data if isinstance(gradient, Tensor) else gradient
            if decay:
                if maximize:
                    np.negative(part, part)
                part += decay * param._data
        np.multiply(step, weight, step)
        return step

    def shift(self, changes: Sequence[Array], keep: Any = None) -> None:
        """Adds its change to each parameter, before that multiplied by `keep` if it is given."""
        add = np.add
        for param, change in zip(self.params, changes):  # noqa: B905
            data = param._data
            if keep is not None:
                np.multiply(data, keep, data)
            add(data, change, data)


class Arena:
    """What is kept of a group's parameters of one dtype, or of a large one; subclasses add what
    they remember.

    Attributes: `group`; `params`, which are the arena's; `dtype`, theirs.
    """

    def __init__(self, group: Group, params: Sequence[Tensor]) -> None:
        self.group = group
        # A tuple holds what it held: to watch it costs a compiled step nothing.
        self.params = tuple(params)
        self.dtype = params[0].dtype
        self._in_blocks = _is_large(params[0])
        self._room = room = (
            Flat(np.zeros(BLOCK, self.dtype), [(BLOCK,)]) if self._in_blocks else zeros_like(params)
        )
        self._all = (Portion(self.params, room.parts, room.whole),)

    def update(self) -> None:
        """Makes the group's step."""
        raise NotImplementedError

    def has_begun(self, i: int) -> bool:
        """Whether anything is remembered of a parameter, by its number here."""
        raise NotImplementedError

    def rows(self, i: int) -> dict[str, Array]:
        """What is remembered of a parameter, by the names that it has in the state."""
        raise NotImplementedError

    def link(self, i: int, entries: dict[str, Any]) -> None:
        """Puts what is remembered of a parameter into the entries of its state."""
        for name, row in self.rows(i).items():
            held = entries.get(name)
            if not isinstance(held, Tensor) or held._data is not row:
                entries[name] = Tensor(row)

    def refresh(self, i: int, entries: dict[str, Any]) -> None:
        """Brings those entries up to date that do not share memory with what is remembered."""

    def absorb(self, i: int, entries: dict[str, Any]) -> bool:
        """Remembers of a parameter what the entries of its state say, and nothing else. Returns
        whether they say anything."""
        says = False
        for name, row in self.rows(i).items():
            value = array_of(entries.get(name))
            if value is None:
                row.fill(0)
                continue
            says = True
            if value is not row:
                self.fit(name, value, row)
                row[...] = value
        return says

    def says(self, i: int, entries: Mapping[str, Any] | None) -> bool:
        """Whether the entries of a parameter's state have anything that is remembered here."""
        return any(entries.get(name) is not None for name in self.rows(i)) if entries else False

    def fit(self, name: str, value: Array, row: Array) -> None:
        """Raises ShapeError for an entry of a state that has another shape than it should."""
        if value.shape != row.shape:
            raise ShapeError(
                f"optimizer.state: {name!r} of a parameter has shape {value.shape}, expected "
                f"{row.shape}; if the parameter was given another shape, forget what is "
                "remembered of it: optimizer.state.pop(parameter)"
            )

    def settle(self) -> None:
        """Does beforehand what the next step would do once."""

    def portions(self, apart: bool = False) -> Iterable[Portion]:
        """What is to be updated of the parameters, those without a gradient left out; with
        `apart` each by itself."""
        for param in self.params:
            if param._grad is None:
                break
        else:
            if not apart and not self._in_blocks:
                touch(self.params)
                return self._all
        places = [i for i, param in enumerate(self.params) if param._grad is not None]
        params = [self.params[i] for i in places]
        touch(params)
        if self._in_blocks:
            return chain.from_iterable(map(self._blocks, params))
        parts = self._room.parts
        return [
            Portion((param,), (parts[i],), parts[i], i)
            for i, param in zip(places, params, strict=True)
        ]

    def _blocks(self, param: Tensor) -> Iterator[Portion]:
        data, gradient = param._data, _gradient(param)
        if not data.flags.c_contiguous:  # it has no flat view
            step = np.empty(data.shape, self.dtype)
            yield Portion((param,), (step,), step, 0)
            return
        data, gradient, room = data.reshape(-1), gradient.reshape(-1), self._room.whole
        for start in range(0, data.size, BLOCK):
            region = slice(start, min(start + BLOCK, data.size))
            block, step = wrap(data[region]), room[: region.stop - start]
            block._grad = gradient[region]
            yield Portion((block,), (step,), step, region)


def array_of(entry: Any) -> Array | None:
    """An entry of a state as an array; None for None."""
    if entry is None:
        return None
    return entry._data if isinstance(entry, Tensor) else np.asarray(entry)


class ArenaOptimizer(Optimizer):
    """An optimizer that keeps all that it remembers in arenas of the class `_arena`.

    The arenas are laid out for the groups as they are, and anew when these have been edited. What
    is remembered goes by way of the state: the arenas write it there, and read it from there.
    Once a caller has seen the state each step reads it again, for it may have been edited.
    """

    lr = Option()
    weight_decay = Option()
    maximize = Option()
    foreach = Option()
    differentiable = Option()
    fused = Option()
    _arena: type[Arena]

    def __init__(
        self, params: Iterable[Tensor] | Iterable[Group], defaults: Mapping[str, Any]
    ) -> None:
        self._arenas: list[Any] = []
        # What they were laid out for: what is quickly compared, and all that matters.
        self._known: list[tuple[Group, tuple[Tensor, ...], tuple[Any, ...]]] = []
        self._plan: tuple[Any, ...] = ()
        # The parameters, by `id`, that have entries in the state.
        self._shown: set[int] = set()
        super().__init__(params, defaults)
        self._seen = False

    @property
    def state(self) -> dict[Any, Any]:
        """What is remembered of each parameter that has made a step, by PyTorch's names.

        May be edited: arrays in place, entries replaced or deleted, all of it assigned.
        """
        if not self._seen:
            self._kept()
            self._seen = True
        for arena, i, param in self._each():
            if id(param) not in self._shown and not arena.says(i, self._state.get(param)):
                self._show(arena, i, param)
        return self._state

    @state.setter
    def state(self, state: dict[Any, Any]) -> None:
        # What is not in it is forgotten.
        self._shown |= {id(param) for arena, i, param in self._each() if arena.has_begun(i)}
        self._state = state
        self._seen = True

    def _each(self) -> Iterator[tuple[Any, int, Tensor]]:
        """Each parameter with its arena and its number there."""
        for arena in self._arenas:
            for i, param in enumerate(arena.params):
                yield arena, i, param

    def _kept(self) -> dict[Any, Any]:
        if self._seen:
            self._absorb()
        for arena in self._arenas:
            silenced().run(arena.settle)
        for arena, i, param in self._each():
            self._show(arena, i, param)
        return self._state

    def _show(self, arena: Any, i: int, param: Tensor) -> None:
        """Writes what is remembered of a parameter into the state."""
        if arena.has_begun(i):
            entries = self._state.setdefault(param, {})
            arena.link(i, entries)
            silenced().run(arena.refresh, i, entries)
            self._shown.add(id(param))

    def _absorb(self) -> None:
        """Reads what a caller may have written into the state."""
        for arena, i, param in self._each():
            entries = self._state.get(param)
            # What was forgotten once, or has a caller's own entries alone, is not forgotten again.
            if id(param) not in self._shown and not arena.says(i, entries):
                continue
            if silenced().run(arena.absorb, i, entries or {}):
                arena.link(i, entries)
                self._shown.add(id(param))
            else:
                self._shown.discard(id(param))

    def _stands(self) -> bool:
        """Whether the arenas were laid out for the groups as they are. Another array that became
        a parameter's data is found by its memory."""
        groups = self.param_groups
        if len(groups) != len(self._known):
            return False
        for place, (group, params, memories) in enumerate(self._known):
            found = group["params"]
            if groups[place] is not group or type(found) is not list or len(found) != len(params):
                return False
            # The lengths are equal; `strict` would take time.
            for param, known, memory in zip(found, params, memories):  # noqa: B905
                if param is not known or param._memory is not memory:
                    return False
        return True

    def _settle(self) -> None:
        """Sees to it that the arenas are those of the groups and the state as they are.

        `mytorch.compile` calls it before it records a run, for replays need not do it again.
        """
        self._lay_out()
        for arena in self._arenas:
            silenced().run(arena.settle)

    def _lay_out(self) -> None:
        if self._seen:
            self._absorb()
        self._verify(self.param_groups)
        if self._stands():
            return
        for param in self.params:
            if param._grad is not None and _gradient(param).shape != param.shape:
                raise ShapeError(
                    f"{type(self).__name__}: a parameter of shape {param.shape} has a gradient of "
                    f"shape {_gradient(param).shape}, of the data before; zero_grad() forgets it"
                )
        plan = self._planned()
        if plan != self._plan:
            self._arenas, self._plan = self._laid_out(self._kept()), plan
        self._known = [
            (group, tuple(params := group["params"]), tuple(param._share() for param in params))
            for group in self.param_groups
        ]

    def _planned(self) -> tuple[Any, ...]:
        """What the arenas depend on."""
        return tuple(
            (id(group), *((id(param), param.shape, param.dtype) for param in group["params"]))
            for group in self.param_groups
        )

    def _laid_out(self, state: dict[Any, Any]) -> list[Any]:
        """Arenas for the groups, that remember what the state says."""
        arenas = []
        for group in self.param_groups:
            found = defaultdict(list)
            for place, param in enumerate(group["params"]):
                found[param.dtype, place if _is_large(param) else None].append(param)
            arenas += [self._arena(group, params) for params in found.values()]
        kept = [
            (arena, i, state[param])
            for arena in arenas
            for i, param in enumerate(arena.params)
            if state.get(param) and silenced().run(arena.absorb, i, state[param])
        ]
        # Whoever holds a tensor of the state holds it still: it is what is remembered from now on.
        linked: set[int] = set()
        for arena, i, entries in kept:
            for name, row in arena.rows(i).items():
                held = entries.get(name)
                if isinstance(held, Tensor) and id(held) not in linked:
                    linked.add(id(held))
                    held.data = row
            arena.link(i, entries)
        for arena in arenas:
            silenced().run(arena.settle)
        self._shown = {id(arena.params[i]) for arena, i, _ in kept}
        return arenas

    def _of_each(self, find: Callable[[Any, int], Any]) -> list[Any]:
        """Something of each parameter, in the order of `params`, by its arena and number there."""
        found = {id(param): find(arena, i) for arena, i, param in self._each()}
        return [found[id(param)] for param in self.params]

    def _update(self) -> None:
        if self._seen or not self._stands():
            self._settle()
        try:
            for arena in self._arenas:
                silenced().run(arena.update)
        except (TypeError, ValueError):
            for group in self.param_groups:
                self._check(group)
            raise
        if self._seen:
            for arena, i, param in self._each():
                if id(param) in self._shown:
                    silenced().run(arena.refresh, i, self._state[param])

    def _recall(self, state: dict[Any, Any]) -> None:
        self._verify(self.param_groups)
        self._arenas, self._plan, self._known = self._laid_out(state), self._planned(), []
        self._state, self._seen = state, False

    def __getstate__(self) -> dict[str, Any]:
        fields = {**vars(self), "_state": self._kept()}
        return {**fields, "_arenas": [], "_known": [], "_plan": (), "_shown": set(), "_seen": False}
