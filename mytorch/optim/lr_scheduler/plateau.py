"""ReduceLROnPlateau: lower rates when training gets no better."""

from __future__ import annotations

from math import inf
from typing import SupportsFloat

from mytorch.optim.lr_scheduler.scheduler import (
    LRScheduler,
    groups_of,
    of_each_group,
    rates_of,
    warn_of_epoch,
    write,
)
from mytorch.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rates by `factor` when a measure has not got better for more than `patience`
    epochs: `step(measure)`, with the loss or an accuracy after an epoch.

    Arguments:
        mode: "min" where less is better, "max" where more is.
        threshold, threshold_mode: what counts as better than the best: by this share of it
            ("rel"), or by this much ("abs").
        cooldown: for how many epochs after a change none is counted as bad.
        min_lr: below which no rate goes, one for all groups or a list of one for each.
        eps: changes of at most this much are not made.

    Attributes: `best`, `num_bad_epochs`, `cooldown_counter`, and the options.

    Raises ValueError for a factor of 1 or more, another mode or threshold_mode, or a list of
    another length; RuntimeError where there are more groups later than in the list.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     optimizer.step()
    ...     scheduler.step(loss)
    >>> optimizer.lr
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: expected factor < 1, got {factor}")
        for option, value, known in (
            ("mode", mode, ("min", "max")),
            ("threshold_mode", threshold_mode, ("rel", "abs")),
        ):
            if value not in known:
                raise ValueError(
                    f"ReduceLROnPlateau: expected {known[0]!r} or {known[1]!r} as {option}, got "
                    f"{value!r}"
                )
        groups_of(self, optimizer)
        self.factor = factor
        self.optimizer = optimizer
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = of_each_group(self, "min_lr", min_lr)
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = rates_of(optimizer)
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode_worse = inf if mode == "min" else -inf
        self._reset()

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs are not counted now."""
        return self.cooldown_counter > 0

    def step(  # type: ignore[override]
        self, metrics: SupportsFloat, epoch: int | None = None
    ) -> None:
        """Tells the measure after an epoch; to be called after validation."""
        current = float(metrics)
        if epoch is not None:
            warn_of_epoch(self)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = rates_of(self.optimizer)

    def _is_better(self, current: float) -> bool:
        less, best = self.mode == "min", self.best
        if self.threshold_mode == "rel":
            bound = best * (1.0 - self.threshold if less else self.threshold + 1.0)
        else:
            bound = best - self.threshold if less else best + self.threshold
        return current < bound if less else current > bound

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    "ReduceLROnPlateau: The number of param groups in the `optimizer`, "
                    f"{len(groups)}, is not that of min_lr, {len(self.min_lrs)}, any more; set "
                    "scheduler.min_lrs to a list of one for each group"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, lowest in zip(groups, self.min_lrs, strict=True):
            rate = float(group["lr"])
            reduced = max(rate * self.factor, lowest)
            if rate - reduced > self.eps:
                write(group, "lr", reduced)
