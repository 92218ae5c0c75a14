"""Images made larger or smaller, looked up between their places, and shuffled channels."""

from tests.operations.row import Operation

ROWS = [
    Operation(
        "nn.functional.interpolate",
        (
            "F.interpolate(x, 5)",
            "F.interpolate(x, scale_factor=0.7, mode='nearest-exact')",
            "F.interpolate(input=x, size=[2], mode='linear')",
            "F.interpolate(x, scale_factor=(1.7,), mode='linear', recompute_scale_factor=True)",
            "F.interpolate(x, scale_factor=1.7, mode='linear')",
            "F.interpolate(x, 7, mode='linear', align_corners=True)",
            "F.interpolate(x, 3, mode='area')",
        ),
        (((1, 2, 4),),),
        sums_products=True,
        integers=False,
        refused=(
            "F.interpolate(T.ones(1, 1, 2))",
            "F.interpolate(T.ones(1, 1, 2), 3, 2.0)",
            "F.interpolate(T.ones(1, 2), 3)",
            "F.interpolate(T.ones(1, 1, 2), (3, 3))",
            "F.interpolate(T.ones(1, 1, 2), 0)",
            "F.interpolate(T.ones(1, 1, 2), 3, mode='bilinear')",
            "F.interpolate(T.ones(1, 1, 2), 3, mode='cubic')",
            "F.interpolate(T.ones(1, 1, 2), 3, align_corners=True)",
            "F.interpolate(T.ones(1, 1, 2), 3, recompute_scale_factor=True)",
            "F.interpolate(T.ones(1, 1, 2, dtype=T.int64), 3)",
        ),
    ),
    Operation(
        "nn.functional.interpolate of images",
        (
            "F.interpolate(x, scale_factor=2)",
            "F.interpolate(x, (2, 6), mode='bilinear')",
            "F.interpolate(x, (5, 2), mode='bilinear', align_corners=True)",
            "F.interpolate(x, scale_factor=1.5, mode='bicubic')",
            "F.interpolate(x, (1, 6), mode='bicubic', align_corners=True)",
            "F.interpolate(x, (2, 2), mode='bilinear', antialias=True)",
            "F.interpolate(x, (5, 2), mode='bilinear', align_corners=True, antialias=True)",
            "F.interpolate(x, scale_factor=0.6, mode='bicubic', antialias=True)",
            "F.interpolate(x, (1, 7), mode='bicubic', antialias=True)",
            "F.interpolate(x, scale_factor=(0.5, 1), mode='area')",
        ),
        (((1, 1, 3, 4),),),
        rounding=16,
        special=False,  # sums of products
        integers=False,
        refused=(
            "F.interpolate(T.ones(1, 1, 2, 2), 3, mode='linear')",
            "F.interpolate(T.ones(1, 1, 2, 2), 3, antialias=True)",
            "F.interpolate(T.ones(1, 1, 2, 2), 3, mode='area', antialias=True)",
        ),
    ),
    Operation(
        "nn.functional.interpolate of volumes",
        ("F.interpolate(x, (3, 1, 4), mode='trilinear')", "F.interpolate(x, (3, 1, 2))"),
        (((1, 1, 2, 2, 3),),),
        special=False,
        integers=False,
        refused=("F.interpolate(T.ones(1, 1, 2, 2, 2), 3, mode='bicubic')",),
    ),
    Operation(
        "nn.functional.interpolate of bytes and nothing",
        ("F.interpolate((y * 9).to(T.uint8), 5)", "F.interpolate(x, 3, mode='linear')"),
        (((0, 1, 2), (1, 1, 3)),),
        low=0.0,
        derivatives=0,
        special=False,
        integers=False,
    ),
    Operation(
        "pixel_shuffle",
        ("T.pixel_shuffle(x, 2)", "F.pixel_shuffle(input=x, upscale_factor=1)"),
        (((8, 1, 2),), ((2, 4, 2, 1),)),
        refused=(
            "T.pixel_shuffle(T.ones(4, 4), 2)",
            "T.pixel_shuffle(T.ones(3, 1, 1), 2)",
            "T.pixel_shuffle(T.ones(4, 1, 1), 0)",
        ),
    ),
    Operation(
        "pixel_unshuffle",
        ("T.pixel_unshuffle(x, 2)", "F.pixel_unshuffle(input=x, downscale_factor=1)"),
        (((2, 2, 4),),),
        refused=("T.pixel_unshuffle(T.ones(1, 3, 4), 2)", "T.pixel_unshuffle(T.ones(4, 4), 2)"),
    ),
    Operation(
        "channel_shuffle",
        ("T.channel_shuffle(x, 2)", "F.channel_shuffle(input=x, groups=4)"),
        (((2, 4, 3),),),
        refused=(
            "T.channel_shuffle(T.ones(2, 4), 2)",
            "T.channel_shuffle(T.ones(2, 4, 1), 3)",
            "T.channel_shuffle(T.ones(2, 4, 1), 0)",
        ),
    ),
    Operation(
        "nn.functional.grid_sample",
        (
            "F.grid_sample(x, y, align_corners=False)",
            "F.grid_sample(x, grid=y, mode='nearest', align_corners=False)",
            "F.grid_sample(x, y, 'bilinear', 'border', True)",
            "F.grid_sample(x, y, padding_mode='reflection', align_corners=False)",
            "F.grid_sample(x, y, padding_mode='reflection', align_corners=True)",
            "F.grid_sample(x, y, mode='bicubic', align_corners=False)",
            "F.grid_sample(x, y, 'bicubic', 'border', True)",
        ),
        (((1, 2, 3, 4), (1, 2, 2, 2)),),
        derivatives=1,  # PyTorch has no second ones
        rounding=32,
        special=False,  # of grids that are not finite PyTorch takes any place
        integers=False,
        refused=(
            "F.grid_sample(T.ones(1, 1, 2), T.ones(1, 2, 1), align_corners=False)",
            "F.grid_sample(T.ones(1, 1, 2, 2), T.ones(2, 1, 1, 2), align_corners=False)",
            "F.grid_sample(T.ones(1, 1, 2, 2), T.ones(1, 1, 1, 3), align_corners=False)",
            "F.grid_sample(T.ones(1, 1, 2, 2), T.ones(1, 1, 1, 2), 'cubic', align_corners=False)",
        ),
        note="Has second derivatives, which PyTorch lacks.",
    ),
    Operation(
        "nn.functional.grid_sample of volumes",
        (
            "F.grid_sample(x, y, align_corners=False)",
            "F.grid_sample(x, y, 'nearest', 'border', True)",
        ),
        (((1, 2, 2, 2, 3), (1, 1, 2, 1, 3)),),
        derivatives=1,
        special=False,
        integers=False,
    ),
    Operation(
        "nn.functional.affine_grid",
        (
            "F.affine_grid(x, (2, 1, 2, 3), align_corners=False)",
            "F.affine_grid(theta=x, size=[2, 1, 2, 2], align_corners=True)",
            "F.affine_grid(y, (1, 1, 2, 1, 2), align_corners=False)",
        ),
        (((2, 2, 3), (1, 3, 4)),),
        special=False,
        integers=False,
        refused=(
            "F.affine_grid(T.ones(1, 2, 2), (1, 1, 2, 2), align_corners=False)",
            "F.affine_grid(T.ones(1, 2, 3), (2, 1, 2, 2), align_corners=False)",
            "F.affine_grid(T.ones(1, 2, 3), (1, 1, 2), align_corners=False)",
        ),
    ),
]
