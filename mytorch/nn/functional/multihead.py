"""Attention of several heads, between linear layers."""

from __future__ import annotations

from math import inf
from typing import Any, TypeAlias

from mytorch._shapes import Shape
from mytorch.engine.context import sparing
from mytorch.errors import DtypeError, ShapeError
from mytorch.nn.functional.affine import linear
from mytorch.nn.functional.attention import scaled_dot_product_attention
from mytorch.nn.functional.dropouts import dropout
from mytorch.nn.functional.padding import pad
from mytorch.ops import cat, softmax, zeros
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["multi_head_attention_forward"]

# One that is there only if the other is.
Both: TypeAlias = tuple[Tensor | None, Tensor | None]


@explained
def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """What `nn.MultiheadAttention` computes, of its parameters, for a query (L, N, E), keys
    (S, N, Ek) and values (S, N, Ev), or without N: the output, of the query's shape, and the
    weights (N, L, S), of each head if not averaged (N, num_heads, L, S), or None.

    `static_k` and `static_v`, of shape (N * num_heads, S, E / num_heads), take the place of the
    projected keys and values. Raises as the layer.

    >>> x, one, three = Tensor([[1.0], [3.0]]), Tensor([[1.0]]), Tensor([[0.0], [1.0], [1.0]])
    >>> out, weights = multi_head_attention_forward(
    ...     x, x, x, 1, 1, three, None, None, None, False, 0.0, one, None
    ... )
    >>> out.tolist(), weights.tolist()
    ([[2.0], [2.0]], [[0.5, 0.5], [0.5, 0.5]])
    """
    if query.shape[-1:] != (embed_dim_to_check,):
        raise ShapeError(
            "multi_head_attention_forward: expected a query with a last size of "
            f"{embed_dim_to_check}, got {query.shape}"
        )
    separate = q_proj_weight, k_proj_weight, v_proj_weight
    weights = separate if use_separate_proj_weight else in_proj_weight
    if weights is None or (use_separate_proj_weight and None in separate):
        raise TypeError(
            "multi_head_attention_forward: expected in_proj_weight, or with "
            "use_separate_proj_weight q_proj_weight, k_proj_weight and v_proj_weight; got None"
        )
    if (bias_k is None) is not (bias_v is None):
        raise TypeError("multi_head_attention_forward: expected both bias_k and bias_v, or neither")
    return attend(
        query,
        key,
        value,
        num_heads,
        weights,
        in_proj_bias,
        (bias_k, bias_v),
        add_zero_attn,
        (out_proj_weight, out_proj_bias),
        (static_k, static_v),
        dropout_p=dropout_p if training else 0.0,
        key_padding_mask=key_padding_mask,
        need_weights=need_weights,
        attn_mask=attn_mask,
        average_attn_weights=average_attn_weights,
        is_causal=is_causal,
    )


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int,
    weights: Any,
    bias: Tensor | None,
    more: Both,
    more_zeros: bool,
    out_projection: tuple[Tensor, Tensor | None],
    static: Both = (None, None),
    *,
    dropout_p: float,
    key_padding_mask: Tensor | None,
    need_weights: bool,
    attn_mask: Tensor | None,
    average_attn_weights: bool,
    is_causal: bool,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """`multi_head_attention_forward`, which is told of the weights of the projections (one tensor,
    or three), of `more` keys and values, and whether the first axis is that of the batch."""
    batched = data_of("attention", query).ndim == 3
    _check(query, key, value, key_padding_mask, attn_mask, is_causal)
    if heads < 1 or query.shape[-1] % heads:
        raise ShapeError(
            f"attention: expected a size that is a multiple of {heads} heads, got a query of shape "
            f"{query.shape}"
        )
    projected = list(_projected(query, key, value, weights, bias))
    if not batched:
        batch_first = True
        projected = [tensor.unsqueeze(0) for tensor in projected]
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    time = 1 if batch_first else 0
    batch, width = projected[0].shape[1 - time], query.shape[-1]
    if any(tensor.shape[1 - time] != batch for tensor in projected):
        raise ShapeError(
            "attention: query, key and value have to be of one batch, got shapes "
            f"{query.shape}, {key.shape} and {value.shape}"
        )
    if more[0] is not None and more[1] is not None:
        for place, extra in ((1, more[0]), (2, more[1])):
            sizes = (batch, 1, width) if batch_first else (1, batch, width)
            projected[place] = cat(
                [projected[place], extra.reshape(1, 1, width).expand(sizes)], time
            )
    q, k, v = (
        _in_heads(tensor, heads, batch_first)
        if fixed is None
        else _static(fixed, batch, heads, width)
        for tensor, fixed in zip(projected, (None, *static), strict=True)
    )
    if more_zeros:
        none = zeros(batch, heads, 1, width // heads, dtype=k.dtype)
        k, v = cat([k, none], 2), cat([v, none], 2)
    if is_causal and key_padding_mask is None and not need_weights:
        mask = None
    else:
        is_causal = False
        added = (more[0] is not None) + more_zeros
        shape = batch, heads, q.shape[2], k.shape[2] - added
        mask = _mask(attn_mask, key_padding_mask, shape, q)
        if mask is not None and added:
            mask = pad(mask, (0, added))
    shares = None
    if need_weights:
        scores = (q * (width // heads) ** -0.5) @ k.transpose(-2, -1)
        shares = softmax(scores if mask is None else scores + mask, -1)
        shares = dropout(shares, dropout_p)
        out = shares @ v
        shares = shares.mean(1) if average_attn_weights else shares
    else:
        out = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    order = (0, 2, 1, 3) if batch_first else (2, 0, 1, 3)
    joined = out.permute(order).reshape(*projected[0].shape)
    result = linear(joined, *out_projection)
    if not batched:
        result = result.squeeze(0)
        shares = None if shares is None else shares.squeeze(0)
    return result, shares


def _check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    is_causal: bool,
) -> None:
    ndim = query.ndim
    if ndim not in (2, 3) or key.ndim != ndim or value.ndim != ndim:
        raise ShapeError(
            "attention: expected query, key and value with an axis for time and one for features, "
            f"and all or none with one for the batch, got shapes {query.shape}, {key.shape} and "
            f"{value.shape}"
        )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "attention: is_causal says that attn_mask is causal, so it needs one; see "
            "nn.Transformer.generate_square_subsequent_mask"
        )
    for name, mask in (("key_padding_mask", key_padding_mask), ("attn_mask", attn_mask)):
        if mask is not None and data_of("attention", mask).dtype.kind not in "bf":
            raise DtypeError(
                f"attention: expected a {name} of booleans or floats, got {mask.dtype}; convert it "
                "with mask.to(bool)"
            )


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weights: Any, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Query, key and value by their linear layers. One layer for all of the same would save little:
    its result would have to be cut, and the gradients of the parts be put together."""
    size = query.shape[-1]
    if isinstance(weights, Tensor):
        if key.shape != value.shape:
            raise ShapeError(
                f"attention: key and value have shapes {key.shape} and {value.shape}; they must be "
                "equal unless they have projection weights of their own"
            )
        if weights.ndim != 2 or len(weights) != 3 * size:
            raise ShapeError(
                f"attention: expected an in_proj_weight of shape {(3 * size, size)} for a query of "
                f"shape {query.shape}, got {weights.shape}"
            )
        weights = weights.split(size)
    elif key.shape[:-1] != value.shape[:-1]:
        raise ShapeError(
            f"attention: key and value have shapes {key.shape} and {value.shape}; all but the last "
            "size must be equal"
        )
    if bias is not None and bias.shape != (3 * size,):
        raise ShapeError(
            f"attention: expected an in_proj_bias of shape {(3 * size,)} for a query of shape "
            f"{query.shape}, got {bias.shape}"
        )
    shifts = (None,) * 3 if bias is None else bias.split(size)
    inputs = query, key, value
    layers = zip(inputs, weights, shifts, strict=True)
    return tuple([sparing(linear(x, *layer), x) for x, *layer in layers])


def _in_heads(tensor: Tensor, heads: int, batch_first: bool) -> Tensor:
    """(N, heads, T, size) of a projected tensor."""
    first, second, width = tensor.shape
    split = tensor.reshape(first, second, heads, width // heads)
    return split.transpose(1, 2) if batch_first else split.permute(1, 2, 0, 3)


def _static(tensor: Tensor, batch: int, heads: int, width: int) -> Tensor:
    if tensor.ndim != 3 or tensor.shape[::2] != (batch * heads, width // heads):
        raise ShapeError(
            f"attention: expected static_k and static_v of shape ({batch * heads}, S, "
            f"{width // heads}), got {tensor.shape}"
        )
    return tensor.reshape(batch, heads, tensor.shape[1], width // heads)


def _mask(
    attn_mask: Tensor | None, key_padding_mask: Tensor | None, shape: Shape, q: Tensor
) -> Tensor | None:
    """What both masks add to the scores of this shape."""
    batch, heads, rows, columns = shape
    parts = []
    if attn_mask is not None:
        if attn_mask.shape == (batch * heads, rows, columns):
            attn_mask = attn_mask.reshape(shape)
        elif attn_mask.shape != (rows, columns):
            raise ShapeError(
                f"attention: expected an attn_mask of shape {(rows, columns)} or "
                f"{(batch * heads, rows, columns)}, got {attn_mask.shape}"
            )
        parts.append(attn_mask)
    if key_padding_mask is not None:
        if key_padding_mask.shape != (batch, columns):
            raise ShapeError(
                f"attention: expected a key_padding_mask of shape {(batch, columns)}, without a "
                f"batch ({columns},), got {key_padding_mask.shape}"
            )
        parts.append(key_padding_mask.reshape(batch, 1, 1, columns))
    floats = [
        zeros(part.shape, dtype=q.dtype).masked_fill(part, -inf)
        if part.dtype.kind == "b"
        else part.to(q.dtype)
        for part in parts
    ]
    return sum(floats[1:], floats[0]) if floats else None
