"""Sequential: layers one after the other (write-up 2.1)."""

from collections.abc import Iterator
from typing import Any

from mytorch.nn.module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Passes its input through each of `layers` in turn and returns the last result.

    >>> from mytorch import Tensor, nn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> model(Tensor.ones(5, 4)).shape
    (5, 2)
    >>> model
    Sequential(
      (0): Linear(in_features=4, out_features=3)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=2)
    )
    """

    def __init__(self, *layers: Module) -> None:
        super().__init__()
        for position, layer in enumerate(layers):
            self.add_module(str(position), layer)

    @property
    def layers(self) -> tuple[Module, ...]:
        """The layers, in order."""
        return tuple(self._submodules.values())

    def forward(self, x: Any) -> Any:
        """The output of the last layer."""
        for layer in self._submodules.values():
            x = layer(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return iter(self._submodules.values())

    def __len__(self) -> int:
        return len(self._submodules)

    def __getitem__(self, index: int | slice) -> Any:
        """One layer, or for a slice a Sequential of the same layers."""
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        return self.layers[index]
