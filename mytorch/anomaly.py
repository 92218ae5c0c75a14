"""Anomaly mode: it stops where the first NaN or infinity appears, forward or backward.

It costs a look at every result, so it is off unless asked for, one thread at a time.
"""

from __future__ import annotations

import linecache
import os.path
import sys
from _thread import get_ident
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, NoReturn

import numpy as np

from mytorch._checks import flag

__all__ = ["detect_anomaly", "set_detect_anomaly"]

# The threads in anomaly mode, each with the words on the first infinity that came in, if one did.
# Empty, it costs an operation nothing.
watching: dict[int, str | None] = {}

_PACKAGE = os.path.dirname(__file__) + os.sep


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
    """Inside the with-block the first operation of this thread that makes a NaN, or an infinity out
    of finite numbers, raises RuntimeError, which names it and the line of your code that called it.

    If the NaN was there before, in data or parameters, the first operation that meets it is named,
    with the argument, unless its result has none. For a gradient the line is that of the forward
    call, as far as that too was inside the block. PyTorch's looks at gradients alone, and only for
    NaN.

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
    if on:
        watching.setdefault(get_ident())
    else:
        watching.pop(get_ident(), None)


def calling_line() -> str:
    """The line of code outside the library that called it."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{number}: {linecache.getline(name, number).strip()}"


def check_forward(operation: str, args: Sequence[Any], output: Any) -> str:
    """Raises RuntimeError if the output has the first NaN or infinity. Returns the calling line.

    `args` are the operation's arguments, Tensors among them; the output is an array. An infinity
    that was there before, as in a mask, is let through: as a rule softmax or a comparison makes
    finite numbers of it. If a NaN comes of it, it is told where it came in.
    """
    line = calling_line()
    if _finite(output):
        return line
    known = [(i, a) for i, a in enumerate(args) if hasattr(a, "_data") and not _finite(a._data)]
    if not known:
        _refuse(operation, "forward", output, "out of finite numbers", line)
    for place, tensor in known:
        if np.isnan(tensor._data).any():
            # The operations in the block have made none.
            raise RuntimeError(_came_in(operation, "NaN", place, tensor, line))
    place, tensor = known[0]
    thread = get_ident()
    watching[thread] = watching[thread] or _came_in(operation, "infinity", place, tensor, line)
    if np.isnan(output).any():
        _refuse(operation, "forward", output, "out of infinite ones", line, watching[thread])
    return line


def _came_in(operation: str, kind: str, place: int, tensor: Any, line: str) -> str:
    if not tensor.is_leaf:
        what = "a result that was changed in place, or made outside of detect_anomaly"
    elif tensor.requires_grad:
        what = "a leaf that requires a gradient, as parameters do"
    else:
        what = "data"
    return (
        f"{operation}: its forward met the first {kind}: it came in with argument {place}, {what}, "
        f"of shape {tensor.shape}; the operation was called at\n  {line}"
    )


def check_backward(node: Any, incoming: Any, parts: Iterable[Any], origin: str | None) -> None:
    """Raises RuntimeError if a gradient has the first NaN or infinity. All are arrays. `origin`
    tells where an infinity has come in, if one has."""
    for part in parts:
        if _finite(part) or not (_finite(incoming) or np.isnan(part).any()):
            continue
        of, note = "out of finite numbers", None
        if not _finite(incoming):
            kind = "NaN" if np.isnan(incoming).any() else "infinity"
            of = f"out of a gradient that had {kind} when backward began"
        elif not all(map(_finite, _held(node))):
            of, note = "out of numbers that were not finite before", origin
        _refuse(node.function_name, "backward", part, of, node._line, note)


def _held(node: Any) -> Iterator[Any]:
    """The arrays that a node keeps of its forward."""
    for kept in (*(node._saved or ()), *vars(node).values()):
        array = getattr(kept, "_data", kept)
        if isinstance(array, np.ndarray):
            yield array


def _finite(array: Any) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _refuse(
    operation: str, direction: str, array: Any, of: str, line: str | None, note: str | None = None
) -> NoReturn:
    kind = "NaN" if np.isnan(array).any() else "infinity"
    place = line or "outside of detect_anomaly; move the forward pass inside to see the line"
    raise RuntimeError(
        f"{operation}: its {direction} made the first {kind}, in an array of shape {array.shape}, "
        f"{of}; the operation was called at\n  {place}" + (f"\n{note}" if note else "")
    )
