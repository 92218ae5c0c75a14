"""The library's modules: how often somebody has replaced what they have.

A recording follows from the library's own functions, too, which only it calls. To watch each one
would take longer than a replay; so the modules count what is replaced in any of them.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["replaced", "watch"]

# How many times a name of the library's modules was set anew, the one number in it.
replaced = [0]


class Watched(ModuleType):
    """A module that counts."""

    def __setattr__(self, name: str, value: Any) -> None:
        # A module inside is set when it is loaded.
        replaced[0] += name in vars(self) and value is not vars(self)[name]
        super().__setattr__(name, value)


def watch() -> None:
    """Has the library's modules count, of which some may be new."""
    for name, module in list(sys.modules.items()):
        if type(module) is ModuleType and name.partition(".")[0] == "mytorch":
            module.__class__ = Watched
