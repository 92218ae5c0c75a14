"""Modules that hold modules: ModuleList, ModuleDict and the base that Sequential shares."""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from typing import Any, Self

from mytorch._checks import kind_of
from mytorch.nn._registry import Registry
from mytorch.nn.module import Module, shown

__all__ = ["ModuleDict", "ModuleList", "Numbered"]


class Numbered(Module):
    """Submodules in an order, named by their numbers."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        """One module, or for a slice a container of the same modules. Raises IndexError."""
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, name_at(self, index), module)

    def __delitem__(self, index: int | slice) -> None:
        chosen = list(self._modules)[index] if isinstance(index, slice) else [name_at(self, index)]
        for name in chosen:
            delattr(self, name)
        self._modules = _numbered(self._modules.values())

    def append(self, module: Module) -> Self:
        """Adds a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Adds a module before that of this number. Raises TypeError for what is no Module, and
        IndexError."""
        modules = list(self._modules.values())
        if not isinstance(module, Module):
            raise TypeError(f"insert: expected a Module, got {kind_of(module, Module)}")
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"insert: {index} is out of range for {len(modules)} modules")
        modules.insert(index, module)
        entries = _numbered(modules)
        for name in [name for name in self._modules if name not in entries]:
            del self._modules[name]
        self._modules.update(entries)

    def pop(self, key: int | slice = -1) -> Any:
        """Takes a module out, or those of a slice, and returns it."""
        taken = self[key]
        del self[key]
        return taken


def name_at(container: Numbered, index: int) -> str:
    """The name of the module of this number. Raises IndexError."""
    names, place = list(container._modules), operator.index(index)
    if not -len(names) <= place < len(names):
        raise IndexError(
            f"{type(container).__name__}: index {place} is out of range for {len(names)} modules"
        )
    return names[place]


def _numbered(modules: Iterable[Module]) -> Registry:
    return Registry({str(number): module for number, module in enumerate(modules)})


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

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, index: Any) -> Any:
        """One module, or for a slice a list of the same modules, of this list's class."""
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[name_at(self, index)]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        """A list of the modules of both."""
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds several modules at the end; returns the list."""
        for number, module in enumerate(list(modules), len(self)):
            self.add_module(str(number), module)
        return self

    def __repr__(self) -> str:
        """The modules; those in a row that look the same, once."""
        lines: list[str] = []
        number = 0
        for text, group in groupby(map(repr, self)):
            count = len(list(group))
            last = number + count - 1
            lines.append(
                f"({number}-{last}): {count} x {text}" if count > 1 else f"({last}): {text}"
            )
            number += count
        return shown(self, lines)


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
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Names and modules."""
        return self._modules.items()

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
        self._modules.clear()
