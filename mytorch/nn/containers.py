"""Modules that hold modules: ModuleList, ModuleDict and the base that Sequential shares."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self

from mytorch.nn.module import Module

__all__ = ["ModuleDict", "ModuleList", "Numbered"]


class Numbered(Module):
    """Submodules in an order, named by their numbers."""

    def __len__(self) -> int:
        return len(self._submodules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._submodules.values())

    def __getitem__(self, index: Any) -> Any:
        """One module, or for a slice a container of the same modules. Raises IndexError."""
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, list(self._submodules)[index], module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index]
        self._hold(modules)

    def __add__(self, other: Iterable[Module]) -> Any:
        """A container of the modules of both."""
        return self[:].extend(other)

    def append(self, module: Module) -> Self:
        """Adds a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds several modules at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Adds a module before that of this number; returns the container."""
        modules = list(self)
        modules.insert(index, module)
        self._hold(modules)
        return self

    def pop(self, index: int = -1) -> Any:
        """Takes a module out and returns it."""
        module = list(self)[index]
        del self[index]
        return module

    def _hold(self, modules: list[Module]) -> None:
        for name in list(self._submodules):
            delattr(self, name)
        self.extend(modules)


class ModuleList(Numbered):
    """A list of modules, which a module finds when it is assigned to an attribute (it does not
    look into Python's lists). What to do with them is up to the module's `forward`.

    >>> from mytorch import nn
    >>> layers = ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    >>> layers[-1] is layers[2]
    True
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __getitem__(self, index: Any) -> Any:
        """One module, or for a slice a ModuleList of the same modules."""
        found = list(self)[index]
        return ModuleList(found) if isinstance(index, slice) else found

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)


class ModuleDict(Module):
    """A dict of modules, which a module finds when it is assigned to an attribute.

    >>> from mytorch import nn
    >>> heads = ModuleDict({"class": nn.Linear(4, 3), "box": nn.Linear(4, 2)})
    >>> heads["box"]
    Linear(in_features=4, out_features=2, bias=True)
    """

    def __init__(
        self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None
    ) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        return self._submodules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._submodules[key]
        object.__delattr__(self, key)

    def __len__(self) -> int:
        return len(self._submodules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._submodules)

    def __contains__(self, key: object) -> bool:
        return key in self._submodules

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._submodules.keys()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._submodules.values()

    def items(self) -> ItemsView[str, Any]:
        """Names and modules."""
        return self._submodules.items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Adds or replaces modules, from a mapping or from pairs."""
        for key, module in dict(modules).items():
            self[key] = module

    def pop(self, key: str) -> Any:
        """Takes a module out and returns it. Raises KeyError."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Takes all modules out."""
        for key in list(self):
            del self[key]
