"""An optimizer's update: what it had, and what it made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch.engine.gradients import as_array
from mytorch.tensor import Tensor
from mytorch.watcher.summary import Summary, number

__all__ = ["Update"]


class Update:
    """One step of an optimizer, looked at before; `changes` looks again after."""

    def __init__(self, optimizer: Any, summary: Summary) -> None:
        self._optimizer = optimizer
        self._summary = summary
        self._before: list[tuple[Tensor, tuple[Array, Array] | None, dict[str, Any]]] = []
        for group in optimizer.param_groups:
            options = {
                name: option
                for name, value in group.items()
                if name != "params" and (option := _option(value)) is not None
            }
            for parameter in group["params"]:
                if parameter._grad is not None:
                    fields = {
                        "optimizer": type(optimizer).__name__,
                        "before": summary.of(parameter.data),
                        "g": summary.of(as_array(parameter._grad)),
                        "state_before": self._state(parameter),
                        "options": options,
                    }
                    known = (parameter.data.copy(), as_array(parameter._grad).copy())
                    self._before.append((parameter, known if summary.most else None, fields))

    def changes(self) -> Iterator[tuple[Tensor, dict[str, Any], tuple[float, float] | None]]:
        """Each parameter that had a gradient, with the fields of its step and, where numbers are
        told, the norms of its gradient and of its update."""
        for parameter, known, fields in self._before:
            after, norms, share = parameter.data, None, None
            if known is not None:
                before, gradient = known
                with np.errstate(all="ignore"):
                    norms = _norm(gradient), _norm(after - before)
                    size = _norm(before)
                    share = number(100 * norms[1] / size) if size else None
            told = {"after": self._summary.of(after), "state_after": self._state(parameter)}
            yield parameter, {**fields, **told, "per_cent": share}, norms

    def _state(self, parameter: Tensor) -> dict[str, Any]:
        known = self._optimizer.state.get(parameter, {})
        return {
            name: self._summary.of(np.asarray(as_array(value)))
            for name, value in known.items()
            if value is not None
        }


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.astype(np.float64)))


def _option(value: Any) -> Any:
    """A number, a flag or some numbers, as JSON has them; None for anything else."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, np.number, np.ndarray)) and np.ndim(value) == 0:
        return number(float(value))
    if isinstance(value, (tuple, list)) and all(isinstance(part, (int, float)) for part in value):
        return [number(part) for part in value]
    return None
