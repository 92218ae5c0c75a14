"""Attention and transformers."""

from tests.modules.row import Layer

SELF = "m(x, x, x)[0]"
MASK = "T.tensor([[True, False, False], [True, True, False], [False, True, True]])"
SIZES = "4, 2, 3, 0.0"
LAYER = f"nn.TransformerEncoderLayer({SIZES})"
# Of activations there is one for each library; the others tell of ways that only PyTorch has.
UNLIKE = ("activation", "activation_relu_or_gelu", "use_nested_tensor")
# Many products one after the other, whose sums each library makes in its own order.
ROUNDING = 512

ROWS: list[Layer] = [
    Layer(
        "MultiheadAttention",
        (
            "nn.MultiheadAttention(4, 2)",
            "nn.MultiheadAttention(embed_dim=4, num_heads=4, dropout=1.0, bias=False)",
            "nn.MultiheadAttention(4, 1, 0.0, True, True, True, batch_first=True)",
        ),
        (
            SELF,
            "m(x, y, y)[1]",
            "m(query=x, key=y, value=y * 2, need_weights=False)[0]",
            f"m(x, x, x, attn_mask=~{MASK}, need_weights=False, is_causal=True)[0]",
            f"m(x, x, x, None, True, {MASK}, average_attn_weights=False)[1]",
        ),
        (((3, 3, 4), (3, 3, 4)), ((3, 4), (3, 4))),
        rounding=ROUNDING,
        refused=(
            "nn.MultiheadAttention(4)",
            "nn.MultiheadAttention(4, 3)",
            "nn.MultiheadAttention(0, 1)",
            "nn.MultiheadAttention(4, 0)",
            "nn.MultiheadAttention(3, 1)(x[0], x, x)",
            "nn.MultiheadAttention(3, 1)(x, x[0], x)",
            "nn.MultiheadAttention(2, 1)(x, x, x)",
            "nn.MultiheadAttention(3, 1)(x, x, x[:1])",
            "nn.MultiheadAttention(3, 1)(x[:, None], *[x[:, None].expand(2, 2, 3)] * 2)",
            "nn.MultiheadAttention(3, 1)(x, x, x, T.ones(3) > 0)",
            "nn.MultiheadAttention(3, 1)(x, x, x, T.ones(2, 2) > 0)",
            "nn.MultiheadAttention(3, 1)(x, x, x, attn_mask=T.ones(2, 3) > 0)",
            "nn.MultiheadAttention(3, 1)(x, x, x, attn_mask=T.ones(2, 2).to(T.int64))",
            "nn.MultiheadAttention(3, 1)(x, x, x, is_causal=True)",
        ),
    ),
    Layer(
        "MultiheadAttention of other sizes",
        (
            "nn.MultiheadAttention(4, 2, kdim=3, vdim=2)",
            "nn.MultiheadAttention(4, 2, 0.0, False, False, True, 3, 2, True)",
        ),
        ("m(x, y, z)[0]", "m(x, y, z, T.tensor([[True, False, False]] * 3))[1]"),
        (((3, 3, 4), (3, 3, 3), (3, 3, 2)),),
        rounding=ROUNDING,
    ),
    Layer(
        "TransformerEncoderLayer",
        (
            "nn.TransformerEncoderLayer(d_model=4, nhead=1, dim_feedforward=3, dropout=0.0, "
            "activation='gelu', layer_norm_eps=0.5, batch_first=True, norm_first=True, bias=False)",
            f"nn.TransformerEncoderLayer({SIZES}, T.tanh)",
        ),
        ("m(x)", f"m(src=x, src_mask={MASK}, src_key_padding_mask=None, is_causal=False)"),
        (((3, 3, 4),), ((3, 4),)),
        unlike=UNLIKE,
        rounding=ROUNDING,
        refused=("nn.TransformerEncoderLayer(4, 2, activation='mish')",),
    ),
    Layer(
        "TransformerDecoderLayer",
        (
            f"nn.TransformerDecoderLayer({SIZES})",
            "nn.TransformerDecoderLayer(d_model=4, nhead=1, dim_feedforward=3, dropout=0.0, "
            "activation='gelu', layer_norm_eps=0.5, batch_first=True, norm_first=True, bias=False)",
        ),
        ("m(x, y)", "m(tgt=x, memory=y * 2, memory_mask=T.eye(3) > 0)"),
        (((3, 3, 4), (3, 3, 4)),),
        unlike=UNLIKE,
        rounding=ROUNDING,
    ),
    Layer(
        "TransformerEncoder",
        (
            f"nn.TransformerEncoder(nn.TransformerEncoderLayer({SIZES}), 2)",
            "nn.TransformerEncoder(encoder_layer=nn.TransformerEncoderLayer(4, 2, 3, 0.0), "
            "num_layers=1, norm=nn.LayerNorm(4), enable_nested_tensor=False, mask_check=False)",
        ),
        ("m(x)", f"m(src=x, mask={MASK}, is_causal=False)"),
        (((3, 3, 4),),),
        unlike=UNLIKE,
        rounding=ROUNDING,
        note="No places are left out in evaluation because `src_key_padding_mask` hides them.",
    ),
    Layer(
        "TransformerDecoder",
        (
            f"nn.TransformerDecoder(nn.TransformerDecoderLayer({SIZES}), 2)",
            "nn.TransformerDecoder(decoder_layer=nn.TransformerDecoderLayer(4, 2, 3, 0.0), "
            "num_layers=1, norm=nn.LayerNorm(4))",
        ),
        ("m(x, y)",),
        (((3, 2, 4), (2, 2, 4)),),
        unlike=UNLIKE,
        rounding=ROUNDING,
    ),
    Layer(
        "Transformer",
        (
            "nn.Transformer(d_model=4, nhead=1, num_encoder_layers=1, num_decoder_layers=2, "
            "dim_feedforward=3, dropout=0.0, activation='gelu', layer_norm_eps=0.5, "
            "batch_first=True, norm_first=True, bias=False)",
            f"nn.Transformer(4, 2, 1, 1, custom_encoder=nn.TransformerEncoder({LAYER}, 1), "
            f"custom_decoder=nn.TransformerDecoder({LAYER.replace('En', 'De')}, 1))",
        ),
        ("m(x, y, tgt_mask=m.generate_square_subsequent_mask(3, dtype=x.dtype))",),
        (((3, 3, 4), (3, 3, 4)),),
        unlike=UNLIKE,
        rounding=ROUNDING,
        refused=("nn.Transformer(4, 2, 1, 1, 3)(x, x)",),
    ),
]
