"""Adam and AdamW: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mytorch.optim.arena import Arena, ArenaOptimizer, Array, number, zeros_like
from mytorch.optim.optimizer import Option, require
from mytorch.tensor import Tensor

__all__ = ["Adam", "AdamW"]


# What PyTorch calls m, v and the largest v.
NAMES = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
ONE = np.array(1.0)


class _Moments(Arena):
    # Whether weight decay is kept apart from the gradient.
    decoupled = False

    def __init__(self, params: Sequence[Tensor], places: list[int] | None) -> None:
        super().__init__(params, places)
        self.steps = np.zeros(len(params))
        # Whether some parameter ever missed a step that another one took; an array, for what
        # each run may set can then be recorded.
        self.apart = np.zeros((), bool)
        self.means, self.squares = zeros_like(params), zeros_like(params)
        self.peaks = zeros_like(params)  # the largest squares, for amsgrad
        # eps and lr with a step's corrections, in the parameters' dtype.
        self.eps, self.rate = np.zeros((), self.dtype), np.zeros((), self.dtype)

    def kept(self) -> list[tuple[Array, ...]]:
        return [*zip(self.means.parts, self.squares.parts, self.peaks.parts, strict=True)]

    def update(self, group: Mapping[str, Any], params: Sequence[Tensor]) -> None:
        lr, decay, (beta1, _) = group["lr"], group["weight_decay"], group["betas"]
        apart_decay, decay = (decay, 0) if self.decoupled else (0, decay)
        keep = number(1 - lr * apart_decay, self.dtype) if apart_decay else None
        live = [i for i, param in enumerate(params) if param._grad is not None]
        apart = len(live) < len(params) or bool(self.apart)
        if len(live) == len(params):
            np.add(self.steps, ONE, self.steps)
        elif live:
            self.apart[...] = True
            self.steps[live] += 1
        prepared = None
        for portion in self.portions(params, apart):
            if portion.first != prepared:
                prepared = portion.first
                self.prepare(group, self.steps[prepared])
            change = portion.gather(group, 1 - beta1, decay)
            self.compute(group, change, *map(portion.of, (self.means, self.squares, self.peaks)))
            portion.shift(portion.steps, keep)

    def prepare(self, group: Mapping[str, Any], step: Any) -> None:
        """The corrections of m and v at a step are numbers: moved out of the arrays, into `eps`
        and `rate`, they cost nothing."""
        lr, eps, (beta1, beta2) = group["lr"], group["eps"], group["betas"]
        correction = (1 - beta2**step) ** 0.5
        self.eps[...] = eps * correction
        self.rate[...] = -lr * correction / (1 - beta1**step)

    def compute(
        self, group: Mapping[str, Any], change: Array, mean: Array, square: Array, peak: Array
    ) -> None:
        """Makes the changes of parameters that are all at the step which is prepared, from their
        gradients, times 1 - beta1, in the same array."""
        beta1, beta2 = group["betas"]
        np.multiply(mean, number(beta1, self.dtype), mean)
        np.add(mean, change, mean)
        np.multiply(square, number(beta2, self.dtype), square)
        # In this order: the square of a large gradient would overflow before it is scaled.
        weight = number((1 - beta2) / (1 - beta1) ** 2, self.dtype)
        scaled = np.multiply(change, weight)
        scaled *= change
        np.add(square, scaled, square)
        if group["amsgrad"]:
            square = np.maximum(peak, square, out=peak)
        np.sqrt(square, change)
        np.add(change, self.eps, change)
        np.divide(mean, change, change)
        np.multiply(change, self.rate, change)


class _DecoupledMoments(_Moments):
    decoupled = True


class Adam(ArenaOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        W = W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    With `amsgrad` the largest v so far stands under the root; `maximize` takes -g for g. A group
    may have its own of each option (see `Optimizer`).

    Attributes: `lr`, `betas`, `eps`, `weight_decay` (those of all groups, which may be changed
    between steps) and `steps`, an array of each parameter's t: as in PyTorch, only steps with a
    gradient count. `state` has m and v by PyTorch's names, "exp_avg" and "exp_avg_sq".

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; Reddi et al., "On
    the Convergence of Adam and Beyond", 2018 (amsgrad).

    Raises ValueError for a negative lr, eps or weight_decay, or a beta outside [0, 1).

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr = Option()
    betas = Option()
    eps = Option()
    weight_decay = Option()
    _shaped = frozenset(NAMES)
    _arena: type[_Moments] = _Moments

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        require(self, group, "lr", "eps", "weight_decay")
        betas = group["betas"]
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{type(self).__name__}: expected two betas in [0, 1), got {betas}")

    @property
    def steps(self) -> Array:
        """How many steps each parameter has made."""
        return np.array([arena.steps[i] for _, _, arena, i, _ in self._each()])

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """{"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"} of each parameter that has made a
        step, the last one with amsgrad. The moments share memory with the optimizer's."""
        found: dict[Tensor, dict[str, Any]] = {}
        for param, group, arena, i, kept in self._each():
            if arena.steps[i]:
                names = NAMES if group["amsgrad"] else NAMES[:2]
                moments = zip(names, map(Tensor, kept), strict=False)
                found[param] = {"step": Tensor(np.asarray(arena.steps[i])), **dict(moments)}
        return found

    def _recall(self, kept: list[dict[str, Any]]) -> None:
        for (_, _, arena, i, moments), entries in zip(self._each(), kept, strict=True):
            arena.steps[i] = float(entries.get("step", 0))
            arena.apart[...] = (arena.steps != arena.steps[0]).any()
            for name, moment in zip(NAMES, moments, strict=True):
                moment[...] = entries[name].data if name in entries else 0


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

    _arena = _DecoupledMoments

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
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
