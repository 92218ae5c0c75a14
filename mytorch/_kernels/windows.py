"""Windows along axes, and the largest number in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import product
from math import inf, prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import PLACING, kernel, taken
from mytorch._kernels.links import ALL, Links, Turn, along, blocks, by_blocks
from mytorch._shapes import Shape
from mytorch._silence import silenced

__all__ = [
    "Window",
    "Windows",
    "adaptive",
    "in_all_planes",
    "maxima",
    "neighbourhood",
    "places",
    "scattered",
    "scattered_to_pairs",
    "sliding",
]


class Window:
    """Windows along an axis of `before` places, `after` of them: each from one of `starts` on, of
    up to `taps` places that lie `step` apart. What lies outside of the axis is padding.

    `options` are the kernel's size, stride, padding, dilation and whether windows may begin in the
    last part; None where the windows are not of one size.
    """

    def __init__(
        self,
        before: int,
        starts: Array,
        stops: Array,
        step: int,
        options: tuple[int, int, int, int, bool] | None,
    ) -> None:
        self.before, self.after = before, len(starts)
        self.starts, self.stops, self.step, self.options = starts, stops, step, options
        self.padding = options[2] if options else 0
        self.taps = int(-((starts - stops).min(initial=0) // step))
        # The first and the last place there is.
        self.first = starts + np.maximum(-(starts // step), 0) * step
        self.last = np.minimum(stops, before)

    @cached_property
    def counts(self) -> Array:
        """How many places of the axis each window has."""
        counts: Array = -((self.first - self.last) // self.step)
        return counts

    @cached_property
    def turns(self) -> dict[int, Turn]:
        """By each tap's number the windows that have it, and where it is there."""
        found: dict[int, Turn] = {}
        if not self.after:
            return found
        # Not those of which each lies before the axis, or behind it.
        first = max(-(int(self.starts.max()) // self.step), 0)
        end = (self.before - 1 - int(self.starts.min())) // self.step + 1
        for tap in range(first, min(end, self.taps)):
            source = self.starts + tap * self.step
            (to,) = np.nonzero((source >= 0) & (source < self.last))
            if len(to):
                found[tap] = Turn(to, source[to])
        return found

    @cached_property
    def links(self) -> Links:
        """The sum over each window."""
        return self.scaled(None)

    def scaled(self, scale: float | Array | None) -> Links:
        """The sum over each window, multiplied."""
        return Links(self.before, self.after, list(self.turns.values()), (None, scale))

    @cached_property
    def rounds(self) -> list[tuple[int, Any, Any]]:
        """The turns, in even steps as slices."""
        pairs = zip(self.turns, self.links.rounds, strict=True)
        return [(tap, to, source) for tap, (to, source, _) in pairs]

    @cached_property
    def slices(self) -> list[slice]:
        """Each window's places."""
        ends = zip(self.first.tolist(), self.last.tolist(), strict=True)
        return [slice(first, last, self.step) for first, last in ends]

    @cached_property
    def are_pairs(self) -> bool:
        """Whether they are pairs of neighbours, from the first on."""
        beginnings = 2 * np.arange(self.after)
        return self.step == 1 and bool(
            (self.starts == beginnings).all() and (self.last == beginnings + 2).all()
        )


@lru_cache(maxsize=1024)
def neighbourhood(size: int, count: int) -> Links:
    """The mean of `count` places around each one, as if there were zeros beyond both ends."""
    starts = np.arange(size) - count // 2
    return Window(size, starts, starts + count, 1, None).scaled(1 / count)


# An axis, with the windows along it.
Windows = tuple[tuple[int, Window], ...]


@lru_cache(maxsize=1024)
def sliding(
    before: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool
) -> Window:
    """Windows of a kernel's size, `stride` apart."""
    reach = dilation * (kernel - 1) + 1
    after = (before + 2 * padding - reach + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (after - 1) * stride >= before + padding:
        after -= 1  # it would begin in the padding
    starts = np.arange(max(after, 0)) * stride - padding
    return Window(
        before, starts, starts + reach, dilation, (kernel, stride, padding, dilation, ceil)
    )


@lru_cache(maxsize=1024)
def adaptive(before: int, after: int) -> Window:
    """As many windows as are wanted, which share the axis as evenly as can be."""
    if after and before % after == 0 and before:
        return sliding(before, before // after, before // after, 0, 1, False)
    places = np.arange(after)
    starts = places * before // max(after, 1)
    return Window(before, starts, -(-(places + 1) * before // max(after, 1)), 1, None)


@kernel
def maxima(data: Array, windows: Windows) -> Array:
    """The largest number in each window; NaN is the greatest."""
    return by_blocks(_maxima, (data,), windows)


def _maxima(data: Array, windows: Windows) -> Array:
    if _are_wide(windows):
        found = np.stack([each.max(-1) for each in _each(data, windows)], -1)
        return found.reshape(*found.shape[:-1], *(window.after for _, window in windows))
    lowest = -inf if data.dtype.kind == "f" else np.iinfo(data.dtype).min
    for axis, window in windows:
        data = along(data, axis, window.links, np.maximum, lowest)
    return data


@kernel
def places(data: Array, best: Array, windows: Windows) -> Array:
    """Where in the flattened plane of the windows' axes, which are the last ones, the largest
    numbers `best` are: of equal ones the first in the window, of NaNs the last."""
    return by_blocks(_places, (data, best), windows)


@lru_cache(maxsize=1024)
def _are_wide(windows: Windows) -> bool:
    """Whether windows are so few and wide that each is better looked at by itself."""
    taps = prod([window.taps for _, window in windows])
    return taps >= 32 * max(prod([window.after for _, window in windows]), 1)


def _each(planes: Array, windows: Windows) -> Iterator[Array]:
    """The numbers of each window along one axis, the last."""
    for slices in product(*(window.slices for _, window in windows)):
        found = planes[(*(ALL,) * (planes.ndim - len(slices)), *slices)]
        lead, axes = found.shape[: -len(slices)], found.shape[-len(slices) :]
        yield found.reshape(*lead, prod(axes))


def _places_in_wide(data: Array, best: Array, windows: Windows) -> Array:
    """`_places`, window by window."""
    sizes = [window.before for _, window in windows]
    plane = np.arange(prod(sizes)).reshape(sizes)
    out = np.empty(best.shape, np.intp)
    lead = best.shape[: best.ndim - len(windows)]
    found = out.reshape(*lead, prod(best.shape[len(lead) :]))
    pairs = zip(_each(data, windows), _each(plane, windows), strict=True)
    for number, (numbers, names) in enumerate(pairs):
        found[..., number] = names.take(largest(numbers))
    return out


def largest(numbers: Array) -> Array:
    """Which number along the last axis is the largest: of equal ones the first, of NaNs the
    last."""
    at: Array = numbers.argmax(-1)
    lost = np.isnan(np.take_along_axis(numbers, at[..., None], -1)[..., 0])
    if lost.any():
        at[lost] = numbers.shape[-1] - 1 - numbers[lost][..., ::-1].argmax(-1)
    return at


# Up to so many numbers are compared row by row.
_SHORT = 64


def largest_row(numbers: Array) -> Array:
    """`largest` of the columns of a matrix, sooner where they are short."""
    count = len(numbers)
    if count > _SHORT:
        return largest(numbers.T)
    kind = np.min_scalar_type(count).type
    most = numbers.max(0)
    # The first that is found has the highest rank.
    rank = np.zeros(most.shape, kind)
    for row, each in enumerate(numbers):
        np.maximum(rank, (each == most) * kind(count - row), out=rank)
    at: Array = count - rank.astype(np.intp)
    lost = np.isnan(most)
    if lost.any():
        at[lost] = count - 1 - np.isnan(numbers[:, lost])[::-1].argmax(0)
    return at


def _places(data: Array, best: Array, windows: Windows) -> Array:
    if _are_wide(windows):
        return _places_in_wide(data, best, windows)
    taps = prod(window.taps for _, window in windows)
    kind = np.min_scalar_type(taps).type
    lead = best.ndim - len(windows)
    # The first that is found has the highest rank.
    rank = np.zeros(best.shape, kind)
    unknown = np.isnan(best) if best.dtype.kind == "f" else np.zeros((), bool)
    latest = np.zeros(best.shape, kind) if unknown.any() else None
    for tap, part, ends in _taps(data, windows):
        to = _index(lead, best.shape, ends)
        found = (part == best[to]) * kind(taps - tap)
        rank[to] = np.maximum(rank[to], found)
        if latest is not None:
            latest[to] = np.maximum(latest[to], np.isnan(part) * kind(tap + 1))
    tap_of = taps - rank.astype(np.intp)
    if latest is not None:
        tap_of = np.where(unknown, latest.astype(np.intp) - 1, tap_of)
    return _flat(tap_of, lead, windows)


def _taps(
    part: Array, windows: Windows, tap: int = 0, *ends: Any
) -> Iterator[tuple[int, Array, tuple[Any, ...]]]:
    """Each tap's number, what the windows that have it have there, and which windows they are."""
    if not windows:
        yield tap, part, ends
        return
    (axis, window), *rest = windows
    for number, to, source in window.rounds:
        viewed = isinstance(source, slice)
        some = part[(*(ALL,) * axis, source)] if viewed else part.take(source, axis)
        yield from _taps(some, tuple(rest), tap * window.taps + number, *ends, to)


def _index(lead: int, shape: Shape, parts: Sequence[Any]) -> tuple[Any, ...]:
    """The index of parts of the axes behind `lead` axes."""
    if not all(isinstance(part, slice) for part in parts):
        sizes = shape[lead:]
        parts = list(np.ix_(*(np.arange(n)[part] for n, part in zip(sizes, parts, strict=True))))
    return (*(ALL,) * lead, *parts)


def _flat(tap_of: Array, lead: int, windows: Windows) -> Array:
    """The flat places of taps."""
    table = np.zeros(1, np.intp)
    first = np.zeros((), np.intp)
    for _, window in windows:
        table = (table[:, None] * window.before + np.arange(window.taps) * window.step).reshape(-1)
        first = first[..., None] * window.before + window.starts
    found: Array = table.take(tap_of)
    found += first
    return found


def in_all_planes(at: Array, axes: int, size: int) -> Array:
    """The flat places among all planes, each of `size` places, of those in each plane."""
    lead = at.shape[: at.ndim - axes]
    first = np.arange(prod(lead)).reshape(*lead, *(1,) * axes) * size
    flat: Array = (at + first).reshape(-1)
    return flat


@kernel
def scattered(gradient: Array, at: Array, shape: Shape, axes: int, apart: bool) -> Array:
    """Zeros of a shape, to which the gradient is added at flat places in each plane of the last
    axes; `apart` says that none is named twice."""
    total = prod(shape)
    values, at = gradient.reshape(-1), in_all_planes(at, axes, prod(shape[len(shape) - axes :]))
    if apart or gradient.itemsize > 8:
        whole: Array = np.zeros(total, gradient.dtype)
        if apart:
            whole[at] = values
        else:
            np.add.at(whole, at, values)
        return whole.reshape(shape)
    sums = np.bincount(at, values, total)
    whole = silenced().run(sums.astype, gradient.dtype)
    return whole.reshape(shape)


@kernel
def scattered_to_pairs(data: Array, best: Array, gradient: Array, windows: Windows) -> Array:
    """`scattered` for windows that are pairs, at places that are found by comparisons."""
    if np.isnan(best).any():
        return scattered(gradient, places(data, best, windows), data.shape, len(windows), True)
    whole = all(2 * window.after == window.before for _, window in windows)
    out = (np.empty if whole else np.zeros)(data.shape, gradient.dtype)
    *taps, last = _halves(windows)
    for some in blocks(data, windows[0][0]):
        numbers, most, rest, parts = data[some], best[some], gradient[some].copy(), out[some]
        for tap in taps:
            parts[tap] = taken(numbers[tap] == most, rest)
        parts[last] = rest
    return out


PLACING.add(scattered_to_pairs)


@lru_cache(maxsize=1024)
def _halves(windows: Windows) -> list[tuple[slice, ...]]:
    """The index of the first places of all pairs, and those of the others."""
    lead = (ALL,) * windows[0][0]
    each = [[slice(start, 2 * window.after, 2) for start in (0, 1)] for _, window in windows]
    return [(*lead, *half) for half in product(*each)]
