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

_SIGNS = "T.tensor([[1, -1, -1]], dtype=x.dtype)"
_WORDS = _labels("[[1, 2], [2, 2]]")
_SETS = _labels("[[0, -1, 1], [2, 1, -1], [1, 2, 0], [-1, 0, 1]]")

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
        "nn.functional.linear_cross_entropy",
        (
            "F.linear_cross_entropy(x, y, T.tensor([0, 2]))",
            "F.linear_cross_entropy(x, y, T.tensor([0, 2]), linear_bias=z, "
            f"weight={_WEIGHT}, reduction='sum', ignore_index=0, label_smoothing=0.1)",
            "F.linear_cross_entropy(x, y[:, None], T.tensor([[0], [2]]), reduction='none')",
            "F.linear_cross_entropy(x[0], y, T.tensor(2))",
        ),
        (((2, 4), (3, 4), (3,)),),
        sums_products=True,
        integers=False,
        refused=(
            "F.linear_cross_entropy(T.ones(2, 2, 4), T.ones(3, 4), T.tensor([0, 2]))",
            "F.linear_cross_entropy(T.ones(2, 4), T.ones(4), T.tensor([0, 2]))",
            "F.linear_cross_entropy(T.ones(2, 4), T.ones(3, 5), T.tensor([0, 2]))",
            "F.linear_cross_entropy(T.ones(4), T.ones(3, 1, 4), T.tensor([0]))",
            "F.linear_cross_entropy(T.ones(2, 4), T.ones(3, 4), T.ones(2, 3), ignore_index=0)",
            "F.linear_cross_entropy(T.ones(2, 4), T.ones(3, 4), T.tensor([0, 2]), "
            "linear_bias=T.ones(2))",
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
    Operation(
        "nn.functional.margin_ranking_loss",
        (
            f"F.margin_ranking_loss(x, y, {_SIGNS})",
            f"F.margin_ranking_loss(x, y, {_SIGNS}, margin=0.5, reduction='none')",
        ),
        (((2, 3), (2, 3)),),
        derivatives=1,  # the second is 0
        special=False,  # infinities of both signs meet
        integers=False,  # of which some have no -1
        refused=(
            "F.margin_ranking_loss(T.ones(2), T.ones(2), T.ones(2), reduction='all')",
            "F.margin_ranking_loss(T.ones(2), T.ones(2), T.ones(1, 2))",
            "F.margin_ranking_loss(T.ones(2), T.ones(2), T.ones(3))",
        ),
    ),
    Operation(
        "nn.functional.hinge_embedding_loss",
        (
            f"F.hinge_embedding_loss(x, {_SIGNS})",
            "F.hinge_embedding_loss(x, T.sign(x.detach()), margin=0.5, reduction='none')",
        ),
        (((4, 3),),),
        derivatives=1,  # the second is 0
        integers=False,  # of which some have no -1
        refused=(
            "F.hinge_embedding_loss(T.ones(2), T.ones(2), reduction='all')",
            "F.hinge_embedding_loss(T.ones(2), T.ones(3))",
        ),
    ),
    Operation(
        "nn.functional.cosine_embedding_loss",
        (
            f"F.cosine_embedding_loss(x, y, {_SIGNS}[0])",
            f"F.cosine_embedding_loss(x, y, {_labels('[1, -1, -1]')}, 0.2, reduction='sum')",
            f"F.cosine_embedding_loss(x[0], y[0], {_labels('-1')}, margin=-0.5)",
        ),
        (((3, 4), (3, 4)),),
        special=False,
        integers=False,
        refused=(
            "F.cosine_embedding_loss(T.ones(2), T.ones(2), T.tensor(1), reduction='all')",
            "F.cosine_embedding_loss(T.ones(2, 3), T.ones(2, 3), T.ones(2, 1))",
            "F.cosine_embedding_loss(T.ones(2, 3), T.ones(2, 3), T.tensor(1))",
            "F.cosine_embedding_loss(T.ones(3), T.ones(3), T.ones(3))",
            "F.cosine_embedding_loss(T.ones(2, 3), T.ones(2, 3), T.ones(3))",
        ),
    ),
    Operation(
        "nn.functional.triplet_margin_loss",
        (
            "F.triplet_margin_loss(x, y, z)",
            "F.triplet_margin_loss(x, y, z, 2, 1.5, 1e-3, True, reduction='none')",
        ),
        (((2, 3), (2, 3), (2, 3)),),
        special=False,
        integers=False,
        refused=(
            "F.triplet_margin_loss(T.ones(2), T.ones(2), T.ones(2), reduction='all')",
            "F.triplet_margin_loss(T.ones(2), T.ones(2), T.ones(2), margin=0)",
            "F.triplet_margin_loss(T.ones(2), T.ones(2), T.ones(1, 2))",
            "F.triplet_margin_loss(T.ones(2), T.ones(2), T.ones(3))",
        ),
    ),
    Operation(
        "nn.functional.triplet_margin_with_distance_loss",
        (
            "F.triplet_margin_with_distance_loss(x, y, z, reduction='sum')",
            "F.triplet_margin_with_distance_loss(x, y, z, distance_function="
            "lambda a, b: 1 - F.cosine_similarity(a, b), margin=0.5, swap=True)",
        ),
        (((2, 3), (2, 3), (2, 3)),),
        special=False,
        integers=False,
        refused=(
            "F.triplet_margin_with_distance_loss(T.ones(2), T.ones(2), T.ones(2), reduction='all')",
            "F.triplet_margin_with_distance_loss(T.ones(2), T.ones(2), T.ones(2), margin=-1.0)",
            "F.triplet_margin_with_distance_loss(T.ones(2), T.ones(2), T.ones(1, 2))",
        ),
    ),
    Operation(
        "nn.functional.soft_margin_loss",
        (
            *_each(f"F.soft_margin_loss(x, {_SIGNS})", "mean", "none"),
            f"F.soft_margin_loss(x, {_WEIGHT})",
        ),
        (((2, 3),), ((0, 3),)),
        special=False,  # PyTorch's exp overflows
        refused=(
            "F.soft_margin_loss(T.ones(2), T.ones(2), reduction='all')",
            "F.soft_margin_loss(T.ones(2), T.ones(3))",
            "F.soft_margin_loss(T.ones(2), T.ones(1, 2))",
            "F.soft_margin_loss(T.tensor([1, 2]), T.ones(2))",
        ),
        note="Finite where PyTorch's exp overflows; the target may have a gradient, too.",
    ),
    Operation(
        "nn.functional.multilabel_soft_margin_loss",
        (
            "F.multilabel_soft_margin_loss(x, y)",
            f"F.multilabel_soft_margin_loss(x, y, {_WEIGHT}, reduction='none')",
        ),
        (((2, 3), (2, 3)),),
        integers=False,
        special=False,  # infinities of both signs meet
        refused=(
            "F.multilabel_soft_margin_loss(T.ones(2), T.ones(2), reduction='all')",
            "F.multilabel_soft_margin_loss(T.ones(2), T.ones(3))",
            "F.multilabel_soft_margin_loss(T.tensor(1.0), T.tensor(1.0))",
            "F.multilabel_soft_margin_loss(T.ones(2, 3), T.ones(2, 3), T.ones(2))",
        ),
    ),
    Operation(
        "nn.functional.multi_margin_loss",
        (
            f"F.multi_margin_loss(x, {_ROW})",
            f"F.multi_margin_loss(x, {_ROW}, p=2, margin=2, weight={_WEIGHT}, reduction='none')",
            f"F.multi_margin_loss(x[0], {_labels('2')}, reduction='none')",
            f"F.multi_margin_loss(x[0], {_labels('[2]')}, reduction='none')",
            "F.multi_margin_loss(x[0, 0], T.tensor(0))",
        ),
        (((5, 3),),),
        derivatives=1,  # PyTorch has no second
        special=False,  # PyTorch takes NaN for 0
        refused=(
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, 1]), reduction='all')",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, 1]), 3)",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, 3]))",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, -1]))",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0]))",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0.0, 1.0]))",
            "F.multi_margin_loss(T.ones(2, 3, 1), T.tensor([0, 1]))",
            "F.multi_margin_loss(T.ones(2, 0), T.tensor([0, 0]))",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, 1]), weight=T.ones(2))",
            "F.multi_margin_loss(T.ones(2, 3), T.tensor([0, 1]), weight=T.ones(3, 1))",
        ),
        note="Labels may be of any integer dtype, arrays or sequences; weights get the input's "
        "dtype; the mean over no rows is NaN.",
    ),
    Operation(
        "nn.functional.multilabel_margin_loss",
        (
            *_each(f"F.multilabel_margin_loss(x, {_SETS})", "mean", "none"),
            f"F.multilabel_margin_loss(x[0], {_labels('[1, 1, -1]')}, reduction='none')",
            "F.multilabel_margin_loss(x[0, 0], T.tensor(0))",
        ),
        (((4, 3),),),
        derivatives=1,  # PyTorch has no second
        special=False,  # PyTorch takes NaN for 0
        refused=(
            "F.multilabel_margin_loss(T.ones(3), T.tensor([0, 1, -1]), reduction='all')",
            "F.multilabel_margin_loss(T.ones(3), T.tensor([0, 1]))",
            "F.multilabel_margin_loss(T.ones(3), T.tensor([0, 3, -1]))",
            "F.multilabel_margin_loss(T.ones(3), T.tensor([-1, 3, -1]))",
            "F.multilabel_margin_loss(T.ones(3), T.tensor([0.0, 1.0, -1.0]))",
            "F.multilabel_margin_loss(T.ones(1, 3), T.tensor([0, 1, -1]))",
            "F.multilabel_margin_loss(T.ones(2, 0), T.ones(2, 0).to(T.int64))",
        ),
        note="Labels may be of any integer dtype, arrays or sequences; the mean over no rows is "
        "NaN.",
    ),
    Operation(
        "nn.functional.poisson_nll_loss",
        (
            "F.poisson_nll_loss(x, y, True, True)",
            "F.poisson_nll_loss(x, y, log_input=False, full=True, eps=0.1, reduction='none')",
        ),
        _SAME,
        low=0.2,
        special=False,  # infinities of both signs meet
        refused=(
            "F.poisson_nll_loss(T.ones(2), T.ones(2), reduction='all')",
            "F.poisson_nll_loss(T.ones(2), T.ones(3))",
        ),
    ),
    Operation(
        "nn.functional.gaussian_nll_loss",
        (
            "F.gaussian_nll_loss(x, y, z)",
            "F.gaussian_nll_loss(x, y, 0.5, True, 0.1, reduction='none')",
        ),
        (((2, 3), (2, 3), (2, 3)), ((2, 3), (2, 3), (2,)), ((2, 3), (2, 3), (2, 1))),
        low=0.2,
        special=False,
        integers=False,
        refused=(
            "F.gaussian_nll_loss(T.ones(2), T.ones(2), T.ones(2), reduction='all')",
            "F.gaussian_nll_loss(T.ones(2), T.ones(2), -T.ones(2))",
            "F.gaussian_nll_loss(T.ones(2), T.ones(2), -1.0)",
            "F.gaussian_nll_loss(T.ones(2, 3), T.ones(2, 3), T.ones(3))",
            "F.gaussian_nll_loss(T.ones(2, 3), T.ones(2, 3), T.ones(1, 1))",
            "F.gaussian_nll_loss(T.ones(2), T.ones(3), T.ones(2))",
        ),
    ),
    Operation(
        "nn.functional.ctc_loss",
        (
            f"F.ctc_loss(x.log_softmax(2), {_WORDS}, (4, 3), (2, 1))",
            f"F.ctc_loss(x.log_softmax(2), {_labels('[2, 2, 1]')}, {_labels('[4, 0]')}, "
            f"{_labels('[3, 0]')}, 0, 'sum')",
            f"F.ctc_loss(x.log_softmax(2), {_WORDS}, (4, 2), (2, 2), 1, 'none', True)",
            f"F.ctc_loss(x[:, 0].log_softmax(1), {_labels('[2, 1]')}, (4,), (2,), 0, 'none')",
        ),
        (((4, 2, 3),),),
        derivatives=1,  # PyTorch has no second; it is in tests/nn/test_losses.py
        special=False,
        integers=False,
        refused=(
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (2,), reduction='all')",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (5,), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (-1,), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (3,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (-1,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4, 4), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (2, 2))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(2, 2).to(T.int64), (4,), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(3).to(T.int64), (4,), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (2,), 3)",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), (4,), (2,), -1)",
            "F.ctc_loss(T.ones(0, 1, 3), T.ones(1, 0).to(T.int64), (0,), (0,))",
            "F.ctc_loss(T.ones(3), T.ones(2).to(T.int64), (1,), (2,))",
            "F.ctc_loss(T.ones(4, 1, 3), T.ones(1, 2).to(T.int64), T.ones(1), (2,))",
        ),
        note="Labels may be of any integer dtype, arrays or sequences; a label that is no class is "
        "refused; computed in float64; there is a second derivative.",
    ),
]
