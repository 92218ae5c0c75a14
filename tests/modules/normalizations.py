"""Layers that normalise."""

from tests.modules.row import Layer

ROWS: list[Layer] = [
    Layer(
        "BatchNorm1d",
        (
            "nn.BatchNorm1d(3)",
            "nn.BatchNorm1d(num_features=3, eps=0.5)",
            "nn.BatchNorm1d(3, 1e-3, 0.3)",
            "nn.BatchNorm1d(3, momentum=None)",
            "nn.BatchNorm1d(3, affine=False)",
            "nn.BatchNorm1d(3, track_running_stats=False)",
            "nn.BatchNorm1d(3, 1e-3, None, False, False)",
            "nn.BatchNorm1d(3, bias=False)",
        ),
        shapes=(((4, 3),), ((2, 3, 4),), ((2, 3),), ((1, 3, 2),)),
        refused=(
            "nn.BatchNorm1d()",
            "nn.BatchNorm1d(-1)",
            "nn.BatchNorm1d(2.5)",
            "nn.BatchNorm1d(2)(x)",
            "nn.BatchNorm1d(3)(x[0])",
            "nn.BatchNorm1d(3)(x[:1])",
            "nn.BatchNorm1d(3)(x.reshape(2, 3, 1, 1))",
        ),
        note="`gamma` and `beta` are the course's names for `weight` and `bias`. A batch that is "
        "refused is not counted in `num_batches_tracked`.",
    ),
    Layer(
        "LayerNorm",
        (
            "nn.LayerNorm(3)",
            "nn.LayerNorm(normalized_shape=(4, 3), eps=0.5)",
            "nn.LayerNorm([3], 0.5, False)",
            "nn.LayerNorm(3, elementwise_affine=False)",
            "nn.LayerNorm(3, bias=False)",
            "nn.LayerNorm(3, 1e-3, True, False)",
        ),
        shapes=(((4, 3),), ((2, 4, 3),)),
        refused=(
            "nn.LayerNorm()",
            "nn.LayerNorm(-1)",
            "nn.LayerNorm(2.5)",
            "nn.LayerNorm(2)(x)",
            "nn.LayerNorm((3, 2))(x)",
        ),
    ),
    Layer(
        "RMSNorm",
        (
            "nn.RMSNorm(3)",
            "nn.RMSNorm(normalized_shape=(4, 3), eps=0.5)",
            "nn.RMSNorm([3], 0.5, False)",
            "nn.RMSNorm(3, elementwise_affine=False)",
        ),
        ("m(x)", "m(x=x)"),
        (((4, 3),), ((2, 4, 3),)),
        refused=("nn.RMSNorm()", "nn.RMSNorm(-1)", "nn.RMSNorm(2.5)", "nn.RMSNorm(2)(x)"),
    ),
    Layer(
        "GroupNorm",
        (
            "nn.GroupNorm(2, 4)",
            "nn.GroupNorm(num_groups=4, num_channels=4, eps=0.5)",
            "nn.GroupNorm(1, 4, 0.5, False)",
            "nn.GroupNorm(2, 4, affine=False)",
            "nn.GroupNorm(2, 4, bias=False)",
        ),
        shapes=(((3, 4),), ((2, 4, 3),), ((1, 4, 2, 2),)),
        refused=(
            "nn.GroupNorm(1)",
            "nn.GroupNorm(2, 3)",
            "nn.GroupNorm(0, 3)",
            "nn.GroupNorm(1, 2)(x)",
            "nn.GroupNorm(1, 3)(x[0])",
        ),
    ),
]
