"""Recurrent layers over all steps of one direction, forward and backward.

What of the gradients needs no step before it is computed for a block of steps, next to the steps
themselves: so it is in the cache when it is needed again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import above, kept_where
from mytorch._kernels.products import dot, matmul
from mytorch._kernels.recurrent_products import (
    FEW,
    ROWS,
    Back,
    Wants,
    by_gate,
    in_tiles,
    sums_of,
    turned,
)
from mytorch._kernels.steps import (
    Sizes,
    before,
    blocks,
    by_steps,
    each_step,
    empty,
    first_rows,
    for_steps,
    last,
    most_rows,
    states_of,
)

# The rows of a block in backward.
BACKWARD = 512


def rnn(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
    relu: bool,
) -> Array:
    """The states h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of that."""
    z = dot(x, w_ih.T)
    if b_ih is not None and b_hh is not None:
        z += b_ih + b_hh
    states, earlier, later = states_of(z, h, sizes)
    # BLAS is slower by several times for a few rows times a matrix that lies the other way.
    recurrent = w_hh.T.copy() if len(sizes) > FEW else w_hh.T
    for old, new, given in zip(earlier, later, by_steps(z, sizes), strict=True):
        np.dot(old, recurrent, new)
        np.add(new, given, out=new)
        if relu:
            new[...] = above(new, 0.0)
        else:
            np.tanh(new, out=new)
    return states


def rnn_backward(
    gradient: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    states: Array,
    sizes: Sizes,
    relu: bool,
    wants: Wants,
) -> tuple[Any, ...]:
    """The gradient of h before the first step, then those of `Back`."""
    after = states[sizes[0] :]
    dz = np.empty_like(after)
    if relu:
        slope = after > number(0.0, after.dtype)
    else:
        slope = after * after
        np.subtract(number(1.0, after.dtype), slope, out=slope)
    back = Back(x, before(states, sizes), w_ih, w_hh, 1, sizes, wants)
    for n, g, by, d in reversed([*each_step(sizes, gradient, slope, dz)]):
        h = first_rows(back.dh, n)
        np.add(h, g, out=h)
        if relu:
            d[...] = kept_where(by, h)
        else:
            np.multiply(by, h, out=d)
        np.dot(d, w_hh, h)
    planes = dz.reshape(1, *dz.shape)
    back.block(slice(len(x)), planes, planes)
    return back.dh, *back.parts()


def lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    w_hr: Array | None,
    sizes: Sizes,
) -> tuple[Array, Array, Array]:
    """The states h = o tanh(c), or W_hr times that, and c = f c + i g with i, f, o = sigmoid and
    g = tanh of W_ih x + b_ih + W_hh h + b_hh. Then what backward needs besides: i, f, o and -g.
    Below the states of h are those of c after the last step, unless they are of another width.
    """
    batch, width = c.shape
    one = number(1.0, x.dtype)
    room = batch if w_hr is None else 0
    states, old_h, new_h = states_of(x, h, sizes, room)
    cells, old_c, new_c = states_of(x, c, sizes)
    gates, share = empty(x, 4, len(x), width), empty(x, batch, width)
    sums = sums_of(x, old_h, w_ih, w_hh, b_ih, b_hh, sizes)
    both = zip(old_c, new_c, new_h, strict=True)
    each = zip(
        both, for_steps(sizes, share), each_step(sizes, gates[:3], *gates), sums, strict=True
    )
    for (was, c, to_h), (u,), (_, a, i, f, o, g), z in each:
        # Of sums with a minus: sigmoid(z) is 1 / (1 + exp(-z)), and tanh(-z) is -tanh(z).
        np.tanh(z[3], out=g)
        s = z[:3]
        np.exp(s, out=s)
        np.add(s, one, out=s)
        np.divide(one, s, out=a)
        np.multiply(f, was, out=c)
        np.multiply(i, g, out=u)
        np.subtract(c, u, out=c)
        np.tanh(c, out=u)
        if w_hr is None:
            np.multiply(o, u, out=to_h)
        else:
            np.multiply(o, u, out=u)
            np.dot(u, w_hr.T, to_h)
    if room:
        states[len(states) - room :] = last(cells[batch:], sizes)
    return states, cells, gates


def lstm_backward(
    gradient: Array,
    last_c: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    w_hr: Array | None,
    states: Array,
    cells: Array,
    gates: Array,
    sizes: Sizes,
    wants: Wants,
) -> tuple[Any, ...]:
    """The gradients of h and c before the first step and of W_hr, if there is one, then those of
    `Back`; from those of h after all steps, and of each sequence's last c."""
    batch = sizes[0]
    parts = blocks(sizes, BACKWARD)
    old_c = before(cells, sizes)
    back = Back(x, before(states[: batch + len(x)], sizes), w_ih, w_hh, 4, sizes, wants)
    room = empty(x, 6, most_rows(parts), gates.shape[2])
    dc = last_c.copy()
    share, inner = empty(x, 2, *dc.shape)
    projects = None if w_hr is None else np.zeros_like(w_hr)
    for steps, rows in reversed(parts):
        whole = first_rows(room, rows.stop - rows.start)
        dz, to_c, curved = whole[:4], whole[4], whole[5]
        kept, arrived = gates[:, rows], gradient[rows]
        np.tanh(cells[batch:][rows], out=curved)
        _lstm_factors(kept, old_c[rows], curved, dz, to_c)
        # With a projection what arrives at its end, for its weight.
        ends = arrived if w_hr is None else np.empty_like(arrived)
        arrays = dz, arrived, ends, to_c, kept[1], dz[:3], dz[3]
        own = for_steps(sizes[steps][::-1], dc, share, inner)
        each = zip(back.steps(sizes[steps], *arrays), own, strict=True)
        for (h, _, g, end, by, forget, d_c, d_o), (c, u, m) in each:
            if w_hr is None:
                np.add(h, g, out=h)
                m = h
            else:
                np.add(h, g, out=end)
                np.dot(end, w_hr, m)
            np.multiply(m, by, out=u)
            np.add(c, u, out=c)
            np.multiply(d_c, c, out=d_c)
            np.multiply(d_o, m, out=d_o)
            np.multiply(c, forget, out=c)
        back.block(rows, dz, dz)
        if projects is not None:
            projects += dot(ends.T, kept[2] * curved)
    return back.dh, dc, projects, *back.parts()


def _lstm_factors(gates: Array, old_c: Array, curved: Array, dz: Array, to_c: Array) -> None:
    """What the gradient of c, and that of h for o, is to be multiplied by for the gates' sums, and
    that of h for c."""
    one = number(1.0, gates.dtype)
    i, f, o, minus_g = gates
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
) -> tuple[Array, Array, Array]:
    """The states h = (1 - z) n + z h with r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh) and
    n = tanh(W_ih x + b_ih + r (W_hh h + b_hh)), each with its rows of weights and biases. Then what
    backward needs besides: r, z and n, and what r is multiplied by.
    """
    batch, width = h.shape
    one = number(1.0, x.dtype)
    states, earlier, later = states_of(x, h, sizes)
    gates, inner = empty(x, 3, len(x), width), empty(x, len(x), width)
    sums, share = empty(x, 3, batch, width), empty(x, batch, width)
    of_x, of_h = by_gate(w_ih, 3), by_gate(w_hh, 3)
    if len(sizes) > FEW:
        of_x, of_h = turned(of_x, ROWS), turned(of_h, batch)
    else:
        of_x, of_h = of_x.swapaxes(1, 2), of_h.swapaxes(1, 2)
    in_sums = in_tiles(sums, of_h)
    given = None if b_ih is None else b_ih.reshape(3, 1, width)
    own = None if b_hh is None else b_hh.reshape(3, 1, width)
    for steps, rows in blocks(sizes, ROWS):
        # The sums of r and z with a minus: sigmoid(s) is 1 / (1 + exp(-s)).
        block = gates[:, rows]
        matmul(x[rows], of_x, out=in_tiles(block, of_x))
        if given is None or own is None:
            np.negative(block[:2], out=block[:2])
        else:
            np.subtract(-given[:2] - own[:2], block[:2], out=block[:2])
            np.add(block[2], given[2], out=block[2])
        each = each_step(sizes[steps], block[:2], *block, inner[rows])
        for old, new, (count, a, r, z, n, p) in zip(
            earlier[steps], later[steps], each, strict=True
        ):
            s, u = first_rows(sums, count), first_rows(share, count)
            matmul(old, of_h, out=first_rows(in_sums, count))
            q = s[:2]
            np.subtract(a, q, out=q)
            np.exp(q, out=q)
            np.add(q, one, out=q)
            np.divide(one, q, out=a)
            if own is None:
                p[...] = s[2]
            else:
                np.add(s[2], own[2], out=p)
            np.multiply(p, r, out=u)
            np.add(n, u, out=n)
            np.tanh(n, out=n)
            np.subtract(old, n, out=u)
            np.multiply(u, z, out=u)
            np.add(u, n, out=new)
    return states, gates, inner


def gru_backward(
    gradient: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    states: Array,
    gates: Array,
    inner: Array,
    sizes: Sizes,
    wants: Wants,
) -> tuple[Any, ...]:
    """The gradient of h before the first step, then those of `Back`."""
    one = number(1.0, gates.dtype)
    parts = blocks(sizes, BACKWARD)
    old = before(states, sizes)
    back = Back(x, old, w_ih, w_hh, 3, sizes, wants)
    room, share = empty(gates, 6, most_rows(parts), gates.shape[2]), np.empty_like(back.dh)
    for steps, rows in reversed(parts):
        r, z, n = gates[:, rows]
        dz, dq = (part[:, : len(n)] for part in (room[:3], room[3:]))
        to_n = dz[2]
        to_r, to_z, to_p = dq
        # Of all steps at once, what the gradient of h is to be multiplied by.
        rest = one - z
        np.multiply(n, n, out=to_n)
        np.subtract(one, to_n, out=to_n)
        np.multiply(to_n, rest, out=to_n)
        np.subtract(old[rows], n, out=to_z)
        np.multiply(to_z, z, out=to_z)
        np.multiply(to_z, rest, out=to_z)
        np.multiply(r, to_n, out=to_p)
        np.subtract(one, r, out=to_r)
        np.multiply(to_r, to_p, out=to_r)
        np.multiply(to_r, inner[rows], out=to_r)
        own = for_steps(sizes[steps][::-1], share)
        each = back.steps(sizes[steps], dq, gradient[rows], z, to_n, stay=share)
        for (h, d, g, keep, d_n), (u,) in zip(each, own, strict=True):
            np.add(h, g, out=h)
            np.multiply(d, h, out=d)
            np.multiply(d_n, h, out=d_n)
            np.multiply(h, keep, out=u)
        dz[:2] = dq[:2]
        back.block(rows, dz, dq)
    return back.dh, *back.parts()
