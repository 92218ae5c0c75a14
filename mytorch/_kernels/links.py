"""Linear maps along an axis: which places of it add to which places of another one.

Windows that slide, resampling and padding by what is there are such maps, axis by axis; so are
their transposes. A map is a few rounds of slices or gathers, in none of which a place is added to
twice; so sums are taken in a fixed order, and what a place does not reach, as a NaN, does not
reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import Shape
from mytorch._silence import silenced

__all__ = ["ALL", "Along", "Links", "Turn", "along", "blocks", "by_blocks", "linked"]

# A whole axis.
ALL = slice(None)


class Turn(NamedTuple):
    """Places that add to others, each to one, by weights (ones for None)."""

    to: Array
    source: Array
    weights: Array | None = None


class Links:
    """A linear map from an axis of `before` places to one of `after`.

    Attributes: `turns`, in whose order is added; `scales`, what the places before and the sums
    after are multiplied by: a number, a vector or None.
    """

    def __init__(
        self,
        before: int,
        after: int,
        turns: Sequence[Turn],
        scales: tuple[float | Array | None, float | Array | None] = (None, None),
    ) -> None:
        self.before, self.after = before, after
        self.turns, self.scales = [turn for turn in turns if len(turn.to)], scales
        self.rounds = [
            (_place(to, after), _place(source, before), weights)
            for to, source, weights in self.turns
        ]
        count = sum(len(turn.to) for turn in self.turns)
        reached = np.zeros(after, bool)
        for turn in self.turns:
            reached[turn.to] = True
        self.reaches_all = bool(reached.all())
        # Whether each place is added to once at most.
        self.apart = count == int(reached.sum())

    @cached_property
    def back(self) -> Links:
        """The transposed map."""
        turns = [Turn(source, to, weights) for to, source, weights in self.turns]
        if self.of_few or any(len(np.unique(turn.to)) < len(turn.to) for turn in turns):
            turns = _taken_apart(turns)
        return Links(self.after, self.before, turns, self.scales[::-1])

    @property
    def of_few(self) -> bool:
        """Whether it takes many turns to few places, of which none is without a source."""
        return self.reaches_all and 0 < 16 * self.after <= len(self.turns)

    @cached_property
    def sources(self) -> list[Any] | None:
        """What adds to each place after, where there are few of them and no weights."""
        if not self.of_few or any(turn.weights is not None for turn in self.turns):
            return None
        to, source = (np.concatenate([turn[part] for turn in self.turns]) for part in (0, 1))
        return [_place(source[to == place], self.before) for place in range(self.after)]

    def matrix(self) -> Array:
        """The map as a matrix (after, before), in float64."""
        matrix = np.zeros((self.after, self.before))
        for to, source, weights in self.turns:
            np.add.at(matrix, (to, source), 1.0 if weights is None else weights)
        before, after = self.scales
        matrix *= 1.0 if before is None else before
        matrix *= np.reshape(1.0 if after is None else after, (-1, 1))
        return matrix


def _taken_apart(turns: list[Turn]) -> list[Turn]:
    """The same in turns that add to no place twice, to each in the same order."""
    to, source = (np.concatenate([turn[part] for turn in turns]) for part in (0, 1))
    weights = [turn.weights for turn in turns if turn.weights is not None]
    order = np.argsort(to, kind="stable")
    counts = np.bincount(to)
    occurrence = np.empty(len(to), np.intp)
    occurrence[order] = np.arange(len(to)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = []
    for number in range(int(counts.max(initial=0))):
        (members,) = np.nonzero(occurrence == number)
        members = members[np.argsort(to[members])]
        part = np.concatenate(weights)[members] if weights else None
        found.append(Turn(to[members], source[members], part))
    return found


def _place(places: Array, size: int) -> Any:
    """Ascending places in even steps as a slice, which gives a view; others as they are."""
    steps = np.unique(np.diff(places))
    if len(steps) > 1 or (len(steps) and steps[0] <= 0):
        return places
    if len(places) == size:
        return ALL
    return slice(int(places[0]), int(places[-1]) + 1, int(steps[0]) if len(steps) else 1)


# An axis, with what leads from it to another.
Along = tuple[tuple[int, Links], ...]


@kernel
def linked(data: Array, maps: Along) -> Array:
    """The data after a map along each of these axes; in single precision for halves."""
    return silenced().run(by_blocks, _linked, (data,), maps) if maps else data.copy()


def _linked(data: Array, maps: Along) -> Array:
    dtype = data.dtype
    data = data.astype(np.float32) if dtype.char == "e" else data
    for axis, links in maps:
        before, after = links.scales
        if before is not None:
            data = data * _scale(before, data, axis)
        data = along(data, axis, links)
        if after is not None:
            data *= _scale(after, data, axis)
    return data.astype(dtype, copy=False)


def by_blocks(
    compute: Callable[..., Array], arrays: tuple[Array, ...], maps: Sequence[tuple[int, Any]]
) -> Array:
    """`compute(*arrays, maps)`, whose maps leave the first axis alone, for so many parts of this
    at a time that their passes stay in the cache."""
    first = arrays[0]
    parts = blocks(first, maps[0][0])
    if len(parts) == 1:
        return compute(*arrays, maps)
    out: Any = None
    for part in parts:
        found = compute(*[array[part] for array in arrays], maps)
        if out is None:
            out = np.empty((len(first), *found.shape[1:]), found.dtype)
        out[part] = found
    result: Array = out
    return result


def blocks(data: Array, axis: int) -> list[slice]:
    """Parts of the first axis, where passes along that one and later ones leave it alone."""
    if data.size <= 2 * _BLOCK or not axis:
        return [ALL]
    count = max(1, _BLOCK * len(data) // data.size)
    return [slice(start, start + count) for start in range(0, len(data), count)]


# Numbers of a block.
_BLOCK = 2**16


def _scale(values: float | Array, data: Array, axis: int) -> Array:
    return np.asarray(values, data.dtype).reshape(-1, *(1,) * (data.ndim - axis - 1))


def along(
    data: Array,
    axis: int,
    links: Links,
    combine: np.ufunc = np.add,
    start: Any = 0,
) -> Array:
    """The map by `combine`, a ufunc that stands for the sum and has `start` for none; an array of
    its own."""
    out: Any = None
    views = _views(links, axis)
    if views:
        first, second, *further = views
        out = combine(data[first], data[second])
        for view in further:
            combine(out, data[view], out=out)
        return out  # type: ignore[no-any-return]
    lead = (ALL,) * axis
    if links.sources is not None:
        parts = [
            combine.reduce(data[(*lead, source)], axis, keepdims=True) for source in links.sources
        ]
        return np.concatenate(parts, axis)
    own = False
    for to, source, weights in links.rounds:
        viewed = isinstance(source, slice)
        part = data[(*lead, source)] if viewed else data.take(source, axis)
        if weights is not None:
            part = part * _scale(weights, data, axis)
        if to is ALL and not own:
            out, own = (
                (part, not viewed or weights is not None)
                if out is None
                else (combine(out, part), True)
            )
            continue
        if out is None:
            shape = _shape_after(data, axis, links)
            filled = links.apart and links.reaches_all
            out = np.empty(shape, data.dtype) if filled else np.full(shape, start, data.dtype)
        elif not own:
            out = out.copy()
        own = True
        target = out[(*lead, to)]
        if links.apart:
            out[(*lead, to)] = part
        elif isinstance(to, slice):
            combine(target, part, out=target)
        else:
            out[(*lead, to)] = combine(target, part)
    if out is None:
        return np.full(_shape_after(data, axis, links), start, data.dtype)
    result: Array = out if own else out.copy()
    return result


@lru_cache(maxsize=1024)
def _views(links: Links, axis: int) -> list[Any]:
    """What adds to all places after, turn by turn, as indices of data with the axis; none unless it
    is several slices without weights."""
    for to, source, weights in links.rounds:
        if to is not ALL or not isinstance(source, slice) or weights is not None:
            return []
    if len(links.rounds) < 2 or links.sources is not None:
        return []
    return [(*(ALL,) * axis, source) for _, source, _ in links.rounds]


def _shape_after(data: Array, axis: int, links: Links) -> Shape:
    return (*data.shape[:axis], links.after, *data.shape[axis + 1 :])
