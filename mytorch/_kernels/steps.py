"""The steps of sequences side by side, which may be of unequal length.

The rows of all steps lie below each other, those of the first step first; `sizes` tells how many
each step has. Later steps never have more: of the sequences, which are sorted, the last end first.
States are rows in the same order, below those before the first step. What belongs to several gates
lies in planes of such rows, (gates, rows, features).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, repeat
from typing import Any

import numpy as np

from mytorch._dtypes import Array

Sizes = tuple[int, ...]


def before(states: Array, sizes: Sizes) -> Array:
    """For each row of each step the state that the step began with."""
    if sizes[0] == sizes[-1]:
        return states[: len(states) - sizes[0]]
    starts = (0, *accumulate(sizes[:-2], initial=sizes[0]))
    places = [np.arange(start, start + n) for start, n in zip(starts, sizes, strict=True)]
    taken: Array = states.take(np.concatenate(places), 0)
    return taken


def last(rows: Array, sizes: Sizes) -> Array:
    """The row of each sequence's last step."""
    if sizes[0] == sizes[-1]:
        return rows[len(rows) - sizes[0] :]
    taken: Array = rows.take(last_places(sizes), 0)
    return taken


def last_places(sizes: Sizes) -> Array:
    """In which row each sequence's last step is."""
    return _places(sizes, _lengths(sizes) - 1, np.arange(sizes[0]))


def turned(sizes: Sizes) -> Array:
    """For each row the one that takes its place when each sequence is turned round."""
    lengths = _lengths(sizes)
    parts = [_places(sizes, lengths[:n] - 1 - t, np.arange(n)) for t, n in enumerate(sizes)]
    return np.concatenate(parts)


def _lengths(sizes: Sizes) -> Array:
    lengths: Array = (np.array(sizes)[:, None] > np.arange(sizes[0])).sum(0)
    return lengths


def _places(sizes: Sizes, steps: Array, sequences: Array) -> Array:
    """In which rows these steps of the sequences are."""
    starts = np.array([*accumulate(sizes, initial=0)])
    places: Array = starts[steps] + sequences
    return places


def blocks(sizes: Sizes, least: int) -> list[tuple[slice, slice]]:
    """The steps of each block of at `least` so many rows, and these rows."""
    blocks = []
    step = row = end = 0
    for stop, n in enumerate(sizes, 1):
        end += n
        if end - row >= least or stop == len(sizes):
            blocks.append((slice(step, stop), slice(row, end)))
            step, row = stop, end
    return blocks


def most_rows(blocks: list[tuple[slice, slice]]) -> int:
    """The rows of the largest block."""
    sizes: list[int] = [rows.stop - rows.start for _, rows in blocks]
    return max(sizes)


def empty(like: Array, *shape: int) -> Array:
    out: Array = np.empty_like(like, shape=shape, order="C")
    return out


def by_steps(rows: Array, sizes: Sizes) -> list[Array]:
    """The rows of each step, or of planes of rows the planes."""
    if len(sizes) == 1:
        return [rows]
    if sizes[0] == sizes[-1]:
        steps = len(sizes), sizes[0]
        if rows.ndim == 2:
            return list(rows.reshape(*steps, rows.shape[1]))
        return list(rows.reshape(len(rows), *steps, rows.shape[2]).swapaxes(0, 1))
    ends = accumulate(sizes)
    return [rows[..., end - n : end, :] for end, n in zip(ends, sizes, strict=True)]


def states_of(
    like: Array, first: Array, sizes: Sizes, room: int = 0
) -> tuple[Array, list[Array], list[Array]]:
    """Memory for the states before the first step, which are set, after each step, and for `room`
    more rows; then the states before each step, and after it."""
    batch, width = first.shape
    rows = empty(like, batch + sum(sizes) + room, width)
    rows[:batch] = first
    after = by_steps(rows[batch : len(rows) - room], sizes)
    previous = [rows[:batch], *after[:-1]]
    return rows, [first_rows(states, n) for states, n in zip(previous, sizes, strict=True)], after


def first_rows(rows: Array, n: int) -> Array:
    """The first rows, or those of planes."""
    return rows if rows.shape[-2] == n else rows[..., :n, :]


def for_steps(sizes: Sizes, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """For each step as many rows of the arrays as it has."""
    if sizes[0] == sizes[-1] == arrays[0].shape[-2]:
        return repeat(arrays, len(sizes))
    return zip(*([first_rows(rows, n) for n in sizes] for rows in arrays), strict=True)


def each_step(sizes: Sizes, *arrays: Array) -> Iterator[tuple[Any, ...]]:
    """For each step its number of rows, and these of the arrays."""
    return zip(sizes, *(by_steps(rows, sizes) for rows in arrays), strict=True)
