"""ASGD: gradient descent at a falling rate, and the mean of the parameters."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, number, option

__all__ = ["ASGD"]


class ASGD(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        W = (1 - lambd * e) * W - e * g
        a = a + k * (W - a)
        e = lr / (1 + lambd * lr * t)**alpha
        k = 1 / max(1, t - t0)

    At the first step e is lr and k is 1. The other options: see `Optimizer`. `state` has t, e, k
    and a by PyTorch's names, "step", "eta", "mu" and "ax": from step t0 on, a is the mean of W.

    Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = ASGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.79999, -1.59998])
    """

    lr: float = option(at_least_0, default=1e-2)
    lambd: float = option(number, default=1e-4)
    alpha: float = option(number, default=0.75)
    t0: float = option(number, default=1e6)
    weight_decay: float = option(at_least_0, default=0)
    foreach: bool | None = option(default=None)
    maximize: bool = option(default=False)
    differentiable: bool = option(DIFFERENTIABLE, default=False)
    capturable: bool = option(CAPTURABLE, default=False)
    counts = ("step", "eta", "mu")
    remembers: ClassVar = {"ax": "params", "_weights": "params"}

    def initial(self, group: Group, name: str) -> float:
        return 1.0 if name == "mu" else 0.0

    def numbers(self, group: Group, lr: Any, step: Any, etas: Array, mus: Array) -> tuple[Any, ...]:
        lambd = group["lambd"]
        etas += lr * (step == 1)
        eta, mu = etas[0], mus[0]
        etas[...] = lr / (1 + lambd * lr * step) ** group["alpha"]
        mus[...] = 1 / np.maximum(1, step - group["t0"])
        return -eta, -lambd * eta, mu, 1 - mu

    def _advance(self, arena: Any) -> None:
        for param, part in zip(arena.params, arena.arrays["_weights"].parts, strict=True):
            part[...] = param._data
        super()._advance(arena)

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (rate, decay, share, rest), (mean, weights) = numbers, arrays
        np.multiply(gradient, rate, out)
        out += weights * decay
        weights += out
        weights *= share
        mean *= rest
        mean += weights
        return out
