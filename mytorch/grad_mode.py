"""The switch that says whether operations are recorded for backward, one per thread.

PyTorch's names: `no_grad`, `enable_grad` and `set_grad_enabled` work as with-blocks and
as decorators, restore the switch after an exception, and never reach another thread.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, TypeVar, cast

from mytorch._checks import flag

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

F = TypeVar("F", bound=Callable[..., Any])


# A context variable is read faster than a `threading.local`, and every operation reads it. Like
# one it is per thread, and per task of asyncio besides.
recording: ContextVar[bool] = ContextVar("recording", default=True)
# What every operation asks, without the look at the attribute.
is_recording = recording.get


def is_grad_enabled() -> bool:
    """Whether the current thread records operations for backward.

    >>> is_grad_enabled()
    True
    """
    return is_recording()


class _Scope:
    """Sets the switch to `mode` inside a with-block or a decorated function."""

    __slots__ = ("_entered",)

    mode: bool
    # A stack, so that one object may be entered again inside its own block.
    _entered: list[Token[bool]]

    def __enter__(self) -> None:
        self._entered.append(recording.set(self.mode))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        recording.reset(self._entered.pop())

    def __call__(self, function: F) -> F:
        # Each call enters a scope of its own: a shared stack would mix up threads.
        scope = enable_grad if self.mode else no_grad
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def stepwise(*args: Any, **kwargs: Any) -> Any:
                # Between two steps the caller runs, with the caller's switch.
                generator = function(*args, **kwargs)
                send, value = generator.send, None
                while True:
                    try:
                        with scope():
                            item = send(value)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        send, value = generator.send, (yield item)
                    except GeneratorExit:
                        with scope():
                            generator.close()
                        raise
                    except BaseException as error:
                        send, value = generator.throw, error

            return cast(F, stepwise)

        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with scope():
                return function(*args, **kwargs)

        return cast(F, inside)


_new = object.__new__


class _FixedScope(_Scope):
    """A scope whose class tells the mode; with a function in parentheses it decorates that."""

    __slots__ = ()

    def __new__(cls, function: Any = None) -> Any:
        if function is not None:
            return cls()(function)
        # No `__init__`: it would take time.
        scope = _new(cls)
        scope._entered = []
        return scope


class no_grad(_FixedScope):
    """Operations inside are not recorded: their results do not require a gradient.

    Used as `with no_grad():`, `@no_grad()` or `@no_grad`.

    >>> from mytorch import Tensor
    >>> x = Tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    __slots__ = ()

    mode = False


class inference_mode(no_grad):
    """`no_grad`, by another name of PyTorch's. What is computed inside may be used in recorded
    operations afterwards, which PyTorch forbids.

    >>> with inference_mode():
    ...     is_grad_enabled()
    False
    """

    __slots__ = ()


class enable_grad(_FixedScope):
    """Operations inside are recorded, also within an outer `no_grad`.

    >>> from mytorch import Tensor
    >>> x = Tensor([1.0], requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    __slots__ = ()

    mode = True


class set_grad_enabled(_Scope):
    """Sets the switch to `mode` at once; as a with-block, until its end.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    __slots__ = ("mode",)

    def __init__(self, mode: bool) -> None:
        self._entered = []
        self.mode = flag("set_grad_enabled", "mode", mode)
        # The constructor itself switches: entering only remembers what was before it.
        super().__enter__()

    def __enter__(self) -> None:
        recording.set(self.mode)

    def __call__(self, function: F) -> F:
        super().__exit__(None, None, None)
        return super().__call__(function)
