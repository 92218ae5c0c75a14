"""Pooling, and what undoes it."""

from tests.operations.row import Operation

# Equal numbers, NaNs and infinities meet in windows of every kind.
TIED = "x.round()"
# Draws, one an axis, for each plane.
SAMPLES = "T.tensor([[[0.2, 0.9], [0.6, 0.4]]], dtype=x.dtype)"
VOLUME_SAMPLES = "T.tensor([[[0.2, 0.9, 0.5]]], dtype=x.dtype)"

ROWS = [
    Operation(
        "nn.functional.max_pool1d",
        (
            "F.max_pool1d(x, 2)",
            "F.max_pool1d(input=x, kernel_size=[3], stride=(2,), padding=1)",
            "F.max_pool1d(x, 2, 1, 1, 2, True)",
            "F.max_pool1d(x, 2, stride=3, ceil_mode=True, return_indices=True)",
        ),
        (((2, 5),), ((2, 1, 4),)),
        integers=False,  # PyTorch takes them where it happens to pool with indices
        refused=(
            "F.max_pool1d(T.ones(4), 2)",
            "F.max_pool1d(T.ones(1, 1, 1, 4), 2)",
            "F.max_pool1d(T.ones(1, 4), 0)",
            "F.max_pool1d(T.ones(1, 4), 2, 0)",
            "F.max_pool1d(T.ones(1, 4), 2, padding=2)",
            "F.max_pool1d(T.ones(1, 4), 2, padding=-1)",
            "F.max_pool1d(T.ones(1, 4), 2, dilation=0)",
            "F.max_pool1d(T.ones(1, 4), 5)",
            "F.max_pool1d(T.ones(1, 4), 2.0)",
            "F.max_pool1d(T.ones(1, 4), (2, 2))",
            "F.max_pool1d(T.ones(1, 4) > 0, 2)",
        ),
        note="Integers are pooled; PyTorch refuses them unless it returns the indices, too.",
    ),
    Operation(
        "nn.functional.max_pool2d",
        (
            "F.max_pool2d(x, 2)",
            "F.max_pool2d(x, (2, 3), stride=(1, 2), padding=(1, 0), return_indices=True)",
            "F.max_pool2d(x, 3, 2, 1, dilation=(1, 2), ceil_mode=True)",
            f"F.max_pool2d({TIED}, 2)",
        ),
        (((1, 2, 4, 5),), ((1, 5, 6),)),
        refused=(
            "F.max_pool2d(T.ones(4, 4), 2)",
            "F.max_pool2d(T.ones(1, 4, 4), (2, 2, 2))",
            "F.max_pool2d(T.ones(1, 0, 4, 4), 2)",
            "F.max_pool2d(T.ones(1, 4, 4), 2, padding=(1, 2))",
            "F.max_pool2d(T.ones(1, 4, 4), (2, 5))",
        ),
        note="A window that lies in the padding with all its dilated places is refused; PyTorch "
        "gives -inf.",
    ),
    Operation(
        "nn.functional.max_pool2d of nothing, and of many places",
        (
            "F.max_pool2d(x, 2, return_indices=True)",
            "F.max_pool2d(y, (16, 17), 16, return_indices=True)",
        ),
        (((0, 1, 2, 2), (1, 17, 18)),),
        derivatives=0,
        integers=False,
    ),
    Operation(
        "nn.functional.max_pool3d",
        (
            "F.max_pool3d(x, 2)",
            "F.max_pool3d(x, (1, 2, 3), 1, (0, 1, 1), ceil_mode=True, return_indices=True)",
        ),
        (((1, 1, 2, 3, 4),), ((1, 2, 2, 3),)),
        refused=("F.max_pool3d(T.ones(2, 2, 2), 2)", "F.max_pool3d(T.ones(1, 2, 2, 2), 3)"),
    ),
    Operation(
        "nn.functional.avg_pool1d",
        (
            "F.avg_pool1d(x, 2)",
            "F.avg_pool1d(input=x, kernel_size=[3], stride=(2,), padding=1)",
            "F.avg_pool1d(x, 3, 2, 1, True, False)",
            "F.avg_pool1d(x, 3, 3, ceil_mode=True)",
        ),
        (((2, 5),), ((2, 1, 4),)),
        sums_products=True,
        refused=(
            "F.avg_pool1d(T.ones(4), 2)",
            "F.avg_pool1d(T.ones(1, 4), 2, padding=2)",
            "F.avg_pool1d(T.ones(1, 4), 5)",
        ),
    ),
    Operation(
        "nn.functional.avg_pool2d",
        (
            "F.avg_pool2d(x, 2)",
            "F.avg_pool2d(x, (2, 3), stride=(1, 2), padding=(1, 0))",
            "F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)",
            "F.avg_pool2d(x, 2, divisor_override=3)",
        ),
        (((1, 2, 4, 5),), ((0, 1, 4, 4),)),
        sums_products=True,
        refused=(
            "F.avg_pool2d(T.ones(1, 1, 1, 4, 4), 2)",
            "F.avg_pool2d(T.ones(1, 4, 4), 2, divisor_override=0)",
            "F.avg_pool2d(T.ones(1, 4, 4), 2, 0)",
        ),
    ),
    Operation(
        "nn.functional.avg_pool3d",
        ("F.avg_pool3d(x, 2)", "F.avg_pool3d(x, (1, 2, 3), 1, (0, 1, 1), True, False)"),
        (((1, 1, 2, 3, 4),),),
        sums_products=True,
        refused=("F.avg_pool3d(T.ones(2, 2, 2), 2)",),
    ),
    *(
        Operation(
            f"nn.functional.adaptive_{kind}_pool{axes}d",
            tuple(form.format(f"F.adaptive_{kind}_pool{axes}d") for form in forms),
            (shapes,),
            sums_products=True,
            integers=False,
            refused=tuple(form.format(f"F.adaptive_{kind}_pool{axes}d") for form in refused),
        )
        for kind in ("max", "avg")
        for axes, forms, shapes, refused in (
            (
                1,
                ("{}(x, 3)", "{}(input=x, output_size=[2])", "{}(x, 7)"),
                ((2, 5),),
                ("{}(T.ones(4), 2)", "{}(T.ones(1, 4), -1)", "{}(T.ones(1, 4), (1, 2))"),
            ),
            (
                2,
                ("{}(x, 1)", "{}(x, (2, None))", "{}(x, (3, 2))"),
                ((1, 2, 4, 5),),
                ("{}(T.ones(4, 4), 2)", "{}(T.tensor([[[1]]]), 1)"),
            ),
            (3, ("{}(x, (1, 2, 3))",), ((1, 2, 3, 4),), ("{}(T.ones(2, 2, 2), 2)",)),
        )
    ),
    Operation(
        "nn.functional.adaptive_max_pool2d with indices",
        ("F.adaptive_max_pool2d(x, (3, 2), True)", "F.adaptive_max_pool2d(x, 1, True)"),
        (((1, 4, 5),),),
        integers=False,
    ),
    *(
        Operation(
            f"nn.functional.{kind}max_pool{axes}d_with_indices",
            (f"F.{kind}max_pool{axes}d_with_indices(x, {options})",),
            (((1, 2, 2, 3)[3 - axes :],),),
            integers=False,
        )
        for kind, options in (("", "2, 1, 0, 1, True, False"), ("adaptive_", "1"))
        for axes in (1, 2, 3)
    ),
    Operation(
        "nn.functional.adaptive_max_pool1d of nothing",
        ("F.adaptive_max_pool1d(x, 2)", "F.adaptive_avg_pool1d(x, 2)"),
        (((0, 3),),),
        integers=False,
    ),
    Operation(
        "nn.functional.adaptive_avg_pool1d to nothing",
        ("F.adaptive_avg_pool1d(x, 0)", "F.adaptive_max_pool1d(x, 0)"),
        (((1, 3),),),
        derivatives=0,
        integers=False,
    ),
    *(
        Operation(
            f"nn.functional.lp_pool{axes}d",
            tuple(form.format(f"F.lp_pool{axes}d") for form in forms),
            (shapes,),
            low=0.5,
            rounding=16,
            special=False,  # of negative numbers, roots that are NaN in other places
            integers=False,
            refused=(f"F.lp_pool{axes}d(T.ones(1, 4, 4, 4), 2, 5)",),
        )
        for axes, forms, shapes in (
            (
                1,
                (
                    "{}(x, 2, 2)",
                    "{}(input=x, norm_type=1.5, kernel_size=3, stride=1)",
                    "{}(x, float('inf'), 2)",
                    "{}(x, 3, 2, ceil_mode=True)",
                ),
                ((2, 5),),
            ),
            (2, ("{}(x, 2, (2, 3))", "{}(x, -float('inf'), 2)"), ((1, 4, 5),)),
            (3, ("{}(x, 3.0, 2)",), ((1, 2, 3, 4),)),
        )
    ),
    Operation(
        "nn.functional.max_unpool1d",
        (
            "F.max_unpool1d(x, T.tensor([[1, 2]]), 2)",
            "F.max_unpool1d(x, T.tensor([[0, 4]]), kernel_size=3, stride=2, output_size=[6])",
            "F.max_unpool1d(x, T.tensor([[0, 1]]), 3, 2, 1, output_size=(1, 1, 4))",
        ),
        (((1, 2),),),
        integers=False,
        refused=(
            "F.max_unpool1d(T.ones(1, 2), T.tensor([[1, 4]]), 2)",
            "F.max_unpool1d(T.ones(1, 2), T.tensor([[1, -1]]), 2)",
            "F.max_unpool1d(T.ones(1, 2), T.tensor([[1.0, 2.0]]), 2)",
            "F.max_unpool1d(T.ones(1, 2), T.tensor([[1]]), 2)",
            "F.max_unpool1d(T.ones(1, 2), T.tensor([[1, 2]]), 2, output_size=[9])",
            "F.max_unpool1d(T.ones(2), T.tensor([1, 2]), 2)",
        ),
    ),
    Operation(
        "nn.functional.max_unpool2d",
        (
            "F.max_unpool2d(x, T.tensor([[[1, 4], [10, 11]]]), 2)",
            "F.max_unpool2d(*F.max_pool2d(y, 2, return_indices=True), (2, 2), output_size=(4, 5))",
        ),
        (((1, 2, 2), (1, 4, 5)),),
        integers=False,
        refused=("F.max_unpool2d(T.ones(1, 1, 2), T.tensor([[[1, 8]]]), 2)",),
    ),
    Operation(
        "nn.functional.max_unpool3d",
        ("F.max_unpool3d(x, T.tensor([[[[1, 7]]]]), (1, 2, 2))",),
        (((1, 1, 1, 2),),),
        integers=False,
        refused=("F.max_unpool3d(T.ones(1, 1, 1), T.tensor([[[1]]]), 2)",),
    ),
    Operation(
        "nn.functional.fractional_max_pool2d",
        (
            f"F.fractional_max_pool2d(x, 2, 3, None, True, {SAMPLES})",
            f"F.fractional_max_pool2d({TIED}[0], (2, 1), output_ratio=(0.5, 0.7), "
            f"_random_samples={SAMPLES})",
            f"F.fractional_max_pool2d_with_indices(x, 3, (1, 3), _random_samples={SAMPLES})",
        ),
        (((1, 2, 4, 5),),),
        integers=False,
        refused=(
            "F.fractional_max_pool2d(T.ones(1, 4, 4), 2)",
            "F.fractional_max_pool2d(T.ones(1, 1, 1, 4, 4), 2, 2)",
            "F.fractional_max_pool2d(T.ones(1, 4, 4), 2, 4)",
            "F.fractional_max_pool2d(T.ones(1, 4, 4), 2, (2, 2, 2))",
            "F.fractional_max_pool2d(T.ones(1, 4, 4), 2, 2, _random_samples=T.ones(1, 2, 2))",
            "F.fractional_max_pool2d(T.ones(1, 4, 4), 2, 2, _random_samples=T.ones(1, 1, 3))",
        ),
    ),
    Operation(
        "nn.functional.fractional_max_pool3d",
        (
            f"F.fractional_max_pool3d(x, 2, (1, 2, 2), None, True, {VOLUME_SAMPLES})",
            "F.fractional_max_pool3d_with_indices(x, 1, output_ratio=0.7, "
            f"_random_samples={VOLUME_SAMPLES})",
        ),
        (((1, 1, 3, 4, 4),),),
        integers=False,
        refused=(
            "F.fractional_max_pool3d(T.ones(1, 1, 1, 4, 4, 4), 2, 2)",
            "F.fractional_max_pool3d(T.ones(1, 4, 4, 4), 2, (2, 2))",
        ),
    ),
]
