"""Schedulers that multiply all rates by a factor known for each epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from mytorch.optim.lr_scheduler.scheduler import LRScheduler
from mytorch.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class _FactorLR(LRScheduler):
    """A subclass says `_ratio(epoch)`, the rate by that of the epoch before, and `_factor(epoch)`,
    the rate by `base_lr`."""

    def _ratio(self, epoch: int) -> float:
        raise NotImplementedError

    def _factor(self, epoch: int) -> float:
        raise NotImplementedError

    def _rates(self) -> list[Any]:
        ratio = self._ratio(self.last_epoch)
        return [group["lr"] * ratio for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[Any]:
        factor = self._factor(self.last_epoch)
        return [base * factor for base in self.base_lrs]


class StepLR(_FactorLR):
    """Multiplies the rates by `gamma` every `step_size` epochs.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(5):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        return self.gamma if epoch and epoch % self.step_size == 0 else 1

    def _factor(self, epoch: int) -> float:
        return self.gamma ** (epoch // self.step_size)


class MultiStepLR(_FactorLR):
    """Multiplies the rates by `gamma` at each of the milestones, as often as it is given.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = MultiStepLR(optimizer, milestones=[2, 3], gamma=0.5)
    >>> for epoch in range(5):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        # Compared and not looked up: a compiled step then asks which one it is, not for the number.
        times = sum(count for one, count in self.milestones.items() if epoch == one)
        return self.gamma**times if times else 1

    def _factor(self, epoch: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), epoch)


class ConstantLR(_FactorLR):
    """Multiplies the rates by `factor` until epoch `total_iters`.

    Raises ValueError for a factor outside of [0, 1].

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> optimizer.lr
    0.5
    >>> for epoch in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    1.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        _require_share("ConstantLR", "factor", factor)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        if epoch == 0:
            return self.factor
        return 1.0 / self.factor if epoch == self.total_iters else 1

    def _factor(self, epoch: int) -> float:
        return self.factor + (epoch >= self.total_iters) * (1 - self.factor)

    def _rates(self) -> list[Any]:
        # Nothing brings a rate back from 0.
        over = self.factor == 0 and self.last_epoch == self.total_iters
        return self._get_closed_form_lr() if over else super()._rates()


class LinearLR(_FactorLR):
    """Multiplies the rates by a factor that goes in equal steps from `start_factor` to
    `end_factor`, which it has from epoch `total_iters` on.

    Raises ValueError for a start_factor outside of (0, 1], or an end_factor outside of [0, 1].

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> for epoch in range(3):
    ...     print(optimizer.lr)
    ...     optimizer.step()
    ...     scheduler.step()
    0.25
    0.5
    0.75
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        _require_share("LinearLR", "start_factor", start_factor)
        _require_share("LinearLR", "end_factor", end_factor)
        if not start_factor:
            raise ValueError("LinearLR: expected start_factor > 0, got 0; begin with a small one")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        start, rise = self.start_factor, self.end_factor - self.start_factor
        if epoch == 0:
            return start
        if self._is_initial or epoch > self.total_iters:
            return 1
        # Rounded it could be below 0, and the rate then be refused when a state is loaded.
        return max(1.0 + rise / (self.total_iters * start + (epoch - 1) * rise), 0.0)

    def _factor(self, epoch: int) -> float:
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, epoch) / self.total_iters


class ExponentialLR(_FactorLR):
    """Multiplies the rates by `gamma` in each epoch.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        return 1 if self._is_initial else self.gamma

    def _factor(self, epoch: int) -> float:
        return self.gamma**epoch


class PolynomialLR(_FactorLR):
    """rate = base_lr * (1 - epoch / total_iters)**power, 0 from epoch `total_iters` on.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> for epoch in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _ratio(self, epoch: int) -> float:
        total = self.total_iters
        if self._is_initial or epoch > total:
            return 1
        ratio: float = ((1.0 - epoch / total) / (1.0 - (epoch - 1) / total)) ** self.power
        return ratio

    def _factor(self, epoch: int) -> float:
        factor: float = (1.0 - min(self.total_iters, epoch) / self.total_iters) ** self.power
        return factor


def _require_share(name: str, option: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: expected {option} in [0, 1], got {value}")
