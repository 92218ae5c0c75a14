"""Stochastic gradient descent with momentum (write-up 2.3 and 2.6)."""

from collections.abc import Iterable

import numpy as np

from mytorch.optim.optimizer import Optimizer
from mytorch.tensor import Tensor

__all__ = ["SGD"]


class SGD(Optimizer):
    """The update of write-up 2.6, for each parameter W with gradient g:

        change = momentum * change - lr * g
        W = W + change

    Attributes: `lr`, `momentum` (numbers that may be changed between steps) and `momentums`, the
    `change` of each parameter, an array of its shape. PyTorch multiplies by lr only when it
    updates W: the weights are the same as long as lr is.

    Raises ValueError for a negative lr or momentum.

    >>> w = Tensor([1.0], is_parameter=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 0.001, momentum: float = 0.0) -> None:
        super().__init__(params)
        for name, value in (("lr", lr), ("momentum", momentum)):
            if not value >= 0:
                raise ValueError(f"SGD: expected {name} >= 0, got {value}")
        self.lr = lr
        self.momentum = momentum
        self.momentums = [np.zeros_like(param.data) for param in self.params]

    def step(self) -> None:
        """Updates every parameter that has a gradient, in place and outside the graph."""
        lr, momentum = self.lr, self.momentum
        for param, change in zip(self.params, self.momentums, strict=True):
            grad = param.grad
            if grad is not None:
                change *= momentum
                change -= lr * grad.data
                param.data += change
