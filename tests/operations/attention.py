"""Attention."""

from tests.operations.row import Operation

NAME = "F.scaled_dot_product_attention"
MASK = "T.tensor([[True, False, True], [False, False, False]])"

ROWS: list[Operation] = [
    Operation(
        "nn.functional.scaled_dot_product_attention",
        (
            f"{NAME}(x, y, z)",
            f"{NAME}(query=x, key=y, value=z, attn_mask=None, dropout_p=0.0, is_causal=True)",
            f"{NAME}(x, y, z, {MASK}, scale=-0.7)",
            f"{NAME}(x, y, z, x.sum(-1, keepdim=True))",
            f"{NAME}(x, y, z, T.where({MASK}, 0.5, -float('inf')).to(x.dtype))",
            f"{NAME}(x, y, z, dropout_p=1.0)",
        ),
        (((2, 2, 3), (2, 3, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 3), (3, 2))),
        special=False,  # sums of products, of which PyTorch leaves the order open
        refused=(
            f"{NAME}(T.ones(3), T.ones(2, 3), T.ones(2, 3))",
            f"{NAME}(T.ones(2, 3), T.ones(2, 4), T.ones(2, 3))",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(4, 3))",
            f"{NAME}(T.ones(2, 1, 3), T.ones(3, 1, 3), T.ones(3, 1, 3))",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3).to(T.float16), T.ones(2, 3))",
            f"{NAME}(T.ones(2, 3).long(), T.ones(2, 3).long(), T.ones(2, 3).long())",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), T.ones(2, 2), is_causal=True)",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), T.ones(2, 2).long())",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), T.ones(3, 2))",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), T.ones(2, 2, 2))",
            f"{NAME}(T.ones(2, 3), T.ones(2, 3), T.ones(2, 3), dropout_p=1.5)",
            f"{NAME}(T.ones(4, 2, 3), T.ones(3, 2, 3), T.ones(3, 2, 3), enable_gqa=True)",
        ),
        note="A float mask may be of any floating dtype. Scores are not kept where they are many, "
        "but computed again on the way back.",
    ),
    Operation(
        "nn.functional.scaled_dot_product_attention with shared heads",
        (f"{NAME}(x, y, z, enable_gqa=True)",),
        (((4, 2, 3), (2, 3, 3), (1, 3, 2)),),
        special=False,
        integers=False,
    ),
    Operation(
        "nn.functional.scaled_dot_product_attention of nothing",
        (f"{NAME}(x, y, z)", f"{NAME}(x, y, z, is_causal=True)"),
        (
            ((0, 2, 3), (0, 3, 3), (0, 3, 2)),
            ((2, 0, 3), (2, 3, 3), (2, 3, 2)),
            ((2, 2, 3), (2, 0, 3), (2, 0, 2)),
            ((2, 2, 0), (2, 3, 0), (2, 3, 2)),
        ),
        special=False,
        integers=False,
    ),
    Operation(
        "nn.functional.multi_head_attention_forward",
        (
            "F.multi_head_attention_forward(x, x, x, 4, 2, y, z, None, None, False, 0.0, w, None)",
            "F.multi_head_attention_forward(x, x, x, 4, 2, y, None, None, None, False, 0.0, w, "
            "None, static_k=x.reshape(4, 3, 2), static_v=x.reshape(4, 3, 2), "
            "average_attn_weights=False)",
        ),
        (((3, 2, 4), (12, 4), (12,), (4, 4)),),
        low=-1.0,
        high=1.0,
        special=False,
        rounding=64,
        integers=False,
        refused=(
            "F.multi_head_attention_forward(*[T.ones(2, 1, 4)] * 3, 4, 1, T.ones(12, 4), *[None] * "
            "3, False, 0.0, T.ones(4, 4), None, is_causal=True)",
        ),
    ),
    Operation(
        "nn.functional.multi_head_attention_forward without weights",
        (
            "F.multi_head_attention_forward(x, x * 2, x, 4, 1, None, z, w[:1, None], w[1:2, None], "
            "True, 0.0, w, w[0], True, T.ones(2, 3) < 0, False, T.eye(3) > 0, "
            "use_separate_proj_weight=True, q_proj_weight=y[:4], k_proj_weight=y[4:8], "
            "v_proj_weight=y[8:])[0]",
        ),
        (((3, 2, 4), (12, 4), (12,), (4, 4)),),
        low=-1.0,
        high=1.0,
        derivatives=1,  # PyTorch has no second one of its fused operation
        special=False,
        rounding=64,
        integers=False,
    ),
]
