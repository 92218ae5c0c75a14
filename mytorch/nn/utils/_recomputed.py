"""The hooks that compute a weight from other tensors before each run of a module."""

from __future__ import annotations

from typing import Any, TypeVar

from mytorch.nn._hooks import Handle
from mytorch.nn.module import Module
from mytorch.nn.parameter import Parameter

__all__ = ["key_of", "remove"]

M = TypeVar("M", bound=Module)


def key_of(kind: type[Any], module: Module, name: str) -> int | None:
    """The key of the hook of this kind that computes the tensor `name`, if there is one."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook.function, kind) and hook.function.name == name:
            return key
    return None


def remove(operation: str, kind: type[Any], module: M, name: str, *parts: str) -> M:
    """Makes the tensor a parameter again, as its hook of this kind computes it; the `parts` that it
    is computed of go. Raises ValueError if there is no such hook."""
    key = key_of(kind, module, name)
    if key is None:
        raise ValueError(f"{operation}: {name!r} has no norm in {module}")
    hooks: Any = module._forward_pre_hooks
    weight = hooks[key].function.weight(module).detach()
    for part in (name, *(f"{name}_{part}" for part in parts)):
        delattr(module, part)
    Handle(hooks, key).remove()
    module.register_parameter(name, Parameter(weight))
    return module
