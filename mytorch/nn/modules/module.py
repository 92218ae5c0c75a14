"""Hooks that all modules have, those to come as well: for profiling and debugging.

They are called before a module's own. A compiled function runs as it is while there are some.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mytorch.nn._hooks import Handle, register_for_all
from mytorch.nn.module import Module

__all__ = [
    "Module",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, args)` before each `forward`, as `Module.register_forward_pre_hook` does
    of one module. The handle's `remove()` takes it away, also at the end of a with-block."""
    return register_for_all("_forward_pre_hooks", hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> Handle:
    """Calls `hook(module, args, output)` after each `forward`, as `Module.register_forward_hook`
    does of one module.

    >>> from mytorch import Tensor, nn
    >>> names = []
    >>> with register_module_forward_hook(lambda module, *_: names.append(module._get_name())):
    ...     output = nn.Sequential(nn.Linear(2, 3), nn.ReLU())(Tensor.ones(1, 2))
    >>> names
    ['Linear', 'ReLU', 'Sequential']
    """
    return register_for_all("_forward_hooks", hook, with_kwargs, always_call)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, grad_output)`, as `Module.register_full_backward_pre_hook` does of one
    module."""
    return register_for_all("_backward_pre_hooks", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, grad_input, grad_output)`, as `Module.register_full_backward_hook` does
    of one module."""
    return register_for_all("_backward_hooks", hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, name, parameter)` before each one is registered; what it returns but None
    is registered in its place."""
    return register_for_all("_parameters", hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, name, submodule)` before each one is registered; what it returns but None
    is registered in its place."""
    return register_for_all("_modules", hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> Handle:
    """Calls `hook(module, name, buffer)` before each one is registered; what it returns but None is
    registered in its place."""
    return register_for_all("_buffers", hook)
