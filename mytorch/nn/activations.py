"""Activation layers: modules without parameters around the functions."""

from mytorch.nn.functional import relu, sigmoid, tanh
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["ReLU", "Sigmoid", "Tanh"]


class ReLU(Module):
    """max(x, 0), elementwise (write-up 2.2).

    >>> ReLU()(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return relu(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise.

    >>> Sigmoid()(Tensor([0.0]))
    tensor([0.5])
    """

    def forward(self, x: Tensor) -> Tensor:
        """1 / (1 + exp(-x))."""
        return sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    >>> Tanh()(Tensor([0.0]))
    tensor([0.])
    """

    def forward(self, x: Tensor) -> Tensor:
        """tanh(x)."""
        return tanh(x)
