"""Iterations: which of a training loop's are kept whole; of the others the loss and norms."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from mytorch.errors import RangeError
from mytorch.watcher.record import Record
from mytorch.watcher.summary import number

__all__ = ["Iterations", "is_count"]

MOST_NORMS = 10_000


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
        self._norms: dict[str, dict[int, tuple[float, float]]] = {}
        self._bad = False

    def add(self, record: Record, last: bool = False) -> None:
        """The next iteration has ended, and the block with it if it is the last."""
        if last and not record.steps and self.kept:
            return
        place = len(self.losses) + 1
        self.losses.append(record.loss)
        for name, norms in record.norms.items():
            self._norms.setdefault(name, {})[place] = norms
        before = place - 1
        if before in self.kept and not self._is_wanted(before, self.kept[before]):
            del self.kept[before]
        self.kept[place] = record
        keeps_last = self._wanted == "auto" or "last" in self._wanted
        if last and not keeps_last and not self._is_wanted(place, record):
            del self.kept[place]

    def norms(self) -> dict[str, Any]:
        """The norms of gradient and update of each parameter, those of every n-th iteration where
        all would be too many; null where it was not moved."""
        count = len(self.losses)
        every = max(1, -(-2 * count * len(self._norms) // MOST_NORMS))
        rows = [
            (name, [known.get(i) for i in range(1, count + 1, every)])
            for name, known in self._norms.items()
        ]
        return {
            "every": every,
            "of": [
                {
                    "name": name,
                    "gradient": [None if norms is None else number(norms[0]) for norms in row],
                    "update": [None if norms is None else number(norms[1]) for norms in row],
                }
                for name, row in rows
            ],
        }

    def _is_wanted(self, place: int, record: Record) -> bool:
        if self._wanted != "auto":
            return place in self._wanted
        if record.bad and not self._bad:
            self._bad = True
            return True
        tens, rest = divmod(place, 10)
        return place == 1 or (rest == 0 and tens & (tens - 1) == 0)


def is_count(value: Any) -> bool:
    """Whether it is a whole number from 1."""
    return isinstance(value, int | np.integer) and value is not True and int(value) >= 1


def _are_numbers(wanted: Any) -> bool:
    if isinstance(wanted, str) or not isinstance(wanted, Collection) or not wanted:
        return False
    return all(one == "last" or is_count(one) for one in wanted)
