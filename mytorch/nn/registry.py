"""Registry: what a module registers by name, kept equal to the module's attributes."""

from __future__ import annotations

import weakref
from typing import Any

__all__ = ["LooksUp", "Registry"]


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
        found = [holder() for holder in getattr(self, "holders", ())]
        return [module for module in found if module is not None]

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
        for registry in ("_parameters", "_buffers", "_modules"):
            entries = vars(self).get(registry, ())
            if name in entries:
                return entries[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
