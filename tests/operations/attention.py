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
]
