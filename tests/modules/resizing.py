"""Layers that pad, make images larger or smaller, and shuffle channels."""

from tests.modules.row import Layer, Shape

SHAPES: dict[int, Shape] = {1: (1, 2, 3), 2: (1, 1, 3, 3), 3: (1, 1, 2, 2, 3)}

ROWS: list[Layer] = []
for axes, shape in SHAPES.items():
    sides = "(1, 0" + ", 0, 1" * (axes - 1) + ")"
    ROWS += [
        Layer(
            f"ConstantPad{axes}d",
            (
                f"nn.ConstantPad{axes}d(1, 0.5)",
                f"nn.ConstantPad{axes}d(padding={sides}, value=2)",
            ),
            shapes=((shape,),),
            refused=(f"nn.ConstantPad{axes}d(1)", f"nn.ConstantPad{axes}d(-2, 0)(x)"),
        ),
        *(
            Layer(
                f"{kind}Pad{axes}d",
                (f"nn.{kind}Pad{axes}d(1)", f"nn.{kind}Pad{axes}d(padding={sides})"),
                shapes=((shape,), (shape[1:],)),
                refused=(f"nn.{kind}Pad{axes}d()", f"nn.{kind}Pad{axes}d((1, 2, 3))(x)"),
            )
            for kind in ("Zero", "Reflection", "Replication", "Circular")
        ),
    ]
ROWS += [
    Layer(
        "Upsample",
        (
            "nn.Upsample(scale_factor=2)",
            "nn.Upsample(5, mode='bilinear', align_corners=True)",
            "nn.Upsample(scale_factor=(1.5, 0.7), mode='bicubic', recompute_scale_factor=True)",
        ),
        shapes=(((1, 1, 3, 3),),),
        rounding=16,
        refused=("nn.Upsample()(x)", "nn.Upsample(3, mode='linear')(x)"),
    ),
    Layer(
        "UpsamplingNearest2d",
        ("nn.UpsamplingNearest2d(5)", "nn.UpsamplingNearest2d(scale_factor=1.5)"),
        shapes=(((1, 1, 3, 3),),),
        refused=("nn.UpsamplingNearest2d(2)(x)",),
    ),
    Layer(
        "UpsamplingBilinear2d",
        ("nn.UpsamplingBilinear2d(size=(2, 5))", "nn.UpsamplingBilinear2d(scale_factor=(2, 1))"),
        shapes=(((1, 1, 3, 3),),),
        refused=("nn.UpsamplingBilinear2d(2)(x)",),
    ),
    Layer(
        "PixelShuffle",
        ("nn.PixelShuffle(2)", "nn.PixelShuffle(upscale_factor=1)"),
        shapes=(((1, 4, 1, 2),),),
        refused=("nn.PixelShuffle()", "nn.PixelShuffle(2)(x)"),
    ),
    Layer(
        "PixelUnshuffle",
        ("nn.PixelUnshuffle(2)", "nn.PixelUnshuffle(downscale_factor=1)"),
        shapes=(((1, 1, 2, 4),),),
        refused=("nn.PixelUnshuffle()", "nn.PixelUnshuffle(2)(x)"),
    ),
    Layer(
        "ChannelShuffle",
        ("nn.ChannelShuffle(2)", "nn.ChannelShuffle(groups=4)"),
        shapes=(((2, 4, 2),),),
        refused=("nn.ChannelShuffle()", "nn.ChannelShuffle(2)(x)"),
    ),
]
