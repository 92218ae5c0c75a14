"""LRScheduler: the base of everything that changes the learning rates of an optimizer."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from mytorch._checks import kind_of
from mytorch.optim.arena import Group
from mytorch.optim.optimizer import Optimizer
from mytorch.tensor import Tensor

__all__ = [
    "LRScheduler",
    "_LRScheduler",
    "groups_of",
    "of_each_group",
    "own",
    "rates_of",
    "require_strategy",
    "warn_of_epoch",
    "write",
]


class LRScheduler:
    """Changes the learning rate of each group of an optimizer whenever `step` is called.

    Arguments:
        optimizer: whose groups these are.
        last_epoch: -1 to begin; the number of steps made, to go on with an optimizer whose groups
            have "initial_lr", as its `state_dict` does.

    Attributes: `optimizer`; `last_epoch`, how often `step` was called; `base_lrs`, what each group
    began with.

    A subclass defines `get_lr`, which returns the rate of each group for `last_epoch`. It finds
    those before in `optimizer.param_groups`; schedulers that begin from these can be chained.
    Where it also has `_get_closed_form_lr`, which does not need the rates before, `step(epoch)`
    takes that.

    Rates are Python numbers; where a group's "lr" is an array or a Tensor, it is written into.

    Raises TypeError for what is no optimizer, and KeyError if "initial_lr" is missing.

    >>> from mytorch.optim import SGD
    >>> class InverseLR(LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / (1 + self.last_epoch) for rate in self.base_lrs]
    >>> optimizer = SGD([Tensor([1.0], is_parameter=True)], lr=1.0)
    >>> scheduler = InverseLR(optimizer)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.lr, scheduler.get_last_lr()
    (0.25, [0.25])
    """

    # PyTorch has them in the state, and subclasses ask for them.
    _get_lr_called_within_step = False
    _is_initial = False
    _step_count: int
    _last_lr: list[Any]
    _get_closed_form_lr: Callable[[], list[Any]]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for place, group in enumerate(groups_of(self, optimizer)):
            if last_epoch == -1:
                group.setdefault("initial_lr", own(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: with last_epoch={last_epoch} expected 'initial_lr' in "
                    f"param_groups[{place}], got only {list(group)}; load the optimizer's "
                    "state_dict first, or leave last_epoch out"
                )
        self.base_lrs = rates_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _FirstStep.await_of(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Goes on by one and sets the rates; to be called after `optimizer.step()`.

        With `epoch`, which PyTorch deprecates, goes to that one. Warns if the optimizer has made no
        step yet: its first one would not have the first rate.
        """
        if self._step_count == 1:
            self._warn_of_order()
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch(self)
        self._update_lr(epoch)

    def _warn_of_order(self) -> None:
        name, step = type(self).__name__, vars(self.optimizer).get("step")
        link = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
        if isinstance(step, _FirstStep):
            warnings.warn(
                f"{name}.step() was called before `optimizer.step()`, whose first call then does "
                f"not have the first learning rate; call the optimizer's first ({link})",
                stacklevel=3,
            )
        elif step is not None:
            warnings.warn(
                f"{name}: `optimizer.step()` has been overridden since, so that nobody knows "
                f"whether it was called before {name}.step(), as it should be ({link})",
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        closed = epoch is not None and hasattr(self, "_get_closed_form_lr")
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._get_lr_called_within_step = True
        try:
            rates = self._get_closed_form_lr() if closed else self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set(rates)

    def _set(self, rates: list[Any]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{type(self).__name__}: expected a rate for each of {len(groups)} groups, got "
                f"{len(rates)}; add groups to the optimizer before the scheduler is made"
            )
        for group, rate in zip(groups, rates, strict=True):
            write(group, "lr", rate)
        self._last_lr = rates_of(self.optimizer)

    def get_last_lr(self) -> list[Any]:
        """The rate of each group, as `step` set it last."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rate of each group for `last_epoch`, computed from the rates before: `step` calls it.
        Whoever wants to know the rates calls `get_last_lr`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                f"{type(self).__name__}.get_lr() computes the next rates from the present ones; "
                "call `get_last_lr()` for those that were set last",
                stacklevel=2,
            )
        return self._rates()

    def _rates(self) -> list[Any]:
        raise NotImplementedError(f"{type(self).__name__} needs a method get_lr(self)")

    def state_dict(self) -> dict[str, Any]:
        """What it needs to go on: all attributes but the optimizer, which has its own."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from a `state_dict`; load the optimizer's too, which has the rates.

        Raises KeyError for a dict without `last_epoch`.
        """
        self._require("last_epoch", state_dict)
        vars(self).update(state_dict)

    def _require(self, name: str, state_dict: dict[str, Any]) -> None:
        if name not in state_dict:
            raise KeyError(
                f"{type(self).__name__}.load_state_dict: expected a dict with {name!r}, as "
                f"scheduler.state_dict() returns, got one with {list(state_dict)[:5]}"
            )


class _LRScheduler(LRScheduler):
    """Its name in older programs."""


class _FirstStep:
    """Stands in the place of an optimizer's `step` until that is called: from then on nobody pays
    for a scheduler's question whether it was."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = ref(optimizer)

    @staticmethod
    def await_of(optimizer: Optimizer) -> None:
        # Whoever has put another function there keeps it.
        if "step" not in vars(optimizer):
            vars(optimizer)["step"] = _FirstStep(optimizer)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._settle()
        optimizer: Any = self.optimizer()
        return type(optimizer).step(optimizer, *args, **kwargs)

    def _settle(self) -> None:
        """`mytorch.compile` calls it before it records a run, for replays need not do it again."""
        fields = vars(self.optimizer())
        if fields.get("step") is self:
            del fields["step"]


def groups_of(scheduler: LRScheduler, optimizer: Any) -> list[Group]:
    """Its groups. Raises TypeError for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{type(scheduler).__name__}: {kind_of(optimizer, Optimizer)} is not an Optimizer"
        )
    return optimizer.param_groups


def of_each_group(scheduler: LRScheduler, name: str, value: Any) -> list[Any]:
    """One value for all groups, or a list of one for each, as a list. Raises ValueError for a list
    of another length."""
    groups = scheduler.optimizer.param_groups
    values = value if isinstance(value, (list, tuple)) else [value] * len(groups)
    if len(values) != len(groups):
        raise ValueError(
            f"{type(scheduler).__name__}: expected one {name}, or {len(groups)}, as many as the "
            f"optimizer has groups, got {len(values)}"
        )
    return [own(each) for each in values]


def require_strategy(scheduler: LRScheduler, anneal_strategy: Any) -> None:
    """Raises ValueError for another strategy than "cos" and "linear"."""
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(
            f"{type(scheduler).__name__}: expected 'cos' or 'linear' as anneal_strategy, got "
            f"{anneal_strategy!r}"
        )


def own(value: Any) -> Any:
    """A number; of an array or a Tensor a copy, for whoever holds it may write to it."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return value.copy() if isinstance(value, np.ndarray) else value


def rates_of(optimizer: Optimizer, name: str = "lr") -> list[Any]:
    """What each group has by this name."""
    return [own(group[name]) for group in optimizer.param_groups]


def write(group: Group, name: str, value: Any) -> None:
    """Sets a number of a group: of an array or a Tensor what is in it, for whoever holds it."""
    held = group[name]
    # By its class: while `compile` records, a number may stand for another.
    value = value if value.__class__ in (float, int) else float(value)
    if isinstance(held, Tensor):
        held.detach().fill_(value)
    elif isinstance(held, np.ndarray):
        held.fill(value)
    else:
        group[name] = value


def warn_of_epoch(scheduler: LRScheduler) -> None:
    """Says that PyTorch deprecates the argument."""
    warnings.warn(
        f"{type(scheduler).__name__}.step(epoch): PyTorch deprecates the argument; call step(), "
        "which goes on by one",
        stacklevel=3,
    )
