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
    *(
        Layer(
            f"BatchNorm{axes}d",
            tuple(
                f"nn.BatchNorm{axes}d({options})"
                for options in (
                    "3",
                    "num_features=3, eps=0.5, momentum=None",
                    "3, affine=False, track_running_stats=False",
                    "3, bias=False",
                )
            ),
            shapes=((shape,),),
            refused=(f"nn.BatchNorm{axes}d(3)(x)", f"nn.BatchNorm{axes}d(-1)"),
        )
        for axes, shape in ((2, (2, 3, 2, 2)), (3, (1, 3, 1, 2, 2)))
    ),
    *(
        Layer(
            f"InstanceNorm{axes}d",
            tuple(
                f"nn.InstanceNorm{axes}d({options})"
                for options in (
                    "3",
                    "3, eps=0.5, momentum=0.3, affine=True, bias=False",
                    "num_features=3, affine=True, track_running_stats=True",
                    "3, momentum=None, track_running_stats=True",
                )
            ),
            shapes=((shape,), (shape[1:],)),
            rounding=16,
            refused=(
                f"nn.InstanceNorm{axes}d(3)(T.ones(3))",
                f"nn.InstanceNorm{axes}d(2, affine=True)(T.ones{shape})",
            ),
        )
        for axes, shape in ((1, (2, 3, 4)), (2, (2, 3, 2, 2)), (3, (1, 3, 1, 2, 2)))
    ),
    Layer(
        "LocalResponseNorm",
        ("nn.LocalResponseNorm(2)", "nn.LocalResponseNorm(size=3, alpha=0.5, beta=1.5, k=2.0)"),
        shapes=(((2, 3, 4),), ((1, 4, 1, 2),)),
        refused=("nn.LocalResponseNorm()", "nn.LocalResponseNorm(2)(x)"),
    ),
]
