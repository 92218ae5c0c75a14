"""RAdam: Adam that trusts its mean square once it is of enough gradients."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch._kernels.elementwise import within
from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.moments import betas_of, move_moments
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option, two_betas

__all__ = ["RAdam"]


class RAdam(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        n = 2 / (1 - beta2) - 1
        r = n - 2 * t * beta2**t / (1 - beta2**t)
        if r > 5:
            c = sqrt((r - 4) * (r - 2) * n / ((n - 4) * (n - 2) * r))
            W = W - lr * m / (1 - beta1**t) * c * sqrt(1 - beta2**t) / (sqrt(v) + eps)
        else:
            W = W - lr * m / (1 - beta1**t)

    The other options: see `Optimizer`. `state` has t, m and v by PyTorch's names, "step", "exp_avg"
    and "exp_avg_sq".

    Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.8, -1.6])
    """

    lr: float = option(at_least_0, default=1e-3)
    betas: tuple[float, float] = option(two_betas, default=(0.9, 0.999))
    eps: float = option(at_least_0, default=1e-8)
    weight_decay: float = option(at_least_0, default=0)
    decoupled_weight_decay: bool = option(default=False)
    foreach: bool | None = option(default=None, kw_only=True)
    maximize: bool = option(default=False, kw_only=True)
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    remembers: ClassVar = {"exp_avg": "params", "exp_avg_sq": "params"}

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        beta1, beta2 = betas_of(group)
        power, limit = beta2**step, 2 / (1 - beta2) - 1
        correction = 1 - power
        length = limit - 2 * step * power / correction
        adapts = length > 5
        # No branch: `compile` replays the same calls at each step.
        shrunk = (length - 4) * (length - 2) * limit / (length * ((limit - 4) * (limit - 2)))
        rate = -lr / (1 - beta1**step) * (shrunk * correction) ** (adapts / 2)
        least = 1.0 - adapts
        weight = (1 - beta2) / (1 - beta1) ** 2
        return 1 - beta1, beta1, beta2, weight, group["eps"], rate, least, 1 / least

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        share, beta1, beta2, weight, eps, rate, least, most = numbers
        mean, square = arrays
        size = move_moments(share, beta1, beta2, weight, gradient, out, mean, square)
        np.sqrt(square, size)
        size += eps
        np.multiply(mean, rate, out)
        # Both limits are 1 where it does not adapt.
        within(size, least, most, size)
        out /= size
        return out
