"""Schedulers along a cosine."""

from __future__ import annotations

import math
from typing import Any

from mytorch.optim.lr_scheduler.scheduler import LRScheduler
from mytorch.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """rate = eta_min + (base_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2.

    It falls to `eta_min` in `T_max` epochs and rises in as many. Each is computed from the rate
    before, which another scheduler may have changed.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=4)
    >>> for epoch in range(4):
    ...     print(f"{optimizer.lr:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    1.000
    0.854
    0.500
    0.146
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Any]:
        epoch, half, low = self.last_epoch, self.T_max, self.eta_min
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        if (epoch - 1 - half) % (2 * half) == 0:  # it comes from the lowest: nothing to multiply
            rise = (1 - math.cos(math.pi / half)) / 2
            return [
                rate + (base - low) * rise for rate, base in zip(rates, self.base_lrs, strict=True)
            ]
        ratio = (1 + math.cos(math.pi * epoch / half)) / (
            1 + math.cos(math.pi * (epoch - 1) / half)
        )
        return [ratio * (rate - low) + low for rate in rates]

    def _get_closed_form_lr(self) -> list[Any]:
        return _along_cosine(self.base_lrs, self.eta_min, self.last_epoch, self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """rate = eta_min + (base_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2.

    `T_cur` is the number of epochs since the last restart, `T_i` that between two: `T_0` at first,
    then each time `T_mult` times as many. `step(epoch)` takes fractions of epochs, too.

    Raises ValueError for a T_0 or T_mult that is no positive integer, or an eta_min that is no
    number.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for epoch in range(4):
    ...     print(optimizer.lr)
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    0.5
    1.0
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for option, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts: expected a positive integer as {option}, got "
                    f"{value!r}"
                )
        if not isinstance(eta_min, (float, int)):
            raise ValueError(
                f"CosineAnnealingWarmRestarts: expected a number as eta_min, got {eta_min!r}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Any]:
        return _along_cosine(self.base_lrs, self.eta_min, self.T_cur, self.T_i)

    def step(self, epoch: float | None = None) -> None:
        """Goes on by one epoch, or to `epoch`, which may be a fraction: in batch i of n,
        `scheduler.step(epoch + i / n)`.

        Raises ValueError for an epoch below 0.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts: expected epoch >= 0, got {epoch}")
        elif epoch < self.T_0:
            self.T_cur, self.T_i = epoch, self.T_0
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            # Restarts are at T_0 * (1 + T_mult + T_mult**2 + ...).
            restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_i = self.T_0 * self.T_mult**restarts
            self.T_cur = epoch - self.T_0 * (self.T_mult**restarts - 1) / (self.T_mult - 1)
        self._update_lr(math.floor(epoch))


def _along_cosine(bases: list[Any], low: float, place: float, half: float) -> list[Any]:
    share = (1 + math.cos(math.pi * place / half)) / 2
    return [low + (base - low) * share for base in bases]
