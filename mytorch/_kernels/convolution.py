"""Convolutions of arrays over any number of axes: products of weights with columns.

The columns of an image have, for each place of the output, what its window sees. They are made for
a few images at a time, so that they stay in the processor's cache.

A geometry is the tuple (groups, stride, before, dilation, sizes, taps, places): the sizes of the
input, of the windows and of the output, and how many zeros are thought before the input. All but
the first are tuples with a number for each axis. After the input there are as many zeros as the
last window needs; where there are less than none, what is too much is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import Any, TypeAlias

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import matmul
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
# With fewer rows of columns their product is written where it is to stay, and short runs are
# copied; with more, long ones, and the product has places to be left out.
_FEW_ROWS = 32


@kernel
def convolved(x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """The output (N, O, *places) for x (N, C, *sizes), weight (O, C / groups, *taps), bias (O,)."""
    groups, stride, before, dilation, _, taps, places = geometry
    windows = groups, stride, before, dilation, taps, places
    return _correlated(x, windows, _matrices(weight, groups), bias)[0]  # type: ignore[no-any-return]


@kernel
def weight_gradient(x: Array, y: Array, geometry: Geometry) -> Array:
    """The adjoint of `convolved` in the weight, for x (N, C, *sizes) and y (N, O, *places)."""
    groups, stride, before, dilation, _, taps, places = geometry
    windows = groups, stride, before, dilation, taps, places
    return _as_weight(_correlated(x, windows, partner=y)[1], taps)


@kernel
def transposed(y: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array:
    """The adjoint of `convolved` in x, for y (N, O, *places): (N, C, *sizes), plus bias (C,).

    The places that are a stride apart have a share of the taps for themselves: they are a
    convolution of y with stride 1.
    """
    groups, stride, before, dilation, sizes, taps, _ = geometry
    flipped = _flipped(weight, groups)
    channels = groups * weight.shape[1]
    once = (1,) * len(taps)
    if stride == once:
        return _correlated(y, _turned(geometry), _rows(flipped), bias)[0]  # type: ignore[no-any-return]
    out = np.empty((len(y), channels, *sizes), y.dtype)
    for phase in product(*map(_phases, stride, before, dilation, sizes, taps)):
        to, share, lead, spread, places, reaching = zip(*phase, strict=True)
        if 0 in reaching:
            out[_last(to)] = 0 if bias is None else bias.reshape(-1, *once)
            continue
        windows = groups, once, lead, spread, reaching, places
        out[_last(to)] = _correlated(y, windows, _rows(flipped[_last(share)]), bias)[0]
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
        grad_x, sums = _correlated(gradient, windows, _matrices(weight, groups), partner=x)
        return grad_x, _as_weight(sums, taps)
    if set(stride) != {1}:
        grad_x = transposed(gradient, weight, None, geometry)
        return grad_x, weight_gradient(x, gradient, geometry)
    matrices = _rows(_flipped(weight, groups))
    grad_x, sums = _correlated(gradient, _turned(geometry), matrices, partner=x)
    grad_weight = _flipped(_as_weight(sums, taps), groups).reshape(weight.shape)
    return grad_x, np.ascontiguousarray(grad_weight)


def _matrices(weight: Array, groups: int) -> Array:
    """(groups, O / groups, rows)."""
    return _rows(weight.reshape(groups, len(weight) // groups, *weight.shape[1:]))


def _rows(stacks: Array) -> Array:
    """All but the first two axes joined."""
    return stacks.reshape(*stacks.shape[:2], prod(stacks.shape[2:]))


def _flipped(weight: Array, groups: int) -> Array:
    """(groups, C / groups, O / groups, *taps) for (O, C / groups, *taps), each axis of taps turned
    round."""
    apart = weight.reshape(groups, len(weight) // groups, *weight.shape[1:]).swapaxes(1, 2)
    turned: Array = apart[_last([slice(None, None, -1)] * (weight.ndim - 2))]
    return turned


def _last(slices: Iterable[slice]) -> Any:
    """The index of these slices in the last axes."""
    return (..., *slices)


def _as_weight(sums: Array, taps: Shape) -> Array:
    """(O, C / groups, *taps) for (groups, C / groups * taps, O / groups)."""
    groups, rows, outputs = sums.shape
    channels = rows // max(prod(taps), 1)
    return np.ascontiguousarray(sums.swapaxes(1, 2)).reshape(groups * outputs, channels, *taps)


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
    matrices: Array | None = None,
    bias: Array | None = None,
    partner: Array | None = None,
) -> Any:
    """Of the columns of x: the products of matrices (groups, O / groups, rows) with them, plus
    bias; and their products with a partner (N, O, *places), summed over the images: (groups, rows,
    O / groups). None without matrices, or without a partner.

    The windows are (groups, stride, before, dilation, taps, places), the rows all taps of all
    channels of a group.
    """
    groups, places = windows[0], windows[-1]
    layout = _layout(x.shape, x.itemsize, windows, bias is not None)
    size, step, count = layout.size, layout.step, len(x)
    columns = layout.filling(x)
    images: Any = None
    sums: Any = None
    if matrices is not None:
        outputs = matrices.shape[1]
        out = np.empty((count, groups, outputs, prod(places)), x.dtype)
        images = out.reshape(count, groups * outputs, *places)
        shift = None if bias is None else bias.reshape(-1, *(1,) * len(places))
        if bias is not None and layout.ones:
            matrices = np.concatenate([matrices, bias.reshape(groups, outputs, 1)], 2)
        if layout.wide:
            wide = np.empty((step, groups, outputs, size), x.dtype)
            found = layout.shown(wide)
    if partner is not None:
        outputs = partner.shape[1] // groups
        sums = np.zeros((groups, layout.rows, outputs), x.dtype)
        parts = np.empty((step, *sums.shape), x.dtype)
        if layout.wide:
            beside = np.zeros((step, groups, outputs, size), x.dtype)
            given = layout.shown(beside)
        else:
            others = partner.reshape(count, groups, outputs, size)
    for start in range(0, count, step):
        stop = min(start + step, count)
        many, here = stop - start, slice(start, stop)
        seen = columns(start, stop)
        if matrices is not None:
            matmul(matrices, seen, out=wide[:many] if layout.wide else out[here])
            if layout.wide:
                np.add(found[:many], 0 if shift is None else shift, out=images[here])
            elif shift is not None and not layout.ones:
                np.add(images[here], shift, out=images[here])
        if partner is not None:
            if layout.wide:
                given[:many] = partner[here]
            other = beside[:many] if layout.wide else others[here]
            for part in matmul(seen, other.swapaxes(-1, -2), out=parts[:many]):
                sums += part
    return images, sums


@lru_cache(maxsize=256)
def _layout(shape: Shape, itemsize: int, windows: Any, ones: bool) -> _Layout:
    return _Layout(shape, itemsize, windows, ones)


class _Layout:
    """How the columns (images, groups, rows, size) of some images at a time are made.

    The images are laid out with zeros round them, which a row of an image shares with the next: so
    what the windows have at a tap is one run of memory. In wide columns that is copied as it is:
    a row of places is followed by some that are none.

    Attributes: `step`, the number of images; `rows` and `size`; `wide`; `ones`, whether there is a
    row of ones below, which a bias is multiplied by.
    """

    def __init__(self, shape: Shape, itemsize: int, windows: Any, ones: bool) -> None:
        groups, stride, before, dilation, taps, places = windows
        count, channels, *sizes = shape
        each = channels // groups
        self.groups, self.places, self.rows = groups, places, each * prod(taps)
        self.direct = {*taps, *stride} == {1} and not any(before) and places == (*sizes,)
        self.wide = (
            not self.direct
            and len(taps) > 1
            and set(stride) == {1}
            and channels * prod(taps) >= _FEW_ROWS
        )
        self.ones = ones and not self.direct and not self.wide
        axes = list(zip(sizes, taps, places, stride, before, dilation, strict=True))
        # What of each axis is seen, and how long it is with the zeros that are shared.
        seen, self.padded = [], []
        for length, tap, place, step, lead, apart in axes:
            after = step * (place - 1) + apart * (tap - 1) - lead - (length - 1)
            start = max(-lead, 0)
            seen.append(slice(start, max(length + min(after, 0), start)))
            padded = seen[-1].stop - start + max(lead, after, 0)
            self.padded.append(max(padded, place) if self.wide else padded)
        self.source = _last(seen)
        runs = [prod(self.padded[axis + 1 :]) for axis in range(len(axes))]
        self.size = places[0] * runs[0] if self.wide else prod(places)
        held = channels * prod(taps) * self.size * itemsize
        self.step = max(1, min(count, _CACHE // max(held, 1)))
        self.columns = self.step, groups, self.rows + self.ones, self.size
        # As flat rows count: the first number of an image, its last one and the last that is seen.
        first = _dot([max(lead, 0) for lead in before], runs)
        last = first + _dot([part.stop - part.start - 1 for part in seen], runs)
        along = [s * run for s, run in zip(stride, runs, strict=True)]
        end = self.size - 1 if self.wide else _dot([n - 1 for n in places], along)
        across = [d * run for d, run in zip(dilation, runs, strict=True)]
        flat = max(last, end + _dot([tap - 1 for tap in taps], across)) + 1
        self.flat = self.step, channels, flat
        bytes_ = [n * itemsize for n in (channels * flat, flat, *runs)]
        self.inner = (
            (self.step, channels, *[part.stop - part.start for part in seen]),
            first * itemsize,
            tuple(bytes_),
        )
        self.view = (
            (self.step, groups, each, *taps, *([self.size] if self.wide else places)),
            0,
            tuple(
                n * itemsize
                for n in (
                    channels * flat,
                    each * flat,
                    flat,
                    *across,
                    *([1] if self.wide else along),
                )
            ),
        )
        inside = self.view[0][2:]
        apart = [itemsize * prod(inside[axis + 1 :]) for axis in range(len(inside))]
        group = (self.rows + self.ones) * self.size * itemsize
        self.target = self.view[0], 0, (groups * group, group, *apart)

    def filling(self, x: Array) -> Callable[[int, int], Array]:
        """What gives the columns of the images from one number to another."""
        if self.direct:
            whole = x.reshape(len(x), self.groups, self.rows, self.size)
            return lambda start, stop: whole[start:stop]
        columns = (np.ones if self.ones else np.empty)(self.columns, x.dtype)
        flat = np.zeros(self.flat, x.dtype)
        inner, view = _strided(flat, self.inner), _strided(flat, self.view)
        target, source = _strided(columns, self.target), x[self.source]

        def fill(start: int, stop: int) -> Array:
            many = stop - start
            inner[:many] = source[start:stop]
            target[:many] = view[:many]
            return columns[:many]

        return fill

    def shown(self, wide: Array) -> Array:
        """What is at the places in (images, groups, channels, size), as a view (images, channels,
        *places)."""
        images, groups, channels, _ = wide.shape
        rows = wide.reshape(images, groups * channels, self.places[0], *self.padded[1:])
        inside: Array = rows[_last(map(slice, self.places))]
        return inside


def _strided(memory: Array, layout: tuple[Shape, int, Shape]) -> Array:
    """A view of the memory, of a shape, from an offset on and with strides in bytes."""
    shape, offset, strides = layout
    return np.ndarray(shape, memory.dtype, memory, offset, strides)


def _dot(x: Sequence[int], y: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(x, y, strict=True))


@kernel
def unfolded(x: Array, geometry: Geometry) -> Array:
    """The columns of all images: (N, C * taps, places) for x (N, C, *sizes)."""
    padded, inside, windows = _padded(x.shape[:2], x.dtype, geometry)
    padded[inside] = x
    out = np.empty((*x.shape[:2], len(windows), *geometry[-1]), x.dtype)
    for tap, window in enumerate(windows):
        out[:, :, tap] = padded[window]
    return out.reshape(len(x), x.shape[1] * len(windows), prod(geometry[-1]))


@kernel
def folded(columns: Array, geometry: Geometry) -> Array:
    """The adjoint of `unfolded`: (N, C, *sizes), where each place has the sum of what the columns
    have of it."""
    count, rows, _ = columns.shape
    channels = rows // prod(geometry[-2])
    padded, inside, windows = _padded((count, channels), columns.dtype, geometry)
    parts = columns.reshape(count, channels, len(windows), *geometry[-1])
    for tap, window in enumerate(windows):
        padded[window] += parts[:, :, tap]
    image: Array = padded[inside]
    return image.copy()


def _padded(lead: Shape, dtype: Any, geometry: Geometry) -> tuple[Array, Any, list[Any]]:
    """Zeros (*lead, ...) for images with zeros round them, where in these an image is, and what is
    seen at each tap."""
    _, stride, before, dilation, sizes, taps, places = geometry
    axes = list(zip(sizes, before, stride, places, dilation, taps, strict=True))
    whole = [max(n + b, s * (m - 1) + d * (k - 1) + 1) for n, b, s, m, d, k in axes]
    inside = _last(slice(b, b + n) for n, b, *_ in axes)
    windows = [
        _last(
            slice(t * d, t * d + s * (m - 1) + 1, s)
            for t, (_, _, s, m, d, _) in zip(tap, axes, strict=True)
        )
        for tap in product(*map(range, taps))
    ]
    return np.zeros((*lead, *whole), dtype), inside, windows
