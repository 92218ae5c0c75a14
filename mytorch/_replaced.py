"""How often somebody has replaced what the library's modules and operations have.

A recording follows from the library's own functions, too, which only it calls. To watch each one
would take longer than a replay; so modules and operations count what is replaced in any of them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

__all__ = ["WatchedClass", "replaced", "watch"]


# How many times a name of these was set anew, the one number in it.
replaced = [0]


def _count(space: Mapping[str, Any], name: str, value: Any) -> None:
    # A module inside is set when it is loaded.
    replaced[0] += name in space and value is not space[name]


class WatchedModule(ModuleType):
    """A module that counts."""

    def __setattr__(self, name: str, value: Any) -> None:
        _count(vars(self), name, value)
        super().__setattr__(name, value)


class WatchedClass(type):
    """A class that counts, if it is the library's."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if cls.__module__.startswith("mytorch."):
            _count(vars(cls), name, value)
        super().__setattr__(name, value)


def watch() -> None:
    """Has the library's modules count, of which some may be new."""
    for name in [name for name in list(sys.modules) if name.startswith("mytorch")]:
        module = sys.modules.get(name)
        if type(module) is ModuleType and name.partition(".")[0] == "mytorch":
            module.__class__ = WatchedModule
