"""Schedulers that change rates and momentum in cycles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from mytorch.optim.arena import Group
from mytorch.optim.lr_scheduler.functions import load_function, state_of_function
from mytorch.optim.lr_scheduler.scheduler import (
    LRScheduler,
    groups_of,
    of_each_group,
    require_strategy,
    write,
)
from mytorch.optim.optimizer import Optimizer

__all__ = ["CyclicLR", "OneCycleLR"]

Numbers: TypeAlias = float | Sequence[float]


class _CycleLR(LRScheduler):
    """Changes the momentum, too, or the first of the betas: low where the rate is high."""

    def _check_momentum(self, cycle_momentum: bool) -> None:
        """Raises ValueError for an optimizer that has neither."""
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            defaults = self.optimizer.defaults
            self.use_beta1 = "betas" in defaults
            if not self.use_beta1 and "momentum" not in defaults:
                raise ValueError(
                    f"{type(self).__name__}: {type(self.optimizer).__name__} has neither momentum "
                    "nor betas that cycle_momentum could change; give cycle_momentum=False"
                )

    def _begin_momentum(self, lowest: Sequence[Any], highest: Sequence[Any]) -> None:
        for group, low, high in zip(self.optimizer.param_groups, lowest, highest, strict=True):
            self._set_momentum(group, high)
            group["max_momentum"], group["base_momentum"] = high, low

    def _set_momentum(self, group: Group, momentum: Any) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            write(group, "momentum", momentum)


class CyclicLR(_CycleLR):
    """Rates that rise from `base_lr` to `max_lr` in `step_size_up` steps and fall back in
    `step_size_down`, along straight lines, over and over.

    Arguments, the first two and the momentums as one number or a list of one for each group:
        mode: "triangular", each cycle as high as the first; "triangular2", half as high as the one
            before; "exp_range", times gamma**step.
        scale_fn: instead of a mode, what the height is multiplied by, a function of the number of
            the cycle, from 1 on, or where `scale_mode` is "iterations" of the step.
        cycle_momentum: the momentum, or the first of the betas, goes the other way between
            `max_momentum` and `base_momentum`.

    Raises ValueError for another mode, a list of another length, or `cycle_momentum` with an
    optimizer that has no momentum.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], momentum=0.9)
    >>> scheduler = CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2)
    >>> for step in range(4):
    ...     print(optimizer.lr, f"{optimizer.momentum:.2f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.0 0.90
    0.5 0.85
    1.0 0.80
    0.5 0.85
    """

    _scale_fn_custom: Callable[[float], float] | None

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Numbers,
        max_lr: Numbers,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Numbers = 0.8,
        max_momentum: Numbers = 0.9,
        last_epoch: int = -1,
    ) -> None:
        groups = groups_of(self, optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(
                "CyclicLR: expected 'triangular', 'triangular2' or 'exp_range' as mode, or a "
                f"scale_fn, got {mode!r}"
            )
        self.optimizer = optimizer
        base_lrs = of_each_group(self, "base_lr", base_lr)
        self.max_lrs = of_each_group(self, "max_lr", max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self._check_momentum(cycle_momentum)
        if cycle_momentum:
            self.base_momentums = of_each_group(self, "base_momentum", base_momentum)
            self.max_momentums = of_each_group(self, "max_momentum", max_momentum)
        if last_epoch == -1:
            for group, rate in zip(groups, base_lrs, strict=True):
                write(group, "lr", rate)
            if cycle_momentum:
                self._begin_momentum(self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """What the height is multiplied by in cycle `x`, or at step `x`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            scale: float = self.gamma**x
            return scale
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else 1.0

    def _rates(self) -> list[Any]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        place, top = 1.0 + self.last_epoch / self.total_size - cycle, self.step_ratio
        height = place / top if place <= top else (place - 1) / (top - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, high - (high - low) * height * scale)
        return [
            low + (high - low) * height * scale
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """As of every scheduler. A `scale_fn` is not in it; of an object that can be called are its
        attributes."""
        return {
            **super().state_dict(),
            "_scale_fn_custom": state_of_function(self._scale_fn_custom),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        function = self._scale_fn_custom
        super().load_state_dict({**state_dict, "_scale_fn_custom": function})
        load_function(function, state_dict.get("_scale_fn_custom"))


class OneCycleLR(_CycleLR):
    """One cycle: rates that rise from `max_lr / div_factor` to `max_lr` in a share `pct_start` of
    all steps, and fall to `max_lr / div_factor / final_div_factor` in the others.

    Arguments, `max_lr` and the momentums as one number or a list of one for each group:
        total_steps: how many there are, or `epochs` times `steps_per_epoch`; each is followed by
            `step()`.
        anneal_strategy: "cos" or "linear", how they rise and fall.
        cycle_momentum: the momentum, or the first of the betas, goes the other way between
            `max_momentum` and `base_momentum`.
        three_phase: they first fall to `max_lr / div_factor`, in as many steps as they rose in.

    Raises ValueError for numbers of steps that are no positive integers, a pct_start that is no
    float in [0, 1], another strategy, a list of another length, or `cycle_momentum` with an
    optimizer that has no momentum; later, for more steps than there are.

    Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
    Learning Rates", 2018.

    >>> from mytorch import Tensor, optim
    >>> optimizer = optim.SGD([Tensor([1.0], is_parameter=True)], momentum=0.9)
    >>> scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.6)
    >>> for step in range(5):
    ...     print(f"{optimizer.lr:.6f} {optimizer.momentum:.2f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.040000 0.95
    0.520000 0.90
    1.000000 0.85
    0.500002 0.90
    0.000004 0.95
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Numbers,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Numbers = 0.85,
        max_momentum: Numbers = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        groups = groups_of(self, optimizer)
        self.optimizer = optimizer
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: expected total_steps, or epochs and steps_per_epoch")
            counts = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
        else:
            counts = {"total_steps": total_steps}
        self.total_steps = 1
        for option, count in counts.items():
            if not isinstance(count, int) or count < 1:
                raise ValueError(
                    f"OneCycleLR: expected a positive integer as {option}, got {count!r}"
                )
            self.total_steps *= count
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(
                f"OneCycleLR: expected pct_start, a float in [0, 1], got {pct_start!r}"
            )
        require_strategy(self, anneal_strategy)
        rising, last = pct_start * self.total_steps, self.total_steps - 1
        low, high, end = (
            ("initial_lr", "max_momentum"),
            ("max_lr", "base_momentum"),
            ("min_lr", "max_momentum"),
        )
        phases = [_phase(rising - 1, low, high)]
        if three_phase:
            phases += [_phase(2 * rising - 2, high, low), _phase(last, low, end)]
        else:
            phases += [_phase(last, high, end)]
        self._schedule_phases = phases
        self._anneal_func_type = anneal_strategy
        max_lrs = of_each_group(self, "max_lr", max_lr)
        self._check_momentum(cycle_momentum)
        momentums = (
            of_each_group(self, "base_momentum", base_momentum),
            of_each_group(self, "max_momentum", max_momentum),
        )
        if last_epoch == -1:
            for group, rate in zip(groups, max_lrs, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
            if cycle_momentum:
                self._begin_momentum(*momentums)
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Any]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {step} of {self.total_steps}; its rates end there: give the "
                "number of all steps as total_steps"
            )
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if step <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        share = (step - start) / (phase["end_step"] - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                self._set_momentum(group, self._between(group, phase, "momentum", share))
        return [self._between(group, phase, "lr", share) for group in groups]

    def _between(self, group: Group, phase: Any, what: str, share: float) -> Any:
        start, end = group[phase[f"start_{what}"]], group[phase[f"end_{what}"]]
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)


def _phase(end_step: float, start: tuple[str, str], end: tuple[str, str]) -> dict[str, Any]:
    """When a phase of OneCycleLR ends, and which rates and momentums of a group it goes from and
    to."""
    return {
        "end_step": end_step,
        "start_lr": start[0],
        "end_lr": end[0],
        "start_momentum": start[1],
        "end_momentum": end[1],
    }
