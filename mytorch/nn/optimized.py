"""OptimizedModule: what `mytorch.compile` makes of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mytorch.nn.module import Module

__all__ = ["OptimizedModule"]


class OptimizedModule(Module):
    """A module around another, as PyTorch's of this name: called, it calls `run`, which
    `mytorch.compile` made of the other one; all else is the other one's.

    Names in its state begin with `_orig_mod`, the name of the module inside. Unlike PyTorch's
    it can be indexed and iterated over where that one can.

    >>> import mytorch
    >>> from mytorch import nn
    >>> model = mytorch.compile(nn.Sequential(nn.Linear(2, 1), nn.ReLU()))
    >>> list(model.state_dict())
    ['_orig_mod.0.weight', '_orig_mod.0.bias']
    >>> model[1]
    ReLU()
    """

    # In a slot, so that a call has no function of Python more to go through.
    __slots__ = ("__call__",)

    def __init__(self, module: Module, run: Callable[..., Any]) -> None:
        super().__init__()
        self._modules["_orig_mod"] = module
        # By this the compiler knows it.
        vars(self)["__compiled__"] = module
        object.__setattr__(self, "__call__", run)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return OptimizedModule, (self._orig_mod, self.__call__)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """As a call."""
        return self(*args, **kwargs)

    @property
    def training(self) -> bool:
        """That of the module inside."""
        return bool(self._orig_mod.training)

    @training.setter
    def training(self, mode: bool) -> None:
        for module in self.children():  # none before it is made
            module.training = mode

    def __getattr__(self, name: str) -> Any:
        module = vars(self)["_modules"]["_orig_mod"]
        if name == "_orig_mod":
            return module
        try:
            return getattr(module, name)
        except AttributeError:
            return getattr(self.__call__, name)  # as `counts`

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._orig_mod), *dir(self.__call__)})

    def __getitem__(self, index: Any) -> Any:
        return self._orig_mod[index]

    def __len__(self) -> int:
        return len(self._orig_mod)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._orig_mod)
