"""The hooks that compute a weight from other tensors before each run of a module."""

from __future__ import annotations

from typing import Any

from mytorch.nn.module import Module

__all__ = ["key_of"]


def key_of(kind: type[Any], module: Module, name: str) -> int | None:
    """The key of the hook of this kind that computes the tensor `name`, if there is one."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook.function, kind) and hook.function.name == name:
            return key
    return None
