"""Convolutions of arrays over any number of axes: products of weights with columns.

The columns of an image have, for each place of the output, what its window sees. They are made for
a few images at a time, so that they stay in the processor's cache.

A geometry is the tuple (groups, stride, before, dilation, sizes, taps, places): the sizes of the
input, of the windows and of the output, and how many zeros are thought before the input. All but
the first are tuples with a number for each axis. After the input there are as many zeros as the
last window needs; where there are less than none, what is too much is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import gcd, isfinite, prod
from typing import Any, TypeAlias

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import matmul
from mytorch._kernels.sums import add_reduce
from mytorch._shapes import Shape

__all__ = [
    "Geometry",
    "convolved",
    "folded",
    "gradients",
    "transposed",
    "unfolded",
    "weight_gradient",
]

Geometry: TypeAlias = tuple[int, Shape, Shape, Shape, Shape, Shape, Shape]

# The bytes of the columns that are made at a time, unless those of one image are more.
_CACHE = 2**18
# The bytes of columns whose memory is kept for the next call: to find it takes a good part of the
# time of a few images.
_KEPT = 2**17
# With fewer rows of columns for each product, or fewer numbers in all, more products take longer
# than more columns.
_FEW_ROWS, _MANY = 4, 2**14
# Fewer places of an image are too narrow for products of their own; with fewer numbers times
# outputs in all, these are as quick.
_FEW_PLACES, _WORTH = 8, 2**15
# Products of at most so many multiplications are small to OpenBLAS, and narrower ones too small.
_SMALL, _NARROW = 10**6, 48


@kernel
def convolved(x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """The output (N, O, *places) for x (N, C, *sizes), weight (O, C / groups, *taps), bias (O,)."""
    groups, stride, before, dilation, _, taps, places = geometry
    windows = groups, stride, before, dilation, taps, places
    return _correlated(x, windows, _stacks(weight, groups), bias)[0]  # type: ignore[no-any-return]


@kernel
def weight_gradient(x: Array, y: Array, geometry: Geometry) -> Array:
    """The adjoint of `convolved` in the weight, for x (N, C, *sizes) and y (N, O, *places)."""
    groups, stride, before, dilation, _, taps, places = geometry
    windows = groups, stride, before, dilation, taps, places
    return _as_weight(_correlated(x, windows, partner=y)[1])


@kernel
def transposed(y: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """The adjoint of `convolved` in x, for y (N, O, *places): (N, C, *sizes), plus bias (C,).

    The places that are a stride apart have a share of the taps for themselves: they are a
    convolution of y with stride 1.
    """
    if _are_few(geometry):
        return _spread(y, weight, bias, geometry)
    if not _is_finite(weight):
        return _tap_by_tap(y, weight, bias, geometry)
    groups, stride, before, dilation, sizes, taps, _ = geometry
    flipped = _flipped(weight, groups)
    channels = groups * weight.shape[1]
    once = (1,) * len(taps)
    if stride == once:
        return _correlated(y, _turned(geometry), flipped, bias)[0]  # type: ignore[no-any-return]
    out = np.empty((len(y), channels, *sizes), y.dtype)
    for phase in product(*map(_phases, stride, before, dilation, sizes, taps)):
        to, share, lead, spread, places, reaching = zip(*phase, strict=True)
        if 0 in reaching:
            out[_last(to)] = 0 if bias is None else bias.reshape(-1, *once)
            continue
        windows = groups, once, lead, spread, reaching, places
        out[_last(to)] = _correlated(y, windows, flipped[_last(share)], bias)[0]
    return out


@kernel
def gradients(
    x: Array, weight: Array, gradient: Array, geometry: Geometry, turned: bool
) -> tuple[Array, Array]:
    """The gradients of x and of the weight, for that of `convolved(x, weight)`, or if `turned` of
    `transposed(x, weight)`: by one set of columns, of the gradient, if they can see all of it."""
    groups, stride, before, dilation, _, taps, places = geometry
    if turned:
        windows = groups, stride, before, dilation, taps, places
        grad_x, sums = _correlated(gradient, windows, _stacks(weight, groups), partner=x)
        return grad_x, _as_weight(sums)
    if _are_few(geometry) or set(stride) != {1} or not _is_finite(weight):
        grad_x = transposed(gradient, weight, None, geometry)
        return grad_x, weight_gradient(x, gradient, geometry)
    stacks = _flipped(weight, groups)
    grad_x, sums = _correlated(gradient, _turned(geometry), stacks, partner=x)
    if not _is_finite(sums):
        return grad_x, weight_gradient(x, gradient, geometry)
    grad_weight = _flipped(_as_weight(sums), groups).reshape(weight.shape)
    return grad_x, np.ascontiguousarray(grad_weight)


def _is_finite(a: Array) -> bool:
    """Whether the zeros around columns may be multiplied by it: none makes NaN of an infinity that
    meets nothing there."""
    return isfinite(add_reduce(a, None))


def _tap_by_tap(y: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """`transposed`, where each tap meets only what there is of y."""
    groups, stride, before, dilation, sizes, taps, places = geometry
    stacks: Any = _stacks(weight, groups).swapaxes(1, 2)
    gradients = y.reshape(len(y), groups, len(weight) // groups, *places)
    out = np.zeros((len(y), *stacks.shape[:2], *sizes), y.dtype)
    if bias is not None:
        out += bias.reshape(*stacks.shape[:2], *(1,) * len(taps))
    for tap in product(*map(range, taps)):
        axes = zip(sizes, places, stride, dilation, before, tap, strict=True)
        met = [_met(n, m, s, d * t - b) for n, m, s, d, b, t in axes]
        if None not in met:
            to, at = (_last(slices) for slices in zip(*met, strict=True))
            part = gradients[to]
            columns = part.reshape(*part.shape[:3], prod(part.shape[3:]))
            out[at] += matmul(stacks[(..., *tap)], columns).reshape(out[at].shape)
    return out.reshape(len(y), groups * weight.shape[1], *sizes)


def _are_few(windows: Any) -> bool:
    """Whether all images are to be multiplied at once, with their places side by side, for windows
    or a geometry."""
    before, taps, places = windows[2], windows[-2], windows[-1]
    return prod(places) < _FEW_PLACES and {*taps} != {1} and min(before) >= 0


def _spread(y: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """`transposed` by one product for all images, whose places are few; what each place gives to
    its windows is added up."""
    groups, *_, places = geometry
    stacks = weight.reshape(groups, len(weight) // groups, weight[0].size)
    given = y.swapaxes(0, 1).reshape(groups, stacks.shape[1], len(y) * prod(places))
    taps = prod(geometry[-2])
    parts = matmul(stacks.swapaxes(1, 2), given)
    parts = parts.reshape(groups * weight.shape[1], taps, len(y), *places)
    return _by_images(_given_back(parts.swapaxes(0, 1), geometry), bias)


def _correlated_beside(
    x: Array, windows: Any, stacks: Array | None, bias: Array | None, partner: Array | None
) -> tuple[Array | None, Array | None]:
    """`_correlated`, where all images are multiplied at once."""
    groups, stride, before, dilation, taps, places = windows
    images = x.swapaxes(0, 1)
    geometry = groups, stride, before, dilation, images.shape[2:], taps, places
    columns = np.empty((len(images), prod(taps), len(x), *places), x.dtype)
    _see(images, geometry, columns.swapaxes(0, 1))
    rows, width = len(images) // groups * prod(taps), len(x) * prod(places)
    beside = columns.reshape(groups, rows, width)
    out = sums = None
    if stacks is not None:
        outputs = stacks.shape[1]
        out = matmul(stacks.reshape(groups, outputs, rows), beside)
        out = _by_images(out.reshape(groups * outputs, len(x), *places), bias)
    if partner is not None:
        given = partner.swapaxes(0, 1).reshape(groups, partner.shape[1] // groups, width)
        sums = matmul(given, beside.swapaxes(1, 2))
        sums = sums.reshape(*sums.shape[:2], len(images) // groups, *taps)
    return out, sums


def _by_images(found: Array, bias: Array | None) -> Array:
    """(N, C, ...) for (C, N, ...), plus bias (C,)."""
    out = np.ascontiguousarray(found.swapaxes(0, 1))
    if bias is not None:
        out += bias.reshape(-1, *(1 for _ in found.shape[2:]))
    return out


def _stacks(weight: Array, groups: int) -> Array:
    """(groups, O / groups, C / groups, *taps)."""
    return weight.reshape(groups, len(weight) // groups, *weight.shape[1:])


def _flipped(weight: Array, groups: int) -> Array:
    """(groups, C / groups, O / groups, *taps) for (O, C / groups, *taps), each axis of taps turned
    round."""
    apart = _stacks(weight, groups).swapaxes(1, 2)
    turned: Array = apart[_last([slice(None, None, -1)] * (weight.ndim - 2))]
    return turned


def _last(slices: Iterable[slice]) -> Any:
    """The index of these slices in the last axes."""
    return (..., *slices)


def _as_weight(sums: Array) -> Array:
    """(O, C / groups, *taps) for (groups, O / groups, C / groups, *taps)."""
    return np.ascontiguousarray(sums).reshape(-1, *sums.shape[2:])


def _turned(geometry: Geometry) -> Any:
    """The windows of the adjoint of a convolution with stride 1."""
    groups, stride, before, dilation, sizes, taps, _ = geometry
    lead = tuple([d * (k - 1) - b for d, k, b in zip(dilation, taps, before, strict=True)])
    return groups, stride, lead, dilation, taps, sizes


def _phases(
    stride: int, before: int, dilation: int, size: int, taps: int
) -> Iterator[tuple[slice, slice, int, int, int, int]]:
    """For each remainder of a place by the stride: its places; the taps that reach them, of those
    turned round; and of the convolution the zeros before, the dilation, and how many places and
    taps it has."""
    common = gcd(stride, dilation)
    step, spread = stride // common, dilation // common
    for first in range(min(stride, size)):
        reach = first + before
        start = next((t for t in range(step) if (reach - t * dilation) % stride == 0), taps)
        reaching = len(range(start, taps, step))
        last = start + (reaching - 1) * step
        lead = (reaching - 1) * spread - (reach - start * dilation) // stride
        share = slice(taps - 1 - last, taps - start, step)
        places = len(range(first, size, stride))
        yield slice(first, None, stride), share, lead, spread, places, reaching


def _correlated(
    x: Array,
    windows: Any,
    stacks: Any = None,
    bias: Array | None = None,
    partner: Any = None,
) -> Any:
    """Of the columns of x: the products of stacks (groups, O / groups, C / groups, *taps) with
    them, plus bias; and those with a partner (N, O, *places), summed over the images, of the shape
    of stacks. None without stacks, or without a partner.

    The windows are (groups, stride, before, dilation, taps, places).
    """
    count, groups, places = len(x), windows[0], windows[-1]
    outputs = stacks.shape[1] if partner is None else partner.shape[1] // groups
    if _are_few(windows) and (partner is not None or x.size * outputs > _WORTH):
        return _correlated_beside(x, windows, stacks, bias, partner)
    layout = _layout(x.shape, x.dtype, windows, outputs, bias is not None)
    size, in_turns = layout.size, layout.turns > 1
    room: Any = None if layout.direct else layout.room()
    out = sums = None
    if stacks is not None:
        if room is None:
            matrices = stacks.reshape(groups, 1, 1, outputs, layout.rows)
        else:
            matrices = room.matrices
            room.weight[...] = stacks
            if bias is not None:
                room.shift[...] = bias.reshape(groups, outputs)
        out = np.empty(layout.out, x.dtype)
        products = room.products if in_turns else out
    if partner is not None:
        others = partner.reshape(count, groups, outputs, size).swapaxes(-1, -2)
        given = others[:, :, None, None]
        if in_turns:
            # BLAS takes longer for a matrix whose rows lie side by side.
            given = np.zeros(layout.given, x.dtype)
            beside = given.reshape(layout.step, groups, -1, outputs)[:, :, :size]
        sums = np.zeros((groups, layout.turns, layout.rows, outputs), x.dtype)
        parts = np.empty((*layout.columns[0][:4], *sums.shape[2:]), x.dtype)
    for here, many, columns in layout.each(x, room):
        there = many if in_turns else here
        if out is not None:
            matmul(matrices, columns, out=products[there])
            if in_turns:
                total = out[here]
                first, second, *further = room.found[:, many]
                np.add(first, second, out=total)
                for turn in further:
                    np.add(total, turn, out=total)
            elif layout.direct and bias is not None:
                out[here] += bias.reshape(groups, 1, 1, outputs, 1)
        if sums is not None:
            if in_turns:
                beside[many] = others[here]
            sums += add_reduce(matmul(columns, given[there], out=parts[many]), (0, 3))
    if out is not None:
        out = out.reshape(count, groups * outputs, *places)
    return out, None if sums is None else layout.stacks(sums)


@lru_cache(maxsize=256)
def _layout(shape: Shape, dtype: Any, windows: Any, outputs: int, ones: bool) -> _Layout:
    return _Layout(shape, dtype, windows, outputs, ones)


class _Layout:
    """How the columns of some images at a time are made, and what they are multiplied with.

    What windows have at the next tap of the first axis they have at this one some rows of places
    later. So columns for the other taps, of more rows of places, serve all taps of the first axis:
    those take turns with parts of them, and the products are added up.

    The columns have shape (images, groups, turns, blocks, rows, width). A block is of some places;
    of a product with matrices they are the last two axes.

    Attributes: `step`, the number of images; `parts`, where each time's are, and where among so
    many; `turns`; `rows`; `size`, the number of places;
    `direct`, whether the columns are the images; and shapes, with strides where these are not
    those of NumPy, of what is multiplied.
    """

    def __init__(self, shape: Shape, dtype: Any, windows: Any, outputs: int, ones: bool) -> None:
        self.dtype, itemsize = dtype, dtype.itemsize
        groups, stride, before, dilation, taps, places = windows
        count, channels, *sizes = shape
        each = channels // groups
        self.taps, self.size = taps, prod(places)
        self.direct = {*taps, *stride} == {1} and not any(before) and places == (*sizes,)
        # Whether there is a row of ones below the others, which a bias is multiplied by.
        self.ones = ones and not self.direct
        many = count * channels * prod(taps) * self.size >= _MANY
        few_rows = each * prod(taps[1:]) < _FEW_ROWS * taps[0]
        self.turns = taps[0] if stride[0] == 1 and many and not few_rows else 1
        inner = taps[1:] if self.turns > 1 else taps
        self.rows = each * prod(inner)
        rows = self.rows + self.ones
        # How long each axis is with all that its windows may have, and what is there of the image.
        axes = list(zip(sizes, places, stride, dilation, before, strict=True))
        spans = [
            s * (m - 1) + d * (k - 1) + 1 for (_, m, s, d, _), k in zip(axes, taps, strict=True)
        ]
        around = [_met(n, span, 1, -b) for (n, *_, b), span in zip(axes, spans, strict=True)]
        # What is copied to the columns of each tap; or at once, to images with zeros round them.
        moves: list[tuple[Shape, list[Any]]] = [((), around)]
        blocks, width = 1, self.size
        if self.turns > 1:
            moves = []
            for tap in product(*map(range, inner)):
                pairs = zip(axes[1:], tap, strict=True)
                further = [_met(n, m, s, d * t - b) for (n, m, s, d, b), t in pairs]
                moves.append((tap, around[:1] + further))
            places = spans[0], *places[1:]
            blocks, width = _blocks(outputs * rows, self.size)
        self.moves = [
            ((_ALL, _ALL, *tap, _ALL, *[to for to, _ in pairs]), (..., *[at for _, at in pairs]))
            for tap, pairs in moves
            if all(pairs)
        ]
        turn = dilation[0] * prod(places[1:])
        length = blocks * width + (self.turns - 1) * turn
        step = self.step = max(1, min(count, _CACHE // max(groups * rows * length * itemsize, 1)))
        self.parts = [
            (slice(start, start + step), slice(0, min(step, count - start)))
            for start in range(0, count, step)
        ]

        def strided(shape: Sequence[int], strides: Sequence[int]) -> tuple[Shape, Shape]:
            """Of so many axes before the last ones."""
            return (step, groups, *shape), tuple([itemsize * stride for stride in strides])

        self.memory = step, groups, rows, length
        self.matrices = groups, self.turns, 1, outputs, rows
        self.found = self.turns, step, groups, outputs, blocks * width
        self.out = count, groups, 1, 1, outputs, self.size
        # Rooms that nobody is using, if they are small.
        self.rooms: list[_Room] = []
        most = max(prod(shape) for shape in (self.memory, self.matrices, self.found))
        self.keeps_rooms = most * itemsize <= _KEPT
        lead = groups * rows * length, rows * length
        self.columns = strided((self.turns, blocks, rows, width), (*lead, turn, width, length, 1))
        outer = *inner, each
        along = [length * run for run in _runs(outer)]
        self.target = strided((*outer, *places), (*lead, *along, *_runs(places)))
        self.images = count, groups, each, *sizes
        self.padded = step, groups, each, *spans
        *image, channel = _runs(self.padded)[:3]
        runs = _runs(spans)
        self.view = strided(
            (*taps, each, *places),
            (
                *image,
                *[d * run for d, run in zip(dilation, runs, strict=True)],
                channel,
                *[s * run for s, run in zip(stride, runs, strict=True)],
            ),
        )
        matrix, by_turns = outputs * rows, self.turns > 1
        runs = [self.turns * matrix, rows, 1, *[matrix] * by_turns, *_runs(outer)[:-1]]
        self.weight = (groups, outputs, each, *taps), tuple([itemsize * run for run in runs])
        turn, *image, channel, _ = _runs(self.found)
        self.products = strided(
            (self.turns, blocks, outputs, width), (*image, turn, width, channel, 1)
        )
        self.given = step, groups, 1, blocks, width, outputs

    def room(self) -> _Room:
        """One that nobody else is using."""
        try:
            return self.rooms.pop()
        except IndexError:
            return _Room(self)

    def each(self, x: Array, room: _Room | None) -> Iterator[tuple[slice, slice, Array]]:
        """The parts, each with the columns of its images."""
        if room is None:
            whole = x.reshape(len(x), *self.columns[0][1:])
            for here, many in self.parts:
                yield here, many, whole[here]
            return
        images = x.reshape(self.images)
        for here, many in self.parts:
            some = images[here]
            for to, at in room.moves:
                to[many] = some[at]
            if room.view is not None:
                room.target[many] = room.view[many]
            yield here, many, room.columns[many]
        if self.keeps_rooms:
            self.rooms.append(room)

    def stacks(self, sums: Array) -> Array:
        """(groups, O / groups, C / groups, *taps) for (groups, turns, rows, O / groups)."""
        groups, turns, rows, outputs = sums.shape
        each = rows * turns // prod(self.taps)
        apart = sums.reshape(groups, turns, -1, each, outputs).transpose(0, 4, 3, 1, 2)
        return apart.reshape(groups, outputs, each, *self.taps)


class _Room:
    """Memory for a layout's columns and for what they are multiplied with. What no image changes is
    set: the row of ones, and the zeros round the images.

    Attributes: `columns`; `target`, the same by taps, and `view`, which is copied there, of images
    with zeros round them, unless images are copied at once; `moves`, to where parts of the
    images are copied, with their indices; `matrices` (groups, turns, 1, O / groups, rows), where
    `weight` takes stacks, and `shift` a bias if there are ones; and if there are turns, `products`,
    and `found`, the same by turns, which are to be added up.
    """

    def __init__(self, layout: _Layout) -> None:
        memory = np.zeros(layout.memory, layout.dtype)
        if layout.ones:
            memory[:, :, -1] = 1
        self.columns = _strided(memory, layout.columns)
        self.target = around = _strided(memory, layout.target)
        self.view = None
        if layout.turns == 1:
            around = np.zeros(layout.padded, layout.dtype)
            self.view = _strided(around, layout.view)
        self.moves = [(around[to], at) for to, at in layout.moves]
        self.matrices = np.zeros(layout.matrices, layout.dtype)
        self.weight = _strided(self.matrices, layout.weight)
        self.shift = self.matrices[:, 0, 0, :, -1]
        if layout.turns > 1:
            found = np.empty(layout.found, layout.dtype)
            self.products = _strided(found, layout.products)
            self.found = found[..., None, None, :, : layout.size]


_ALL = slice(None)


def _met(size: int, places: int, stride: int, offset: int) -> tuple[slice, slice] | None:
    """Which of some places, from an offset on and a stride apart, are on an axis of a size, and
    where there."""
    first = max(-(offset // stride), 0)
    last = min(-((offset - size) // stride), places) - 1
    if first > last:
        return None
    start, stop = first * stride + offset, last * stride + offset + 1
    return slice(first, last + 1), slice(start, stop, stride)


def _blocks(area: int, size: int) -> tuple[int, int]:
    """How many blocks of places there are, and how wide they are: so that products with matrices,
    of so many multiplications a place, are small to OpenBLAS, which then takes both as they lie."""
    most = _SMALL // area
    blocks = -(-size // most) if most >= _NARROW else 1
    return blocks, -(-size // blocks)


def _runs(shape: Sequence[int]) -> list[int]:
    """NumPy's strides, in numbers."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _strided(memory: Array, layout: tuple[Shape, Shape]) -> Array:
    """A view of the memory of a shape, with strides in bytes."""
    shape, strides = layout
    return np.ndarray(shape, memory.dtype, memory, 0, strides)


@kernel
def unfolded(x: Array, geometry: Geometry) -> Array:
    """The columns of all images: (N, C * taps, places) for x (N, C, *sizes)."""
    taps, places = prod(geometry[-2]), geometry[-1]
    out = np.empty((*x.shape[:2], taps, *places), x.dtype)
    _see(x, geometry, np.moveaxis(out, 2, 0))
    return out.reshape(len(x), x.shape[1] * taps, prod(places))


@kernel
def folded(columns: Array, geometry: Geometry) -> Array:
    """The adjoint of `unfolded`: (N, C, *sizes), where each place has the sum of what the columns
    have of it."""
    count, rows, _ = columns.shape
    taps = prod(geometry[-2])
    parts = columns.reshape(count, rows // taps, taps, *geometry[-1])
    return _given_back(np.moveaxis(parts, 2, 0), geometry).copy()


def _see(images: Array, geometry: Geometry, columns: Array) -> None:
    """Writes to columns, for each tap (*lead, *places), what there is of images (*lead, *sizes)."""
    whole, inside, windows = _seen(geometry)
    padded = np.zeros((*images.shape[:2], *whole), images.dtype)
    padded[inside] = images
    for column, window in zip(columns, windows, strict=True):
        column[...] = padded[window]


def _given_back(columns: Array, geometry: Geometry) -> Array:
    """The adjoint of `_see`: images (*lead, *sizes)."""
    whole, inside, windows = _seen(geometry)
    padded = np.zeros((*columns.shape[1:3], *whole), columns.dtype)
    for column, window in zip(columns, windows, strict=True):
        padded[window] += column
    images: Array = padded[inside]
    return images


@lru_cache(maxsize=256)
def _seen(geometry: Geometry) -> tuple[Shape, Any, list[Any]]:
    """The sizes of an image with zeros round it, where it is, and what is seen at each tap."""
    _, stride, before, dilation, sizes, taps, places = geometry
    axes = list(zip(sizes, before, stride, places, dilation, taps, strict=True))
    whole = tuple([max(n + b, s * (m - 1) + d * (k - 1) + 1) for n, b, s, m, d, k in axes])
    inside = _last(slice(b, b + n) for n, b, *_ in axes)
    windows = [
        _last(
            slice(t * d, t * d + s * (m - 1) + 1, s)
            for t, (_, _, s, m, d, _) in zip(tap, axes, strict=True)
        )
        for tap in product(*map(range, taps))
    ]
    return whole, inside, windows
