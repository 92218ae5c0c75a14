"""Layers that pool, and those that undo it."""

from tests.modules.row import Layer, Shape

SHAPES: dict[int, Shape] = {1: (2, 5), 2: (1, 4, 5), 3: (1, 2, 3, 4)}
INDICES = {1: "[[1, 2]]", 2: "[[[1, 2]]]", 3: "[[[[1, 2]]]]"}

SAMPLES = "T.tensor([[[0.2, 0.9], [0.6, 0.4]]])"
VOLUME_SAMPLES = "T.tensor([[[0.2, 0.9, 0.5]]])"

ROWS: list[Layer] = []
for axes, shape in SHAPES.items():
    max_pool, avg_pool = f"nn.MaxPool{axes}d", f"nn.AvgPool{axes}d"
    divided = (f"{avg_pool}(2, divisor_override=3)",) if axes > 1 else ()
    adaptive = f"nn.AdaptiveMaxPool{axes}d"
    ROWS += [
        Layer(
            f"MaxPool{axes}d",
            (
                f"{max_pool}(2)",
                f"{max_pool}(2, stride=1, padding=1, dilation=1)",
                f"{max_pool}((1,) * {axes}, (2,) * {axes}, ceil_mode=True)",
                f"{max_pool}(kernel_size=2, dilation=(1,) * {axes - 1} + (2,), stride=1)",
            ),
            shapes=((shape,),),
            refused=(f"{max_pool}()", f"{max_pool}(3, padding=2)(x)", f"{max_pool}(0)(x)"),
        ),
        Layer(
            f"MaxPool{axes}d with indices",
            (f"{max_pool}(2, return_indices=True)",),
            ("m(x)[0]",),
            ((shape,),),
        ),
        Layer(
            f"AvgPool{axes}d",
            (
                f"{avg_pool}(2)",
                f"{avg_pool}(2, stride=1, padding=1, count_include_pad=False)",
                f"{avg_pool}((2,) * {axes}, ceil_mode=True)",
                *divided,
            ),
            shapes=((shape,),),
            refused=(f"{avg_pool}()",),
        ),
        Layer(
            f"AdaptiveMaxPool{axes}d",
            (f"{adaptive}(2)", f"{adaptive}(output_size=(2,) * {axes})"),
            shapes=((shape,),),
            refused=(f"{adaptive}()", f"{adaptive}(-1)(x)"),
        ),
        Layer(
            f"AdaptiveMaxPool{axes}d with indices",
            (f"{adaptive}(2, return_indices=True)",),
            ("m(x)[0]",),
            ((shape,),),
        ),
        Layer(
            f"AdaptiveAvgPool{axes}d",
            (f"nn.AdaptiveAvgPool{axes}d(2)", f"nn.AdaptiveAvgPool{axes}d(output_size=1)"),
            shapes=((shape,),),
            refused=(f"nn.AdaptiveAvgPool{axes}d()",),
        ),
        Layer(
            f"LPPool{axes}d",
            (
                f"nn.LPPool{axes}d(2, 2)",
                f"nn.LPPool{axes}d(norm_type=1.5, kernel_size=2, stride=1, ceil_mode=True)",
            ),
            shapes=((shape,),),
            low=0.5,
            refused=(f"nn.LPPool{axes}d(2)",),
        ),
        Layer(
            f"MaxUnpool{axes}d",
            (
                f"nn.MaxUnpool{axes}d(2)",
                f"nn.MaxUnpool{axes}d(kernel_size=(2,) * {axes}, stride=(3,) * {axes}, padding=0)",
                f"nn.MaxUnpool{axes}d(3, padding=1)",
            ),
            (f"m(x, T.tensor({INDICES[axes]}))", f"m(input=x, indices=T.tensor({INDICES[axes]}))"),
            (((1,) * axes + (2,),),),
            refused=(f"nn.MaxUnpool{axes}d()",),
        ),
    ]

ROWS += [
    Layer(
        "FractionalMaxPool2d",
        (
            f"nn.FractionalMaxPool2d(2, 3, _random_samples={SAMPLES})",
            "nn.FractionalMaxPool2d(kernel_size=(1, 2), output_ratio=0.5, return_indices=False, "
            f"_random_samples={SAMPLES})",
        ),
        shapes=(((1, 2, 4, 5),),),
        fixed=("return_indices",),
        refused=(
            "nn.FractionalMaxPool2d(2)",
            "nn.FractionalMaxPool2d(2, 2, 0.5)",
            "nn.FractionalMaxPool2d(2, output_ratio=1.5)",
            "nn.FractionalMaxPool2d(2, output_size=4, return_indices=True)(x[None])",
        ),
        note="Draws from NumPy's global generator.",
    ),
    Layer(
        "FractionalMaxPool3d",
        (
            f"nn.FractionalMaxPool3d(2, 2, _random_samples={VOLUME_SAMPLES})",
            f"nn.FractionalMaxPool3d(1, None, 0.7, False, {VOLUME_SAMPLES})",
        ),
        shapes=(((1, 1, 4, 4, 4),),),
        fixed=("return_indices",),
        refused=(
            "nn.FractionalMaxPool3d(2)",
            "nn.FractionalMaxPool3d(2, output_size=4, return_indices=True)(x[:, None, None, None])",
        ),
        note="Draws from NumPy's global generator.",
    ),
]
