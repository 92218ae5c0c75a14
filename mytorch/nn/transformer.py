"""Transformers: layers of attention and of two linear layers for each place, and stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import inf
from typing import Any

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.nn import functional as F
from mytorch.nn.attention import MultiheadAttention, glorot
from mytorch.nn.containers import ModuleList, require_few
from mytorch.nn.dropout import Dropout
from mytorch.nn.linear import Linear
from mytorch.nn.module import Module
from mytorch.nn.normalization import LayerNorm
from mytorch.ops import full, triu
from mytorch.tensor import Tensor

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Tensor], Tensor]


class _Layer(Module):
    """What layers of both kinds have: attention to themselves, and two linear layers."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        made: Any = {"bias": option(kind, "bias", bias), "device": device, "dtype": dtype}
        twice = isinstance(self, TransformerDecoderLayer)
        attentions = ("self_attn", "multihead_attn") if twice else ("self_attn",)
        for name in attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = option(kind, "norm_first", norm_first)
        parts = range(1, len(attentions) + 2)
        for part in parts:
            setattr(self, f"norm{part}", LayerNorm(d_model, layer_norm_eps, **made))
        for part in parts:
            setattr(self, f"dropout{part}", Dropout(dropout))
        self.activation = _function(activation)

    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def _sa_block(
        self,
        x: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        """Attention to the sequence itself."""
        found, _ = self.self_attn(
            x,
            x,
            x,
            attn_mask=attn_mask,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            is_causal=is_causal,
        )
        dropped: Tensor = self.dropout1(found)
        return dropped


# Functions, not methods: PyTorch leaves these names to subclasses.
def _feed_forward(layer: _Layer, x: Tensor) -> Tensor:
    wide: Tensor = layer.linear2(layer.dropout(layer.activation(layer.linear1(x))))
    return wide


def _residual(layer: _Layer, x: Tensor, norm: Module, block: Callable[[Tensor], Tensor]) -> Tensor:
    """A block with its way around it, and the norm, before the block or behind the sum."""
    out: Tensor = x + block(norm(x)) if layer.norm_first else norm(x + block(x))
    return out


def _function(activation: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise RuntimeError(
            f'expected "relu", "gelu" or a function as the activation, got {activation!r}'
        )
    function: Callable[[Tensor], Tensor] = getattr(F, activation)
    return function


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then for each place two linear layers; each of the two
    with dropout, a way around it, and layer norm: behind that, or with `norm_first` before.

    Attributes: `self_attn`, a MultiheadAttention, `linear1` (d_model to dim_feedforward),
    `linear2`, `norm1`, `norm2` and the dropouts. `activation`, "relu", "gelu" or a
    function, stands between the linear layers.

    Source: Vaswani et al., "Attention Is All You Need", 2017; `norm_first`: Xiong et al., "On Layer
    Normalization in the Transformer Architecture", 2020.

    >>> TransformerEncoderLayer(4, 2, 8, batch_first=True)(Tensor.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The sequence (S, N, d_model), (N, S, d_model) if `batch_first`, or (S, d_model), with
        masks as in `MultiheadAttention`."""
        x = _residual(
            self,
            src,
            self.norm1,
            lambda y: self._sa_block(y, src_mask, src_key_padding_mask, is_causal=is_causal),
        )
        return _residual(self, x, self.norm2, self._ff_block)

    def _ff_block(self, x: Tensor) -> Tensor:
        dropped: Tensor = self.dropout2(_feed_forward(self, x))
        return dropped


class TransformerDecoderLayer(_Layer):
    """As `TransformerEncoderLayer`, with a second attention between the two: to `memory`, mostly
    what an encoder has made of another sequence.

    Attributes: `self_attn` and `multihead_attn`, each a MultiheadAttention, `linear1`, `linear2`,
    `norm1` to `norm3` and the dropouts.

    >>> layer = TransformerDecoderLayer(4, 2, 8, batch_first=True)
    >>> layer(Tensor.ones(2, 3, 4), Tensor.ones(2, 5, 4)).shape
    (2, 3, 4)
    """

    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence `tgt` and the `memory`, of shapes as in `TransformerEncoderLayer`, with
        masks of the one and of the other as in `MultiheadAttention`."""
        x = _residual(
            self,
            tgt,
            self.norm1,
            lambda y: self._sa_block(y, tgt_mask, tgt_key_padding_mask, tgt_is_causal),
        )
        x = _residual(
            self,
            x,
            self.norm2,
            lambda y: self._mha_block(
                y, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            ),
        )
        return _residual(self, x, self.norm3, self._ff_block)

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        """Attention to the memory."""
        found, _ = self.multihead_attn(
            x,
            mem,
            mem,
            attn_mask=attn_mask,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            is_causal=is_causal,
        )
        dropped: Tensor = self.dropout2(found)
        return dropped

    def _ff_block(self, x: Tensor) -> Tensor:
        dropped: Tensor = self.dropout3(_feed_forward(self, x))
        return dropped


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm if one is given. The copies
    begin with equal weights.

    `enable_nested_tensor` and `mask_check` are accepted and mean nothing: no place is left out
    because a mask hides it.

    >>> layer = TransformerEncoderLayer(4, 2, 8, batch_first=True)
    >>> TransformerEncoder(layer, num_layers=2)(Tensor.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        require_few(type(self).__name__, num_layers)
        self.layers = ModuleList(deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """What the layers make of a sequence, each with the same masks."""
        for layer in self.layers:
            src = layer(
                src,
                src_mask=mask,
                is_causal=bool(is_causal),
                src_key_padding_mask=src_key_padding_mask,
            )
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm if one is given. The copies
    begin with equal weights.

    >>> layer = TransformerDecoderLayer(4, 2, 8, batch_first=True)
    >>> TransformerDecoder(layer, num_layers=2)(Tensor.ones(2, 3, 4), Tensor.ones(2, 5, 4)).shape
    (2, 3, 4)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        require_few(type(self).__name__, num_layers)
        self.layers = ModuleList(deepcopy(decoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the layers make of a sequence, each with the same memory and masks."""
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder of one sequence, and a decoder of another that looks at what the encoder makes of
    the first: stacks of `TransformerEncoderLayer` and `TransformerDecoderLayer`, each with a norm
    at its end. All matrices are drawn within sqrt(6 / (rows + columns)) of 0.

    Attributes: `encoder` and `decoder`, those of `custom_encoder` and `custom_decoder` if given.

    >>> model = Transformer(4, 2, 1, 1, 8, batch_first=True)
    >>> mask = model.generate_square_subsequent_mask(3)
    >>> model(Tensor.ones(2, 5, 4), Tensor.ones(2, 3, 4), tgt_mask=mask).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any | None = None,
        custom_decoder: Any | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        options = (dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        made: Any = {"bias": bias, "device": device, "dtype": dtype}

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, **made)

        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(d_model, nhead, *options, **made)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm())
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(d_model, nhead, *options, **made)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm())
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = option("Transformer", "batch_first", batch_first)

    def _reset_parameters(self) -> None:
        """Draws all matrices anew."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                glorot(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the decoder makes of `tgt` with the encoder's `src` before its eyes. Raises
        ShapeError if the two are not of one batch and of d_model features."""
        place = 0 if self.batch_first else 1
        batches = [tensor.shape[place] for tensor in (src, tgt) if tensor.ndim == 3]
        if len(set(batches)) > 1 or {src.shape[-1], tgt.shape[-1]} != {self.d_model}:
            raise ShapeError(
                f"Transformer: expected src and tgt of one batch and {self.d_model} features, got "
                f"shapes {src.shape} and {tgt.shape}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        decoded: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return decoded

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: DeviceLike | None = None, dtype: DTypeLike | None = None
    ) -> Tensor:
        """A causal mask: -inf above the diagonal, where place i would look at a later one, else 0.

        >>> Transformer.generate_square_subsequent_mask(2)
        tensor([[  0., -inf],
                [  0.,   0.]])
        """
        return triu(full((sz, sz), -inf, dtype=dtype, device=device), 1)
