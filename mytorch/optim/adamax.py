"""Adamax: Adam by the largest gradient, not the mean square."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.moments import betas_of
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option, two_betas

__all__ = ["Adamax"]


class Adamax(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, |g| + eps)
        W = W - lr / (1 - beta1**t) * m / u

    The other options: see `Optimizer`. `state` has t, m and u by PyTorch's names, "step", "exp_avg"
    and "exp_inf".

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, section 7.1.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr: float = option(at_least_0, default=2e-3)
    betas: tuple[float, float] = option(two_betas, default=(0.9, 0.999))
    eps: float = option(at_least_0, default=1e-8)
    weight_decay: float = option(at_least_0, default=0)
    foreach: bool | None = option(default=None)
    maximize: bool = option(default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    remembers: ClassVar = {"exp_avg": "params", "exp_inf": "params"}

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        beta1, beta2 = betas_of(group)
        return beta1, 1 - beta1, beta2, group["eps"], -lr / (1 - beta1**step)

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (beta1, share, beta2, eps, rate), (mean, largest) = numbers, arrays
        size = np.abs(gradient)
        size += eps
        largest *= beta2
        np.maximum(largest, size, out=largest)
        np.multiply(gradient, share, out)
        mean *= beta1
        mean += out
        np.divide(mean, largest, out)
        out *= rate
        return out
