"""Modules that hold modules or parameters: ModuleList, ModuleDict, ParameterList, ParameterDict and
the base that Sequential shares."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from itertools import groupby
from typing import Any, Self

from mytorch._checks import kind_of
from mytorch._shapes import whole
from mytorch.errors import RangeError
from mytorch.nn._registry import Registry
from mytorch.nn.module import Module, shown
from mytorch.nn.parameter import Parameter
from mytorch.tensor import Tensor

__all__ = ["ModuleDict", "ModuleList", "Numbered", "ParameterDict", "ParameterList"]


def require_few(kind: str, num_layers: int) -> None:
    """Raises RangeError for so many layers that to make them would not end, or only with the
    memory."""
    if not 0 <= whole(num_layers, f"{kind}: num_layers") <= 2**16:
        raise RangeError(f"{kind}: expected num_layers from 0 to {2**16}, got {num_layers}")


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
    names = list(container._modules)
    return names[_place(container, index, len(names), "modules")]


def _place(container: Module, index: int, size: int, entries: str) -> int:
    """The number, counted from the front. Raises IndexError."""
    place = operator.index(index)
    if not -size <= place < size:
        raise IndexError(
            f"{type(container).__name__}: index {place} is out of range for {size} {entries}"
        )
    return place % size


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


class _Named(Module):
    """Entries by name."""

    def __delitem__(self, key: str) -> None:
        del _names(self)[key]

    def __getitem__(self, key: str) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(_names(self))

    def __iter__(self) -> Iterator[str]:
        return iter(_names(self))

    def __contains__(self, key: object) -> bool:
        return key in _names(self)

    def keys(self) -> KeysView[str]:
        """The names."""
        return _names(self).keys()

    def pop(self, key: str) -> Any:
        """Takes an entry out and returns it. Raises KeyError, a ParameterDict AttributeError."""
        entry = self[key]
        del self[key]
        return entry


def _names(container: _Named) -> dict[str, Any]:
    """What lists the names in their order. No method, whose name a subclass could take."""
    return container._keys if isinstance(container, ParameterDict) else container._modules


class ModuleDict(_Named):
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

    def clear(self) -> None:
        """Takes all modules out."""
        self._modules.clear()


class ParameterList(Module):
    """A list of parameters, which a module finds when it is assigned to an attribute. Tensors are
    made parameters, which are copies; anything else is kept as it is. What is in the list may be
    replaced, but not taken out.

    >>> weights = ParameterList([Tensor([1.0, 2.0]), Tensor([3.0])])
    >>> len(weights), [name for name, _ in weights.named_parameters()]
    (2, ['0', '1'])
    >>> weights[-1]
    tensor([3.], requires_grad=True)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, idx: Any) -> Any:
        """One entry, or for a slice a list of the same entries. Raises IndexError."""
        if isinstance(idx, slice):
            return type(self)([*self][idx])
        return getattr(self, str(_place(self, idx, len(self), "entries")))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, str(_place(self, idx, len(self), "entries")), _registered(param))

    def __iadd__(self, parameters: Iterable[Any]) -> Self:
        return self.extend(parameters)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, value: Any) -> Self:
        """Adds an entry at the end; returns the list."""
        self._size += 1
        self[-1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Adds several entries at the end; returns the list. Raises TypeError for a Tensor."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                f"{type(self).__name__}.extend: expected tensors in a list or the like, got "
                f"{kind_of(values, Tensor)}"
            )
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """The kinds and sizes of the entries."""
        return _listed(enumerate(self), lambda tensor: f"torch.{tensor.dtype}")


class ParameterDict(_Named):
    """A dict of parameters, which a module finds when it is assigned to an attribute. Tensors are
    made parameters, which are copies; anything else is kept as it is. Names are strings; an unknown
    one raises AttributeError. The entries of a plain dict are taken in the order of their names, as
    in PyTorch.

    >>> weights = ParameterDict({"left": Tensor([1.0, 2.0]), "right": Tensor([3.0])})
    >>> weights["right"]
    tensor([3.], requires_grad=True)
    >>> list(weights | {"bias": Tensor(0.0)})
    ['left', 'right', 'bias']
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _name(key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, _name(key), _registered(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        delattr(self, key)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __or__(self, other: Any) -> ParameterDict:
        """The entries of both; those of the second count."""
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other: Any) -> Any:
        both = other.copy()
        both.update(self)
        return both

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """A dict of the same entries."""
        return ParameterDict(self)

    def setdefault(self, key: str, default: Any | None = None) -> Any:
        """The entry of this name, which is `default` where there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any | None = None) -> Any:
        """The entry of this name, or `default`."""
        return self[key] if key in self else default  # noqa: SIM401 (this is `get`)

    def fromkeys(self, keys: Iterable[str], default: Any | None = None) -> ParameterDict:
        """A dict of other names, all with the entry `default`."""
        return ParameterDict((key, default) for key in keys)

    def values(self) -> Iterator[Any]:
        """The entries."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and entries."""
        return ((key, self[key]) for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Adds or replaces entries, from a mapping or from pairs."""
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = sorted(parameters.items())
        for key, value in OrderedDict(parameters).items():
            self[key] = value

    def popitem(self) -> tuple[str, Any]:
        """Takes out the entry that came last, and returns it with its name. Raises KeyError."""
        if not self._keys:
            raise KeyError(f"{type(self).__name__}.popitem: there are no entries")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Takes all entries out."""
        for key in list(self._keys):
            del self[key]

    def extra_repr(self) -> str:
        """The kinds and sizes of the entries."""
        return _listed(self.items(), lambda tensor: f"torch.{_type(tensor)}")


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"ParameterDict: expected a name, got {kind_of(key)}")
    return key


def _registered(value: Any) -> Any:
    """What a module registers for a Tensor is a parameter."""
    return Parameter(value) if isinstance(value, Tensor) and not value.is_parameter else value


def _type(tensor: Tensor) -> str:
    """PyTorch's older name of a tensor's type."""
    name = str(tensor.dtype)
    return {"float16": "Half", "float32": "Float", "float64": "Double"}.get(name, name) + "Tensor"


def _listed(entries: Iterable[tuple[Any, Any]], kind: Callable[[Tensor], str]) -> str:
    """A line for each entry."""
    lines = []
    for key, value in entries:
        text = f"Object of type: {type(value).__name__}"
        if isinstance(value, Tensor):
            text = (
                f"Parameter containing: [{kind(value)} of size {'x'.join(map(str, value.shape))}]"
            )
        lines.append(f"  ({key}): {text}")
    return "\n".join(lines)
