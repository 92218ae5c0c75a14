"""Stochastic gradient descent with momentum (write-up 2.3 and 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mytorch.optim.arena import Arena, ArenaOptimizer, Array, number, zeros_like
from mytorch.optim.optimizer import Option, require
from mytorch.tensor import Tensor

__all__ = ["SGD"]


class _Changes(Arena):
    def __init__(self, params: Sequence[Tensor], places: list[int] | None) -> None:
        super().__init__(params, places)
        self.changes = zeros_like(params)
        # Which parameters have a first step behind them; needed for dampening.
        self.begun = np.zeros(len(params), bool)

    def kept(self) -> list[Array]:
        return self.changes.parts

    def update(self, group: Mapping[str, Any], params: Sequence[Tensor]) -> None:
        momentum, nesterov = number(group["momentum"], self.dtype), group["nesterov"]
        dampening = group["dampening"] if group["momentum"] else 0
        shares = self._shares(dampening, params) if dampening else []
        for portion in self.portions(params, apart=bool(shares)):
            step = portion.gather(group, group["lr"], group["weight_decay"])
            if shares:
                np.multiply(step, shares[portion.first], step)
            change = portion.of(self.changes)
            if group["momentum"]:
                np.multiply(change, momentum, change)
                np.subtract(change, step, change)
            else:  # 0 times a change that has overflowed would be NaN from then on.
                np.negative(step, change)
            if nesterov:
                np.subtract(np.multiply(change, momentum), step, step)
            portion.shift(portion.steps if nesterov else portion.parts(self.changes))

    def _shares(self, dampening: float, params: Sequence[Tensor]) -> list[Any]:
        """What each parameter's gradient counts: less than 1 from its second step on."""
        shares: list[Any] = []
        for i, (param, change) in enumerate(zip(params, self.changes.parts, strict=True)):
            later = np.logical_or(self.begun[i], np.any(change))
            shares.append(1 - dampening * later)
            if param._grad is not None:
                self.begun[i] = True
        return shares


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

    Attributes: `lr`, `momentum` (numbers that may be changed between steps, those of all groups)
    and `momentums`, the `change` of each parameter, an array of its shape that may be changed in
    place. PyTorch multiplies by lr only when it updates W: the weights are the same as long as lr
    is.

    Raises ValueError for a negative option, or nesterov without momentum or with dampening.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013 (nesterov).

    >>> w = Tensor([1.0], is_parameter=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    lr = Option()
    momentum = Option()
    _shaped = frozenset(["change", "momentum_buffer"])
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
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        require(self, group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                f"SGD: nesterov needs momentum > 0 and dampening 0, got {group['momentum']} and "
                f"{group['dampening']}"
            )

    @property
    def momentums(self) -> list[Array]:
        """The change of each parameter."""
        return [change for *_, change in self._each()]

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """With momentum {"change", "momentum_buffer"} of each parameter that has made a step.

        The change shares memory with `momentums`. The buffer is for PyTorch, whose name and
        meaning it has: -change / lr, left out where lr is 0. `load_state_dict` needs only one.
        """
        kept: dict[Tensor, dict[str, Any]] = {}
        for param, group, arena, i, change in self._each():
            if group["momentum"] and (arena.begun[i] or change.any()):
                kept[param] = {"change": Tensor(change)}
                if group["lr"]:
                    kept[param]["momentum_buffer"] = Tensor(change / -group["lr"])
        return kept

    def _recall(self, kept: list[dict[str, Any]]) -> None:
        for (_, group, arena, i, change), entries in zip(self._each(), kept, strict=True):
            loaded, buffer = entries.get("change"), entries.get("momentum_buffer")
            if loaded is None and buffer is not None:
                loaded = buffer * -group["lr"]
            arena.begun[i] = loaded is not None
            change[...] = 0 if loaded is None else loaded.data
