"""What the numbers become that a program makes tensors of: plain arrays, or recorded ones while
`compile` records it, so that it may write to them."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable
from typing import Any

__all__ = ["made", "recorders"]

# By thread.
recorders: dict[int, Callable[[Any], Any]] = {}


def made(array: Any) -> Any:
    """An array that nobody else has. Asked where `recorders` is not empty."""
    record = recorders.get(get_ident())
    return array if record is None else record(array)
