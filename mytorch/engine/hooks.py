"""Hooks: functions that are called with a tensor's gradient in backward, and `retain_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from mytorch._dtypes import Array
from mytorch.engine.endpoints import layout_of, receiver_of
from mytorch.engine.gradients import accumulate, fit_tensor
from mytorch.engine.graph import BackwardFunction, Receiver
from mytorch.memory import tick
from mytorch.observe import Audience
from mytorch.tensor import Tensor

Hook: TypeAlias = Callable[[Tensor], "Tensor | None"]


class HookHandle:
    """What `register_hook` returns."""

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
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


class _AfterAccumulation(NamedTuple):
    """Called with a leaf that has its gradient: it lies among the leaf's hooks, but is none."""

    hook: Callable[[Tensor], Any]


def register_post_accumulate_grad_hook(tensor: Tensor, hook: Callable[[Tensor], Any]) -> HookHandle:
    """`Tensor.register_post_accumulate_grad_hook`."""
    if receiver_of(tensor, "register_post_accumulate_grad_hook: the tensor") is not tensor:
        raise RuntimeError(
            "register_post_accumulate_grad_hook: expected a leaf, got the result of an operation; "
            "use register_hook"
        )
    if tensor._hooks is None:
        tensor._hooks = {}
    return HookHandle(tensor._hooks, _AfterAccumulation(hook))


def store(tensor: Tensor, gradient: Tensor | Array, recorded: bool) -> None:
    """Adds to a tensor's `.grad`, and calls who waits for that."""
    accumulate(tensor, gradient, recorded)
    if tensor._hooks:
        for hook in tuple(tensor._hooks.values()):
            if isinstance(hook, _AfterAccumulation) and hook.hook(tensor) is not None:
                raise RuntimeError("a hook after accumulation returns None; it may change .grad")


def retain_grad(tensor: Tensor) -> None:
    """`Tensor.retain_grad`: asks the tensor's node to store the gradient on it, too."""
    node = receiver_of(tensor, "retain_grad: the tensor")
    if isinstance(node, BackwardFunction):
        node._retain(tensor)


def hooked(receiver: Receiver, gradient: Tensor, listening: Audience | None) -> Tensor:
    """The gradient after the hooks of a node or leaf."""
    before = gradient
    hooks = [hook for hook in (receiver._hooks or {}).values() if callable(hook)]
    for hook in hooks:
        changed = hook(gradient)
        if changed is not None:
            name = f"a hook of {getattr(receiver, 'function_name', 'AccumulateGrad')}"
            gradient = fit_tensor(changed, *layout_of(receiver), name, 0)
    if hooks and listening is not None:
        listening.tell("hooked", receiver, before, gradient)
    return gradient
