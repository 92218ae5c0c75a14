"""Registry: what a module registers by name, kept equal to the module's attributes."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mytorch._checks import kind_of
from mytorch.nn._hooks import registered
from mytorch.nn.parameter import Buffer

if TYPE_CHECKING:
    from mytorch.nn.module import Module

__all__ = [
    "KINDS",
    "LooksUp",
    "Registry",
    "assign",
    "check_name",
    "entries_of",
    "set_registry",
    "unregister",
]

# What a module registers: attributes that are also listed, what they are and take.
KINDS = {
    "_parameters": ("parameter", "nn.Parameter(...)"),
    "_modules": ("submodule", "a Module"),
    "_buffers": ("buffer", "a Tensor"),
}


class Registry(dict[str, Any]):
    """Parameters, buffers or submodules by name; each is also an attribute of every module that
    holds the registry: of more than one after `copy.copy(module)`.

    An attribute in a module's `__dict__` is found at full speed; a `__getattr__`, as PyTorch has
    it, would slow down each call of a small model.
    """

    # Weak references, so that a module is freed as soon as nobody has it. No `__init__` sets them,
    # for it would slow down the making of a small module.
    __slots__ = ("holders",)
    holders: tuple[weakref.ref[Any], ...]

    def attach(self, module: Any) -> None:
        """Makes the entries attributes of `module`, from now on."""
        holders = getattr(self, "holders", ())
        if isinstance(module, LooksUp) or any(holder() is module for holder in holders):
            return
        self.holders = (*map(weakref.ref, self._modules()), weakref.ref(module))
        vars(module).update(self)

    def detach(self, module: Any) -> None:
        """Makes the entries attributes of `module` no more."""
        self.holders = tuple(weakref.ref(other) for other in self._modules() if other is not module)
        for name in self:
            vars(module).pop(name, None)

    def _modules(self) -> list[Any]:
        modules = (holder() for holder in getattr(self, "holders", ()))
        return [module for module in modules if module is not None]

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        for module in self._modules():
            vars(module)[name] = value

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def pop(self, name: str, *default: Any) -> Any:
        """As of a dict."""
        if name in self:
            for module in self._modules():
                vars(module).pop(name, None)
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Any]:
        """As of a dict."""
        name = next(reversed(self), "")
        return name, self.pop(name)

    def clear(self) -> None:
        """As of a dict."""
        for name in list(self):
            del self[name]

    def update(self, *entries: Any, **more: Any) -> None:
        """As of a dict."""
        for name, value in dict(*entries, **more).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        """As of a dict."""
        if name not in self:
            self[name] = default
        return self[name]

    def __ior__(self, entries: Any) -> Registry:  # type: ignore[override, misc]
        self.update(entries)
        return self

    def __reduce__(self) -> Any:
        # The entries alone: a copy of a module takes hold of its own registries.
        return Registry, (), None, None, iter(self.items())


class LooksUp:
    """The last base of a module class that defines `__getattr__`, which then is asked for each
    entry of a registry, as in PyTorch, and hands on to this one."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        for registry in KINDS:
            entries = vars(self).get(registry, ())
            if name in entries:
                return entries[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def set_registry(module: Module, registry: str, entries: Mapping[str, Any]) -> None:
    """Gives the module the entries for one of its three registries."""
    before = vars(module).get(registry)
    if before is not None:
        before.detach(module)
    taken = entries if isinstance(entries, Registry) else Registry(entries)
    vars(module)[registry] = taken
    taken.attach(module)


def entries_of(module: Module, registry: str) -> Registry:
    """A registry that is about to change; made the module's own where the module was copied past
    `__setstate__`, field by field."""
    entries: Registry = getattr(module, registry)
    entries.attach(module)
    return entries


def assign(module: Module, registry: str, name: str, value: Any) -> None:
    """Registers what is assigned to an attribute."""
    if isinstance(getattr(type(module), name, None), property):  # which does what it is for
        object.__setattr__(module, name, value)
        return
    saved = name not in module._non_persistent_buffers_set
    if isinstance(value, Buffer):
        saved = value.persistent
    if name not in getattr(module, registry):
        unregister(module, name)
        vars(module).pop(name, None)
    if registry == "_parameters":
        module.register_parameter(name, value)
    elif registry == "_modules":
        entries_of(module, "_modules")[name] = registered(module, "_modules", name, value)
    elif saved:
        module.register_buffer(name, value)
    else:
        module.register_buffer(name, value, persistent=False)


def unregister(module: Module, name: str) -> bool:
    """Takes the name out of the registry that lists it; whether there is one."""
    for registry in KINDS:
        entries = entries_of(module, registry)
        if name in entries:
            del entries[name]
            module._non_persistent_buffers_set.discard(name)
            return True
    return False


def check_name(module: Module, operation: str, registry: str, name: str) -> None:
    """Raises KeyError for a name that is taken, empty or has a dot, TypeError for what is none."""
    if not isinstance(name, str):
        raise TypeError(f"{operation}: expected a name, got {kind_of(name)}")
    if not name or "." in name:
        raise KeyError(f"{operation}: {name!r} is no name; it may not be empty or have a dot")
    if hasattr(module, name) and name not in getattr(module, registry):
        raise KeyError(
            f"{operation}: {type(module).__name__} already has an attribute {name!r}; delete it "
            "first, or choose another name"
        )
