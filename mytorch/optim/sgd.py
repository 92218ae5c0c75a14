"""Stochastic gradient descent with momentum (write-up 2.3 and 2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from mytorch._silence import silenced
from mytorch.optim.arena import Arena, Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import DIFFERENTIABLE, as_number, at_least_0, number, option
from mytorch.optim.parameters import FixedList

__all__ = ["SGD"]


class _Changes(Arena):
    """The changes of the write-up hold the rate in them.

    Attributes: `rate`, the one that they hold: that of the group, or the last one before where
    that is 0, which could not be undone; `lr`, the group's option for which it is right, None if
    that may have another number by now; `begun`, which of the parameters have made a step with
    momentum; `shown`, the momentum buffers as the state showed them last.
    """

    def __init__(self, group: Group, *args: Any) -> None:
        super().__init__(group, *args)
        self.rate = np.array(as_number("SGD: expected lr", group["lr"]) or 1.0, float)
        self.lr: Any = None
        self.begun = np.zeros(len(self.params), bool)
        self.shown: dict[int, Array] = {}

    def has_begun(self, i: int) -> bool:
        changes = self.arrays["change"]
        return changes is not None and bool(self.begun[i] or np.any(changes.rows[i]))

    def link(self, i: int, entries: dict[str, Any]) -> None:
        if self.arrays["momentum_buffer"] is None:
            changes: Any = self.arrays["change"]
            self.begin("momentum_buffer").whole[...] = self.buffer_of(changes.whole)
        self.begun[i] = True
        super().link(i, entries)
        if i not in self.shown:
            self.shown[i] = self.entries(i)["momentum_buffer"].copy()

    def refresh(self) -> None:
        for i, shown in self.shown.items():
            shown[...] = self.entries(i)["momentum_buffer"]

    def buffer_of(self, change: Array) -> Array:
        """PyTorch's momentum buffer."""
        buffer: Array = silenced().run(np.divide, change, -self.rate, dtype=self.dtype)
        return buffer

    def set_by_buffer(self, change: Array, buffer: Array, where: Any = True) -> None:
        """Sets the change to that of a momentum buffer."""
        np.multiply(buffer, -self.rate, out=change, where=where, casting="unsafe")

    def dampen(self, i: int | None) -> None:
        """Tells what the gradients count: less than 1 from a parameter's second step on."""
        arrays: Any = self.arrays
        changes, shares = arrays["change"], arrays["_share"]
        for j in range(len(self.params)) if i is None else (i,):
            again = np.logical_or(self.begun[j], np.any(changes.rows[j]))
            shares.rows[j][...] = 1 - self.group["dampening"] * again

    def carry_over(self) -> None:
        """Makes the changes what they would be if the rate had always been the group's."""
        lr, changes = as_number("SGD: expected lr", self.group["lr"]), self.arrays["change"]
        if lr and changes is not None:
            # By way of the buffer, as from a state: who goes on from one has the same bits.
            buffer, other = self.buffer_of(changes.whole), np.not_equal(lr, self.rate)
            self.rate[...] = lr
            self.set_by_buffer(changes.whole, buffer, other)
        # An array may hold another number in the next step.
        self.lr = None if isinstance(lr, np.ndarray) else self.group["lr"]


class SGD(ElementwiseOptimizer):
    """The update of write-up 2.6, for each parameter W with gradient g:

        change = momentum * change - lr * g
        W = W + change

    Arguments, each of which a group may have its own of; the others: see `Optimizer`.
        lr, momentum: as above.
        dampening: with momentum, g counts (1 - dampening) times from the second step on.
        nesterov: W = W + momentum * change - lr * g, the change that the next step would make.

    Attributes: the options (numbers that may be changed between steps, those of all groups) and
    `momentums`, the `change` of each parameter, an array of its shape that may be changed in
    place. PyTorch multiplies by lr only when it updates W. Here, when lr changes, what is
    remembered is scaled from the old rate to the new one: the weights are PyTorch's.

    `state` has "change" and, for PyTorch, whose name and meaning it has, "momentum_buffer":
    -change / lr. To set one of them is enough.

    Raises ValueError for nesterov without momentum or with dampening, unless a group has it.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013 (nesterov).

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0], is_parameter=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    lr: float = option(at_least_0, default=0.001)
    momentum: float = option(at_least_0, default=0.0)
    dampening: float = option(number, default=0.0)
    weight_decay: float = option(at_least_0, default=0.0)
    nesterov: bool = option(default=False)
    maximize: bool = option(default=False, kw_only=True)
    foreach: bool | None = option(default=None, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    fused: bool | None = option(default=None, kw_only=True)
    counts = ()
    # What is remembered outlasts steps without momentum, whose change is another array. The buffer
    # is there from when the state is seen.
    remembers: ClassVar = {
        "change": "momentum",
        "momentum_buffer": "",
        "_plain_change": "",
        "_share": "",
    }
    _arena = _Changes

    def _check(self, group: Group) -> None:
        super()._check(group)
        given = self.defaults  # a group may have what the constructor refuses, as in PyTorch
        if given["nesterov"] and (given["momentum"] == 0 or given["dampening"] != 0):
            raise ValueError(
                f"SGD: nesterov needs momentum > 0 and dampening 0, got {given['momentum']} and "
                f"{given['dampening']}"
            )

    def _numbers(self, arena: Any, i: int | None, lr: Any) -> tuple[Any, ...]:
        group, arrays, number = arena.group, arena.arrays, arena.number
        momentum = group["momentum"]
        if not momentum:
            if arrays["_plain_change"] is None:
                self._begin(arena)
            return lr, number(-lr)
        if group["lr"] is not arena.lr:
            arena.carry_over()
        if group["dampening"]:
            if arrays["_share"] is None:
                self._begin(arena)
            arena.dampen(i)
        begun = arena.begun if i is None else arena.begun[i : i + 1]
        begun.fill(True)
        return lr, number(lr or arena.rate), number(momentum), arena.rate

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        change, buffer, plain, share = arrays
        if not group["momentum"]:
            # Not 0 times the change before: where that has overflowed it would be NaN.
            lr, weight = numbers
            np.multiply(gradient, weight, plain)
            return plain if lr else None
        lr, weight, momentum, rate = numbers
        np.multiply(gradient, weight, out)
        change *= momentum
        change -= out * share if group["dampening"] else out
        if buffer is not None:
            np.divide(change, -rate, buffer, dtype=change.dtype)
        if not lr:
            return None
        return np.subtract(change * momentum, out, out) if group["nesterov"] else change

    def _begin(self, arena: Any) -> None:
        super()._begin(arena)
        momentum, dampening = arena.group["momentum"], arena.group["dampening"]
        for name, needed in (("_plain_change", not momentum), ("_share", momentum and dampening)):
            if needed and arena.arrays[name] is None:
                arena.begin(name)

    def _prepare(self, arena: Any) -> None:
        super()._prepare(arena)
        if arena.group["momentum"]:
            arena.carry_over()

    def _absorb(self, arena: Any, i: int, entries: dict[str, Any]) -> bool:
        if i in arena.shown and entries.get("momentum_buffer") is None:  # it was deleted
            entries.pop("change", None)
            del arena.shown[i]
            arena.begun[i] = False
        given = entries.get("momentum_buffer") is not None
        if given and arena.arrays["change"] is None:
            arena.begin("change", 0)
        said = super()._absorb(arena, i, entries)
        found = arena.entries(i)
        if "momentum_buffer" in found:
            change, buffer = found["change"], found["momentum_buffer"]
            shown = arena.shown[i] if i in arena.shown else arena.buffer_of(change)
            if not given:
                buffer[...] = arena.buffer_of(change)
            elif np.any(buffer != shown):
                arena.set_by_buffer(change, buffer)
        return said

    @property
    def momentums(self) -> list[Array]:
        """The change of each parameter."""
        self._lay_out()
        return _Momentums(self._of_each(self._change_of))

    @momentums.setter
    def momentums(self, momentums: Iterable[Any]) -> None:
        for change, value in zip(self.momentums, momentums, strict=True):
            change[...] = value

    def _change_of(self, arena: Any, i: int) -> Array:
        self._begin(arena)
        change: Array = arena.arrays[
            "change" if arena.group["momentum"] else "_plain_change"
        ].parts[i]
        return change


class _Momentums(FixedList[Array]):
    """Arrays that are written into, not replaced."""

    cure = "SGD.momentums: there is one for each parameter; write into these"

    def __setitem__(self, index: Any, value: Any) -> None:
        found = self[index]
        if isinstance(index, slice):
            for change, part in zip(found, value, strict=True):
                change[...] = part
        elif value is not found:
            found[...] = value
