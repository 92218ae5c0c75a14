"""RMSprop: steps scaled by the running size of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, DIFFERENTIABLE, at_least_0, option

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
    """For each parameter W with gradient g:

        g = g + weight_decay * W
        v = alpha * v + (1 - alpha) * g**2
        b = momentum * b + g / (sqrt(v) + eps)
        W = W - lr * b

    `centered` takes v - m**2 for v under the root, m = alpha * m + (1 - alpha) * g. The other
    options: see `Optimizer`. `state` has the number of steps, v, b and m by PyTorch's names:
    "step", "square_avg", with momentum "momentum_buffer", if centered "grad_avg".

    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; Graves, "Generating Sequences With
    Recurrent Neural Networks", 2013 (centered).

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.8, -1.8])
    """

    lr: float = option(at_least_0, default=1e-2)
    alpha: float = option(at_least_0, default=0.99)
    eps: float = option(at_least_0, default=1e-8)
    weight_decay: float = option(at_least_0, default=0)
    momentum: float = option(at_least_0, default=0)
    centered: bool = option(default=False)
    capturable: bool = option(CAPTURABLE, default=False)
    foreach: bool | None = option(default=None)
    maximize: bool = option(default=False)
    differentiable: bool = option(DIFFERENTIABLE, default=False)
    remembers: ClassVar = {
        "square_avg": "params",
        "momentum_buffer": "momentum",
        "grad_avg": "centered",
    }

    def numbers(self, group: Group, lr: Any, step: Any) -> tuple[Any, ...]:
        alpha = group["alpha"]
        return -lr, alpha, 1 - alpha, group["eps"], group["momentum"]

    def change(self, group: Group, numbers: Any, gradient: Array, out: Array, arrays: Any) -> Any:
        (rate, alpha, share, eps, momentum), (square, buffer, mean) = numbers, arrays
        part = gradient * share
        size = part * gradient
        square *= alpha
        square += size
        if group["centered"]:
            mean *= alpha
            mean += part
            np.subtract(square, np.multiply(mean, mean, size), size)
            np.sqrt(size, size)
        else:
            np.sqrt(square, size)
        size += eps
        np.divide(gradient, size, out)
        if group["momentum"]:
            buffer *= momentum
            buffer += out
            return np.multiply(buffer, rate, out)
        out *= rate
        return out
