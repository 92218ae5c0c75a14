"""Tuples, lists and dicts of Tensors, in one another: what is in them, and the same of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mytorch._checks import kind_of
from mytorch.tensor import Tensor

__all__ = ["leaves", "like", "mapped", "parts"]


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same tuples, lists and dicts, of what the function makes of what is in them."""
    if isinstance(tree, dict):
        return type(tree)((key, mapped(function, part)) for key, part in tree.items())
    if not isinstance(tree, (tuple, list)):
        return function(tree)
    made = [mapped(function, part) for part in tree]
    return type(tree)(*made) if hasattr(tree, "_fields") else type(tree)(made)


def parts(tree: Any) -> list[Any]:
    """What is in a tree, in order."""
    found: list[Any] = []
    mapped(found.append, tree)
    return found


def leaves(expected: str, tree: Any) -> list[Tensor]:
    """The tensors in a tree. Raises TypeError, as `expected` begins, for what is none."""
    found = parts(tree)
    for leaf in found:
        if not isinstance(leaf, Tensor):
            raise TypeError(f"{expected} Tensors, got {kind_of(leaf, Tensor)}")
    return found


def like(tree: Any, leaves: Sequence[Any]) -> Any:
    """These in the place of what is in a tree."""
    ahead = iter(leaves)
    return mapped(lambda _: next(ahead), tree)
