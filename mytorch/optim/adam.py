"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, Option, at_least_0, two_betas
from mytorch.tensor import Tensor

__all__ = ["Adam"]


class Adam(ElementwiseOptimizer):
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

    betas = Option(two_betas)
    eps = Option(at_least_0)
    weight_decay = Option(at_least_0)
    amsgrad = Option()
    capturable = Option(CAPTURABLE)
    fused = Option()
    decoupled_weight_decay = Option()
    remembers: ClassVar = {"exp_avg": "params", "exp_avg_sq": "params", "max_exp_avg_sq": "amsgrad"}

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
        super().__init__(params, locals())

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        beta1, beta2 = group["betas"]
        # The corrections of m and v are numbers: out of the arrays they cost nothing.
        correction = (1 - beta2**step) ** 0.5
        eps, rate = group["eps"] * correction, -lr * correction / (1 - beta1**step)
        return 1 - beta1, beta1, beta2, (1 - beta2) / (1 - beta1) ** 2, eps, rate

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (share, beta1, beta2, weight, eps, rate), (mean, square, peak) = numbers, arrays
        np.multiply(gradient, share, out)
        mean *= beta1
        mean += out
        square *= beta2
        # In this order: the square of a large gradient would overflow before it is scaled.
        scaled = out * weight
        scaled *= out
        square += scaled
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
