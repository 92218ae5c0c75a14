"""Optimizer: the base of everything that updates parameters from their gradients."""

from collections.abc import Iterable
from typing import Any

from mytorch.tensor import Tensor

__all__ = ["Optimizer"]


class Optimizer:
    """Holds the parameters to update: subclasses define `step`.

    Attributes: `params`, the list of parameters; `state`, what an optimizer remembers of them.

    Raises ValueError for no parameters or one given twice, TypeError for what is no Tensor and
    RuntimeError for a tensor that is not a leaf.
    """

    def __init__(self, params: Iterable[Tensor]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "Optimizer: expected an iterable of Tensors, got one Tensor; wrap it: [p]"
            )
        self.params: list[Tensor] = list(params)
        self.state: dict[str, Any] = {}
        if not self.params:
            raise ValueError("Optimizer: got no parameters; pass model.parameters()")
        for position, param in enumerate(self.params):
            if not isinstance(param, Tensor):
                raise TypeError(
                    f"Optimizer: parameter {position} is a {type(param).__name__}, not a Tensor"
                )
            if not param.is_leaf:
                raise RuntimeError(
                    f"Optimizer: parameter {position} is the result of an operation; only leaves "
                    "can be optimized"
                )
        if len({id(param) for param in self.params}) != len(self.params):
            raise ValueError("Optimizer: a parameter was given twice; it would be updated twice")

    def step(self) -> None:
        """Updates every parameter that has a gradient."""
        raise NotImplementedError(f"{type(self).__name__} needs a method step(self)")

    def zero_grad(self) -> None:
        """Forgets the gradients: sets `.grad` of every parameter to None."""
        for param in self.params:
            param.grad = None
