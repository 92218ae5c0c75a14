"""Anomaly mode: it stops where the first NaN or infinity appears, forward or backward.

It costs a look at every result, so it is off unless asked for, one thread at a time.
"""

from __future__ import annotations

import linecache
import os.path
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

import numpy as np

from mytorch._checks import flag
from mytorch.observe import Observer, enter, leave, observers

if TYPE_CHECKING:
    from mytorch._dtypes import Array
    from mytorch.engine.graph import BackwardFunction
    from mytorch.tensor import Tensor

__all__ = ["detect_anomaly", "set_detect_anomaly"]

# Where the operations of nodes were called, as far as that was inside a block.
_lines: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

_PACKAGE = os.path.dirname(__file__) + os.sep


class set_detect_anomaly:
    """Sets anomaly mode (see `detect_anomaly`) for this thread at once; as a with-block, until its
    end.

    >>> with set_detect_anomaly(True):
    ...     pass
    """

    def __init__(self, mode: bool) -> None:
        self._before = _watching() is not None
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
    watching = _watching()
    if on and watching is None:
        enter(_Anomaly())
    elif watching is not None and not on:
        leave(watching)


def _watching() -> _Anomaly | None:
    return next((looker for looker in observers() if isinstance(looker, _Anomaly)), None)


class _Anomaly(Observer):
    """Looks at all results and gradients of a thread."""

    def __init__(self) -> None:
        # The words on the first infinity that came in, if one did.
        self.origin: str | None = None
        # What backward itself computes is not the forward of anything.
        self.walks = 0
        # The stand-in for the outputs that come next, and the arguments of their operation.
        self.several: tuple[Tensor | None, tuple[Any, ...]] = None, ()

    def applied(self, operation: type, args: tuple[Any, ...], output: Tensor) -> None:
        if not self.walks:
            line = calling_line()
            # An output of several is made of a stand-in, and that of what the operation was given.
            stand_in, given = self.several
            if stand_in is not None and args and args[0] is stand_in:
                args = given
            else:
                self.several = (None, ()) if isinstance(operation, type) else (output, args)
            self._check(operation.__name__, args, output._data, line)
            if output.grad_fn is not None:
                _lines[output.grad_fn] = line

    def started(self, *start: Any) -> None:
        self.walks += 1

    def ran(self, node: BackwardFunction, gradient: Any, parts: Sequence[Any]) -> None:
        if self.walks == 1:
            check_backward(node, next(_arrays((gradient,))), _arrays(parts), self.origin)

    def ended(self) -> None:
        self.walks -= 1

    def _check(self, operation: str, args: Sequence[Any], output: Any, line: str) -> None:
        """Raises RuntimeError if the output has the first NaN or infinity.

        `args` are the operation's arguments, Tensors among them; the output is an array. An
        infinity that was there before, as in a mask, is let through: as a rule softmax or a
        comparison makes finite numbers of it. If a NaN comes of it, it is told where it came in.
        """
        if _finite(output):
            return
        known = [(i, a) for i, a in enumerate(args) if hasattr(a, "_data") and not _finite(a._data)]
        if not known:
            _refuse(operation, "forward", output, "out of finite numbers", line)
        for place, tensor in known:
            if np.isnan(tensor._data).any():
                # The operations in the block have made none.
                raise RuntimeError(_came_in(operation, "NaN", place, tensor, line))
        place, tensor = known[0]
        self.origin = self.origin or _came_in(operation, "infinity", place, tensor, line)
        if np.isnan(output).any():
            _refuse(operation, "forward", output, "out of infinite ones", line, self.origin)


def calling_line() -> str:
    """The line of code outside the library that called it."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{number}: {linecache.getline(name, number).strip()}"


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


def check_backward(
    node: BackwardFunction, incoming: Array, parts: Iterable[Array], origin: str | None
) -> None:
    """Raises RuntimeError if a gradient has the first NaN or infinity. `origin` tells where an
    infinity has come in, if one has."""
    for part in parts:
        if _finite(part) or not (_finite(incoming) or np.isnan(part).any()):
            continue
        of, note = "out of finite numbers", None
        if not _finite(incoming):
            kind = "NaN" if np.isnan(incoming).any() else "infinity"
            of = f"out of a gradient that had {kind} when backward began"
        elif not all(map(_finite, _arrays((*(node._saved or ()), *vars(node).values())))):
            of, note = "out of numbers that were not finite before", origin
        _refuse(node.function_name, "backward", part, of, _lines.get(node), note)


def _arrays(kept: Iterable[Any]) -> Iterator[Array]:
    """The arrays among Tensors, what stands for them, and other things."""
    for thing in kept:
        array = getattr(thing, "_data", thing)
        if isinstance(array, np.ndarray | np.generic):
            yield np.asarray(array)


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
