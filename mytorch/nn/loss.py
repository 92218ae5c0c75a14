"""Losses as modules: a criterion is called with predictions and targets."""

from typing import Any

from mytorch._dtypes import Array
from mytorch.nn.functional import cross_entropy, mse_loss
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["CrossEntropyLoss", "Loss", "MSELoss"]


class Loss(Module):
    """The base of the criteria: `forward(predicted, target)` returns a 0-d tensor."""


class CrossEntropyLoss(Loss):
    """The mean cross entropy of logits (N, C) and labels (N,); see `cross_entropy`.

    >>> CrossEntropyLoss()(Tensor([[0.0, 0.0]]), [1])
    tensor(0.69314718)
    """

    def forward(self, predicted: Tensor, target: Any) -> Tensor:
        """The loss. Raises as `cross_entropy` for labels that do not fit the logits."""
        return cross_entropy(predicted, target)


class MSELoss(Loss):
    """The mean squared error; see `mse_loss`.

    >>> MSELoss()(Tensor([1.0, 3.0]), Tensor([1.0, 1.0]))
    tensor(2.)
    """

    def forward(self, predicted: Tensor, target: Tensor | Array) -> Tensor:
        """The loss."""
        return mse_loss(predicted, target)
