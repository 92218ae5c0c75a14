"""Attention of many heads, some at a time, so that their scores stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import made_once, number, ones
from mytorch._kernels.elementwise import kernel
from mytorch._kernels.products import matmul
from mytorch._shapes import Shape

# So many scores are computed at a time.
_BLOCK = 2**17
# The exponentials of more are not kept for the way back, which computes them again.
_KEPT = 2**24
# Between them a sum of exponentials, and what is divided by it, loses no digits.
_LEAST, _MOST = 1e-10, 1e15


@made_once
def _triangle(size: int, rows: int, columns: int, dtype: np.dtype[Any]) -> Array:
    """The matrix, of `size` numbers, that is 1 where the column is at most the row, else 0."""
    return np.tri(rows, columns, dtype=dtype)


class _Heads:
    """The operands of attention as arrays of four axes: two for the heads, rows and columns."""

    def __init__(
        self,
        q: Array,
        k: Array,
        v: Array,
        mask: Array | None,
        factors: Array | None,
        scale: float,
        causal: bool,
    ) -> None:
        self.lead: Shape = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
        self.q, self.k, self.v = (
            self.stack(q * number(scale, q.dtype)),
            self.stack(k),
            self.stack(v),
        )
        self.shape: Shape = *self.q.shape[:3], k.shape[-2]
        rows, columns = self.shape[2:]
        bias = keep = None
        if causal:
            keep = _triangle(rows * columns, rows, columns, q.dtype)
        elif mask is not None and mask.dtype.kind == "b":
            keep = mask.astype(q.dtype)
        else:
            bias = mask
        self.bias, self.keep, self.factors = (
            None if a is None else self.stack(np.broadcast_to(a, (*self.lead, rows, columns)))
            for a in (bias, keep, factors)
        )
        self.ones = ones(columns, q.dtype)

    def stack(self, a: Array) -> Array:
        """The array, repeated for each head."""
        shape = self.lead + a.shape[-2:]
        a = a if a.shape == shape else np.broadcast_to(a, shape)
        if len(self.lead) == 2:
            return a
        return a.reshape(prod(self.lead[:-1]), self.lead[-1] if self.lead else 1, *a.shape[-2:])

    def unstack(self, a: Array) -> Array:
        return a if len(self.lead) == 2 else a.reshape(*self.lead, *a.shape[2:])

    def kept(self) -> bool:
        """Whether the exponentials are kept for the way back."""
        return prod(self.shape) <= _KEPT

    def buffer(self, whole: bool = False) -> Array:
        """Memory for the scores of a block, or of all."""
        return np.empty(self.shape if whole else (*self._steps(), *self.shape[2:]), self.q.dtype)

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """The heads that are done together, as indices."""
        outer, inner = self._steps()
        for start in range(0, self.shape[0], outer):
            for head in range(0, self.shape[1], inner):
                yield slice(start, start + outer), slice(head, head + inner)

    def _steps(self) -> tuple[int, int]:
        outer, inner, rows, columns = self.shape
        fit = max(_BLOCK // max(rows * columns, 1), 1)
        return max(min(outer, fit // max(inner, 1)), 1), max(min(inner, fit), 1)

    def exponentials(self, block: Any, out: Array) -> Array:
        """exp(scores) of a block in `out`; returns their sums, 1 of which divided by them is what
        makes weights of them. Where digits would be lost, the largest score of each row is taken
        off before."""
        keep = None if self.keep is None else self.keep[block]
        self._scores(block, out)
        np.exp(out, out=out)
        if keep is not None:
            out *= keep
        sums = matmul(out, self.ones)
        # NaN is within no bounds.
        if not sums.size or (sums.min() > _LEAST and sums.max() < _MOST):
            return sums
        self._scores(block, out)
        if keep is not None:
            np.copyto(out, number(-inf, out.dtype), where=keep == 0)
        largest = np.maximum.reduce(out, -1, keepdims=True, initial=-inf)
        largest[largest == -inf] = 0  # where nothing is kept
        out -= largest
        np.exp(out, out=out)
        sums = matmul(out, self.ones)
        sums[sums == 0] = inf
        return sums

    def _scores(self, block: Any, out: Array) -> None:
        matmul(self.q[block], self.k[block].swapaxes(2, 3), out=out)
        if self.bias is not None:
            out += self.bias[block]


def _part(buffer: Array, block: Any, whole: Array) -> Array:
    """The buffer, cut to the block's heads."""
    outer, inner = whole[block].shape[:2]
    return buffer[:outer, :inner]


@kernel
def attention(
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None,
    factors: Array | None,
    scale: float,
    causal: bool,
) -> Any:
    """softmax(scale q k' + mask) v in the last two axes, the others broadcast. A mask of booleans
    is True where a weight may be; if `causal` it may be up to the column of the row's number. Then
    the weights are multiplied by `factors`. A row with no weights is 0.

    Returns the output, and for the way back the exponentials, or an empty array in place of too
    many, and 1 over their sums. In memory the numbers of one row stand head by head: so they are
    joined next, mostly.
    """
    heads = _Heads(q, k, v, mask, factors, scale, causal)
    (outer, inner, rows, _), one = heads.shape, number(1.0, q.dtype)
    kept = heads.kept()
    exponentials = heads.buffer(whole=kept)
    inverse = np.empty((outer, inner, rows), q.dtype)
    out = np.empty((outer, rows, inner, v.shape[-1]), q.dtype).swapaxes(1, 2)
    for block in heads.blocks():
        e = exponentials[block] if kept else _part(exponentials, block, heads.q)
        np.divide(one, heads.exponentials(block, e), out=inverse[block])
        weights = e if heads.factors is None else e * heads.factors[block]
        matmul(weights, heads.v[block], out=out[block])
    out *= inverse[..., None]
    return heads.unstack(out), exponentials if kept else np.empty(0, q.dtype), inverse


@kernel
def attention_gradients(
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None,
    factors: Array | None,
    scale: float,
    causal: bool,
    out: Array,
    exponentials: Array,
    inverse: Array,
    gradient: Array,
    biased: bool,
) -> Any:
    """The gradients of q, k, v and, if `biased`, of the mask, not yet summed over the axes that
    were broadcast. `exponentials` and `inverse` are what `attention` returned."""
    heads = _Heads(q, k, v, mask, factors, scale, causal)
    kept = heads.kept()
    shared = heads.stack(gradient) * inverse[..., None]
    along = np.vecdot(shared, heads.stack(out))[..., None]
    grad_q, grad_k, grad_v = (
        np.empty((len(a), a.shape[2], a.shape[1], a.shape[3]), a.dtype).swapaxes(1, 2)
        for a in (heads.q, heads.k, heads.v)
    )
    slopes = heads.buffer(whole=biased)
    again = None if kept else heads.buffer()
    for block in heads.blocks():
        e = exponentials[block] if again is None else _part(again, block, heads.q)
        if again is not None:
            heads.exponentials(block, e)
        slope = slopes[block] if biased else _part(slopes, block, heads.q)
        dropped = None if heads.factors is None else heads.factors[block]
        weights = e if dropped is None else np.multiply(e, dropped, out=slope)
        matmul(weights.swapaxes(2, 3), shared[block], out=grad_v[block])
        matmul(shared[block], heads.v[block].swapaxes(2, 3), out=slope)
        if dropped is not None:
            slope *= dropped
        slope -= along[block]
        slope *= e
        matmul(slope, heads.k[block], out=grad_q[block])
        matmul(slope.swapaxes(2, 3), heads.q[block], out=grad_k[block])
    grad_q *= number(scale, q.dtype)
    grads = [grad_q, grad_k, grad_v, *([slopes] if biased else [])]
    return [heads.unstack(grad) for grad in grads]
