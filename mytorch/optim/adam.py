"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.moments import betas_of, move_moments
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option, two_betas
from mytorch.tensor import Tensor

__all__ = ["Adam"]


class Adam(ElementwiseOptimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        W = W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    With `amsgrad` the largest v so far stands under the root; `decoupled_weight_decay` makes it
    AdamW. The other options: see `Optimizer`.

    `steps` is an array of each parameter's t: as in PyTorch, only steps with a gradient count.
    `state` has t, m and v by PyTorch's names, "step", "exp_avg" and "exp_avg_sq"; with `amsgrad`
    the largest v, "max_exp_avg_sq".

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; Reddi et al., "On
    the Convergence of Adam and Beyond", 2018 (amsgrad).

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr: float = option(at_least_0, default=1e-3)
    betas: tuple[float, float] = option(two_betas, default=(0.9, 0.999))
    eps: float = option(at_least_0, default=1e-8)
    weight_decay: float = option(at_least_0, default=0.0)
    amsgrad: bool = option(default=False)
    foreach: bool | None = option(default=None, kw_only=True)
    maximize: bool = option(default=False, kw_only=True)
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    fused: bool | None = option(default=None, kw_only=True)
    decoupled_weight_decay: bool = option(default=False, kw_only=True)
    remembers: ClassVar = {"exp_avg": "params", "exp_avg_sq": "params", "max_exp_avg_sq": "amsgrad"}

    def _check(self, group: Group) -> None:
        super()._check(group)
        lr, betas, name = group["lr"], group["betas"], type(self).__name__
        kept = [isinstance(beta, (Tensor, np.ndarray)) for beta in betas]
        if kept[0] != kept[1]:
            raise ValueError(f"{name}: expected betas as two numbers or two Tensors, got {betas}")
        if group["foreach"] and (any(kept) or isinstance(lr, (Tensor, np.ndarray))):
            raise ValueError(f"{name}: foreach=True expects lr and betas as numbers, got Tensors")

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        beta1, beta2 = group["betas"]
        if type(beta1) is not float:
            beta1, beta2 = betas_of(group)
        # The corrections of m and v are numbers: out of the arrays they cost nothing.
        correction = (1 - beta2**step) ** 0.5
        eps, rate = group["eps"] * correction, -lr * correction / (1 - beta1**step)
        return 1 - beta1, beta1, beta2, (1 - beta2) / (1 - beta1) ** 2, eps, rate

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (share, beta1, beta2, weight, eps, rate), (mean, square, peak) = numbers, arrays
        move_moments(share, beta1, beta2, weight, gradient, out, mean, square)
        if group["amsgrad"]:
            square = np.maximum(peak, square, out=peak)
        np.sqrt(square, out)
        out += eps
        np.divide(mean, out, out)
        out *= rate
        return out

    @property
    def steps(self) -> Array:
        """How many steps each parameter has made, not to be written to: the state's "step" is."""
        self._lay_out()
        found = np.array(self._of_each(lambda arena, i: arena.counts[0][i]))
        found.flags.writeable = False
        return found
