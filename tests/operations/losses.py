"""Losses."""

from tests.operations.row import Operation

_SAME = (((3, 4), (3, 4)), ((), ()), ((0, 2), (0, 2)))
_REDUCTIONS = ("mean", "sum", "none")


def _each(call: str, *reductions: str) -> tuple[str, ...]:
    """The call with each reduction."""
    return tuple(f"{call[:-1]}, reduction={name!r})" for name in reductions or _REDUCTIONS)


def _labels(values: str) -> str:
    return f"T.tensor({values}, dtype=T.int64)"


_WEIGHT = "T.tensor([0.5, 2.0, 1.25], dtype=x.dtype)"
_SCALE = "T.tensor(1.5, dtype=x.dtype)"
_ROW = _labels("[0, 2, 1, 2, 0]")
_IGNORING = _labels("[0, -100, 1, 2, -100]")
_IMAGE = _labels("[[1, 0], [2, 2], [-100, 1], [0, 1]]")

ROWS = [
    Operation(
        "nn.functional.mse_loss",
        _each("F.mse_loss(x, y)"),
        _SAME,
        refused=(
            "F.mse_loss(T.ones(2), T.ones(2), reduction='all')",
            "F.mse_loss(T.tensor([1]), T.tensor([2]))",
            "F.mse_loss(T.ones(2), T.ones(2), weight=T.ones(1))",
        ),
    ),
    Operation(
        "nn.functional.mse_loss with weights",
        ("F.mse_loss(x, y, weight=y * y + 1)",),
        _SAME,
        integers=False,  # without weights PyTorch refuses them, too
    ),
    Operation(
        "nn.functional.l1_loss",
        (*_each("F.l1_loss(x, y)"), "F.l1_loss(x, y, weight=y * y + 1)"),
        _SAME,
        derivatives=1,  # the second is 0
        refused=("F.l1_loss(T.ones(2), T.ones(2), reduction='all')",),
    ),
    Operation(
        "nn.functional.smooth_l1_loss",
        (
            "F.smooth_l1_loss(x, y)",
            "F.smooth_l1_loss(x, y, reduction='sum', beta=0.7)",
            "F.smooth_l1_loss(x, y, reduction='none', beta=2)",
        ),
        _SAME,
        refused=(
            "F.smooth_l1_loss(T.ones(2), T.ones(2), beta=-1.0)",
            "F.smooth_l1_loss(T.ones(2), T.ones(2), reduction='all')",
        ),
    ),
    Operation(
        "nn.functional.huber_loss",
        (
            "F.huber_loss(x, y)",
            "F.huber_loss(x, y, 'sum', 0.7)",
            "F.huber_loss(x, y, reduction='none', delta=2)",
            "F.huber_loss(x, y, weight=y * y + 1)",
        ),
        _SAME,
        refused=(
            "F.huber_loss(T.ones(2), T.ones(2), delta=0.0)",
            "F.huber_loss(T.ones(2), T.ones(2), delta=-1.0)",
            "F.huber_loss(T.ones(2), T.ones(2), 'all')",
            "F.huber_loss(T.tensor([1, 2]), T.ones(2))",
            "F.huber_loss(T.ones(2), T.ones(2), weight=T.ones(1))",
        ),
    ),
    Operation(
        "nn.functional.kl_div",
        (
            *_each("F.kl_div(x, y)", "sum", "none", "batchmean"),
            "F.kl_div(x, y, reduction='batchmean', log_target=True)",
        ),
        _SAME,
        low=0.1,
        refused=(
            "F.kl_div(T.ones(2), T.ones(2), reduction='all')",
            "F.kl_div(T.ones(2), T.ones(3), reduction='sum')",
        ),
    ),
    Operation(
        "nn.functional.binary_cross_entropy",
        (
            *_each("F.binary_cross_entropy(x, y)"),
            f"F.binary_cross_entropy(x, y, {_SCALE})",
        ),
        _SAME,
        low=0.05,
        high=0.95,
        derivatives=1,  # PyTorch rounds the second; it is in tests/nn/test_losses.py
        special=False,  # most special values are refused
        refused=(
            "F.binary_cross_entropy(T.ones(2), T.ones(2), reduction='all')",
            "F.binary_cross_entropy(T.ones(2), T.ones(1))",
            "F.binary_cross_entropy(T.ones(2) * 1.5, T.ones(2))",
            "F.binary_cross_entropy(T.ones(2), T.ones(2) * -1)",
            "F.binary_cross_entropy(T.ones(2) * float('nan'), T.ones(2))",
            "F.binary_cross_entropy(T.ones(2), T.tensor([0, 1]))",
            "F.binary_cross_entropy(T.ones(2), T.ones(2), T.ones(3))",
            "F.binary_cross_entropy(T.ones(2), T.ones(2), T.ones(2, 2))",
        ),
    ),
    Operation(
        "nn.functional.binary_cross_entropy_with_logits",
        (
            *_each("F.binary_cross_entropy_with_logits(x, y)"),
            f"F.binary_cross_entropy_with_logits(x, y, {_SCALE}, reduction='none')",
            f"F.binary_cross_entropy_with_logits(x, y, pos_weight={_SCALE})",
        ),
        _SAME,
        refused=(
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(2), reduction='all')",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(1))",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.tensor([0, 1]))",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(2), T.ones(3))",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(2), pos_weight=T.ones(3))",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(2), pos_weight=T.ones(2, 2))",
            "F.binary_cross_entropy_with_logits(T.ones(2), T.ones(2), "
            "pos_weight=T.ones(2).requires_grad_())",
        ),
    ),
    Operation(
        "nn.functional.nll_loss",
        (
            *_each(f"F.nll_loss(x, {_ROW})"),
            *_each(f"F.nll_loss(x, {_IGNORING}, {_WEIGHT})"),
            f"F.nll_loss(x, {_ROW}, ignore_index=2)",
            f"F.nll_loss(x[0], {_labels('2')})",
            f"F.nll_loss(x[0], {_labels('1')}, reduction='none')",
        ),
        (((5, 3),),),
        refused=(
            "F.nll_loss(T.ones(2, 3), T.tensor([0, 3]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([0, -1]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([0, -100]), ignore_index=0)",
            "F.nll_loss(T.ones(2, 3), T.tensor([0.0, 1.0]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([False, True]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([0]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([[0], [1]]))",
            "F.nll_loss(T.ones(3), T.tensor([0, 1]))",
            "F.nll_loss(T.tensor(1.0), T.tensor(0))",
            "F.nll_loss(T.ones(2, 3, 2), T.tensor([0, 1]))",
            "F.nll_loss(T.ones(2, 3), T.tensor([0, 1]), T.ones(2))",
            "F.nll_loss(T.ones(2, 3), T.tensor([0, 1]), reduction='all')",
        ),
        note="Labels may be of any integer dtype, arrays or sequences; weights get the input's "
        "dtype.",
    ),
    Operation(
        "nn.functional.cross_entropy",
        (
            *_each(f"F.cross_entropy(x, {_ROW})"),
            *_each(f"F.cross_entropy(x, {_IGNORING}, {_WEIGHT})"),
            *_each(f"F.cross_entropy(x, {_IGNORING}, {_WEIGHT}, label_smoothing=0.2)"),
            f"F.cross_entropy(x, {_ROW}, label_smoothing=0.1)",
            f"F.cross_entropy(x, {_ROW}, ignore_index=2)",
            f"F.cross_entropy(x, {_ROW}, label_smoothing=1.0)",
            f"F.cross_entropy(x[0], {_labels('2')}, label_smoothing=0.2)",
            f"F.cross_entropy(x[0], {_labels('1')}, reduction='none')",
        ),
        (((5, 3),),),
        special=False,  # log_softmax has them; 0 is left with other remainders
        refused=(
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, 3]))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, -1]))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, -1]), label_smoothing=0.1)",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0.0, 1.0]))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([False, True]))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0]))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([[0, 1]]))",
            "F.cross_entropy(T.tensor([[1, 2]]), T.tensor([0]))",
            "F.cross_entropy(T.tensor(1.0), T.tensor(0))",
            "F.cross_entropy(T.ones(2, 3), T.ones(2, 2))",
            "F.cross_entropy(T.ones(2, 3), T.ones(2, 3), ignore_index=0)",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, 1]), label_smoothing=1.1)",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, 1]), T.ones(2))",
            "F.cross_entropy(T.ones(2, 3), T.ones(2, 3), T.ones(2))",
            "F.cross_entropy(T.ones(2, 3), T.tensor([0, 1]), reduction='all')",
        ),
        note="The first argument is called `predicted`, as the write-up has it; labels may be of "
        "any integer dtype, arrays or sequences; weights get the dtype of the logits; a negative "
        "label_smoothing is refused, not taken for 0.",
    ),
    Operation(
        "nn.functional.cross_entropy of images",
        (
            f"F.cross_entropy(x, {_IMAGE}, reduction='none')",
            f"F.cross_entropy(x, {_IMAGE}, {_WEIGHT}, label_smoothing=0.2)",
        ),
        (((4, 3, 2),),),
        special=False,
    ),
    Operation(
        "nn.functional.cross_entropy of probabilities",
        (
            *_each("F.cross_entropy(x, y)"),
            f"F.cross_entropy(x, y, {_WEIGHT}, label_smoothing=0.2)",
        ),
        (((4, 3), (4, 3)), ((3,), (3,)), ((2, 3, 2), (2, 3, 2))),
        special=False,
    ),
]
