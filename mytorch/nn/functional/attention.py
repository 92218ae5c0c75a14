"""Scaled dot-product attention as one operation."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._kernels.attention import attention, attention_gradients
from mytorch._shapes import Shape
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, copy_output, sparing
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.nn.functional.affine import fits
from mytorch.nn.functional.dropouts import dropout
from mytorch.ops import ones, softmax, tril, where
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.tensor import Tensor, wrap

__all__ = ["scaled_dot_product_attention"]


class Attention(Function):
    """softmax(scale q k' + mask) v in the last two axes, the others broadcast.

    The caller has checked the arguments. The mask, or None, is of booleans, True where a weight
    may be, or added; `factors`, an array or None, multiplies the weights; `causal` stands for a
    mask of True on and below the diagonal. Composed of products and softmax it would be slower,
    and keep several arrays of all scores.
    """

    before_change = copy_output

    @staticmethod
    def forward(
        ctx: ContextManager,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None,
        factors: Array | None,
        scale: float,
        causal: bool,
    ) -> Tensor:
        ctx.settings = factors, scale, causal
        tensors = [q, k, v] if mask is None else [q, k, v, mask]
        arrays = [_single(tensor._data) for tensor in tensors] + [None] * (4 - len(tensors))
        out, *ctx.cache = silenced().run(attention, *arrays, *ctx.settings)
        result = wrap(out.astype(q.dtype, copy=False))
        ctx.save_for_backward(*tensors, result)
        ctx.masked = mask is not None
        return result

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        q, k, v = ctx.saved(0), ctx.saved(1), ctx.saved(2)
        factors, scale, causal = ctx.settings
        scores = (q @ k.transpose(-2, -1)) * scale
        grad_mask = None
        if causal:
            scores = where(tril(ones(*scores.shape[-2:], dtype=bool)), scores, -inf)
        elif ctx.masked:
            mask = ctx.saved(3)
            floats = mask.dtype.kind == "f"
            scores = scores + mask if floats else where(mask, scores, -inf)
            # A row of zeros stands in for one that keeps nothing.
            some = wrap((ctx.cache[1] > 0).reshape((*scores.shape[:-1], 1)))
            scores = where(some, scores, 0.0)
        weights = softmax(scores, -1)
        if ctx.masked:
            weights = weights * some
        into = grad_output @ v.transpose(-2, -1)
        dropped = weights
        if factors is not None:
            into, dropped = into * wrap(factors), weights * wrap(factors)
        slopes = weights * (into - (weights * into).sum(-1, keepdim=True))
        if ctx.needs_input_grad[3]:
            grad_mask = unbroadcast(slopes, mask.shape)
        scaled = slopes * scale
        return (
            unbroadcast(scaled @ k, q.shape),
            unbroadcast(scaled.transpose(-2, -1) @ q, k.shape),
            unbroadcast(dropped.transpose(-2, -1) @ grad_output, v.shape),
            grad_mask,
            None,
            None,
            None,
        )

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        *operands, out = (_single(ctx.saved_array(place)) for place in range(4 + ctx.masked))
        mask = operands[3] if ctx.masked else None
        grads = attention_gradients(
            *operands[:3],
            mask,
            *ctx.settings,
            out,
            *ctx.cache,
            _single(gradient),
            wanted[3] is not None,
        )
        fitted = [
            unbroadcast_array(grad, operand.shape)
            for grad, operand in zip(grads, operands, strict=False)
        ]
        return *fitted, *[None] * (7 - len(fitted))


def _single(data: Array) -> Array:
    """The data, of half precision in single."""
    return data.astype(np.float32) if data.itemsize == 2 else data


@explained
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query key' * scale + mask) value: for each row of the query the mean of the values,
    weighted by how well their keys match it.

    Arguments:
        query, key, value: of shapes (..., L, E), (..., S, E) and (..., S, F), the leading axes
            broadcast; the result is (..., L, F). Where L, S or F is 0, it has the query's leading
            axes, and no other number than 0, as in PyTorch.
        attn_mask: broadcasts to (..., L, S). Of booleans, True where a row may look; of floats,
            what is added to the products. A row that may look nowhere gives zeros.
        dropout_p: the probability for each weight to be made 0, as by `dropout`. Always applied:
            pass 0 in evaluation.
        is_causal: row i may look at the keys 0 to i alone.
        scale: 1 / sqrt(E) if None.
        enable_gqa: keys and values have fewer heads, in the last axis but two, each for as many
            neighbouring heads of the query.

    Raises ShapeError for shapes that do not fit, DtypeError unless query, key and value are of one
    floating dtype, RangeError unless 0 <= dropout_p <= 1, and RuntimeError for a mask beside
    `is_causal`. A float mask may be of any floating dtype (PyTorch refuses some).

    Source: Vaswani et al., "Attention Is All You Need", 2017.

    >>> key = value = Tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> scaled_dot_product_attention(Tensor([[2000.0, 0.0], [1.0, 1.0]]), key, value)
    tensor([[1. , 0. ],
            [0.5, 0.5]])
    """
    name = "scaled_dot_product_attention"
    for option, truth in (("is_causal", is_causal), ("enable_gqa", enable_gqa)):
        flag(name, option, truth)
    dtypes = {require_floating(name, tensor).dtype for tensor in (query, key, value)}
    if len(dtypes) > 1:
        raise DtypeError(
            f"{name}: query, key and value have dtypes {query.dtype}, {key.dtype} and "
            f"{value.dtype}; they must be equal: convert with x.to(dtype)"
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise _shape_error(query, key, value, "; each needs at least two axes")
    if enable_gqa:
        key, value = _for_each_head(query, key, value)
    try:
        seen = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        lead = np.broadcast_shapes(seen, value.shape[:-2])
    except ValueError:
        raise _shape_error(query, key, value, "; the leading axes do not broadcast") from None
    rows, columns, size = query.shape[-2], key.shape[-2], query.shape[-1]
    if key.shape[-1] != size or value.shape[-2] != columns:
        raise _shape_error(query, key, value)
    if attn_mask is not None:
        if is_causal:
            raise RuntimeError(
                f"{name}: is_causal stands for a mask, so attn_mask has to be None beside it; pass "
                "one of them, or join both in a mask"
            )
        attn_mask = _mask(attn_mask, query, (*seen, rows, columns))
    if not 0 <= dropout_p <= 1:
        raise RangeError(f"{name}: expected a probability from 0 to 1, got {dropout_p}")
    factors = None
    if dropout_p:
        whole = np.ones((*lead, rows, columns), _single(query._data).dtype)
        factors = dropout(wrap(whole), dropout_p)._data
    factor = max(size, 1) ** -0.5 if scale is None else scale
    out = Attention.apply(query, key, value, attn_mask, factors, factor, is_causal)
    sparing(out, query, key)
    if 0 in (rows, columns, value.shape[-1]):
        return unbroadcast(out, (*query.shape[:-1], value.shape[-1]))
    return out


def _for_each_head(query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
    """Keys and values repeated for the heads of the query that share them."""
    heads = query.shape[-3:-2]
    shared = [tensor.shape[-3:-2] for tensor in (key, value)]
    if not all(len(n) == len(heads) == 1 and n[0] and heads[0] % n[0] == 0 for n in shared):
        raise _shape_error(
            query, key, value, "; with enable_gqa the heads of key and value, in the last axis but "
            "two, have to divide the query's"
        )  # fmt: skip
    return [
        tensor if n == heads else tensor.repeat_interleave(heads[0] // n[0], -3)
        for tensor, n in zip((key, value), shared, strict=True)
    ]


def _mask(mask: Tensor, query: Tensor, shape: Shape) -> Tensor:
    """The mask, which has to fit the scores' shape; one of floats in their dtype."""
    data = data_of("scaled_dot_product_attention", mask)
    if not fits(data.shape, shape):
        raise ShapeError(
            f"scaled_dot_product_attention: attn_mask of shape {data.shape} does not broadcast to "
            f"that of the products, {shape}"
        )
    if data.dtype.kind not in "bf":
        raise DtypeError(
            "scaled_dot_product_attention: expected an attn_mask of booleans or floats, got "
            f"{data.dtype}; convert it with mask.to(bool)"
        )
    return mask if data.dtype.kind == "b" else mask.to(query.dtype)


def _shape_error(query: Tensor, key: Tensor, value: Tensor, more: str = "") -> ShapeError:
    return ShapeError(
        f"scaled_dot_product_attention: query, key and value have shapes {query.shape}, "
        f"{key.shape} and {value.shape}; expected (..., L, E), (..., S, E) and (..., S, F){more}"
    )
