"""How often somebody has replaced what the library's modules, operations and optimizers have.

A recording follows from the library's own functions, too, which only it calls. To watch each one
would take longer than a replay; so these count what is replaced in any of them.
"""

from __future__ import annotations

import sys
from abc import ABCMeta
from types import ModuleType
from typing import Any

__all__ = ["WatchedABC", "WatchedClass", "replaced", "watch"]


# How many times a name of these was set anew, the one number in it.
replaced = [0]
# How many modules there were when the library's were looked at, and the latest.
_loaded: list[tuple[int, str]] = [(0, "")]


class WatchedModule(ModuleType):
    """A module that counts."""

    def __setattr__(self, name: str, value: Any) -> None:
        # A module inside is set when it is loaded.
        replaced[0] += name in vars(self) and value is not vars(self)[name]
        super().__setattr__(name, value)


class WatchedClass(type):
    """A class that counts, if it is the library's, also what hides a base's."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if cls.__module__.startswith("mytorch."):
            replaced[0] += hasattr(cls, name) and value is not vars(cls).get(name, cls)
        super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        replaced[0] += cls.__module__.startswith("mytorch.")
        super().__delattr__(name)


class WatchedABC(WatchedClass, ABCMeta):
    """Such a class, of which people may make abstract ones."""


def watch() -> None:
    """Has the library's modules count, of which some may be new."""
    loaded = len(sys.modules), next(reversed(sys.modules))
    if _loaded[0] == loaded:
        return
    _loaded[0] = loaded
    for name in [name for name in list(sys.modules) if name.startswith("mytorch")]:
        module = sys.modules.get(name)
        if type(module) is ModuleType and name.partition(".")[0] == "mytorch":
            module.__class__ = WatchedModule
