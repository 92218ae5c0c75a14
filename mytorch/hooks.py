"""Hooks: functions that are called with a tensor's gradient in backward, and `retain_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mytorch.endpoints import layout_of, receiver_of
from mytorch.gradients import fit_tensor
from mytorch.graph import BackwardFunction, Receiver
from mytorch.memory import tick
from mytorch.observe import Audience
from mytorch.tensor import Tensor

Hook: TypeAlias = Callable[[Tensor], "Tensor | None"]


class HookHandle:
    """What `register_hook` returns."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook) -> None:
        self._hooks = hooks
        self._number = tick()
        hooks[self._number] = hook

    def remove(self) -> None:
        """Takes the hook away."""
        self._hooks.pop(self._number, None)


def register_hook(tensor: Tensor, hook: Hook) -> HookHandle:
    """`Tensor.register_hook`: a leaf keeps the hook itself; else the node, which outlives the
    tensor."""
    holder = receiver_of(tensor, "register_hook: the tensor")
    if holder._hooks is None:
        holder._hooks = {}
    return HookHandle(holder._hooks, hook)


def retain_grad(tensor: Tensor) -> None:
    """`Tensor.retain_grad`: asks the tensor's node to store the gradient on it, too."""
    node = receiver_of(tensor, "retain_grad: the tensor")
    if isinstance(node, BackwardFunction):
        node._retain(tensor)


def hooked(receiver: Receiver, gradient: Tensor, listening: Audience | None) -> Tensor:
    """The gradient after the hooks of a node or leaf."""
    before, hooks = gradient, tuple((receiver._hooks or {}).values())
    for hook in hooks:
        changed = hook(gradient)
        if changed is not None:
            name = f"a hook of {getattr(receiver, 'function_name', 'AccumulateGrad')}"
            gradient = fit_tensor(changed, *layout_of(receiver), name, 0)
    if hooks and listening is not None:
        listening.tell("hooked", receiver, before, gradient)
    return gradient
