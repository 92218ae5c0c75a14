"""The products of recurrent layers, forward and backward.

Gates are planes: what belongs to one gate lies together, so that NumPy has one loop over the rows
of a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.products import dot, matmul
from mytorch._kernels.steps import (
    Sizes,
    blocks,
    by_steps,
    each_step,
    empty,
    for_steps,
)
from mytorch._kernels.sums import add_up

# Of x, both weights and both biases, which gradients are wanted.
Wants = tuple[bool, ...]

# Fewer steps take less time than copying the weights for them.
FEW = 4
# The inputs of so many rows are multiplied at a time: they are in the cache when they are needed.
ROWS = 512
# BLAS does products of at most so many multiplications without packing the operands first, and
# those of so many columns in the least time.
SMALL, COLUMNS = 10**6, 64

_ORDER = np.array([0, 1, 3, 2])


def by_gate(weight: Array, gates: int) -> Array:
    """The weights of each gate: (gates, out, in)."""
    rows, features = weight.shape
    return weight.reshape(gates, rows // gates, features)


def turned(planes: Array, rows: int, order: bool = False) -> Array:
    """Weights (gates, out, in) as a step of so many rows is best multiplied by them: (gates, in,
    out), or in tiles, (gates, tiles, in, out / tiles); perhaps `_ordered`."""
    gates, width, features = planes.shape
    tiles = planes.swapaxes(1, 2)
    if width % COLUMNS == 0 and _is_small(rows, features, width):
        split = planes.reshape(gates, width // COLUMNS, COLUMNS, features)
        tiles = split.swapaxes(2, 3)
    # BLAS is slower by several times for a few rows times a matrix that lies the other way.
    return _ordered(tiles) if order else tiles.copy()


def _is_small(rows: int, features: int, width: int) -> bool:
    """Whether BLAS multiplies so many rows by a tile, or all of a gate, without packing them."""
    return rows > FEW and rows * features * (width if width % COLUMNS else COLUMNS) <= SMALL


def in_tiles(planes: Array, tiles: Array) -> Array:
    """A view of planes (gates, rows, out) that takes the product with weights that are `turned`."""
    if tiles.ndim == 3:
        return planes
    gates, rows, width = planes.shape
    return planes.reshape(gates, rows, width // COLUMNS, COLUMNS).swapaxes(1, 2)


def _ordered(planes: Array) -> Array:
    """The planes of i, f, g, o with a minus, and o before g: the sigmoids lie side by side."""
    out: Array = planes.take(_ORDER, 0)
    return np.negative(out, out=out)


def sums_of(
    x: Array,
    old: list[Array],
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
) -> Iterator[Array]:
    """For each step minus W_ih x + b_ih + W_hh h + b_hh, when it is asked for, from the states
    before each step: planes of i, f, o and g."""
    given, own = by_gate(w_ih, 4), by_gate(w_hh, 4)
    bias = None if b_ih is None or b_hh is None else (b_ih + b_hh).reshape(4, 1, given.shape[1])
    if len(sizes) <= FEW:
        way = _sums_of_few
    elif _is_small(sizes[0], x.shape[1] + own.shape[2], own.shape[1]):
        way = _sums_at_once
    else:
        way = _sums_apart
    return way(x, old, given, own, bias, sizes)


def _sums_of_few(
    x: Array, old: list[Array], given: Array, own: Array, bias: Array | None, sizes: Sizes
) -> Iterator[Array]:
    """With the weights as they lie."""
    of_x, of_h = given.swapaxes(1, 2), own.swapaxes(1, 2)
    for new, state in zip(by_steps(x, sizes), old, strict=True):
        z = matmul(new, of_x)
        np.add(z, matmul(state, of_h), out=z)
        if bias is not None:
            np.add(z, bias, out=z)
        yield _ordered(z)


def _sums_at_once(
    x: Array, old: list[Array], given: Array, own: Array, bias: Array | None, sizes: Sizes
) -> Iterator[Array]:
    """By one product of (x, 1, h) for each step."""
    features = x.shape[1]
    shift = np.zeros_like(given[:, :, :1]) if bias is None else bias.swapaxes(1, 2)
    batch, (_, width, _) = sizes[0], given.shape
    weights = np.concatenate([given, shift, own], 2)
    tiles = turned(weights, batch, True)
    rows, out = empty(x, batch, weights.shape[2]), empty(x, 4, batch, width)
    rows[:, features] = 1.0
    parts = rows, rows[:, :features], rows[:, features + 1 :], in_tiles(out, tiles), out
    each = zip(for_steps(sizes, *parts), by_steps(x, sizes), old, strict=True)
    for (row, of_x, of_h, to, z), new, state in each:
        of_x[...] = new
        of_h[...] = state
        matmul(row, tiles, out=to)
        yield z


def _sums_apart(
    x: Array, old: list[Array], given: Array, own: Array, bias: Array | None, sizes: Sizes
) -> Iterator[Array]:
    """By a product of the inputs for each block, and one of the states for each step."""
    of_x, of_h = given.swapaxes(1, 2), turned(own, sizes[0], True)
    out = empty(x, 4, sizes[0], own.shape[1])
    in_out = in_tiles(out, of_h)
    for steps, rows in blocks(sizes, ROWS):
        block = matmul(x[rows], of_x)
        if bias is not None:
            np.add(block, bias, out=block)
        block = _ordered(block)
        own_rows = for_steps(sizes[steps], out, in_out)
        each = zip(own_rows, by_steps(block, sizes[steps]), old[steps], strict=True)
        for (z, to), new, state in each:
            matmul(state, of_h, out=to)
            np.add(z, new, out=z)
            yield z


class Back:
    """From the gradients of the products with x and with the states, planes (gates, rows,
    features), those of what is multiplied.

    Attributes: `dh`, the gradient of the states before the step that it has come to.
    """

    def __init__(
        self, x: Array, old: Array, w_ih: Array, w_hh: Array, gates: int, sizes: Sizes, wants: Wants
    ) -> None:
        self.x, self.old, self.wants = x, old, wants
        self.given, self.own = by_gate(w_ih, gates), by_gate(w_hh, gates)
        self.planes = empty(x, gates, sizes[0], w_hh.shape[1])
        self.dh = np.zeros_like(self.planes[0])
        self.dx = empty(x, *x.shape) if wants[0] else None
        # Of the weights and biases, added up over blocks.
        self.sums: list[Array] = []

    def steps(self, sizes: Sizes, dq: Array, *arrays: Array, stay: Array | None = None) -> Any:
        """For each step of a block, the last one first, its rows of `dh`, of `dq` and of the
        arrays. When the next step is asked for, those of `dq` are set: from there it goes back,
        and adds what is to `stay`."""
        own = for_steps(sizes, self.dh, self.planes, *([] if stay is None else [stay]))
        each = [*zip(own, each_step(sizes, dq, *arrays), strict=True)]
        for (dh, planes, *rest), (_, d, *given) in reversed(each):
            yield dh, d, *given
            matmul(d, self.own, out=planes)
            np.add.reduce(planes, 0, out=dh)
            for part in rest:
                np.add(dh, part, out=dh)

    def block(self, rows: slice, dz: Array, dq: Array) -> None:
        """Adds what comes of all steps of a block."""
        x, old = self.x[rows], self.old[rows]
        if self.dx is not None:
            out = self.dx[rows]
            np.dot(dz[0], self.given[0], out)
            for plane, weight in zip(dz[1:], self.given[1:], strict=True):
                np.add(out, dot(plane, weight), out=out)
        if any(self.wants[1:]):
            sums = [matmul(dz.swapaxes(1, 2), x), matmul(dq.swapaxes(1, 2), old), add_up(dz, (1,))]
            if dz is not dq:
                sums.append(add_up(dq, (1,)))
            for total, part in zip(self.sums, sums, strict=False):
                np.add(total, part, out=total)
            self.sums = self.sums or sums

    def parts(self) -> list[Array | None]:
        """The gradients of x, both weights and both biases that are wanted."""
        if not self.sums:
            return [self.dx, None, None, None, None]
        gates, width, _ = self.given.shape
        of_x, of_h, *biases = self.sums
        # Both biases have the same gradient where their products have.
        both = [part.astype(self.x.dtype) for part in (biases * 2)[:2]]
        whole = [part.reshape(gates * width, *part.shape[2:]) for part in (of_x, of_h, *both)]
        wants = zip(whole, self.wants[1:], strict=True)
        return [self.dx, *[part if wanted else None for part, wanted in wants]]
