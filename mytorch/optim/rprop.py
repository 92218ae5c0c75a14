"""Rprop: steps that grow while the gradient keeps its sign."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch._kernels.elementwise import within
from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option, two_numbers

__all__ = ["Rprop"]


def _two_etas(optimizer: str, option: str, value: Any) -> None:
    minus, plus = two_numbers(optimizer, option, value)
    if not 0 < minus < 1 < plus:
        raise ValueError(
            f"{optimizer}: expected {option} with 0 < etaminus < 1 < etaplus, got {value}"
        )


class Rprop(ElementwiseOptimizer):
    """For each number W of a parameter, with gradient g, and g' and s of the step before:

        if g * g' > 0:  s = s * etaplus
        if g * g' < 0:  s = s * etaminus, g = 0
        s = min(max(s, step_size_min), step_size_max)
        W = W - s * sign(g)

    `etas` are (etaminus, etaplus), `step_sizes` the least and the largest s. At the first step g'
    is 0 and s is lr, which has no effect later. The other options: see `Optimizer`. `state` has the
    number of steps, g' and s by PyTorch's names, "step", "prev" and "step_size". Raises ValueError
    unless 0 < etaminus < 1 < etaplus.

    A gradient that is NaN makes its number NaN; in PyTorch it leaves that as it is.

    Source: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The
    RPROP Algorithm", 1993.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr: float = option(at_least_0, default=1e-2)
    etas: tuple[float, float] = option(_two_etas, default=(0.5, 1.2))
    step_sizes: tuple[float, float] = option(two_numbers, default=(1e-6, 50))
    capturable: bool = option(CAPTURABLE, default=False, kw_only=True)
    foreach: bool | None = option(default=None, kw_only=True)
    maximize: bool = option(default=False, kw_only=True)
    differentiable: bool = option(DIFFERENTIABLE, default=False, kw_only=True)
    remembers: ClassVar = {"prev": "params", "step_size": "params"}

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        # What is remembered of s is 0 before the first step.
        minus, plus = group["etas"]
        slope, bend = (plus - minus) / 2, (plus + minus) / 2 - 1
        return slope, bend, *group["step_sizes"], lr * (step == 1)

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (slope, bend, least, most, first), (before, size) = numbers, arrays
        size += first
        before *= gradient
        # s grows by s * (slope + bend * sign) * sign: masks would be slower where signs are
        # mixed.
        sign = np.sign(before)
        growth = sign * bend
        growth += slope
        growth *= sign
        growth *= size
        size += growth
        within(size, least, most, size)
        np.multiply(gradient, before >= 0, before)
        np.sign(before, out)
        out *= size
        return np.negative(out, out)
