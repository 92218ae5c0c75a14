"""NumPy's floating-point warnings, silenced: an infinite or undefined result is an answer here,
as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

# NumPy keeps in a context variable what overflow, division by zero and the like shall do.
_silent = Context()
_silent.run(np.seterr, all="ignore")

# A function called as `silenced().run(function, *args)` is silent as inside
# `np.errstate(all="ignore")`, but faster. A copy each, because no context can be
# entered twice at once. Other context variables have their defaults in it.
silenced: Callable[[], Any] = _silent.copy


def silent(function: F) -> F:
    """The function, run as `silenced().run(function, *args)`; not for one that calls the user's."""

    @wraps(function)
    def run(*args: Any) -> Any:
        return silenced().run(function, *args)

    return cast(F, run)


# Where those are needed: `before = numpy_errors.set(IGNORED)` and `numpy_errors.reset(before)`.
numpy_errors: ContextVar[Any]
IGNORED: Any
((numpy_errors, IGNORED),) = _silent.items()
