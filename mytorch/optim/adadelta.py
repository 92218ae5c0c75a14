"""Adadelta: steps as large as the steps before, for gradients of their usual size."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, a_share, at_least_0, option

__all__ = ["Adadelta"]


class Adadelta(ElementwiseOptimizer):
    """For each parameter W with gradient g:

        g = g + weight_decay * W
        v = rho * v + (1 - rho) * g**2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        W = W - lr * d

    The other options: see `Optimizer`. `state` has the number of steps, v and u by PyTorch's names,
    "step", "square_avg" and "acc_delta". Raises ValueError for a rho outside [0, 1].

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adadelta([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.99968377, -1.99968377])
    """

    lr: float = option(at_least_0, default=1.0)
    rho: float = option(a_share, default=0.9)
    eps: float = option(at_least_0, default=1e-6)
    weight_decay: float = option(at_least_0, default=0)
    foreach: bool | None = option(default=None)
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    maximize: bool = option(default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    remembers: ClassVar = {"square_avg": "params", "acc_delta": "params"}

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        rho = group["rho"]
        return -lr, rho, 1 - rho, group["eps"]

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (rate, rho, share, eps), (square, moved) = numbers, arrays
        size = gradient * share
        size *= gradient
        square *= rho
        square += size
        np.add(square, eps, size)
        np.sqrt(size, size)
        step = moved + eps
        np.sqrt(step, step)
        step /= size
        np.multiply(gradient, step, out)
        np.multiply(out, share, size)
        size *= out
        moved *= rho
        moved += size
        out *= rate
        return out
