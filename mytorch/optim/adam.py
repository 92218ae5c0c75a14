"""Adam and AdamW: steps scaled by running moments of the gradient."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from mytorch.optim.optimizer import Optimizer, Option, require
from mytorch.tensor import Tensor

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """For each parameter W with gradient g, at its own step t = 1, 2, ...:

        g = g + weight_decay * W
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        W = W - lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)

    With `amsgrad` the largest v so far stands under the root; `maximize` takes -g for g. A group
    may have its own of each option (see `Optimizer`).

    Attributes: `lr`, `betas`, `eps`, `weight_decay` (those of all groups, which may be changed
    between steps) and `steps`, an array of each parameter's t: as in PyTorch, only steps with a
    gradient count. m and v are kept in the widest dtype of a group's parameters; `state` has
    them by PyTorch's names, "exp_avg" and "exp_avg_sq".

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; Reddi et al., "On
    the Convergence of Adam and Beyond", 2018 (amsgrad).

    Raises ValueError for a negative lr, eps or weight_decay, or a beta outside [0, 1).

    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.9, -1.9])
    """

    lr = Option()
    betas = Option()
    eps = Option()
    weight_decay = Option()
    # Whether weight decay is a part of the gradient (Adam) or of the change (AdamW).
    _decoupled = False
    _shaped = frozenset(["exp_avg", "exp_avg_sq", "max_exp_avg_sq"])

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self._moments: list[_Moments] = []
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def _check(self, group: dict[str, Any]) -> None:
        require(self, group, "lr", "eps", "weight_decay")
        betas = group["betas"]
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{type(self).__name__}: expected two betas in [0, 1), got {betas}")

    def _start(self, group: dict[str, Any]) -> None:
        self._moments.append(_Moments(group["params"]))

    @property
    def steps(self) -> np.ndarray[Any, Any]:
        """How many steps each parameter has made."""
        return np.concatenate([moments.steps for moments in self._moments])

    def _update(self) -> None:
        for group, moments in zip(self.param_groups, self._moments, strict=True):
            moments.update(group, self._decoupled)

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """{"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"} of each parameter that has made a
        step, the last one with amsgrad. The moments share memory with the optimizer's."""
        return {
            param: entries
            for group, moments in zip(self.param_groups, self._moments, strict=True)
            for param, entries in moments.describe(group)
        }

    def _recall(self, kept: list[dict[str, Any]]) -> None:
        rest = iter(kept)
        for group, moments in zip(self.param_groups, self._moments, strict=True):
            moments.recall([next(rest) for _ in group["params"]])


class _Moments:
    """The moments of one group's parameters, which lie end to end in a few flat arrays: for six
    small parameters a step takes a third of the time of a loop over them."""

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.steps = np.zeros(len(params))
        # Whether some parameter ever missed a step that another one took; an array, for what
        # each run may set can then be recorded.
        self.apart = np.zeros((), bool)
        ends = [0, *accumulate(param.data.size for param in params)]
        self.places = [slice(start, end) for start, end in pairwise(ends)]
        dtype = np.result_type(*(param.dtype for param in params)) if params else float
        self.means = np.zeros(ends[-1], dtype)
        self.squares = np.zeros(ends[-1], dtype)
        self.peaks = np.zeros(ends[-1], dtype)  # the largest squares, for amsgrad
        self.gradients = np.empty(ends[-1], dtype)
        self.changes = np.empty(ends[-1], dtype)

    def update(self, group: dict[str, Any], decoupled: bool) -> None:
        params = group["params"]
        live = [i for i, param in enumerate(params) if param.grad is not None]
        if live and len(live) == len(params) and not self.apart:
            self.steps += 1
            self.compute_changes(group, decoupled, params, slice(None), self.steps[0])
        elif live:
            self.steps[live] += 1
            if len(live) < len(params):
                self.apart[...] = True
            for i in live:
                self.compute_changes(group, decoupled, [params[i]], self.places[i], self.steps[i])
        for i in live:
            param = params[i]
            param.data -= self.changes[self.places[i]].reshape(param.shape)

    def compute_changes(
        self,
        group: dict[str, Any],
        decoupled: bool,
        params: Sequence[Tensor],
        place: slice,
        step: Any,
    ) -> None:
        """What to subtract from `params`, which lie at `place` and are all at the same step."""
        lr, eps, weight_decay = group["lr"], group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        mean, square = self.means[place], self.squares[place]
        gradient, change = self.gradients[place], self.changes[place]
        grads = [param.grad.data for param in params if param.grad is not None]
        np.concatenate(grads, axis=None, out=gradient)
        if group["maximize"]:
            np.negative(gradient, out=gradient)
        if weight_decay and not decoupled:
            gradient += weight_decay * _flat(params)
        mean *= beta1
        mean += np.multiply(gradient, 1 - beta1, out=change)
        square *= beta2
        # In this order: the square of a large gradient would overflow before it is scaled.
        gradient *= np.multiply(gradient, 1 - beta2, out=change)
        square += gradient
        if group["amsgrad"]:
            peak = self.peaks[place]
            square = np.maximum(peak, square, out=peak)
        # The corrections of m and v are numbers: moved out of the arrays, they cost nothing.
        correction = (1 - beta2**step) ** 0.5
        np.sqrt(square, out=change)
        change += (eps * correction).astype(change.dtype)
        np.divide(mean, change, out=change)
        change *= (lr * correction / (1 - beta1**step)).astype(change.dtype)
        if weight_decay and decoupled:
            change += lr * weight_decay * _flat(params)

    def describe(self, group: dict[str, Any]) -> Iterator[tuple[Tensor, dict[str, Any]]]:
        """Each parameter that has made a step with what is remembered of it, by PyTorch's names."""
        arrays = {"exp_avg": self.means, "exp_avg_sq": self.squares}
        if group["amsgrad"]:
            arrays["max_exp_avg_sq"] = self.peaks
        for param, place, step in zip(group["params"], self.places, self.steps, strict=True):
            if step:
                yield (
                    param,
                    {
                        "step": Tensor(np.asarray(step)),
                        **{
                            name: Tensor(array[place].reshape(param.shape))
                            for name, array in arrays.items()
                        },
                    },
                )

    def recall(self, kept: Sequence[dict[str, Any]]) -> None:
        """Takes over what `describe` gave."""
        for i, (place, entries) in enumerate(zip(self.places, kept, strict=True)):
            self.steps[i] = float(entries.get("step", 0))
            for name, array in (
                ("exp_avg", self.means),
                ("exp_avg_sq", self.squares),
                ("max_exp_avg_sq", self.peaks),
            ):
                array[place] = entries[name].data.ravel() if name in entries else 0
        self.apart[...] = len(set(self.steps.tolist())) > 1


def _flat(params: Sequence[Tensor]) -> np.ndarray[Any, Any]:
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
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
