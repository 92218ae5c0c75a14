"""Adagrad: steps scaled by the size of all gradients so far."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import DIFFERENTIABLE, at_least_0, option

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        s = s + g**2
        W = W - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    s is `initial_accumulator_value` at first. The other options: see `Optimizer`. `state` has t and
    s by PyTorch's names, "step" and "sum", of the constructor's parameters from the beginning.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization", 2011.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr: float = option(at_least_0, default=1e-2)
    lr_decay: float = option(at_least_0, default=0)
    weight_decay: float = option(at_least_0, default=0)
    initial_accumulator_value: float = option(at_least_0, default=0)
    eps: float = option(at_least_0, default=1e-10)
    foreach: bool | None = option(default=None)
    maximize: bool = option(default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    fused: bool | None = option(default=None, kw_only=True)
    remembers: ClassVar = {"sum": "params"}
    remembers_at_once = True

    def initial(self, group: Group, name: str) -> float:
        return group["initial_accumulator_value"] if name == "sum" else 0.0

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        return -lr / (1 + (step - 1) * group["lr_decay"]), group["eps"]

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (rate, eps), (total,) = numbers, arrays
        size = gradient * gradient
        total += size
        np.sqrt(total, size)
        size += eps
        np.divide(gradient, size, out)
        out *= rate
        return out
