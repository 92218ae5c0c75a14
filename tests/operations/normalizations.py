"""Normalisation over batches, layers and groups."""

from tests.operations.row import Operation, Shape


def _statistics(training: bool) -> str:
    """Running statistics that take part, in the dtype of x."""
    mean, var = (f"(x[0].detach().reshape(-1)[:3] * 0 + {value})" for value in (0.1, 1.3))
    return f"F.batch_norm(x, {mean}, {var}, y, z, {training})"


def _batch(*shapes: Shape) -> tuple[tuple[Shape, ...], ...]:
    return tuple((shape, (3,), (3,)) for shape in shapes)


# Without special: sums in another order leave other remainders where the exact gradient is 0.
# NaN and infinity are in tests/nn/test_normalizations.py.
ROWS = [
    Operation(
        "nn.functional.batch_norm",
        (
            "F.batch_norm(x, None, None, y, z, True, eps=1e-3)",
            "F.batch_norm(x, None, None, y, training=True)",
        ),
        _batch((6, 3), (2, 3, 5), (2, 3, 2, 1, 2)),
        special=False,
        refused=(
            "F.batch_norm(T.ones(2, 3), None, None)",
            "F.batch_norm(T.ones(2, 3), T.ones(3), None)",
            "F.batch_norm(T.ones(2, 3), T.ones(3), None, training=True)",
            "F.batch_norm(T.ones(2, 3), None, T.ones(3), training=True)",
            "F.batch_norm(T.ones(1, 3), None, None, training=True)",
            "F.batch_norm(T.ones(1, 3, 1, 1), None, None, training=True)",
            "F.batch_norm(T.tensor(1.0), T.ones(1), T.ones(1))",
            "F.batch_norm(T.ones(2), T.ones(2), T.ones(2))",
            "F.batch_norm(T.ones(2, 3), T.ones(2), T.ones(2))",
            "F.batch_norm(T.ones(2, 3), T.ones(3), T.ones(3), T.ones(4))",
            "F.batch_norm(T.ones(2, 3), None, None, training=True, eps=0.0)",
            "F.batch_norm(T.ones(2, 3), None, None, training=True, eps=-1.0)",
        ),
        note="Parameters and statistics of another floating dtype are promoted, not refused: "
        "NumPy's data is float64 unless told otherwise.",
    ),
    Operation(
        "nn.functional.batch_norm with running statistics",
        (_statistics(True), _statistics(False)),
        _batch((4, 3), (2, 3, 4)),
        special=False,
    ),
    Operation(
        "nn.functional.batch_norm of nothing",
        (
            "F.batch_norm(x, y.detach(), z.detach())",
            "F.batch_norm(x, None, None, y, z, True)",
            "F.batch_norm(x.flatten(), None, None, training=True)",
            "F.batch_norm(x.flatten(), y[:0].detach(), z[:0].detach())",
        ),
        _batch((0, 3), (2, 3, 0)),
        derivatives=1,
        integers=False,  # PyTorch forgets to refuse empty ones
    ),
    Operation(
        "nn.functional.layer_norm",
        (
            "F.layer_norm(x, (4,))",
            "F.layer_norm(x, [4], y, z, 1e-3)",
            "F.layer_norm(x, y.shape, y)",
        ),
        (((3, 4), (4,), (4,)), ((4,), (4,), (4,)), ((2, 0, 4), (4,), (4,))),
        rounding=16,
        special=False,
        refused=(
            "F.layer_norm(T.ones(2, 3), (2,))",
            "F.layer_norm(T.ones(2, 3), ())",
            "F.layer_norm(T.ones(3), (1, 3))",
            "F.layer_norm(T.ones(2, 3), 3)",
            "F.layer_norm(T.ones(2, 3), (3,), T.ones(1))",
            "F.layer_norm(T.ones(2, 3), (3,), T.ones(3), T.ones(1, 3))",
            "F.layer_norm(T.tensor(1.0), ())",
            "F.layer_norm(T.ones(2, 3), (3,), eps=None)",
        ),
        note="Parameters of another floating dtype are promoted, not refused.",
    ),
    Operation(
        "nn.functional.layer_norm without weight",
        (
            "F.batch_norm(x, None, None, bias=y, training=True)",
            "F.layer_norm(x, y.shape, bias=y)",
        ),
        (((2, 3), (3,)),),
        derivatives=1,  # PyTorch's second derivatives fail
        special=False,
    ),
    Operation(
        "nn.functional.layer_norm over two axes",
        ("F.layer_norm(x, (3, 4), y, z)",),
        (((2, 3, 4), (3, 4), (3, 4)),),
        special=False,
    ),
    Operation(
        "nn.functional.rms_norm",
        (
            "F.rms_norm(x, (4,))",
            "F.rms_norm(x, [4], y, 1e-3)",
        ),
        (((3, 4), (4,)), ((4,), (4,)), ((2, 0, 4), (4,))),
        special=False,
        refused=(
            "F.rms_norm(T.ones(2, 3), (2,))",
            "F.rms_norm(T.ones(2, 3), ())",
            "F.rms_norm(T.ones(2, 3), 3)",
            "F.rms_norm(T.ones(2, 3), (3,), T.ones(1))",
        ),
    ),
    Operation(
        "nn.functional.rms_norm over two axes",
        ("F.rms_norm(x, y.shape, y)",),
        (((2, 3, 4), (3, 4)),),
        special=False,
    ),
    Operation(
        "nn.functional.group_norm",
        (
            "F.group_norm(x, 2)",
            "F.group_norm(x, 3, y, z, 1e-3)",
            "F.group_norm(x, 1, y)",
        ),
        (((2, 6), (6,), (6,)), ((2, 6, 2, 2), (6,), (6,)), ((0, 6, 2), (6,), (6,))),
        rounding=64,  # groups of two numbers: what is left of the second derivatives is little
        special=False,
        refused=(
            "F.group_norm(T.ones(2, 6), 4)",
            "F.group_norm(T.ones(2, 6), -1)",
            "F.group_norm(T.ones(2, 6), 2.0)",
            "F.group_norm(T.ones(6), 2)",
            "F.group_norm(T.ones(1, 6), 6)",
            "F.group_norm(T.ones(2, 6), 2, T.ones(2))",
            "F.group_norm(T.ones(2, 6), 2, bias=T.ones(1, 6))",
        ),
        note="Parameters of another floating dtype are promoted, not refused.",
    ),
    Operation(
        "nn.functional.instance_norm",
        (
            "F.instance_norm(x)",
            "F.instance_norm(x, weight=y, bias=z, eps=1e-3)",
            "F.instance_norm(x, (x[0, 0].detach()[:1] * 0 + 1).expand(3).clone(), "
            "(x[0, 0].detach()[:1] * 0 + 2).expand(3).clone(), y, None, False)",
        ),
        (((2, 3, 4), (3,), (3,)),),
        rounding=64,
        special=False,
        refused=(
            "F.instance_norm(T.ones(2, 3))",
            "F.instance_norm(T.ones(2, 3, 1))",
            "F.instance_norm(T.ones(2, 3, 2), use_input_stats=False)",
            "F.instance_norm(T.ones(2, 3, 2), weight=T.ones(2))",
        ),
        note="A positive eps is needed.",
    ),
    Operation(
        "nn.functional.instance_norm of nothing",
        ("F.instance_norm(x)",),
        (((2, 0, 2),), ((0, 2, 2),)),
        derivatives=1,
        integers=False,
    ),
    Operation(
        "nn.functional.local_response_norm",
        (
            "F.local_response_norm(x, 2)",
            "F.local_response_norm(x, size=3, alpha=0.5, beta=1.5, k=2.0)",
        ),
        (((1, 4, 2),), ((2, 3, 1, 2),)),
        special=False,  # sums of squares, in each library's order
        integers=False,
        refused=("F.local_response_norm(T.ones(2, 3), 2)",),
    ),
]
