"""What to say of names that PyTorch has and MyTorch has not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

__all__ = ["AbsentError", "finder", "names", "pytorchs"]


class AbsentError(AttributeError):
    """A name of PyTorch's that is not there. Its text is made when somebody reads it: `hasattr`
    does not."""

    def __init__(self, place: Any, namespace: str, name: str) -> None:
        super().__init__(namespace, name)
        self.place, self.namespace, self.absent = place, namespace, name

    def __reduce__(self) -> Any:
        return AttributeError, (str(self),)

    def __str__(self) -> str:
        there = [name for name in dir(self.place) if hasattr(self.place, name)]
        from_here = _near(self.absent, there)
        places = {"mytorch", "mytorch.Tensor", "mytorch.nn.functional"} - {self.namespace}
        elsewhere = [
            f"{namespace}.{self.absent}"
            for namespace in sorted(places)
            if callable(getattr(_place(namespace), self.absent, None))
        ]
        found = elsewhere + [f"{self.namespace}.{name}" for name in from_here]
        near = f"; near it there are {', '.join(found)}" if found else ""
        return (
            f"{self.namespace} has no {self.absent!r}: PyTorch has it, MyTorch does not, or not "
            f"yet{near}; dir({self.namespace}) lists what is there"
        )


def _near(name: str, there: list[str]) -> list[str]:
    return import_module("difflib").get_close_matches(name, there, 3)  # type: ignore[no-any-return]


def _place(namespace: str) -> Any:
    """The module or class of this address."""
    package, *names = namespace.split(".")
    place: Any = sys.modules[package]
    for name in names:
        place = getattr(place, name)
    return place


def names(namespace: str) -> list[str]:
    """The public names that PyTorch has there."""
    table: dict[str, str] = import_module("mytorch._pytorch_names").NAMES
    return table.get(namespace, "").split()


def finder(module: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of a module: the error for a name that it has not."""

    def find(name: str) -> NoReturn:
        place = sys.modules[module]
        if not name.startswith("_") and name in names(module):
            raise AbsentError(place, module, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=place)

    return find


class _Absent:
    """Stands in a class for a name of PyTorch's. A `__getattr__` would make each look at any
    attribute slower."""

    __slots__ = ("name", "namespace")

    def __init__(self, namespace: str, name: str) -> None:
        self.namespace, self.name = namespace, name

    def __get__(self, instance: Any, kind: type) -> NoReturn:
        raise AbsentError(kind, self.namespace, self.name)


def _dir(self: Any) -> list[str]:
    own = getattr(self, "__dict__", ())
    return [name for name in object.__dir__(self) if name in own or hasattr(type(self), name)]


def pytorchs(namespace: str) -> type:
    """The last base of a class that PyTorch has too: it has an error in the place of each name of
    PyTorch's."""
    absent = {name: _Absent(namespace, name) for name in names(namespace)}
    return type("PyTorchs", (), {"__slots__": (), "__dir__": _dir, **absent})
