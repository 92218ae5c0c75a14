"""Sequential: layers one after the other (write-up 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mytorch.nn.containers import Numbered
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
        if len(layers) == 1 and isinstance(layers[0], Mapping):
            for name, layer in layers[0].items():
                self.add_module(name, layer)
        else:
            self.extend(layers)  # type: ignore[arg-type]  # a dict among layers is refused

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers, in order."""
        return tuple(self)

    def forward(self, input: Any) -> Any:
        """The output of the last layer."""
        for layer in self._submodules.values():
            input = layer(input)
        return input

    def __getitem__(self, index: Any) -> Any:
        """One layer, or for a slice a Sequential of the same layers by the same names."""
        if isinstance(index, slice):
            return Sequential(dict(list(self._submodules.items())[index]))
        return self.layers[index]
