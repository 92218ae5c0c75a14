"""LBFGS: steps along a direction that past gradients bend towards the minimum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mytorch._silence import silent
from mytorch.errors import ShapeError
from mytorch.grad_mode import enable_grad
from mytorch.memory import touch
from mytorch.observe import observed, tell
from mytorch.optim.arena import Array, Group
from mytorch.optim.declared import DeclaredOptimizer
from mytorch.optim.elementwise import array_of
from mytorch.optim.line_search import Point, strong_wolfe
from mytorch.optim.optimizer import ParamsT
from mytorch.optim.options import as_number, at_least_0, number, option
from mytorch.tensor import Tensor, gradient_of

__all__ = ["LBFGS"]


def _size(optimizer: str, option: str, value: Any) -> None:
    if not number(optimizer, option, value) >= 1:
        raise ValueError(f"{optimizer}: expected {option} >= 1, got {value}")


def _at_most(optimizer: str, option: str, value: Any) -> None:
    if value is not None:
        number(optimizer, option, value)


def _name(optimizer: str, option: str, value: Any) -> None:
    if value not in (None, "strong_wolfe"):
        raise ValueError(f"{optimizer}: expected {option} None or 'strong_wolfe', got {value!r}")


class LBFGS(DeclaredOptimizer):
    """The quasi-Newton method of little memory: all parameters together are one vector W, g is its
    gradient, and the last `history_size` changes of both tell how the gradient bends.

        d = -H g, H being what makes of each change of g that of W (for the first iteration 1)
        W = W + t d

    t is lr (in the first iteration at most lr / |g|, by the sum of absolute values), or with
    `line_search_fn="strong_wolfe"` what a search from there finds to be far enough.

    A step calls its closure, which computes the loss and the gradients anew, `max_eval` times or
    somewhat more, by default max_iter * 5 // 4, for up to `max_iter` iterations. It ends before if
    no number of g is larger than `tolerance_grad`, or what changes, of W or the loss, is not larger
    than `tolerance_change`. If the closure raises, the parameters are as before the step.

    There is one group. `state` has what is remembered by PyTorch's names, at the first parameter.

    Raises ValueError for several groups, a negative lr, a history_size below 1 or another
    line_search_fn, TypeError for a step without a closure, and ShapeError where the parameters have
    more or fewer numbers than what is remembered.

    Source: Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989.

    >>> from mytorch import Tensor
    >>> w = Tensor([1.0, -2.0], is_parameter=True)
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    29.0
    >>> w.data
    array([3., 3.])
    """

    lr: float = option(at_least_0, default=1)
    max_iter: int = option(number, default=20)
    max_eval: int | None = option(_at_most, default=None)
    tolerance_grad: float = option(number, default=1e-7)
    tolerance_change: float = option(number, default=1e-9)
    history_size: int = option(_size, default=100)
    line_search_fn: str | None = option(_name, default=None)

    def _begin_with(self, params: ParamsT, options: dict[str, Any]) -> None:
        if options["max_eval"] is None:
            number("LBFGS", "max_iter", options["max_iter"])
            options["max_eval"] = options["max_iter"] * 5 // 4
        super()._begin_with(params, options)

    def add_param_group(self, param_group: Group) -> None:
        """Adds the one group. Raises ValueError for another."""
        super().add_param_group(param_group)
        if len(self.param_groups) > 1:
            self.param_groups.pop()
            raise ValueError("LBFGS: expected one group of parameters, got several")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Makes up to `max_iter` iterations. Returns the loss that the closure returned first."""
        if closure is None:
            raise TypeError("LBFGS.step: expected a closure that computes loss and gradients anew")
        self._verify(self.param_groups)
        (group,) = self.param_groups
        params = self._listed(group)
        before = [param._data.copy() for param in params]
        if observed:
            tell("updating", self)
        try:
            loss = self._iterate(group, params, closure)
        except BaseException:
            _put(params, before)
            raise
        if observed:
            tell("updated", self)
        return loss

    def _iterate(self, group: Group, params: Sequence[Tensor], closure: Callable[[], Any]) -> Any:
        def compute() -> tuple[Any, Array]:
            with enable_grad():
                loss = closure()
            return loss, _flat_gradient(params)

        def evaluate(t: Any) -> Point:
            before = [param._data.copy() for param in params]
            _move(params, t, memory.d)
            loss, gradient = compute()
            _put(params, before)
            return Point(t, float(loss), gradient, _dot(gradient, memory.d))

        first_loss, gradient = compute()
        loss, evaluations = float(first_loss), 1
        memory = _Memory(self.state.get(params[0], {}), gradient)
        lr = gradient.dtype.type(as_number("LBFGS: expected lr", group["lr"]))
        tolerance, most_iterations = group["tolerance_change"], group["max_iter"]
        searches = group["line_search_fn"] is not None
        done = most_iterations < 1 or _largest(gradient) <= group["tolerance_grad"]
        end = memory.iterations + most_iterations
        while not done:
            memory.turn(gradient, loss, group["history_size"])
            memory.t = lr * memory.first_share()
            slope = _dot(gradient, memory.d)
            if slope > -tolerance:
                break
            tries = 0
            if searches:
                start = Point(memory.t * 0, loss, gradient, slope)
                left = group["max_eval"] - evaluations
                (memory.t, loss, gradient, _), tries = strong_wolfe(
                    evaluate, start, memory.t, _largest(memory.d), tolerance, left
                )
            _move(params, memory.t, memory.d)
            if not searches and memory.iterations < end:
                found, gradient = compute()
                loss, tries = float(found), 1
            evaluations += tries
            done = (
                memory.iterations == end
                or evaluations >= group["max_eval"]
                or _largest(gradient) <= group["tolerance_grad"]
                or _largest(memory.d) * memory.t <= tolerance
                or abs(loss - memory.loss) < tolerance
            )
        memory.evaluations += evaluations
        self.state[params[0]].update(memory.entries())
        return first_loss


class _Memory:
    """What is remembered, as arrays and numbers.

    Attributes: `changes` of the gradient and `moves` of the parameters, the latest last; `shares`,
    1 by the product of both; `scale`, of H before them; `iterations` and `evaluations` so far; of
    the last iteration `d` and `t`, and the `gradient` and `loss` that it started from.
    """

    def __init__(self, entries: dict[str, Any], gradient: Array) -> None:
        def known(entry: Any) -> Any:
            found = array_of(entry)
            if found is not None and found.ndim and found.shape != gradient.shape:
                raise ShapeError(
                    f"LBFGS: the parameters have {gradient.size} numbers, what is remembered has "
                    f"{found.size}; forget it: optimizer.state.clear()"
                )
            return None if found is None else found.astype(gradient.dtype, copy=False)[()]

        self.iterations, self.evaluations = (int(entries.get(name, 0)) for name in _COUNTS)
        self.changes, self.moves, self.shares = (
            [known(entry) for entry in entries.get(name) or ()] for name in _LISTS
        )
        self.d, self.t, self.scale, self.gradient = (known(entries.get(name)) for name in _LAST)
        self.loss: Any = entries.get("prev_loss")

    def entries(self) -> dict[str, Any]:
        """Them, as the state has them."""
        lists = self.changes, self.moves, self.shares
        last = self.d, self.t, self.scale, self.gradient
        found: dict[str, Any] = dict(zip(_COUNTS, (self.iterations, self.evaluations), strict=True))
        if self.d is not None:
            found |= dict(zip(_LISTS, ([*map(_entry, values)] for values in lists), strict=True))
            found |= dict(zip(_LAST, map(_entry, last), strict=True))
            found["prev_loss"] = self.loss
        return found

    @silent
    def turn(self, gradient: Array, loss: float, size: int) -> None:
        """Remembers the last change, and makes d of it all: minus H times the gradient."""
        self.iterations += 1
        if self.iterations == 1:
            self.scale = 1
        else:
            change, move = gradient - self.gradient, self.d * self.t
            product = change.dot(move)
            if product > 1e-10:
                self.changes.append(change)
                self.moves.append(move)
                self.shares.append(1 / product)
                for kept in (self.changes, self.moves, self.shares):
                    del kept[: -int(size)]
                self.scale = product / change.dot(change)
        d = -gradient
        pairs = [*zip(self.changes, self.moves, self.shares, strict=True)]
        weights = []
        for change, move, share in reversed(pairs):
            weights.append(move.dot(d) * share)
            d -= weights[-1] * change
        d *= self.scale
        for (change, move, share), weight in zip(pairs, reversed(weights), strict=True):
            d += (weight - change.dot(d) * share) * move
        self.d, self.gradient, self.loss = d, gradient, loss

    @silent
    def first_share(self) -> Any:
        """What part of lr an iteration begins with."""
        return min(1, 1 / np.abs(self.gradient).sum()) if self.iterations == 1 else 1


_COUNTS = "n_iter", "func_evals"
_LISTS = "old_dirs", "old_stps", "ro"
_LAST = "d", "t", "H_diag", "prev_flat_grad"


def _entry(value: Any) -> Any:
    """A remembered array as a Tensor, a number as a Python number."""
    return Tensor(value) if np.ndim(value) else float(value)


def _flat_gradient(params: Sequence[Tensor]) -> Array:
    """The gradients end to end; zeros for those that are missing."""
    zeros = (np.zeros(param.numel(), param.dtype) for param in params)
    parts = [
        zero if param._grad is None else gradient_of(param).reshape(-1)
        for param, zero in zip(params, zeros, strict=True)
    ]
    return np.concatenate(parts)


@silent
def _largest(numbers: Array) -> Any:
    """The largest absolute value."""
    return np.abs(numbers).max(initial=0)


@silent
def _dot(one: Array, other: Array) -> Any:
    return one.dot(other)


@silent
def _move(params: Sequence[Tensor], t: Any, direction: Array) -> None:
    """Adds t times the direction to the parameters."""
    touch(params)
    start = 0
    for param in params:
        part = direction[start : start + param.numel()]
        start += part.size
        data = param._data
        data += t * part.reshape(data.shape)


def _put(params: Sequence[Tensor], arrays: Sequence[Array]) -> None:
    """Sets the parameters to these."""
    touch(params)
    for param, array in zip(params, arrays, strict=True):
        param._data[...] = array
