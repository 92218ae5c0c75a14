"""PyTorch's address of averages over the weights that a training goes through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from math import cos, pi
from typing import Any, TypeAlias

import numpy as np

from mytorch._device import DeviceLike
from mytorch.grad_mode import no_grad
from mytorch.nn.batchnorm import BatchNorm1d
from mytorch.nn.module import Module
from mytorch.optim.lr_scheduler.scheduler import (
    LRScheduler,
    groups_of,
    of_each_group,
    require_strategy,
)
from mytorch.optim.optimizer import Optimizer
from mytorch.tensor import Tensor

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

# What makes of an average, the present value and the number of those averaged the next average.
Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
# The same for lists of them, in place.
Averages: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_swa_avg_fn() -> Average:
    """An `avg_fn` for the mean of all values so far.

    >>> get_swa_avg_fn()(Tensor([1.0]), Tensor([4.0]), 2)
    tensor([2.])
    """

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            mean: Tensor = averaged_param + (current_param - averaged_param) / (num_averaged + 1)
        return mean

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """An `avg_fn` for the mean in which each value counts `decay` times what the next one does.

    Raises ValueError for a decay outside of [0, 1].

    >>> get_ema_avg_fn(0.75)(Tensor([1.0]), Tensor([4.0]), 2)
    tensor([1.75])
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"get_ema_avg_fn: expected decay in [0, 1], got {decay}")

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_multi_avg_fn() -> Averages:
    """`get_swa_avg_fn` as a `multi_avg_fn`. PyTorch's rounds 1 / (n + 1) to single precision.

    >>> averages = [Tensor([1.0]), Tensor([2.0, 3.0])]
    >>> get_swa_multi_avg_fn()(averages, [Tensor([4.0]), Tensor([2.0, 0.0])], 2)
    >>> averages
    [tensor([2.]), tensor([2., 2.])]
    """
    return _of_all(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """`get_ema_avg_fn` as a `multi_avg_fn`.

    Raises ValueError for a decay outside of [0, 1].

    >>> averages = [Tensor([1.0])]
    >>> get_ema_multi_avg_fn(0.75)(averages, [Tensor([4.0])], 2)
    >>> averages
    [tensor([1.75])]
    """
    return _of_all(get_ema_avg_fn(decay))


def _of_all(average: Average) -> Averages:
    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any) -> None:
        for mean, value in zip(averaged, current, strict=True):
            with no_grad():
                mean.copy_(average(mean, value, num_averaged))

    return update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's, taken whenever
    `update_parameters(model)` is called.

    Arguments:
        model: is copied, and called in the forward pass of this one.
        device: of the copy.
        avg_fn: (average, parameter, number of those averaged) to the next average; without any it
            is their mean, `get_swa_avg_fn()`.
        multi_avg_fn: the same for lists of all of one dtype, in place.
        use_buffers: whether buffers are averaged; otherwise they are the model's.

    Attributes: `module`, the copy, and `n_averaged`, a buffer. `state_dict` has PyTorch's names.

    Raises AssertionError for both functions.

    Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization",
    2018.

    >>> from mytorch import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     model.weight.data.fill(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (3.0, tensor(3))
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: DeviceLike | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: expected avg_fn or multi_avg_fn, got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", Tensor(np.array(0)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy returns."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the model's parameters into the averages: the first ones are copied."""
        if self.use_buffers:
            ours = chain(self.module.parameters(), self.module.buffers())
            theirs = chain(model.parameters(), model.buffers())
        else:
            ours, theirs = chain(self.parameters()), chain(model.parameters())
        pairs = [(mean.detach(), value.detach()) for mean, value in zip(ours, theirs, strict=False)]
        if self.n_averaged.data == 0:  # which `compile` can ask again
            for mean, value in pairs:
                mean.copy_(value)
        elif self.avg_fn is not None:
            for mean, value in pairs:
                mean.copy_(self.avg_fn(mean, value, self.n_averaged.clone()))
        else:
            average = self.multi_avg_fn or get_swa_multi_avg_fn()
            alike = defaultdict(list)
            for pair in pairs:
                alike[pair[0].dtype, pair[1].dtype].append(pair)
            for group in alike.values():
                means, values = map(list, zip(*group, strict=True))
                average(means, values, self.n_averaged.clone())
        if not self.use_buffers:
            for mean, value in zip(self.module.buffers(), model.buffers(), strict=True):
                mean.detach().copy_(value.detach())
        self.n_averaged.detach().add_(1)


def update_bn(loader: Iterable[Any], model: Module, device: DeviceLike | None = None) -> None:
    """Computes the running statistics of the model's batch normalisations anew, as means over the
    batches of the loader: those of averaged weights are no averages.

    Of a batch that is a list or a tuple the first part is the input. The model's mode and the
    layers' momentum are as before afterwards, also where a batch raises.

    >>> from mytorch import nn
    >>> layer = nn.BatchNorm1d(1)
    >>> update_bn([Tensor([[1.0], [3.0]]), Tensor([[5.0], [7.0]])], layer)
    >>> layer.running_mean
    tensor([4.])
    """
    layers = {layer: layer.momentum for layer in model.modules() if isinstance(layer, BatchNorm1d)}
    if not layers:
        return
    training = model.training
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    model.train()
    try:
        for batch in loader:
            input = batch[0] if isinstance(batch, (list, tuple)) else batch
            with no_grad():
                model(input if device is None else input.to(device))
    finally:
        for layer, momentum in layers.items():
            layer.momentum = momentum
        model.train(training)


class SWALR(LRScheduler):
    """Goes from the rate of each group to `swa_lr` in `anneal_epochs` epochs, and stays there.

    Arguments:
        swa_lr: one number, or a list of one for each group.
        anneal_strategy: "cos" or "linear", how it goes.

    Raises ValueError for another strategy, a list of another length, or epochs that are no integer
    of at least 0.

    >>> from mytorch import optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for epoch in range(4):
    ...     print(optimizer.lr)
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    0.75
    0.5
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        groups = groups_of(self, optimizer)
        self.optimizer = optimizer
        rates = of_each_group(self, "swa_lr", swa_lr)
        require_strategy(self, anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(
                f"SWALR: expected an integer of at least 0 as anneal_epochs, got {anneal_epochs!r}"
            )
        for group, rate in zip(groups, rates, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """What `swa_lr` counts after so many steps."""
        share = max(0, min(1, step / max(1, self.anneal_epochs)))
        return share if self._anneal_strategy == "linear" else (1 - cos(pi * share)) / 2

    def _rates(self) -> list[Any]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            rate, end = group["lr"], group["swa_lr"]
            begin = end if before == 1 else (rate - before * end) / (1 - before)
            rates.append(end * now + begin * (1 - now))
        return rates
