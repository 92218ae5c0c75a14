"""Modules without the draws of their parameters."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from mytorch.nn.module import Module
from mytorch.random import get_rng_state, set_rng_state

__all__ = ["skip_init"]

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """`module_cls(*args, **kwargs)` for a program that gives the parameters values of its own: the
    global generator goes on as if nothing had been drawn. What the parameters are at first is left
    open; PyTorch leaves their memory as it is.

    Raises RuntimeError for what is no class of modules, or one that has no argument `device`.

    >>> from mytorch import nn
    >>> skip_init(nn.Linear, 2, 1).weight.shape
    (1, 2)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"skip_init: expected a class of modules, got {module_cls!r}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(
            f"skip_init: expected a class with an argument 'device', got {module_cls.__name__}"
        )
    state = get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        set_rng_state(state)
