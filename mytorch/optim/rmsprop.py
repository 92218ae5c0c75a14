"""RMSprop: steps scaled by the running size of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import CAPTURABLE, Option, at_least_0
from mytorch.tensor import Tensor

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
    """For each parameter W with gradient g:

        g = g + weight_decay * W
        v = alpha * v + (1 - alpha) * g**2
        b = momentum * b + g / (sqrt(v) + eps)
        W = W - lr * b

    `centered` takes v - m**2 for v under the root, m = alpha * m + (1 - alpha) * g; `maximize`
    takes -g for g. `foreach` is accepted, `capturable` and `differentiable` are refused. `state`
    has the number of steps, v, b and m by PyTorch's names: "step", "square_avg", with momentum
    "momentum_buffer", if centered "grad_avg".

    Raises ValueError for a negative number, TypeError for an option that is no number, and
    NotImplementedError for those that are refused.

    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; Graves, "Generating Sequences With
    Recurrent Neural Networks", 2013 (centered).

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.8, -1.8])
    """

    alpha = Option(at_least_0)
    eps = Option(at_least_0)
    weight_decay = Option(at_least_0)
    momentum = Option(at_least_0)
    centered = Option()
    capturable = Option(CAPTURABLE)
    remembers: ClassVar = {
        "square_avg": "params",
        "momentum_buffer": "momentum",
        "grad_avg": "centered",
    }

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, locals())

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
