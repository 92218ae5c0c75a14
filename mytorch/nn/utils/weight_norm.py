"""Weights as a length times a direction."""

from __future__ import annotations

from typing import Any, TypeVar

from mytorch._shapes import normalize_axis
from mytorch.linalg import vector_norm
from mytorch.nn.module import Module
from mytorch.nn.parameter import Parameter
from mytorch.nn.utils._recomputed import key_of, remove
from mytorch.tensor import Tensor

__all__ = ["lengths", "product", "remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def lengths(direction: Tensor, dim: int | None) -> Tensor:
    """The lengths of the parts along the axis; for None, or -1, of all."""
    if dim is None or dim == -1:
        return vector_norm(direction, 2.0)
    kept = normalize_axis(dim, direction.ndim, "weight_norm")
    axes = tuple(axis for axis in range(direction.ndim) if axis != kept)
    return vector_norm(direction, 2.0, axes, keepdim=True)


def product(length: Tensor, direction: Tensor, dim: int | None) -> Tensor:
    """length * direction / |direction|."""
    return direction * (length / lengths(direction, dim))


class WeightNorm:
    """The hook that computes the weight before each run of the module."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = dim

    def weight(self, module: Module) -> Tensor:
        """The weight of its length and direction."""
        length, direction = (getattr(module, f"{self.name}_{part}") for part in "gv")
        return product(length, direction, self.dim)

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Puts two parameters in the place of one: `weight_g`, the lengths of the weight's parts along
    the axis `dim` (of all of it for None), and `weight_v`, their directions. Before each run the
    weight is computed from both; until the first it is detached. Returns the module.

    Raises RuntimeError if it is done twice. PyTorch warns that this is deprecated.

    Source: Salimans and Kingma, "Weight Normalization", 2016.

    >>> from mytorch import nn
    >>> layer = weight_norm(nn.Linear(2, 3))
    >>> [(name, parameter.shape) for name, parameter in layer.named_parameters()]
    [('bias', (3,)), ('weight_g', (3, 1)), ('weight_v', (3, 2))]
    """
    if key_of(WeightNorm, module, name) is not None:
        raise RuntimeError(f"weight_norm: {name!r} has its norm already; remove_weight_norm first")
    hook, weight = WeightNorm(name, dim), getattr(module, name).detach()
    length = Parameter(lengths(weight, dim))
    delattr(module, name)
    module.register_parameter(f"{name}_g", length)
    module.register_parameter(f"{name}_v", Parameter(weight))
    setattr(module, name, hook.weight(module).detach())
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Makes the weight a parameter again. Raises ValueError if it has no norm.

    >>> from mytorch import nn
    >>> layer = remove_weight_norm(weight_norm(nn.Linear(2, 2)))
    >>> sorted(name for name, _ in layer.named_parameters())
    ['bias', 'weight']
    """
    return remove("remove_weight_norm", WeightNorm, module, name, "g", "v")
