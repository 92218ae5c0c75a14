"""Adam and AdamW: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mytorch.optim.arena import (
    Arena,
    ArenaOptimizer,
    Array,
    Flat,
    Group,
    Portion,
    prepared,
    zeros_like,
)
from mytorch.optim.optimizer import Option, as_number, check_ways, require
from mytorch.tensor import Tensor

__all__ = ["Adam", "AdamW"]


# What PyTorch calls t, m, v and the largest v.
NAMES = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
ONE = np.array(1.0)


class _Moments(Arena):
    def __init__(self, group: Group, params: Sequence[Tensor]) -> None:
        super().__init__(group, params)
        self.steps = Flat(np.zeros(len(params)), [()] * len(params))
        # Whether some parameter ever missed a step that another one took; an array, for what
        # each run may set can then be recorded.
        self.apart = np.zeros((), bool)
        self.means, self.squares = zeros_like(params), zeros_like(params)
        self.peaks: Any = None  # the largest squares, once there is amsgrad
        # eps and lr with a step's corrections, in the parameters' dtype.
        self.eps, self.rate = np.zeros((), self.dtype), np.zeros((), self.dtype)

    def has_begun(self, i: int) -> bool:
        return bool(self.steps.whole[i])

    def rows(self, i: int) -> dict[str, Array]:
        flats = (self.steps, self.means, self.squares, self.peaks)
        return {
            name: flat.parts[i] for name, flat in zip(NAMES, flats, strict=True) if flat is not None
        }

    def absorb(self, i: int, entries: dict[str, Any]) -> bool:
        if self.peaks is None and NAMES[3] in entries:
            self.peaks = zeros_like(self.params)
        return super().absorb(i, entries)

    def settle(self) -> None:
        if self.peaks is None and self.group["amsgrad"]:
            self.peaks = zeros_like(self.params)
        steps = self.steps.whole
        if not self.apart and np.any(steps != steps[0]):
            self.apart[...] = True

    def update(self) -> None:
        group, params, steps = self.group, self.params, self.steps.whole
        lr, decay, (beta1, _) = group["lr"], group["weight_decay"], group["betas"]
        if type(lr) is not float:
            lr = _rate(group)
        if self.peaks is None and group["amsgrad"]:
            self.settle()
        keep = None
        if decay and group["decoupled_weight_decay"]:
            keep, decay = prepared(1 - lr * decay, self.dtype), 0
        live = [i for i, param in enumerate(params) if param._grad is not None]
        apart = len(live) < len(params) or bool(self.apart)
        if len(live) == len(params):
            np.add(steps, ONE, steps)
        elif live:
            self.apart[...] = True
            steps[live] += 1
        try:
            done = None
            for portion in self.portions(apart):
                if portion.first != done:
                    done = portion.first
                    self.prepare(lr, steps[done])
                change = portion.gather(group, 1 - beta1, decay)
                self.compute(change, portion)
                portion.shift(portion.steps, keep)
        except BaseException:
            if live:
                steps[live] -= 1
            raise

    def prepare(self, lr: Any, step: Any) -> None:
        """The corrections of m and v at a step are numbers: moved out of the arrays, into `eps`
        and `rate`, they cost nothing."""
        eps, (beta1, beta2) = self.group["eps"], self.group["betas"]
        correction = (1 - beta2**step) ** 0.5
        self.eps[...] = eps * correction
        self.rate[...] = -lr * correction / (1 - beta1**step)

    def compute(self, change: Array, portion: Portion) -> None:
        """Makes the changes of parameters that are all at the step which is prepared, from their
        gradients, times 1 - beta1, in the same array."""
        beta1, beta2 = self.group["betas"]
        mean, square = portion.of(self.means), portion.of(self.squares)
        np.multiply(mean, prepared(beta1, self.dtype), mean)
        np.add(mean, change, mean)
        np.multiply(square, prepared(beta2, self.dtype), square)
        # In this order: the square of a large gradient would overflow before it is scaled.
        weight = prepared((1 - beta2) / (1 - beta1) ** 2, self.dtype)
        scaled = np.multiply(change, weight)
        scaled *= change
        np.add(square, scaled, square)
        if self.group["amsgrad"]:
            peak = portion.of(self.peaks)
            square = np.maximum(peak, square, out=peak)
        np.sqrt(square, change)
        np.add(change, self.eps, change)
        np.divide(mean, change, change)
        np.multiply(change, self.rate, change)


def _rate(group: Group) -> Any:
    return as_number("Adam: expected lr", group["lr"])


class Adam(ArenaOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        W = W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    With `amsgrad` the largest v so far stands under the root; `maximize` takes -g for g, and
    `decoupled_weight_decay` makes it AdamW. `foreach` and `fused` are accepted, for they are ways
    to compute the same; `capturable` and `differentiable` are refused. A group may have its own of
    each option (see `Optimizer`).

    Attributes: the options (those of all groups, which may be changed between steps) and `steps`,
    an array of each parameter's t: as in PyTorch, only steps with a gradient count. `state` has t,
    m and v by PyTorch's names, "step", "exp_avg" and "exp_avg_sq"; with `amsgrad` the largest v,
    "max_exp_avg_sq".

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; Reddi et al., "On
    the Convergence of Adam and Beyond", 2018 (amsgrad).

    Raises ValueError for a negative lr, eps or weight_decay, or a beta outside [0, 1), TypeError
    for an option that is no number, and NotImplementedError for those that are refused.

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    betas = Option()
    eps = Option()
    amsgrad = Option()
    capturable = Option()
    decoupled_weight_decay = Option()
    _arena = _Moments

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def _check(self, group: Group) -> None:
        require(self, group, "lr", "eps", "weight_decay")
        check_ways(self, group)
        name, betas = type(self).__name__, group["betas"]
        if not isinstance(betas, (tuple, list)):
            raise TypeError(f"{name}: expected two betas, got {betas!r}; write (0.9, 0.999)")
        values = [as_number(f"{name}: expected each of betas", beta) for beta in betas]
        if len(values) != 2 or not all(0 <= beta < 1 for beta in values):
            raise ValueError(f"{name}: expected two betas in [0, 1), got {betas}")

    @property
    def steps(self) -> Array:
        """How many steps each parameter has made, not to be written to: the state's "step" is."""
        self._lay_out()
        found = np.array(self._of_each(lambda arena, i: arena.steps.whole[i]))
        found.flags.writeable = False
        return found


class AdamW(Adam):
    """Adam whose weight decay is kept apart from the moments. With m, v and t as there:

        W = W - lr * weight_decay * W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> w = Tensor([1.0], is_parameter=True)
    >>> w.grad = Tensor([0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([0.95])
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
