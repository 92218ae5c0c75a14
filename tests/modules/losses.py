"""Losses."""

from collections.abc import Iterable
from typing import Any

from tests.modules.row import Layer

REDUCTIONS = ("mean", "sum", "none")
OF_PAIRS = ("m(x, y)", "m(input=x, target=y)")
SAME = (((4, 3), (4, 3)), ((), ()), ((0, 3), (0, 3)))
WEIGHT = "T.tensor([0.5, 2.0, 1.0])"
LABELS = ("m(x, T.tensor([0, 2, 1, 1]))", "m(input=x, target=T.tensor([1, 1, 0, 2]))")


def _loss(
    name: str, options: Iterable[str] = (), reductions: Iterable[str] = REDUCTIONS, **others: Any
) -> Layer:
    """The row of a loss: with each option, and with all of them and each reduction."""
    made = f"nn.{name.split()[0]}"
    options = list(options)
    forms = [f"{made}()", *(f"{made}({option})" for option in options)]
    together = "".join(f"{option}, " for option in options)
    forms += [f"{made}({together}reduction={kind!r})" for kind in reductions]
    settings: dict[str, Any] = {"calls": OF_PAIRS, "shapes": SAME, **others}
    refused = (f"{made}(reduction='other')(x, x)",)
    return Layer(name, tuple(forms), refused=refused, **settings)


ROWS: list[Layer] = [
    _loss(
        "CrossEntropyLoss",
        (f"weight={WEIGHT}", "ignore_index=1", "label_smoothing=0.1"),
        calls=LABELS,
        shapes=(((4, 3),),),
    ),
    _loss(
        "CrossEntropyLoss of probabilities",
        (f"weight={WEIGHT}", "label_smoothing=0.1"),
        low=0.1,
        high=0.9,
        shapes=(((4, 3), (4, 3)), ((3,), (3,))),
    ),
    _loss(
        "NLLLoss",
        (f"weight={WEIGHT}", "ignore_index=1"),
        calls=LABELS,
        shapes=(((4, 3),),),
    ),
    _loss("BCELoss", (f"weight={WEIGHT}",), low=0.1, high=0.9, shapes=(((4, 3), (4, 3)),)),
    _loss(
        "BCEWithLogitsLoss",
        (f"weight={WEIGHT}", f"pos_weight={WEIGHT} * 3"),
        shapes=(((4, 3), (4, 3)),),
    ),
    _loss("KLDivLoss", ("log_target=True",), (*REDUCTIONS, "batchmean"), low=0.1, high=0.9),
    _loss("MSELoss"),
    _loss("L1Loss"),
    _loss("HuberLoss", ("delta=0.2",)),
    _loss("SmoothL1Loss", ("beta=0.2",)),
    _loss(
        "PoissonNLLLoss",
        ("log_input=False", "full=True", "eps=0.5"),
        ("none",),
        low=0.1,
        calls=("m(x, y)", "m(log_input=x, target=y)"),
        shapes=(((4, 3), (4, 3)),),
    ),
    _loss(
        "GaussianNLLLoss",
        ("full=True", "eps=0.2"),
        ("none",),
        low=0.1,
        calls=("m(x, y, z)", "m(input=x, target=y, var=z)"),
        shapes=(((2, 3), (2, 3), (2, 3)),),
    ),
    _loss(
        "MarginRankingLoss",
        ("margin=0.5",),
        ("none",),
        calls=("m(x, y, T.sign(z.detach()))",),
        shapes=(((2, 3), (2, 3), (2, 3)),),
    ),
    _loss(
        "HingeEmbeddingLoss",
        ("margin=0.5",),
        ("none",),
        calls=("m(x, T.sign(y.detach()))",),
        shapes=(((2, 3), (2, 3)),),
    ),
    _loss(
        "CosineEmbeddingLoss",
        ("margin=0.5",),
        ("none",),
        calls=("m(x, y, T.tensor([1, -1]))",),
        shapes=(((2, 3), (2, 3)),),
    ),
    _loss(
        "TripletMarginLoss",
        ("margin=0.5", "p=3", "eps=0.1", "swap=True"),
        ("none",),
        calls=("m(x, y, z)", "m(anchor=x, positive=y, negative=z)"),
        shapes=(((2, 3), (2, 3), (2, 3)),),
    ),
    _loss(
        "TripletMarginWithDistanceLoss",
        ("distance_function=nn.PairwiseDistance(1.0)", "margin=0.5", "swap=True"),
        ("none",),
        calls=("m(x, y, z)", "m(anchor=x, positive=y, negative=z)"),
        shapes=(((2, 3), (2, 3), (2, 3)),),
    ),
    _loss("SoftMarginLoss", calls=("m(x, T.sign(y.detach()))",), shapes=(((2, 3), (2, 3)),)),
    _loss("MultiLabelSoftMarginLoss", (f"weight={WEIGHT}",), ("none",), shapes=(((2, 3), (2, 3)),)),
    _loss(
        "MultiMarginLoss",
        (f"weight={WEIGHT}", "p=2", "margin=0.5"),
        ("none",),
        calls=LABELS,
        shapes=(((4, 3),),),
    ),
    _loss(
        "MultiLabelMarginLoss",
        calls=("m(x, T.tensor([[2, -1, 0], [1, 0, -1]]))",),
        shapes=(((2, 3),),),
    ),
    _loss(
        "CTCLoss",
        ("blank=1", "zero_infinity=True"),
        ("sum", "none"),
        calls=("m(x.log_softmax(2), T.tensor([[2, 2], [2, 2]]), (4, 3), (2, 1))",),
        shapes=(((4, 2, 3),),),
    ),
    Layer(
        "LinearCrossEntropyLoss",
        (
            "nn.LinearCrossEntropyLoss(3, 4)",
            "nn.LinearCrossEntropyLoss(3, num_classes=4, bias=True, ignore_index=1)",
            "nn.LinearCrossEntropyLoss(in_features=3, num_classes=3, reduction='sum', "
            f"weight={WEIGHT}, label_smoothing=0.1, out_features=())",
        ),
        ("m(x, T.tensor([0, 2]))", "m(input=x, target=T.tensor([1, 2]))"),
        (((2, 3),),),
        fixed=("out_features", "options"),
        refused=(
            "nn.LinearCrossEntropyLoss(3, 4, label_smoothing=2.0)",
            "nn.LinearCrossEntropyLoss(3, 4, weight=x)",
            "nn.LinearCrossEntropyLoss(3, 4, out_features=(2,))(x[0], T.tensor([1, 1]))",
            "nn.LinearCrossEntropyLoss(3, 4, options=nn.LinearCrossEntropyOptions(acc_policy=''))",
        ),
        note="The logits are made as a whole, whatever the options say.",
    ),
    Layer(
        "AdaptiveLogSoftmaxWithLoss",
        (
            "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], 2.0)",
            "nn.AdaptiveLogSoftmaxWithLoss(in_features=4, n_classes=5, cutoffs=(3,), "
            "div_value=2.0, head_bias=True)",
        ),
        (
            "T.cat([m(x, T.tensor([4, 0, 3, 1]))[0], m(x[0], T.tensor(2)).loss[None]])",
            "m.log_prob(x)",
        ),
        (((4, 4),),),
        unlike=("tail", "head"),
        refused=(
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, cutoffs=[])",
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, cutoffs=[4, 2])",
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, cutoffs=[6])",
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, [2], 2.0)(x, T.tensor([0, 6]))",
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, [2], 2.0)(x, T.tensor([0]))",
            "nn.AdaptiveLogSoftmaxWithLoss(3, 6, [2], 2.0)(x, T.tensor([[0], [1]]))",
        ),
    ),
]
