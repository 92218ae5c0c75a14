"""Sequential: layers one after the other (write-up 2.1)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Self

from mytorch._checks import kind_of
from mytorch.nn.containers import Numbered, name_at
from mytorch.nn.module import Module

__all__ = ["Sequential"]


class Sequential(Numbered):
    """Passes its input through each of `layers` in turn and returns the last result.

    The layers are given one by one, or in one dict, whose keys become their names.

    >>> from mytorch import Tensor, nn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> model(Tensor.ones(5, 4)).shape
    (5, 2)
    >>> model
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=2, bias=True)
    )
    >>> nn.Sequential({"first": nn.Linear(4, 3), "act": nn.ReLU()}).first
    Linear(in_features=4, out_features=3, bias=True)
    """

    def __init__(self, *layers: Module | Mapping[str, Module]) -> None:
        super().__init__()
        named = len(layers) == 1 and isinstance(layers[0], Mapping)
        entries: Any = layers[0] if named else {str(i): layer for i, layer in enumerate(layers)}
        for name, layer in entries.items():
            self.add_module(name, layer)

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers, in order."""
        return tuple(self)

    def forward(self, input: Any) -> Any:
        """The output of the last layer."""
        for layer in self:
            input = layer(input)
        return input

    def __getitem__(self, index: Any) -> Any:
        """One layer, or for a slice the same layers by the same names, in this one's class."""
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[name_at(self, index)]

    def insert(self, index: int, module: Module) -> Self:
        """Adds a layer before that of this number; returns the Sequential. Raises TypeError for
        what is no Module, and IndexError."""
        super().insert(index, module)
        return self

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Adds several layers at the end; returns the Sequential."""
        for layer in list(sequential):
            self.append(layer)
        return self

    def __add__(self, other: Sequential) -> Sequential:
        """The layers of both, one after the other. Raises ValueError for anything else."""
        return Sequential().extend(self).extend(_layers("+", other))

    def __iadd__(self, other: Sequential) -> Self:
        for number, layer in enumerate(list(_layers("+=", other)), len(self)):
            self.add_module(str(number), layer)
        return self

    def __mul__(self, other: int) -> Sequential:
        """The same layers, so many times one after the other. Raises ValueError below 1."""
        return Sequential(*list(self) * _times("*", other))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self, other: int) -> Self:
        for layer in list(self) * (_times("*=", other) - 1):
            self.add_module(str(len(self)), layer)
        return self


def _layers(operator: str, other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(
            f"Sequential {operator}: expected a Sequential, got {kind_of(other, Sequential)}; "
            "extend() takes any modules"
        )
    return other


def _times(operator: str, other: Any) -> int:
    if not isinstance(other, int):
        raise TypeError(f"Sequential {operator}: expected a whole number, got {other!r}")
    if other <= 0:
        raise ValueError(f"Sequential {operator}: expected a number above 0, got {other}")
    return other
