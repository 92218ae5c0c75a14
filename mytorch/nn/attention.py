"""MultiheadAttention: several attentions side by side, each of its own projections."""

from __future__ import annotations

from math import prod

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import RangeError
from mytorch.grad_mode import no_grad
from mytorch.nn.functional.multihead import attend
from mytorch.nn.linear import Linear
from mytorch.nn.module import Module
from mytorch.nn.parameter import fill, unset
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = ["MultiheadAttention", "glorot"]


def glorot(parameter: Tensor | None) -> None:
    """Draws a matrix from the uniform distribution within sqrt(6 / (rows + columns)) of 0."""
    if parameter is not None:
        rows, columns, *rest = parameter.shape
        bound = (6 / ((rows + columns) * prod(rest))) ** 0.5
        with no_grad():
            parameter.uniform_(-bound, bound)


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear under the name that PyTorch gives to the output's projection."""


class MultiheadAttention(Module):
    """Attention of `num_heads` heads: query, keys and values are projected for each head, and what
    the heads find is joined and projected once more.

    Called with a query (L, N, E), keys (S, N, kdim) and values (S, N, vdim), or N in front if
    `batch_first`, or without N, it returns the output, of the query's shape, and the weights
    (N, L, S), averaged over the heads unless `average_attn_weights` is False: then
    (N, num_heads, L, S). Without `need_weights` they are None, which is faster.

    Attributes: `in_proj_weight` (3 E, E), or for another kdim or vdim `q_proj_weight` (E, E),
    `k_proj_weight` (E, kdim) and `v_proj_weight` (E, vdim); `in_proj_bias` (3 E,), `out_proj`, a
    Linear; with `add_bias_kv` one more key `bias_k` and value `bias_v` (1, 1, E). With
    `add_zero_attn` one more key and value are zeros.

    Raises RangeError unless E is a multiple of the heads, and ShapeError for inputs and masks that
    do not fit.

    Source: Vaswani et al., "Attention Is All You Need", 2017.

    >>> attention = MultiheadAttention(4, 2, batch_first=True)
    >>> x = Tensor.ones(1, 3, 4)
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    ((1, 3, 4), (1, 3, 3))
    """

    in_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    q_proj_weight: Tensor | None
    k_proj_weight: Tensor | None
    v_proj_weight: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None

    @explained
    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise RangeError(
                "MultiheadAttention: expected an embed_dim that is a positive multiple of "
                f"num_heads, got {embed_dim} and {num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = option("MultiheadAttention", "batch_first", batch_first)
        self.head_dim = embed_dim // num_heads
        shifting = option("MultiheadAttention", "bias", bias)
        widths = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
        packed = set(widths.values()) == {embed_dim}
        for name, width in widths.items():
            own = None if packed else unset(embed_dim, width, device=device, dtype=dtype)
            self.register_parameter(f"{name}_proj_weight", own)
        whole = unset(3 * embed_dim, embed_dim, device=device, dtype=dtype) if packed else None
        self.register_parameter("in_proj_weight", whole)
        shift = unset(3 * embed_dim, device=device, dtype=dtype) if shifting else None
        self.register_parameter("in_proj_bias", shift)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, shifting, device=device, dtype=dtype
        )
        self.bias_k = self.bias_v = None
        if option("MultiheadAttention", "add_bias_kv", add_bias_kv):
            self.bias_k = unset(1, 1, embed_dim, device=device, dtype=dtype)
            self.bias_v = unset(1, 1, embed_dim, device=device, dtype=dtype)
        self.add_zero_attn = option("MultiheadAttention", "add_zero_attn", add_zero_attn)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draws the weights of the projections anew, and more keys and values; biases are 0."""
        for weight in (
            self.in_proj_weight,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
        ):
            glorot(weight)
        fill(self.in_proj_bias, 0.0)
        if self.in_proj_bias is not None:
            fill(self.out_proj.bias, 0.0)
        for more in (self.bias_k, self.bias_v):
            if more is not None:
                with no_grad():
                    more.normal_(0.0, self.embed_dim**-0.5)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The output, and the weights or None.

        Masks are of booleans, True for a key that is not to be looked at, or of floats, which are
        added to the scores: `key_padding_mask` (N, S), `attn_mask` (L, S) or
        (N * num_heads, L, S). `is_causal` says that `attn_mask` is the causal one, which then
        need not be looked at.
        """
        separate = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        return attend(
            query,
            key,
            value,
            self.num_heads,
            separate if self.in_proj_weight is None else self.in_proj_weight,
            self.in_proj_bias,
            (self.bias_k, self.bias_v),
            self.add_zero_attn,
            (self.out_proj.weight, self.out_proj.bias),
            dropout_p=self.dropout if self.training else 0.0,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
            batch_first=self.batch_first,
        )
