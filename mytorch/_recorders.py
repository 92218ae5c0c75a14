"""What records the numbers that tensors are made of: while `compile` records a program they become
recorded arrays, so that it may write to them, and other numbers may take their place."""

from __future__ import annotations

from _thread import get_ident
from typing import Any, Protocol

__all__ = ["Recorder", "made", "of_numbers", "recorders"]


class Recorder(Protocol):
    """What records a thread."""

    def made(self, array: Any) -> Any:
        """What stands for an array that was just made."""

    def of_numbers(self, data: Any, dtype: Any) -> Any:
        """What stands for the array of numbers, or None if they are plain ones."""


# By thread. What is below is asked where it is not empty.
recorders: dict[int, Recorder] = {}


def made(array: Any) -> Any:
    """An array that nobody else has."""
    recorder = recorders.get(get_ident())
    return array if recorder is None else recorder.made(array)


def of_numbers(data: Any, dtype: Any) -> Any:
    """The recorded array of a number, or of lists of such, if some stand for others; else None."""
    recorder = recorders.get(get_ident())
    return None if recorder is None else recorder.of_numbers(data, dtype)
