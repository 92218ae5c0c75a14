"""ElementwiseOptimizer: the base of optimizers that say only their formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter, is_
from typing import Any, ClassVar

import numpy as np

from mytorch._silence import silenced
from mytorch.errors import ShapeError
from mytorch.memory import touch
from mytorch.optim.arena import (
    Arena,
    Array,
    Group,
    is_large,
)
from mytorch.optim.declared import DeclaredOptimizer
from mytorch.optim.optimizer import ParamsT
from mytorch.optim.options import as_number
from mytorch.tensor import Tensor, gradient_of

__all__ = ["ElementwiseOptimizer"]

_ONE = np.array(1.0)
_memory_of = attrgetter("_memory")


class ElementwiseOptimizer(DeclaredOptimizer):
    """An optimizer that moves each number by itself, so that all may lie in one flat array.

    A subclass says:
        its options, `lr` and `maximize` among them (see `DeclaredOptimizer`).
        `remembers`: the names in the state of the arrays that it remembers, in PyTorch's order,
            each with the option of the groups that need it, "params" for all groups, "" for none.
        `counts`: the names of what it remembers as one number of each parameter, "step" first.
        `remembers_at_once`: whether the state has what it is at first before the first step.
        `numbers`: what of the formula is numbers.
        `change`: what of the formula is arrays.

    Groups, states, copies, missing gradients and large parameters are seen to here. What is
    remembered is kept in arenas, laid out for the groups as they are, and anew when these have
    been edited. It goes by way of the state: the arenas write it there, and read it from there.
    Once a caller has seen the state each step reads it again, for it may have been edited.
    """

    remembers: ClassVar[Mapping[str, str]] = {}
    counts: ClassVar[tuple[str, ...]] = ("step",)
    remembers_at_once: ClassVar[bool] = False
    _arena: ClassVar[type[Arena]] = Arena

    def _begin_with(self, params: ParamsT, options: dict[str, Any]) -> None:
        self._arenas: list[Any] = []
        # What they were laid out for: what is quickly compared, and all that matters.
        self._known: list[tuple[Group, tuple[Tensor, ...], tuple[Any, ...]]] = []
        self._layout: tuple[Any, ...] = ()
        # The parameters, by `id`, that have entries in the state.
        self._linked: set[int] = set()
        super()._begin_with(params, options)
        self._seen = False
        if self.remembers_at_once:
            self._settle()
            for arena, i, param in self._each():
                self._link(arena, i, param)

    # ------------------------------------------------------------ the formula

    def numbers(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """`numbers(group, lr, step, *counts)`: the numbers of a parameter's `step`-th step.

        Parameters that are at the same step have them together. Other counts than the step are
        arrays, of one number of each parameter that steps, and may be written to.
        """
        raise NotImplementedError

    def change(self, *args: Any, **kwargs: Any) -> Array | None:
        """`change(group, numbers, gradient, out, arrays)`: what is to be added to the
        parameters, or None for nothing; writes to what is remembered.

        All arrays are flat and of one length; `arrays` are those that the class names, None for one
        that is not needed. The numbers are 0-d arrays of the same dtype. `gradient` has the weight
        decay in it; it is not to be written to, but may be `out`, where the result may be made.
        """
        raise NotImplementedError

    def initial(self, group: Group, name: str) -> float:
        """What a remembered number is at first."""
        return 0.0

    # ------------------------------------------------------------------ steps

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group.get("foreach") and group.get("fused"):
            raise RuntimeError(
                f"{type(self).__name__}: `foreach` and `fused` cannot be True together"
            )

    def _update(self) -> None:
        if self._seen or not self._is_current():
            self._settle()
        try:
            for arena in self._arenas:
                silenced().run(self._advance, arena)
        except (TypeError, ValueError):
            for group in self.param_groups:
                self._check(group)
            raise
        if self._seen:
            for arena in self._arenas:
                arena.refresh()

    def _advance(self, arena: Any) -> None:
        """Makes the step of those parameters of an arena that have a gradient."""
        params = arena.params
        for _, option in arena.absent:
            if arena.group[option]:
                self._begin(arena)
        missing = False
        for param in params:
            if param._grad is None:
                missing = True
                break
        if not (missing or arena.in_blocks or (arena.counts and arena.differ)):
            touch(params)
            self._run(arena)
            return
        live = [i for i, param in enumerate(params) if param._grad is not None]
        touch([params[i] for i in live])
        if missing and live and arena.counts:
            arena.differ[...] = True
        for i in live:
            self._run(arena, i)

    def _begin(self, arena: Any) -> None:
        """Begins to remember what the options of the group need."""
        for name, option in arena.absent:
            if arena.group[option]:
                arena.begin(name, self.initial(arena.group, name))

    def _run(self, arena: Any, i: int | None = None) -> None:
        """Makes the step of one parameter, or of all when they are alike."""
        group, keep = arena.group, None
        lr, decay, maximize = group["lr"], group.get("weight_decay"), group["maximize"]
        if type(lr) is not float:
            lr = as_number(f"{type(self).__name__}: expected lr", lr)
        if decay:
            if type(decay) is not float:
                decay = as_number(f"{type(self).__name__}: expected weight_decay", decay)
            if group.get("decoupled_weight_decay"):
                keep, decay = arena.number(1 - lr * decay), None
            else:
                decay = arena.number(decay)
        numbers = self._numbers(arena, i, lr)
        for segment in arena.whole if i is None else arena.segments(i):
            gradient = segment.gather(decay, maximize)
            change = self.change(group, numbers, gradient, segment.out, segment.arrays)
            if change is not None:
                segment.add(change, keep)

    def _numbers(self, arena: Any, i: int | None, lr: Any) -> Sequence[Any]:
        """What `numbers` says, as arrays; counts the step."""
        counts = arena.counts if i is None else [count[i : i + 1] for count in arena.counts]
        steps, *others = counts
        numbers: Sequence[Any] = arena.numbers(self.numbers(arena.group, lr, steps[0] + 1, *others))
        np.add(steps, _ONE, steps)
        return numbers

    # ------------------------------------------------------------------ state

    @property
    def state(self) -> dict[Any, Any]:
        """What is remembered of each parameter that has made a step, by PyTorch's names.

        May be edited: arrays in place, entries replaced or deleted, all of it assigned.
        """
        if not self._seen:
            self._collect()
            self._seen = True
        for arena, i, param in self._each():
            known = id(param) in self._linked or self._is_said(self._state.get(param))
            if not known and arena.has_begun(i):
                self._link(arena, i, param)
        return self._state

    @state.setter
    def state(self, state: dict[Any, Any]) -> None:
        # What is not in it is forgotten.
        self._linked |= {id(param) for arena, i, param in self._each() if arena.has_begun(i)}
        self._state = state
        self._seen = True

    def _each(self) -> Iterator[tuple[Any, int, Tensor]]:
        """Each parameter with its arena and its number there."""
        for arena in self._arenas:
            for i, param in enumerate(arena.params):
                yield arena, i, param

    def _is_said(self, entries: Mapping[str, Any] | None) -> bool:
        """Whether the entries of a parameter's state have anything that is remembered."""
        names = (*self.counts, *self.remembers)
        return any(entries.get(name) is not None for name in names) if entries else False

    def _collect(self) -> dict[Any, Any]:
        """The state, with all that is remembered."""
        if self._seen:
            self._read()
        for arena in self._arenas:
            silenced().run(self._prepare, arena)
        for arena, i, param in self._each():
            if arena.has_begun(i):
                self._link(arena, i, param)
        return self._state

    def _link(self, arena: Any, i: int, param: Tensor) -> None:
        """Puts what is remembered of a parameter into the state."""
        arena.link(i, self._state.setdefault(param, {}))
        self._linked.add(id(param))

    def _read(self) -> None:
        """Remembers what a caller may have written into the state."""
        for arena, i, param in self._each():
            entries = self._state.get(param)
            # What was forgotten once, or has a caller's own entries alone, is not forgotten again.
            if id(param) not in self._linked and not self._is_said(entries):
                continue
            if silenced().run(self._absorb, arena, i, entries or {}):
                arena.link(i, entries)
                self._linked.add(id(param))
            else:
                self._linked.discard(id(param))

    def _absorb(self, arena: Any, i: int, entries: dict[str, Any]) -> bool:
        """Remembers of a parameter what the entries of its state say, and nothing else. Returns
        whether they say anything."""
        for name, flat in arena.arrays.items():
            if flat is None and entries.get(name) is not None:
                arena.begin(name, self.initial(arena.group, name))
        for name, row in arena.entries(i).items():
            value = array_of(entries.get(name))
            if value is None:
                row.fill(self.initial(arena.group, name))
            elif value is not row:
                require_shape(name, value, row)
                row[...] = value
        return self._is_said(entries)

    # ----------------------------------------------------------------- layout

    def _is_current(self) -> bool:
        """Whether the arenas were laid out for the groups as they are. Another array that became
        a parameter's data is found by its memory."""
        groups = self.param_groups
        if len(groups) != len(self._known):
            return False
        for place, (group, params, memories) in enumerate(self._known):
            found = group["params"]
            if (
                groups[place] is not group
                or type(found) is not list
                or len(found) != len(params)
                or not all(map(is_, found, params))
                or not all(map(is_, map(_memory_of, found), memories))
            ):
                return False
        return True

    def _settle(self) -> None:
        """Sees to it that the arenas are those of the groups and the state as they are.

        `mytorch.compile` calls it before it records a run, for replays need not do it again.
        """
        self._lay_out()
        for arena in self._arenas:
            silenced().run(self._prepare, arena)

    def _prepare(self, arena: Any) -> None:
        """Does beforehand what the next step would do once."""
        self._begin(arena)
        if not arena.differ and any(np.any(count != count[0]) for count in arena.counts):
            arena.differ[...] = True

    def _lay_out(self) -> None:
        if self._seen:
            self._read()
        self._verify(self.param_groups)
        if self._is_current():
            return
        for param in self.params:
            if param._grad is not None and gradient_of(param).shape != param.shape:
                raise ShapeError(
                    f"{type(self).__name__}: a parameter of shape {param.shape} has a gradient of "
                    f"shape {gradient_of(param).shape}, of the data before; zero_grad() "
                    "forgets it"
                )
        layout = self._wanted_layout()
        if layout != self._layout:
            self._arenas, self._layout = self._laid_out(self._collect()), layout
        self._known = [
            (group, tuple(params := group["params"]), tuple(param._share() for param in params))
            for group in self.param_groups
        ]

    def _wanted_layout(self) -> tuple[Any, ...]:
        """What the arenas depend on."""
        return tuple(
            (id(group), *((id(param), param.shape, param.dtype) for param in group["params"]))
            for group in self.param_groups
        )

    def _laid_out(self, state: dict[Any, Any]) -> list[Any]:
        """Arenas for the groups, that remember what the state says."""
        arenas = []
        for group in self.param_groups:
            alike = defaultdict(list)
            for place, param in enumerate(group["params"]):
                alike[param.dtype, place if is_large(param) else None].append(param)
            for params in alike.values():
                arena = self._arena(group, params, self.counts, self.remembers)
                self._begin(arena)
                for name, count in zip(self.counts, arena.counts, strict=True):
                    count.fill(self.initial(group, name))
                arenas.append(arena)
        said = [
            (arena, i, state[param])
            for arena in arenas
            for i, param in enumerate(arena.params)
            if state.get(param) and silenced().run(self._absorb, arena, i, state[param])
        ]
        # Whoever holds a tensor of the state holds it still: it is what is remembered from now on.
        taken: set[int] = set()
        for arena, i, entries in said:
            for name, row in arena.entries(i).items():
                held = entries.get(name)
                if isinstance(held, Tensor) and id(held) not in taken:
                    taken.add(id(held))
                    held.data = row
            arena.link(i, entries)
        for arena in arenas:
            silenced().run(self._prepare, arena)
        self._linked = {id(arena.params[i]) for arena, i, _ in said}
        return arenas

    def _of_each(self, find: Callable[[Any, int], Any]) -> list[Any]:
        """Something of each parameter, in the order of `params`, by its arena and number there."""
        found = {id(param): find(arena, i) for arena, i, param in self._each()}
        return [found[id(param)] for param in self.params]

    def _recall(self, state: dict[Any, Any]) -> None:
        self._verify(self.param_groups)
        self._arenas, self._layout = self._laid_out(state), self._wanted_layout()
        self._known, self._state, self._seen = [], state, False

    def __getstate__(self) -> dict[str, Any]:
        fields = {**super().__getstate__(), "_state": self._collect()}
        fresh = {"_arenas": [], "_known": [], "_layout": (), "_linked": set(), "_seen": False}
        return {**fields, **fresh}


def array_of(entry: Any) -> Array | None:
    """An entry of a state as an array; None for None."""
    if entry is None:
        return None
    return entry._data if isinstance(entry, Tensor) else np.asarray(entry)


def require_shape(name: str, value: Array, row: Array) -> None:
    """Raises ShapeError for an entry of a state that has another shape than it should."""
    if value.shape != row.shape:
        raise ShapeError(
            f"optimizer.state: {name!r} of a parameter has shape {value.shape}, expected "
            f"{row.shape}; if the parameter was given another shape, forget what is "
            "remembered of it: optimizer.state.pop(parameter)"
        )
