"""Recurrent layers over all steps of one direction, forward and backward.

The inputs of all steps are rows below each other, those of the first step first; `sizes` tells how
many rows each step has. Later steps never have more: of the sequences, which are sorted, the last
end first. The states are rows in the same order, below those before the first step.

Gates are planes: what belongs to one gate lies together, so that NumPy has one loop over the rows
of a step.

Backward gives the gradients of the two products, of the inputs and of the states before with their
weights, as planes (gates, rows, features): for all steps, so that the rest is one product each.
Only the states' gradients go from step to step.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import above, kept_where
from mytorch._kernels.products import dot, matmul

Sizes = tuple[int, ...]

# Fewer steps take less time than copying the weights for them.
FEW = 4
# As many rows are in the cache when they are needed again.
ROWS = 512


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


def _empty(like: Array, *shape: int) -> Array:
    out: Array = np.empty_like(like, shape=shape, order="C")
    return out


def _steps(rows: Array, sizes: Sizes) -> list[Array]:
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


def _states(
    like: Array, first: Array, sizes: Sizes, room: int = 0
) -> tuple[Array, list[Array], list[Array]]:
    """Memory for the states before the first step, which are set, after each step, and for `room`
    more rows; then the states before each step, and after it."""
    batch, width = first.shape
    rows = _empty(like, batch + sum(sizes) + room, width)
    rows[:batch] = first
    after = _steps(rows[batch : len(rows) - room], sizes)
    previous = [rows[:batch], *after[:-1]]
    return rows, [_part(states, n) for states, n in zip(previous, sizes, strict=True)], after


def _part(rows: Array, n: int) -> Array:
    """The first rows, or those of planes."""
    return rows if rows.shape[-2] == n else rows[..., :n, :]


def _each(sizes: Sizes, *arrays: Array) -> Iterator[tuple[Any, ...]]:
    """For each step its number of rows, and these of the arrays."""
    return zip(sizes, *(_steps(rows, sizes) for rows in arrays), strict=True)


def by_gate(weight: Array, gates: int) -> Array:
    """The weights of each gate: (gates, out, in)."""
    rows, features = weight.shape
    return weight.reshape(gates, rows // gates, features)


def _turned_planes(weight: Array, gates: int, sizes: Sizes) -> Array:
    """The weights of each gate: (gates, in, out)."""
    planes = by_gate(weight, gates).swapaxes(1, 2)
    # BLAS is slower by several times for a few rows times a matrix that lies the other way.
    return planes.copy() if len(sizes) > FEW else planes


def _shift(bias: Array, gates: int) -> Array:
    return bias.reshape(gates, 1, len(bias) // gates)


def rnn(
    x: Array, h: Array, w_ih: Array, w_hh: Array, bias: Array | None, sizes: Sizes, relu: bool
) -> Array:
    """The states h = tanh(W_ih x + W_hh h + b), or relu of that."""
    z = dot(x, w_ih.T)
    if bias is not None:
        z += bias
    states, earlier, later = _states(z, h, sizes)
    (recurrent,) = _turned_planes(w_hh, 1, sizes)
    for old, new, given in zip(earlier, later, _steps(z, sizes), strict=True):
        np.dot(old, recurrent, new)
        np.add(new, given, out=new)
        if relu:
            new[...] = above(new, 0.0)
        else:
            np.tanh(new, out=new)
    return states


def rnn_backward(
    gradient: Array, w_hh: Array, states: Array, sizes: Sizes, relu: bool
) -> tuple[Array, Array]:
    """The gradients of the sums below tanh or relu, and of h before the first step."""
    after = states[sizes[0] :]
    dz = np.empty_like(after)
    if relu:
        slope = after > number(0.0, after.dtype)
    else:
        slope = after * after
        np.subtract(number(1.0, after.dtype), slope, out=slope)
    dh = np.zeros_like(states[: sizes[0]])
    for n, g, by, d in reversed([*_each(sizes, gradient, slope, dz)]):
        part = _part(dh, n)
        np.add(part, g, out=part)
        if relu:
            d[...] = kept_where(by, part)
        else:
            np.multiply(by, part, out=d)
        np.dot(d, w_hh, part)
    return dz.reshape(1, *dz.shape), dh


def lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    bias: Array | None,
    w_hr: Array | None,
    sizes: Sizes,
) -> tuple[Array, ...]:
    """The states h = o tanh(c), or W_hr times that, and c = f c + i g with i, f, o = sigmoid and
    g = tanh of W_ih x + W_hh h + b. Then what backward needs besides: the gates, of which the third
    means nothing, -g, and tanh(c). Below the states of h is room for those of c after the last
    step, unless they are of another width.
    """
    batch, width = c.shape
    one = number(1.0, x.dtype)
    # All sums with a minus: sigmoid(z) is 1 / (1 + exp(-z)), and tanh(-z) is -tanh(z).
    planes = by_gate(w_ih, 4).swapaxes(1, 2)
    gates = matmul(x, -planes) if len(x) > width else -matmul(x, planes)
    if bias is not None and len(sizes) <= FEW:
        shifts = bias.reshape(4, 1, width)
    else:
        # For each row, so that NumPy has nothing to repeat.
        shifts = _empty(gates, 4, batch, width)
        shifts[...] = 0.0 if bias is None else bias.reshape(4, 1, width)
    states, h_before, h_after = _states(gates, h, sizes, batch if w_hr is None else 0)
    cells, c_before, c_after = _states(gates, c, sizes)
    minus_g = _empty(gates, len(x), width)
    curved = _empty(gates, len(x), width)
    sums = _empty(gates, 4, batch, width)
    share = _empty(gates, batch, width)
    recurrent = _turned_planes(w_hh, 4, sizes)
    projected = None if w_hr is None else w_hr.T
    i, f, _, o = gates
    each = _each(sizes, gates, i, f, o, minus_g, curved)
    for old_h, new_h, old_c, new_c, (n, a, i, f, o, g, t) in zip(
        h_before, h_after, c_before, c_after, each, strict=True
    ):
        s, b, u = _part(sums, n), _part(shifts, n), _part(share, n)
        np.matmul(old_h, recurrent, out=s)
        np.add(s, b, out=s)
        np.subtract(a, s, out=s)
        np.tanh(s[2], out=g)
        np.exp(s, out=s)
        np.add(s, one, out=s)
        np.divide(one, s, out=a)
        np.multiply(f, old_c, out=new_c)
        np.multiply(i, g, out=u)
        np.subtract(new_c, u, out=new_c)
        np.tanh(new_c, out=t)
        if projected is None:
            np.multiply(o, t, out=new_h)
        else:
            np.multiply(o, t, out=u)
            np.dot(u, projected, new_h)
    return states, cells, gates, minus_g, curved


def lstm_backward(
    gradient: Array,
    last_c: Array,
    w_hh: Array,
    w_hr: Array | None,
    states: Array,
    cells: Array,
    gates: Array,
    minus_g: Array,
    curved: Array,
    sizes: Sizes,
) -> tuple[Array, Array, Array, Array | None]:
    """The gradients of the gates' sums, of h and c before the first step, and of W_hr; from those
    of h after all steps, and of each sequence's last c."""
    batch = sizes[0]
    dz, to_c = np.empty_like(gates), np.empty_like(curved)
    whole = gates, minus_g, before(cells, sizes), curved, dz, to_c
    dh = np.zeros_like(states[:batch])
    dc = last_c.copy()
    share, inner = np.empty_like(dc), np.empty_like(dc)
    parts = _empty(gates, 4, *dh.shape)
    recurrent = by_gate(w_hh, 4)
    # With a projection what arrives at its end, for its weight.
    ends = gradient if w_hr is None else np.empty_like(states[batch:])
    each = [*_each(sizes, gradient, ends, to_c, gates[1], dz, dz[:3], dz[3])]
    ready = first = len(curved)
    for n, g, end, by, forget, d, d_c, d_o in reversed(each):
        first -= n
        if first < ready:
            start = max(0, min(first, ready - ROWS))
            _lstm_factors(*(part[..., start:ready, :] for part in whole))
            ready = start
        h, c, u, p = (_part(rows, n) for rows in (dh, dc, share, parts))
        if w_hr is None:
            np.add(h, g, out=h)
            m = h
        else:
            np.add(h, g, out=end)
            m = _part(inner, n)
            np.dot(end, w_hr, m)
        np.multiply(m, by, out=u)
        np.add(c, u, out=c)
        np.multiply(d_c, c, out=d_c)
        np.multiply(d_o, m, out=d_o)
        np.matmul(d, recurrent, out=p)
        np.add.reduce(p, 0, out=h)
        np.multiply(c, forget, out=c)
    return dz, dh, dc, None if w_hr is None else dot(ends.T, gates[3] * curved)


def _lstm_factors(
    gates: Array, minus_g: Array, old_c: Array, curved: Array, dz: Array, to_c: Array
) -> None:
    """What the gradient of c, and that of h for o, is to be multiplied by for the gates', and that
    of h for c's."""
    one = number(1.0, gates.dtype)
    i, f, _, o = gates
    to_i, to_f, to_g, to_o = dz
    np.subtract(i, one, out=to_i)
    np.multiply(to_i, i, out=to_i)
    np.multiply(to_i, minus_g, out=to_i)
    np.subtract(one, f, out=to_f)
    np.multiply(to_f, f, out=to_f)
    np.multiply(to_f, old_c, out=to_f)
    np.multiply(minus_g, minus_g, out=to_g)
    np.subtract(one, to_g, out=to_g)
    np.multiply(to_g, i, out=to_g)
    np.subtract(one, o, out=to_o)
    np.multiply(to_o, o, out=to_o)
    np.multiply(to_o, curved, out=to_o)
    np.multiply(curved, curved, out=to_c)
    np.subtract(one, to_c, out=to_c)
    np.multiply(to_c, o, out=to_c)


def gru(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
) -> tuple[Array, ...]:
    """The states h = (1 - z) n + z h with r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh) and
    n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)), each with its rows of weights and biases. Then what
    backward needs besides: r, z and n, and what r is multiplied by.
    """
    batch, width = h.shape
    one = number(1.0, x.dtype)
    # The sums of r and z with a minus: sigmoid(s) is 1 / (1 + exp(-s)).
    gates = matmul(x, _turned_planes(w_ih, 3, sizes))
    shift = None
    if b_ih is None or b_hh is None:
        np.negative(gates[:2], out=gates[:2])
    else:
        given, own = _shift(b_ih, 3), _shift(b_hh, 3)
        np.subtract(-given[:2] - own[:2], gates[:2], out=gates[:2])
        np.add(gates[2], given[2], out=gates[2])
        shift = own[2]
    states, earlier, later = _states(gates, h, sizes)
    inner = _empty(gates, len(x), width)
    sums = _empty(gates, 3, batch, width)
    share = _empty(gates, batch, width)
    recurrent = _turned_planes(w_hh, 3, sizes)
    each = _each(sizes, gates[:2], *gates, inner)
    for old, new, (count, a, r, z, n, p) in zip(earlier, later, each, strict=True):
        s, u = _part(sums, count), _part(share, count)
        np.matmul(old, recurrent, out=s)
        q = s[:2]
        np.subtract(a, q, out=q)
        np.exp(q, out=q)
        np.add(q, one, out=q)
        np.divide(one, q, out=a)
        if shift is None:
            p[...] = s[2]
        else:
            np.add(s[2], shift, out=p)
        np.multiply(p, r, out=u)
        np.add(n, u, out=n)
        np.tanh(n, out=n)
        np.subtract(old, n, out=u)
        np.multiply(u, z, out=u)
        np.add(u, n, out=new)
    return states, gates, inner


def gru_backward(
    gradient: Array, w_hh: Array, states: Array, gates: Array, inner: Array, sizes: Sizes
) -> tuple[Array, Array, Array]:
    """The gradients of the inputs' products, of the states', and of h before the first step."""
    one = number(1.0, gates.dtype)
    r, z, candidates = gates
    dz, dq = np.empty_like(gates), np.empty_like(gates)
    to_n = dz[2]
    to_r, to_z, to_p = dq
    # Of all steps at once, what the gradient of h is to be multiplied by.
    keep = one - z
    np.multiply(candidates, candidates, out=to_n)
    np.subtract(one, to_n, out=to_n)
    np.multiply(to_n, keep, out=to_n)
    np.subtract(before(states, sizes), candidates, out=to_z)
    np.multiply(to_z, z, out=to_z)
    np.multiply(to_z, keep, out=to_z)
    np.multiply(r, to_n, out=to_p)
    np.subtract(one, r, out=to_r)
    np.multiply(to_r, to_p, out=to_r)
    np.multiply(to_r, inner, out=to_r)
    dh = np.zeros_like(states[: sizes[0]])
    kept = np.empty_like(dh)
    parts = _empty(gates, 3, *dh.shape)
    recurrent = by_gate(w_hh, 3)
    each = [*_each(sizes, gradient, z, to_n, dq)]
    for n, g, stay, d_n, d in reversed(each):
        h, u, p = _part(dh, n), _part(kept, n), _part(parts, n)
        np.add(h, g, out=h)
        np.multiply(d, h, out=d)
        np.multiply(d_n, h, out=d_n)
        np.multiply(h, stay, out=u)
        np.matmul(d, recurrent, out=p)
        np.add.reduce(p, 0, out=h)
        np.add(h, u, out=h)
    dz[:2] = dq[:2]
    return dz, dq, dh
