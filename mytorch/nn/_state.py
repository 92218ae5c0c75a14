"""The state of a module: what is kept of it, and how it is loaded, whole or not at all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mytorch._checks import kind_of
from mytorch.grad_mode import no_grad
from mytorch.tensor import Tensor

if TYPE_CHECKING:
    from mytorch.nn.module import Module

__all__ = ["EXTRA_STATE", "IncompatibleKeys", "load_state", "load_tensor", "own_state"]

# The key of what `get_extra_state` gives, below the module's own name.
EXTRA_STATE = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` found missing from a state, and what the module has no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


def own_state(module: Module) -> dict[str, Tensor]:
    """What `state_dict` keeps of this module, without those below it."""
    unsaved = module._non_persistent_buffers_set
    buffers = (item for item in module._buffers.items() if item[0] not in unsaved)
    tensors = (*module._parameters.items(), *buffers)
    return {name: tensor for name, tensor in tensors if tensor is not None}


def load_tensor(
    module: Module, name: str, tensor: Tensor, value: Any, metadata: Mapping[str, Any]
) -> str:
    """Loads one tensor; what is wrong with it, if anything."""
    array = value.data if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        return f"expected a Tensor, got {kind_of(value, Tensor)}"
    if array.shape != tensor.shape:
        return f"expected shape {tensor.shape}, got {array.shape}"
    given = value if isinstance(value, Tensor) else Tensor(array)
    if not metadata.get("assign_to_params_buffers", False):
        with no_grad():
            tensor.copy_(given)
        return ""
    if tensor.is_parameter:
        if not given.is_parameter:
            given = Tensor(given.data, is_parameter=True)
        given.requires_grad = tensor.requires_grad
    setattr(module, name, given)
    return ""


def load_state(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """`Module.load_state_dict`."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"load_state_dict: expected a mapping of names to Tensors, got {kind_of(state_dict)}"
        )
    keys = IncompatibleKeys([], [])
    faults: list[str] = []
    before: list[tuple[Module, str, Tensor, Tensor]] = []
    metadata = getattr(state_dict, "_metadata", None) or {}

    def load(part: Module, state: OrderedDict[str, Any], prefix: str) -> None:
        before.extend(
            (part, name, own, own.detach().clone()) for name, own in own_state(part).items()
        )
        local = dict(metadata.get(prefix[:-1], {}))
        if assign:
            local["assign_to_params_buffers"] = True
        part._load_from_state_dict(state, prefix, local, True, *keys, faults)
        for name, child in part._modules.items():
            if child is not None:
                inner = f"{prefix}{name}."
                below = OrderedDict(item for item in state.items() if item[0].startswith(inner))
                load(child, below, inner)
        for hook in tuple(part._load_state_dict_post_hooks.values()):
            if hook.function(part, keys) is not None:
                raise RuntimeError("a load_state_dict post-hook returns None")

    try:
        load(module, OrderedDict(state_dict), "")
        if strict:
            faults[:0] = [
                *(f"missing: {name}" for name in keys.missing_keys),
                *(f"unexpected: {name}" for name in keys.unexpected_keys),
            ]
        if faults:
            raise RuntimeError(
                f"load_state_dict: the state does not fit this {type(module).__name__}:\n  "
                + "\n  ".join(faults)
            )
    except BaseException:
        with no_grad():
            for part, name, own, values in reversed(before):  # the last first: some may come twice
                if own_state(part).get(name) is not own:
                    setattr(part, name, own)
                own.copy_(values)
        raise
    return keys
