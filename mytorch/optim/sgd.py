"""Stochastic gradient descent with momentum (write-up 2.3 and 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mytorch._silence import silenced
from mytorch.optim.arena import (
    Arena,
    ArenaOptimizer,
    Array,
    Flat,
    Group,
    array_of,
    prepared,
    zeros_like,
)
from mytorch.optim.optimizer import Fixed, Option, as_number, check_ways, require
from mytorch.tensor import Tensor

__all__ = ["SGD"]


class _Changes(Arena):
    """The changes of the write-up hold the rate in them. `base` is the rate that they hold: that
    of the group, or the last one before where that is 0, which could not be undone.

    Attributes: `changes`, of the last step; `remembered`, the same unless momentum is 0: then what
    is to be remembered until it is not, or None; `begun`, which of the parameters have made a step
    with momentum.
    """

    def __init__(self, group: Group, params: Sequence[Tensor]) -> None:
        super().__init__(group, params)
        self.changes = zeros_like(params)
        self.remembered: Flat | None = self.changes
        self.begun = np.zeros(len(params), bool)
        self.base = np.array(_rate(group) or 1.0, float)
        # The number in the group for which `base` is right; None: look.
        self.lr: Any = None
        # The momentum buffers as the state showed them last.
        self._buffers: dict[int, Array] = {}

    def has_begun(self, i: int) -> bool:
        if self.remembered is None:
            return False
        return bool(self.begun[i]) or bool(self.remembered.parts[i].any())

    def rows(self, i: int) -> dict[str, Array]:
        return {"change": (self.remembered or self.changes).parts[i]}

    def link(self, i: int, entries: dict[str, Any]) -> None:
        super().link(i, entries)
        held, change = entries.get("momentum_buffer"), self.rows(i)["change"]
        fits = isinstance(held, Tensor) and (held.shape, held.dtype) == (change.shape, self.dtype)
        if not fits or i not in self._buffers:
            if not fits:
                entries["momentum_buffer"] = Tensor(np.zeros_like(change))
            self._buffers[i] = np.zeros_like(change)
            self.begun[i] = True
            silenced().run(self.refresh, i, entries)

    def refresh(self, i: int, entries: dict[str, Any]) -> None:
        buffer = np.divide(self.rows(i)["change"], -self.base, dtype=self.dtype)
        entries["momentum_buffer"]._data[...] = self._buffers[i][...] = buffer

    def absorb(self, i: int, entries: dict[str, Any]) -> bool:
        buffer = array_of(entries.get("momentum_buffer"))
        if i in self._buffers and buffer is None:  # it was deleted
            entries.pop("change", None)
            del self._buffers[i]
            self.begun[i] = False
        if self.remembered is None and entries:
            self.remembered = zeros_like(self.params)
        says, change = super().absorb(i, entries), self.rows(i)["change"]
        if buffer is None:
            return says
        self.fit("momentum_buffer", buffer, change)
        shown = self._buffers.get(i)
        if shown is None:
            shown = np.divide(change, -self.base, dtype=self.dtype)
        if np.any(buffer != shown):
            np.multiply(buffer, -self.base, out=change, casting="unsafe")
        return True

    def says(self, i: int, entries: Mapping[str, Any] | None) -> bool:
        held = entries and entries.get("momentum_buffer") is not None
        return bool(held) or super().says(i, entries)

    def settle(self) -> None:
        if self.group["momentum"]:
            self._carry_over(_rate(self.group))
        else:
            self._set_aside()

    def _carry_over(self, lr: Any) -> None:
        """Makes what is remembered what it would be if the rate had always been this one."""
        if self.remembered is None:
            self.changes.whole.fill(0)
            self.remembered = self.changes
        self.changes = self.remembered
        if lr:
            changes = self.changes.whole
            np.multiply(changes, lr / self.base, changes, casting="unsafe")
            self.base[...] = lr
        # An array may hold another number in the next step.
        self.lr = None if isinstance(lr, np.ndarray) else self.group["lr"]

    def _set_aside(self) -> None:
        """Keeps what is remembered from the steps without momentum to come."""
        if self.remembered is self.changes:
            if self.begun.any() or self.changes.whole.any():
                self.changes = zeros_like(self.params)
            else:
                self.remembered = None
        self.lr = None

    def update(self) -> None:
        group = self.group
        lr, momentum, nesterov = group["lr"], group["momentum"], False
        shares: list[Any] = []
        if momentum:
            nesterov = group["nesterov"]
            if lr is not self.lr:
                self._carry_over(_rate(group))
            if group["dampening"]:
                shares = self._shares(group["dampening"])
            momentum = prepared(momentum, self.dtype)
        elif self.remembered is self.changes:
            self._set_aside()
        if type(lr) is not float:
            lr = _rate(group)
        weight = lr if lr or momentum == 0 else self.base
        for portion in self.portions(bool(shares)):
            step = portion.gather(group, weight, group["weight_decay"])
            if shares:
                np.multiply(step, shares[portion.first], step)
            change = portion.of(self.changes)
            if group["momentum"]:
                np.multiply(change, momentum, change)
                np.subtract(change, step, change)
                begun = self.begun if portion.region is None else self.begun[portion.first, None]
                begun.fill(True)
            else:  # 0 times a change that has overflowed would be NaN from then on.
                np.negative(step, change)
            if nesterov:
                np.subtract(np.multiply(change, momentum), step, step)
            if lr:
                portion.shift(portion.steps if nesterov else portion.parts(self.changes))

    def _shares(self, dampening: float) -> list[Any]:
        """What each parameter's gradient counts: less than 1 from its second step on."""
        return [
            1 - dampening * np.logical_or(self.begun[i], np.any(change))
            for i, change in enumerate(self.changes.parts)
        ]


def _rate(group: Group) -> Any:
    return as_number("SGD: expected lr", group["lr"])


class SGD(ArenaOptimizer):
    """The update of write-up 2.6, for each parameter W with gradient g:

        change = momentum * change - lr * g
        W = W + change

    Arguments, each of which a group may have its own of (see `Optimizer`):
        lr, momentum: as above.
        dampening: with momentum, g counts (1 - dampening) times from the second step on.
        weight_decay: adds weight_decay * W to g.
        nesterov: W = W + momentum * change - lr * g, the change that the next step would make.
        maximize: takes -g for g, before the weight decay.

        foreach, fused: accepted, for they are ways to compute the same.
        differentiable: refused.

    Attributes: the options (numbers that may be changed between steps, those of all groups) and
    `momentums`, the `change` of each parameter, an array of its shape that may be changed in
    place. PyTorch multiplies by lr only when it updates W. Here, when lr changes, what is
    remembered is scaled from the old rate to the new one: the weights are PyTorch's.

    `state` has "change" and, for PyTorch, whose name and meaning it has, "momentum_buffer":
    -change / lr. To set one of them is enough.

    Raises ValueError for a negative option, or nesterov without momentum or with dampening,
    TypeError for an option that is no number, and NotImplementedError for `differentiable`.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013 (nesterov).

    >>> w = Tensor([1.0], is_parameter=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    momentum = Option()
    dampening = Option()
    nesterov = Option()
    _arena = _Changes

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 0.001,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)

    def _check(self, group: Group) -> None:
        require(self, group, "lr", "momentum", "weight_decay")
        as_number("SGD: expected dampening", group["dampening"])
        check_ways(self, group)
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                f"SGD: nesterov needs momentum > 0 and dampening 0, got {group['momentum']} and "
                f"{group['dampening']}"
            )

    @property
    def momentums(self) -> list[Array]:
        """The change of each parameter."""
        self._lay_out()
        return _Momentums(self._of_each(lambda arena, i: arena.changes.parts[i]))

    @momentums.setter
    def momentums(self, momentums: Iterable[Any]) -> None:
        for change, value in zip(self.momentums, momentums, strict=True):
            change[...] = value


class _Momentums(Fixed[Array]):
    """Arrays that are written into, not replaced."""

    cure = "SGD.momentums: there is one for each parameter; write into these"

    def __setitem__(self, index: Any, value: Any) -> None:
        found = self[index]
        if isinstance(index, slice):
            for change, part in zip(found, value, strict=True):
                change[...] = part
        elif value is not found:
            found[...] = value
