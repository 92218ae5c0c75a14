"""Iterations: which of a training loop's are kept whole; of the others the loss alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from mytorch.errors import RangeError
from mytorch.watcher.record import Record

__all__ = ["Iterations", "is_count"]


class Iterations:
    """The iterations of one block, numbered from 1. An iteration ends with an optimizer's update.

    `wanted` are the numbers of those that are kept, "last" among them; "auto" means the 1st, 10th,
    20th, 40th and so on, the last, and the first in which a NaN appears.
    """

    def __init__(self, wanted: str | Collection[int | str]) -> None:
        if wanted != "auto" and not _are_numbers(wanted):
            raise RangeError(
                f'watch: expected as iterations "auto", or numbers from 1 and "last", '
                f"got {wanted!r:.60}"
            )
        self._wanted = wanted
        self.losses: list[Any] = []
        self.kept: dict[int, Record] = {}
        self._bad = False

    def add(self, record: Record, last: bool = False) -> None:
        """The next iteration has ended, and the block with it if it is the last."""
        if last and not record.steps and self.kept:
            return
        number = len(self.losses) + 1
        self.losses.append(record.loss)
        before = number - 1
        if before in self.kept and not self._is_wanted(before, self.kept[before]):
            del self.kept[before]
        self.kept[number] = record
        keeps_last = self._wanted == "auto" or "last" in self._wanted
        if last and not keeps_last and not self._is_wanted(number, record):
            del self.kept[number]

    def _is_wanted(self, number: int, record: Record) -> bool:
        if self._wanted != "auto":
            return number in self._wanted
        if record.bad and not self._bad:
            self._bad = True
            return True
        tens, rest = divmod(number, 10)
        return number == 1 or (rest == 0 and tens & (tens - 1) == 0)


def is_count(value: Any) -> bool:
    """Whether it is a whole number from 1."""
    return isinstance(value, int | np.integer) and value is not True and int(value) >= 1


def _are_numbers(wanted: Any) -> bool:
    if isinstance(wanted, str) or not isinstance(wanted, Collection) or not wanted:
        return False
    return all(one == "last" or is_count(one) for one in wanted)
