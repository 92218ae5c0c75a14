"""How far each label of a row is above each class that is none of them, short of 1.

The rows are (N, C), the labels (N, C) of integers: those of a row from the left, up to the first
negative number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel

__all__ = ["hinge_slopes", "hinge_sums"]


@kernel
def hinge_sums(rows: Array, labels: Array) -> Array:
    """The sum of max(0, 1 - row[label] + row[class]) for each row (N,)."""
    total = np.zeros(len(rows), rows.dtype)
    for wanted, _, others in _columns(rows, labels):
        hinges = np.maximum(1 - (wanted - rows), 0)
        total += np.where(others, hinges, 0).sum(1)
    return total


@kernel
def hinge_slopes(rows: Array, labels: Array) -> Array:
    """The derivative of each row's sum with respect to the row (N, C)."""
    slopes = np.zeros_like(rows)
    for wanted, place, others in _columns(rows, labels):
        counted = others & (1 - (wanted - rows) > 0)
        slopes += counted
        slopes[np.arange(len(rows)), place] -= counted.sum(1)
    return slopes


def _columns(rows: Array, labels: Array) -> Iterator[tuple[Array, Array, Array]]:
    """For the first labels, the second ones and so on: what is at them (N, 1), where they are (N,)
    and which classes they are held against (N, C), none where a row has no more labels."""
    labelled = np.logical_and.accumulate(labels >= 0, 1)
    row, column = np.nonzero(labelled)
    others = np.ones(rows.shape, bool)
    others[row, labels[row, column]] = False
    for j in range(int(labelled.sum(1).max(initial=0))):
        place = np.where(labelled[:, j], labels[:, j], 0)
        at = np.take_along_axis(rows, place[:, None], 1)
        yield at, place, others & labelled[:, j, None]
