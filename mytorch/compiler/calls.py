"""Calls: what a tape writes down of a run, each array by the number of its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["TREES", "Call", "Check", "Draw", "Ref", "map_leaves"]

# What has parts that are arrays.
TREES = (tuple, list, dict)


class Ref:
    """The place of an array in a recorded call: the number of its value."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Call:
    """One recorded call: `outputs = function(*args, **kwargs)`, arrays replaced by Refs."""

    __slots__ = ("_made", "_reads", "args", "function", "kwargs", "outputs", "writes")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        writes: list[int],
        outputs: Any = None,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.writes = writes
        self.outputs = outputs
        self._reads: tuple[int, ...] | None = None
        self._made: tuple[int, ...] | None = None

    def reads(self) -> tuple[int, ...]:
        """The numbers of all arguments that are arrays."""
        if self._reads is None:
            self._reads = _numbers_in(self.args)
            if self.kwargs:
                self._reads += _numbers_in(self.kwargs)
        return self._reads

    def made(self) -> tuple[int, ...]:
        """The numbers of the results, where they are not arguments that were written to."""
        if self._made is None:
            self._made = () if self.writes else _numbers_in(self.outputs)
        return self._made


class Check(Call):
    """A question to an array, `function(array)`: a replay that gets another answer than
    `outputs` leaves the program, and the run is a real one.

    Those in `Tape.early` are asked before anything else: what answers them has not been changed.
    Where another one fails, what was changed before is put back.
    """

    __slots__ = ()

    def __init__(self, function: Callable[..., Any], index: int, answer: Any) -> None:
        super().__init__(function, (Ref(index),), {}, [], answer)

    def made(self) -> tuple[int, ...]:
        return ()


class Draw(Call):
    """A call that draws from a generator: replays make it in any case."""

    __slots__ = ("generator",)
    generator: Any


def _numbers_in(tree: Any) -> tuple[int, ...]:
    kind = type(tree)
    if kind is Ref:
        return (tree.index,)
    if kind is dict:
        tree = tree.values()
    elif kind is not tuple and kind is not list:
        return ()
    found: list[int] = []
    for part in tree:
        if type(part) is Ref:
            found.append(part.index)
        elif type(part) in TREES:
            found += _numbers_in(part)
    return tuple(found)


def map_leaves(tree: Any, change: Callable[[Any], Any], kind: type = object) -> Any:
    """The tree of tuples, lists and dicts with `change` applied to its leaves of a kind."""
    if type(tree) in (tuple, list):
        # Most parts are leaves.
        return type(tree)(
            [
                map_leaves(part, change, kind)
                if type(part) in TREES
                else (change(part) if issubclass(type(part), kind) else part)
                for part in tree
            ]
        )
    if type(tree) is dict:
        return {key: map_leaves(part, change, kind) for key, part in tree.items()}
    return change(tree) if issubclass(type(tree), kind) else tree
