"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.moments import betas_of, move_moments
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option, two_betas

__all__ = ["NAdam"]


class NAdam(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        a(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        p = p * a(t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        d = (1 - a(t)) / (1 - p) * g + a(t + 1) / (1 - p * a(t + 1)) * m
        W = W - lr * d / (sqrt(v / (1 - beta2**t)) + eps)

    The other options: see `Optimizer`. `state` has t, p (1 at first), m and v by PyTorch's names,
    "step", "mu_product", "exp_avg" and "exp_avg_sq".

    Source: Dozat, "Incorporating Nesterov Momentum into Adam", 2016.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.89435482, -1.89435482])
    """

    lr: float = option(at_least_0, default=2e-3)
    betas: tuple[float, float] = option(two_betas, default=(0.9, 0.999))
    eps: float = option(at_least_0, default=1e-8)
    weight_decay: float = option(at_least_0, default=0)
    momentum_decay: float = option(at_least_0, default=4e-3)
    decoupled_weight_decay: bool = option(default=False)
    foreach: bool | None = option(default=None, kw_only=True)
    maximize: bool = option(default=False, kw_only=True)
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    counts = ("step", "mu_product")
    remembers: ClassVar = {"exp_avg": "params", "exp_avg_sq": "params"}

    def initial(self, group: Group, name: str) -> float:
        return 1.0 if name == "mu_product" else 0.0

    def numbers(self, group: Group, lr: Any, step: Any, products: Array) -> tuple[Any, ...]:
        (beta1, beta2), decay = betas_of(group), group["momentum_decay"]
        now, later = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        products *= now
        product = products[0]
        correction = (1 - beta2**step) ** 0.5
        rate = -lr * correction
        # move_moments leaves (1 - beta1) * g.
        of_gradient = rate * (1 - now) / (1 - product) / (1 - beta1)
        of_mean = rate * later / (1 - product * later)
        eps, weight = group["eps"] * correction, (1 - beta2) / (1 - beta1) ** 2
        return 1 - beta1, beta1, beta2, weight, eps, of_gradient, of_mean

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        share, beta1, beta2, weight, eps, of_gradient, of_mean = numbers
        mean, square = arrays
        size = move_moments(share, beta1, beta2, weight, gradient, out, mean, square)
        out *= of_gradient
        np.multiply(mean, of_mean, size)
        out += size
        np.sqrt(square, size)
        size += eps
        out /= size
        return out
