"""Layers of convolutions."""

from tests.modules.row import Layer

REFUSED = (
    "nn.{0}(2, 2)",
    "nn.{0}(3, 2, 1, groups=2)",
    "nn.{0}(2, 3, 1, groups=2)",
    "nn.{0}(2, 2, 1, groups=0)",
    "nn.{0}(-2, 2, 1)",
    "nn.{0}(2, 2, 1, dtype=T.int64)",
    "nn.{0}(2, 2, 1)(T.ones(3))",
)


def refused(name: str, *others: str) -> tuple[str, ...]:
    """What is refused by each of them."""
    turned = ['nn.{0}(2, 2, 1, padding_mode="reflect")'] if "Transpose" in name else []
    return (
        *[form.format(name) for form in REFUSED],
        *[form.format(name) for form in (*turned, *others)],
    )


ROWS: list[Layer] = [
    Layer(
        "Conv1d",
        (
            "nn.Conv1d(2, 4, 3)",
            "nn.Conv1d(in_channels=2, out_channels=2, kernel_size=(2,), stride=2, padding=1)",
            'nn.Conv1d(2, 2, 3, 1, "same", 2, 2, False)',
            'nn.Conv1d(2, 1, 2, padding=1, padding_mode="circular")',
            'nn.Conv1d(2, 1, 3, padding="same", dilation=1, groups=1, padding_mode="reflect")',
        ),
        shapes=(((2, 2, 6),), ((2, 6),)),
        refused=refused(
            "Conv1d",
            'nn.{0}(2, 2, 1, padding="full")',
            'nn.{0}(2, 2, 1, 2, padding="same")',
            'nn.{0}(2, 2, 1, padding_mode="constant")',
            "nn.{0}(2, 2, 7)(T.ones(1, 2, 6))",
            "nn.{0}(2, 2, 2)(T.ones(1, 3, 6))",
        ),
    ),
    Layer(
        "Conv2d",
        (
            "nn.Conv2d(2, 3, 2)",
            "nn.Conv2d(2, 2, (2, 3), (2, 1), (0, 1), (1, 2), 2, False)",
            'nn.Conv2d(2, 1, 2, padding="valid", padding_mode="replicate")',
            'nn.Conv2d(2, 1, (2, 3), padding=(1, 2), padding_mode="replicate")',
        ),
        shapes=(((1, 2, 3, 5),), ((2, 3, 5),)),
        refused=refused("Conv2d"),
    ),
    Layer(
        "Conv3d",
        (
            "nn.Conv3d(2, 1, (1, 2, 2), 1, 1, 1, 1, True, 'circular')",
            "nn.Conv3d(2, 2, 2, stride=2, padding=1, dilation=(1, 2, 1), groups=2, bias=False)",
        ),
        shapes=(((1, 2, 1, 2, 3),),),
        refused=refused("Conv3d"),
    ),
    Layer(
        "ConvTranspose1d",
        (
            "nn.ConvTranspose1d(2, 4, 3)",
            "nn.ConvTranspose1d(2, 2, 2, 3, 1, 2, 2, False, 2)",
            "nn.ConvTranspose1d(2, 2, 3, stride=2, padding=1, output_padding=1)",
        ),
        ("m(x)", "m(input=x)", "m(x, output_size=m(x).shape[-1:])"),
        (((2, 2, 3),), ((2, 3),)),
        fixed=("padding_mode",),
        refused=refused(
            "ConvTranspose1d",
            "nn.{0}(2, 2, 1, 2)(T.ones(1, 2, 3), (7,))",
            "nn.{0}(2, 2, 1, 2)(T.ones(1, 2, 3), output_size=(4,))",
            "nn.{0}(2, 2, 1, 2)(T.ones(1, 2, 3), (5, 5))",
            "nn.{0}(2, 2, 1, output_padding=1)(T.ones(1, 2, 3))",
        ),
    ),
    Layer(
        "ConvTranspose2d",
        (
            "nn.ConvTranspose2d(2, 1, (1, 2))",
            "nn.ConvTranspose2d(2, 2, 2, (2, 1), 1, (1, 0), 2, False, (1, 2))",
        ),
        shapes=(((1, 2, 2, 3),), ((2, 2, 3),)),
        fixed=("padding_mode",),
        refused=refused("ConvTranspose2d"),
    ),
    Layer(
        "ConvTranspose3d",
        (
            "nn.ConvTranspose3d(2, 1, (1, 2, 2))",
            "nn.ConvTranspose3d(2, 2, 2, 2, 1, 1, 2, False, (1, 2, 1))",
        ),
        shapes=(((1, 2, 1, 2, 2),),),
        fixed=("padding_mode",),
        refused=refused("ConvTranspose3d"),
    ),
    Layer(
        "Unfold",
        ("nn.Unfold(2)", "nn.Unfold(kernel_size=(1, 2), dilation=2, padding=(0, 1), stride=2)"),
        shapes=(((1, 2, 2, 3),), ((2, 2, 3),)),
        refused=("nn.Unfold((2,))(T.ones(1, 2, 2))", "nn.Unfold(3)(T.ones(1, 2, 2))"),
    ),
    Layer(
        "Fold",
        ("nn.Fold((2, 3), (1, 2))", "nn.Fold(3, kernel_size=2, dilation=2, padding=1, stride=2)"),
        shapes=(((1, 4, 4),), ((4, 4),)),
        refused=("nn.Fold(3, 2)(x)", "nn.Fold(3, 2)(T.ones(1, 4, 5))"),
    ),
]
