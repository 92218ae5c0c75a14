"""Adagrad: steps scaled by the size of all gradients so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import Option, at_least_0
from mytorch.tensor import Tensor

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        s = s + g**2
        W = W - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    s is `initial_accumulator_value` at first; `maximize` takes -g for g. `foreach` and `fused` are
    accepted, `differentiable` is refused. `state` has t and s by PyTorch's names, "step" and
    "sum", of the parameters that are given to the constructor from the beginning.

    Raises ValueError for a negative number, TypeError for an option that is no number, and
    NotImplementedError for `differentiable`.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization", 2011.

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr_decay = Option(at_least_0)
    weight_decay = Option(at_least_0)
    initial_accumulator_value = Option(at_least_0)
    eps = Option(at_least_0)
    fused = Option()
    remembers: ClassVar = {"sum": "params"}

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, locals())
        self._settle()
        for arena, i, param in self._each():
            self._link(arena, i, param)

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
