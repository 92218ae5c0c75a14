"""Schedulers of schedulers: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from mytorch._checks import kind_of
from mytorch.optim.lr_scheduler.plateau import ReduceLROnPlateau
from mytorch.optim.lr_scheduler.scheduler import LRScheduler, rates_of, write
from mytorch.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _CombinedLR(LRScheduler):
    """Schedulers of one optimizer; their states are in its own."""

    _schedulers: Sequence[Any]

    def _check(self, schedulers: Sequence[Any], optimizer: Optimizer | None) -> Optimizer:
        """The optimizer of all. Raises ValueError or TypeError if there is none."""
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name}: expected at least one scheduler, got none")
        for place, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(
                    f"{name}: expected schedulers, got {kind_of(scheduler, LRScheduler)} at "
                    f"{place}, which has no optimizer"
                )
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name}: ReduceLROnPlateau at {place} needs a measure in each step; call its "
                    "step(measure) beside"
                )
            optimizer = optimizer or scheduler.optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name}: {type(scheduler).__name__} at {place} has another optimizer; make "
                    "all of them for one"
                )
        assert optimizer is not None
        return optimizer

    def state_dict(self) -> dict[str, Any]:
        """As of every scheduler, with the states of those that it has."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._require("_schedulers", state_dict)
        schedulers, states = self._schedulers, state_dict["_schedulers"]
        if len(states) != len(schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: expected states of {len(schedulers)} "
                f"schedulers, got {len(states)}"
            )
        vars(self).update({**state_dict, "_schedulers": schedulers})
        for scheduler, state in zip(schedulers, states, strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_CombinedLR):
    """The first scheduler until epoch `milestones[0]`, where the next one begins, and so on.

    Raises ValueError for no scheduler, one of another optimizer, ReduceLROnPlateau, or milestones
    that are not one fewer, and TypeError for what is no scheduler.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> warm_up = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> for epoch in range(5):
    ...     print(optimizer.lr)
    ...     optimizer.step()
    ...     scheduler.step()
    0.5
    0.75
    1.0
    0.5
    0.25
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: expected {len(schedulers) - 1} milestones for {len(schedulers)} "
                f"schedulers, got {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # They are as if none had begun. Then that of now begins.
        for group in optimizer.param_groups:
            write(group, "lr", group["initial_lr"])
        self.recursive_undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Takes back the step that each scheduler made when it was made."""
        scheduler = self if sched is None else sched
        if hasattr(scheduler, "_schedulers"):
            for inner in scheduler._schedulers:
                self.recursive_undo(inner)
        elif hasattr(scheduler, "last_epoch"):
            scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Goes on by one epoch, with the scheduler whose turn it is."""
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[place]
        if place > 0 and self._milestones[place - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_CombinedLR):
    """All schedulers in each step, one after the other, each going on from the rates of the one
    before.

    Raises ValueError for no scheduler, one of another optimizer, or ReduceLROnPlateau, and
    TypeError for what is no scheduler.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> half = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = ChainedScheduler([half, decay])
    >>> for epoch in range(3):
    ...     print(optimizer.lr)
    ...     optimizer.step()
    ...     scheduler.step()
    0.5
    0.25
    0.25
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        self._schedulers = schedulers
        self._last_lr = rates_of(self.optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Goes on by one epoch, with all schedulers."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = rates_of(self.optimizer)
