"""Anomaly mode: it stops where the first NaN or infinity appears, forward or backward.

It costs a look at every result, so it is off unless asked for, one thread at a time.
"""

from __future__ import annotations

import linecache
import os.path
import sys
from _thread import get_ident
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from mytorch._checks import flag

__all__ = ["detect_anomaly", "set_detect_anomaly"]

# The threads in anomaly mode. Empty, it costs an operation nothing.
watching: set[int] = set()

_PACKAGE = os.path.dirname(__file__)


class set_detect_anomaly:
    """Sets anomaly mode (see `detect_anomaly`) for this thread at once; as a with-block, until its
    end.

    >>> with set_detect_anomaly(True):
    ...     pass
    """

    def __init__(self, mode: bool) -> None:
        self._before = get_ident() in watching
        _switch(flag("set_detect_anomaly", "mode", mode))

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _switch(self._before)


class detect_anomaly(set_detect_anomaly):
    """Inside the with-block the first operation of this thread that makes a NaN or an infinity out
    of finite numbers raises RuntimeError, which names it and the line of your code that called it.

    For a gradient it is the line of the forward call, as far as that too was inside the block.
    PyTorch's looks at gradients alone, and only for NaN.

    >>> from mytorch import Tensor
    >>> x = Tensor([0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     x.sqrt().backward()
    Traceback (most recent call last):
    ...
    RuntimeError: Sqrt: its backward made the first infinity...
    """

    def __init__(self) -> None:
        super().__init__(True)


def _switch(on: bool) -> None:
    (watching.add if on else watching.discard)(get_ident())


def calling_line() -> str:
    """The line of code outside the library that called it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{number}: {linecache.getline(name, number).strip()}"


def check_forward(operation: str, inputs: Iterable[Any], output: Any) -> None:
    """Raises RuntimeError if the output has the first NaN or infinity. All are arrays."""
    if not _finite(output) and all(_finite(array) for array in inputs):
        _refuse(operation, "forward", output, calling_line())


def check_backward(operation: str, incoming: Any, parts: Iterable[Any], line: str | None) -> None:
    """Raises RuntimeError if a gradient has the first NaN or infinity. All are arrays."""
    for part in parts:
        if not _finite(part) and _finite(incoming):
            _refuse(operation, "backward", part, line)


def _finite(array: Any) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _refuse(operation: str, direction: str, array: Any, line: str | None) -> NoReturn:
    kind = "NaN" if np.isnan(array).any() else "infinity"
    place = line or "outside of detect_anomaly; move the forward pass inside to see the line"
    raise RuntimeError(
        f"{operation}: its {direction} made the first {kind}, in an array of shape {array.shape}, "
        f"out of finite numbers; the operation was called at\n  {place}"
    )
