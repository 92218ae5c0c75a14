"""Convolutions, transposed ones, and their columns."""

from tests.operations.row import Operation

MIXED = "Mixed dtypes are promoted, which PyTorch refuses."

ROWS: list[Operation] = [
    Operation(
        "nn.functional.conv1d",
        (
            "F.conv1d(x, y, z)",
            "F.conv1d(x, y, stride=2, padding=1, dilation=2)",
            'F.conv1d(input=x, weight=y[:, :1], bias=z, padding="same", dilation=2, groups=2)',
        ),
        (((2, 2, 5), (4, 2, 2), (4,)), ((2, 5), (2, 2, 2), (2,))),
        special=False,  # sums of products
        integers=False,  # PyTorch has none with a dilation
        refused=(
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), stride=0)",
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), padding=-1)",
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), dilation=0)",
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 2))",
            "F.conv1d(T.ones(4), T.ones(1, 1, 2))",
            "F.conv1d(T.ones(1, 1, 1, 4), T.ones(1, 1, 2))",
            "F.conv1d(T.ones(1, 2, 4), T.ones(1, 1, 2))",
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 5))",
            "F.conv1d(T.ones(1, 1, 4), T.ones(2, 1, 2), T.ones(1))",
            "F.conv1d(T.ones(1, 2, 4), T.ones(2, 2, 2), groups=3)",
            "F.conv1d(T.ones(1, 2, 4), T.ones(2, 2, 2), groups=0)",
            "F.conv1d(T.ones(1, 2, 4), T.ones(2, 2, 2), groups=-1)",
            'F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), stride=2, padding="same")',
            'F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), padding="full")',
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), stride=(1, 1))",
            "F.conv1d(T.ones(1, 1, 4), T.ones(1, 1, 2), stride=1.5)",
            "F.conv1d(T.tensor([[[True]]]), T.tensor([[[True]]]))",
            "F.conv1d([[1.0]], T.ones(1, 1, 1))",
        ),
        note=MIXED,
    ),
    Operation(
        "nn.functional.conv2d",
        (
            "F.conv2d(x, y, z)",
            "F.conv2d(x, y, z, (2, 1), (0, 1), (1, 2))",
            'F.conv2d(x, y[:, :1], None, 1, "same", (2, 1), groups=2)',
        ),
        (((2, 2, 4, 3), (2, 2, 2, 3), (2,)), ((2, 3, 3), (2, 2, 1, 1), (2,))),
        special=False,
        integers=False,
        refused=(
            "F.conv2d(T.ones(1, 1, 4), T.ones(1, 1, 2))",
            "F.conv2d(T.ones(1, 1, 4, 4), T.ones(1, 1, 2, 2), stride=(1, 0))",
            "F.conv2d(T.ones(1, 1, 4, 4), T.ones(1, 1, 2, 5))",
        ),
        note=MIXED,
    ),
    Operation(
        "nn.functional.conv2d of many channels, and of no images",
        (
            "F.conv2d(x, y, padding=1)",
            "F.conv2d(x[:, :1], y.transpose(0, 1), padding=1)",
            "F.conv2d(x[:0], y, padding=1)",
        ),
        (((2, 8, 2, 1), (1, 8, 2, 2)),),
        special=False,
        integers=False,  # PyTorch has no empty batch of theirs
    ),
    Operation(
        "nn.functional.conv2d of integers",
        ("F.conv2d(x, y, z, 2, 1)",),
        (((2, 2, 2, 3), (2, 2, 2, 2), (2,)),),
        derivatives=0,
        special=False,
    ),
    Operation(
        "nn.functional.conv3d",
        ("F.conv3d(x, y, z)", "F.conv3d(x, y, z, 2, (1, 0, 2), (1, 1, 2), groups=1)"),
        (((1, 2, 2, 2, 3), (1, 2, 2, 1, 2), (1,)),),
        special=False,
        integers=False,
        refused=("F.conv3d(T.ones(1, 4, 4, 4), T.ones(1, 1, 4, 4))",),
        note=MIXED,
    ),
    Operation(
        "nn.functional.conv_transpose1d",
        (
            "F.conv_transpose1d(x, y, z)",
            "F.conv_transpose1d(x, y, z, 2, 1, 1)",
            "F.conv_transpose1d(x, y, stride=2, padding=0, output_padding=2, dilation=3)",
            "F.conv_transpose1d(input=x, weight=y[:, :1], bias=z, groups=2, stride=3)",
        ),
        (((2, 2, 3), (2, 2, 2), (2,)), ((2, 3), (2, 2, 2), (2,))),
        special=False,
        integers=False,  # PyTorch has int64 alone
        refused=(
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 1, 2), stride=0)",
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 1, 2), padding=-1)",
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 1, 2), dilation=0)",
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 1, 2), output_padding=1)",
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 1, 2), output_padding=-1)",
            "F.conv_transpose1d(T.ones(1, 1, 1), T.ones(1, 1, 2), padding=1)",
            "F.conv_transpose1d(T.ones(1, 2, 4), T.ones(1, 1, 2))",
            "F.conv_transpose1d(T.ones(1, 1, 4), T.ones(1, 2, 2), T.ones(1))",
            "F.conv_transpose1d(T.ones(1, 3, 4), T.ones(3, 2, 2), groups=2)",
        ),
        note=MIXED,
    ),
    Operation(
        "nn.functional.conv_transpose2d",
        (
            "F.conv_transpose2d(x, y, z)",
            "F.conv_transpose2d(x, y, z, (2, 1), (0, 1), (1, 0), 1, (1, 2))",
        ),
        (((2, 2, 2, 3), (2, 1, 2, 3), (1,)),),
        special=False,
        integers=False,
        note=MIXED,
    ),
    Operation(
        "nn.functional.conv_transpose3d",
        ("F.conv_transpose3d(x, y, z)", "F.conv_transpose3d(x, y, z, 2, (0, 1, 0), (1, 0, 1))"),
        (((1, 2, 1, 2, 2), (2, 1, 2, 2, 1), (1,)),),
        special=False,
        integers=False,
        note=MIXED,
    ),
    Operation(
        "nn.functional.unfold",
        (
            "F.unfold(x, 2)",
            "F.unfold(input=x, kernel_size=(1, 2), dilation=(1, 2), padding=1, stride=(2, 1))",
            "F.unfold(x[0], 2, 1, (0, 1), 2)",
            "F.unfold(x[:0], 2)",
        ),
        (((2, 2, 2, 3),),),
        integers=False,  # PyTorch has none
        refused=(
            "F.unfold(T.ones(1, 2, 3, 3), (2,))",
            "F.unfold(T.ones(1, 2, 3, 3), (2, 2, 2))",
            "F.unfold(T.ones(1, 2, 3, 3), 4)",
            "F.unfold(T.ones(1, 2, 3, 3), 0)",
            "F.unfold(T.ones(1, 2, 3, 3), 2, padding=-1)",
            "F.unfold(T.ones(1, 2, 3, 3), 2, stride=0)",
            "F.unfold(T.ones(1, 2, 3, 3), 2, dilation=0)",
            "F.unfold(T.ones(1, 1, 1, 3, 3), 2)",
            "F.unfold(T.ones(1, 0, 3, 3), 2)",
        ),
    ),
    Operation(
        "nn.functional.fold",
        (
            "F.fold(x, (2, 3), (1, 2))",
            "F.fold(input=x, output_size=(3, 3), kernel_size=2, dilation=2, padding=1, stride=2)",
            "F.fold(x[0], 4, 2, 1, 0, 2)",
            "F.fold(x[:0], 3, 2)",
        ),
        (((2, 4, 4),),),
        integers=False,
        refused=(
            "F.fold(T.ones(1, 4, 5), 3, 2)",
            "F.fold(T.ones(1, 5, 4), 3, 2)",
            "F.fold(T.ones(4), 3, 2)",
            "F.fold(T.ones(1, 4, 4), (3,), 2)",
            "F.fold(T.ones(1, 4, 4), 3, 2, stride=0)",
            "F.fold(T.ones(1, 4, 1), 1, 2)",
        ),
    ),
]
