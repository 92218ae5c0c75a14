"""Adam and AdamW: steps scaled by running moments of the gradient."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mytorch.optim.optimizer import Optimizer
from mytorch.tensor import Tensor

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        W = W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    Attributes: `lr`, `betas`, `eps`, `weight_decay` (which may be changed between steps) and
    `steps`, an array of each parameter's t: as in PyTorch, only steps with a gradient count. m
    and v are kept in the widest of the parameters' dtypes.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.

    Raises ValueError for a negative lr, eps or weight_decay, or a beta outside [0, 1).

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    # Whether weight decay is a part of the gradient (Adam) or of the change (AdamW).
    _decoupled = False

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params)
        name = type(self).__name__
        for option, value in (("lr", lr), ("eps", eps), ("weight_decay", weight_decay)):
            if not value >= 0:
                raise ValueError(f"{name}: expected {option} >= 0, got {value}")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{name}: expected two betas in [0, 1), got {betas}")
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.steps = np.zeros(len(self.params))
        # Whether some parameter ever missed a step that another one took.
        self._apart = False
        # All parameters lie end to end in a few flat arrays: for six small ones a step takes a
        # third of the time of a loop over them.
        ends = [0, *accumulate(param.data.size for param in self.params)]
        self._places = [slice(start, end) for start, end in pairwise(ends)]
        dtype = np.result_type(*(param.dtype for param in self.params))
        self._means = np.zeros(ends[-1], dtype)
        self._squares = np.zeros(ends[-1], dtype)
        self._gradients = np.empty(ends[-1], dtype)
        self._changes = np.empty(ends[-1], dtype)

    def step(self) -> None:
        """Updates every parameter that has a gradient, in place and outside the graph."""
        live = [i for i, param in enumerate(self.params) if param.grad is not None]
        if len(live) == len(self.params):
            self.steps += 1
        elif live:
            self.steps[live] += 1
            self._apart = True
        if live and not self._apart:
            self._compute_changes(self.params, slice(None), self.steps[0])
        else:
            for i in live:
                self._compute_changes([self.params[i]], self._places[i], self.steps[i])
        for i in live:
            param = self.params[i]
            param.data -= self._changes[self._places[i]].reshape(param.shape)

    def _compute_changes(self, params: Sequence[Tensor], place: slice, step: Any) -> None:
        """What to subtract from `params`, which lie at `place` and are all at the same step."""
        beta1, beta2 = self.betas
        mean, square = self._means[place], self._squares[place]
        gradient, change = self._gradients[place], self._changes[place]
        grads = [param.grad.data for param in params if param.grad is not None]
        np.concatenate(grads, axis=None, out=gradient)
        if self.weight_decay and not self._decoupled:
            gradient += self.weight_decay * _flat(params)
        mean *= beta1
        mean += np.multiply(gradient, 1 - beta1, out=change)
        square *= beta2
        gradient *= gradient
        gradient *= 1 - beta2
        square += gradient
        # The corrections of m and v are numbers: moved out of the arrays, they cost nothing.
        correction = (1 - beta2**step) ** 0.5
        np.sqrt(square, out=change)
        change += (self.eps * correction).astype(change.dtype)
        np.divide(mean, change, out=change)
        change *= (self.lr * correction / (1 - beta1**step)).astype(change.dtype)
        if self.weight_decay and self._decoupled:
            change += self.lr * self.weight_decay * _flat(params)


def _flat(params: Sequence[Tensor]) -> NDArray[Any]:
    return np.concatenate([param.data for param in params], axis=None)


class AdamW(Adam):
    """Adam whose weight decay is kept apart from the moments. With m, v and t as there:

        W = W - lr * weight_decay * W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> w = Tensor([1.0], is_parameter=True)
    >>> w.grad = Tensor([0.0])
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step()
    >>> w.data
    array([0.95])
    """

    _decoupled = True

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
