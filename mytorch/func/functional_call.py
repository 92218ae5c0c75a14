"""A module called with other tensors in the place of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mytorch._checks import kind_of, option
from mytorch.nn import Module
from mytorch.nn._registry import Registry, entries_of
from mytorch.tensor import Tensor

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with the given tensors, by dotted name, as its parameters and
    buffers; then it has its own again. What is no tuple is the only argument.

    Gradients go to the given tensors. What the run assigns to one of the names is put into the
    dict. What the module has by several names is replaced in all of them, if `tie_weights`.

    Raises ValueError for a name in two dicts, and for two tensors in the place of one;
    AttributeError for a name that the module has not, which PyTorch lets pass unless `strict`;
    RuntimeError if `strict` and a name is missing.

    >>> from mytorch import nn
    >>> w = Tensor([[2.0]], requires_grad=True)
    >>> functional_call(nn.Linear(1, 1, bias=False), {"weight": w}, Tensor([3.0])).backward()
    >>> w.grad
    tensor([[3.]])
    """
    dicts = parameter_and_buffer_dicts
    dicts = [dicts] if isinstance(dicts, dict) else list(dicts)
    given = {name: tensor for each in dicts for name, tensor in each.items()}
    if len(given) != sum(map(len, dicts)):
        raise ValueError("functional_call: expected each name once, got one in two of the dicts")
    own = dict(module.named_parameters(remove_duplicate=False))
    own |= module.named_buffers(remove_duplicate=False)
    if option("functional_call", "tie_weights", tie_weights):
        given = _by_all_names(given, own)
    if option("functional_call", "strict", strict) and not own.keys() <= given.keys():
        raise RuntimeError(
            f"functional_call: strict=True and no tensors for {sorted(own.keys() - given.keys())}"
        )
    places = {name: _place(module, name, tensor) for name, tensor in given.items()}
    before = {name: entries[key] for name, (entries, key) in places.items()}
    try:
        for name, (entries, key) in places.items():
            entries[key] = given[name]
        every = args if isinstance(args, tuple) else () if args is None else (args,)
        return module(*every, **(kwargs or {}))
    finally:
        for each in dicts:
            each.update({name: places[name][0][places[name][1]] for name in each})
        for name, (entries, key) in places.items():
            entries[key] = before[name]


def _by_all_names(given: dict[str, Tensor], own: dict[str, Tensor]) -> dict[str, Tensor]:
    """The given tensors by all the names of what they are put in the place of."""
    names: dict[int, list[str]] = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    found = dict(given)
    for name, tensor in given.items():
        for other in names[id(own[name])] if name in own else ():
            if found.setdefault(other, tensor) is not tensor:
                raise ValueError(
                    f"functional_call: the module's {name!r} and {other!r} are one tensor, and two "
                    "were given; pass one, or tie_weights=False"
                )
    return found


def _place(module: Module, name: str, tensor: Any) -> tuple[Registry, str]:
    """Where a module keeps what it has by a dotted name: the registry and the name in it."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"functional_call: {name!r} must be a Tensor, got {kind_of(tensor, Tensor)}"
        )
    path, _, key = name.rpartition(".")
    owner = module.get_submodule(path)
    for registry in ("_parameters", "_buffers"):
        if key in getattr(owner, registry):
            return entries_of(owner, registry), key
    raise AttributeError(
        f"functional_call: {type(module).__name__} has no parameter or buffer {name!r}; it has "
        f"{[*module.state_dict()]}"
    )
