"""Stochastic gradient descent with momentum (write-up 2.3 and 2.6)."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mytorch.optim.optimizer import Optimizer, Option, require
from mytorch.tensor import Tensor

__all__ = ["SGD"]


class SGD(Optimizer):
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
    and `momentums`, the `change` of each parameter, an array of its shape. PyTorch multiplies by
    lr only when it updates W: the weights are the same as long as lr is.

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
        self.momentums: list[np.ndarray[Any, Any]] = []
        # Whether a parameter has a first step behind it, as a number that can be recorded.
        self._begun: list[np.ndarray[Any, Any]] = []
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

    def _start(self, group: dict[str, Any]) -> None:
        self.momentums += [np.zeros_like(param.data) for param in group["params"]]
        self._begun += [np.zeros((), bool) for _ in group["params"]]

    def _update(self) -> None:
        start = 0
        for group in self.param_groups:
            params, lr, momentum = group["params"], group["lr"], group["momentum"]
            stop = start + len(params)
            changes = self.momentums[start:stop]
            if (
                group["weight_decay"]
                or group["nesterov"]
                or group["maximize"]
                or group["dampening"]
            ):
                for param, change, begun in zip(
                    params, changes, self._begun[start:stop], strict=True
                ):
                    if param.grad is not None:
                        _step_with_options(group, param, change, begun)
            else:
                for param, change in zip(params, changes, strict=True):
                    grad = param.grad
                    if grad is not None:
                        change *= momentum
                        change -= np.multiply(lr, grad.data)
                        param.data += change
            start = stop

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """With momentum {"change", "momentum_buffer"} of each parameter that has made a step.

        The change shares memory with `momentums`. The buffer is for PyTorch, whose name and
        meaning it has: -change / lr, left out where lr is 0. `load_state_dict` needs only one.
        """
        kept: dict[Tensor, dict[str, Any]] = {}
        rest = iter(zip(self.momentums, self._begun, strict=True))
        for group in self.param_groups:
            for param, (change, begun) in zip(group["params"], rest, strict=False):
                if group["momentum"] and (begun or change.any()):
                    kept[param] = {"change": Tensor(change)}
                    if group["lr"]:
                        kept[param]["momentum_buffer"] = Tensor(change / -group["lr"])
        return kept

    def _recall(self, kept: list[dict[str, Any]]) -> None:
        groups = [group for group in self.param_groups for _ in group["params"]]
        for i, (group, entries) in enumerate(zip(groups, kept, strict=True)):
            change, buffer = entries.get("change"), entries.get("momentum_buffer")
            if change is None and buffer is not None:
                change = buffer * -group["lr"]
            self._begun[i][...] = change is not None
            self.momentums[i][...] = 0 if change is None else change.data


def _step_with_options(group: dict[str, Any], param: Any, change: Any, begun: Any) -> None:
    momentum, dampening = group["momentum"], group["dampening"]
    gradient = -param.grad.data if group["maximize"] else param.grad.data
    if group["weight_decay"]:
        gradient = gradient + group["weight_decay"] * param.data
    step = np.multiply(group["lr"], gradient)
    if momentum and dampening:
        later = np.logical_or(begun, np.any(change))
        begun[...] = True
        change *= momentum
        change -= step * (1 - dampening * later)
    else:
        change *= momentum
        change -= step
    param.data += momentum * change - step if group["nesterov"] else change
