"""Convolutions of arrays over any number of axes: products of weights with columns.

The columns of an image have, for each place of the output, what its window sees. They are made for
a few images at a time, so that they stay in the processor's cache.

A geometry is the tuple (groups, stride, before, dilation, sizes, taps, places): the sizes of the
input, of the windows and of the output, and how many zeros are thought before the input. All but
the first are tuples with a number for each axis. After the input there are as many zeros as the
last window needs; where there are less than none, what is too much is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import gcd, prod
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import matmul

__all__ = [
    "Geometry",
    "convolved",
    "folded",
    "gradients",
    "transposed",
    "unfolded",
    "weight_gradient",
]

Sizes: TypeAlias = tuple[int, ...]
Geometry: TypeAlias = tuple[int, Sizes, Sizes, Sizes, Sizes, Sizes, Sizes]

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


def _as_weight(sums: Array, taps: Sizes) -> Array:
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
    columns = _Columns(x, windows, ones=bias is not None)
    size, step, count = columns.size, columns.step, len(x)
    images: Any = None
    sums: Any = None
    if matrices is not None:
        outputs = matrices.shape[1]
        out = np.empty((count, groups, outputs, prod(places)), x.dtype)
        images = out.reshape(count, groups * outputs, *places)
        shift = None if bias is None else bias.reshape(-1, *(1,) * len(places))
        if bias is not None and columns.ones:
            matrices = np.concatenate([matrices, bias.reshape(groups, outputs, 1)], 2)
        if columns.wide:
            wide = np.empty((step, groups, outputs, size), x.dtype)
            found = columns.shown(wide)
    if partner is not None:
        outputs = partner.shape[1] // groups
        sums = np.zeros((groups, columns.rows, outputs), x.dtype)
        parts = np.empty((step, *sums.shape), x.dtype)
        if columns.wide:
            beside = np.zeros((step, groups, outputs, size), x.dtype)
            given = columns.shown(beside)
        else:
            others = partner.reshape(count, groups, outputs, size)
    for start in range(0, count, step):
        stop = min(start + step, count)
        many, here = stop - start, slice(start, stop)
        seen = columns.of(start, stop)
        if matrices is not None:
            matmul(matrices, seen, out=wide[:many] if columns.wide else out[here])
            if columns.wide:
                np.add(found[:many], 0 if shift is None else shift, out=images[here])
            elif shift is not None and not columns.ones:
                np.add(images[here], shift, out=images[here])
        if partner is not None:
            if columns.wide:
                given[:many] = partner[here]
            other = beside[:many] if columns.wide else others[here]
            for part in matmul(seen, other.swapaxes(-1, -2), out=parts[:many]):
                sums += part
    return images, sums


class _Columns:
    """The columns of some images at a time: (images, groups, rows, size).

    The images are laid out with zeros round them, which a row of an image shares with the next: so
    what the windows have at a tap is one run of memory. In wide columns that is copied as it is:
    a row of places is followed by some that are none.

    Attributes: `step`, the number of images; `rows` and `size`; `wide`; `ones`, whether there is a
    row of ones below, which a bias is multiplied by.
    """

    def __init__(self, x: Array, windows: Any, ones: bool) -> None:
        groups, stride, before, dilation, taps, places = windows
        count, channels, *sizes = x.shape
        each = channels // groups
        self.rows, self.ones = each * prod(taps), False
        self.direct = {*taps, *stride} == {1} and not any(before) and places == (*sizes,)
        self.wide = False
        if self.direct:
            self.size = prod(places)
            self.step = self._step(count, groups * self.rows * self.size * x.itemsize)
            self.columns = x.reshape(count, groups, self.rows, self.size)
            return
        self.wide = len(taps) > 1 and set(stride) == {1} and channels * prod(taps) >= _FEW_ROWS
        axes = list(zip(sizes, taps, places, stride, before, dilation, strict=True))
        # What of each axis is seen, and how long it is with the zeros that are shared.
        starts, stops, self.padded = [], [], []
        for size, tap, place, step, lead, apart in axes:
            after = step * (place - 1) + apart * (tap - 1) - lead - (size - 1)
            starts.append(max(-lead, 0))
            stops.append(max(size + min(after, 0), starts[-1]))
            length = stops[-1] - starts[-1] + max(lead, after, 0)
            self.padded.append(max(length, place) if self.wide else length)
        runs = [prod(self.padded[axis + 1 :]) for axis in range(len(axes))]
        self.places = places
        self.size = places[0] * runs[0] if self.wide else prod(places)
        self.step = self._step(count, channels * prod(taps) * self.size * x.itemsize)
        self.ones = ones and not self.wide
        make = np.ones if self.ones else np.empty
        self.columns = make((self.step, groups, self.rows + self.ones, self.size), x.dtype)
        # As flat rows count: the first number of an image, its last one and the last that is seen.
        first = sum(max(lead, 0) * run for lead, run in zip(before, runs, strict=True))
        last = first + sum(
            (stop - start - 1) * run for start, stop, run in zip(starts, stops, runs, strict=True)
        )
        end = sum((tap - 1) * d * run for tap, d, run in zip(taps, dilation, runs, strict=True))
        end += (
            self.size - 1
            if self.wide
            else sum((n - 1) * s * run for n, s, run in zip(places, stride, runs, strict=True))
        )
        flat = np.zeros((self.step, channels, max(last, end) + 1), x.dtype)
        image, channel, one = flat.strides
        self.inner = as_strided(
            flat[:, :, first:],
            (self.step, channels, *[b - a for a, b in zip(starts, stops, strict=True)]),
            (image, channel, *[run * one for run in runs]),
        )
        self.source = x[_last(map(slice, starts, stops))]
        along = [s * run * one for s, run in zip(stride, runs, strict=True)]
        self.view = as_strided(
            flat,
            (self.step, groups, each, *taps, *([self.size] if self.wide else places)),
            (
                image,
                each * channel,
                channel,
                *[d * run * one for d, run in zip(dilation, runs, strict=True)],
                *([one] if self.wide else along),
            ),
        )
        inside = self.columns[:, :, : self.rows]
        self.target = as_strided(
            inside,
            self.view.shape,
            (*inside.strides[:2], *_strides(self.view.shape[2:], x.itemsize)),
        )

    @staticmethod
    def _step(count: int, size: int) -> int:
        return max(1, min(count, _CACHE // max(size, 1)))

    def of(self, start: int, stop: int) -> Array:
        """The columns of the images from one number to another."""
        if self.direct:
            return self.columns[start:stop]
        many = stop - start
        self.inner[:many] = self.source[start:stop]
        self.target[:many] = self.view[:many]
        return self.columns[:many]

    def shown(self, wide: Array) -> Array:
        """What is at the places in (images, groups, channels, size), as a view (images, channels,
        *places)."""
        images, groups, channels, _ = wide.shape
        rows = wide.reshape(images, groups * channels, self.places[0], *self.padded[1:])
        inside: Array = rows[_last(map(slice, self.places))]
        return inside


def _strides(shape: Sizes, itemsize: int) -> list[int]:
    """Those of an array in C order."""
    return [itemsize * prod(shape[axis + 1 :]) for axis in range(len(shape))]


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


def _padded(lead: Sizes, dtype: Any, geometry: Geometry) -> tuple[Array, Any, list[Any]]:
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
