"""The losses of `nn.functional.margins` as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mytorch._checks import flag
from mytorch.errors import ShapeError
from mytorch.nn import functional as F
from mytorch.nn.distance import PairwiseDistance
from mytorch.nn.functional.margins import require_margin
from mytorch.nn.loss import Loss, WeightedLoss
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class MarginRankingLoss(Loss):
    """The first input larger than the second one, or smaller; see `margin_ranking_loss`.

    >>> MarginRankingLoss()(Tensor([1.0]), Tensor([3.0]), Tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """Distances small, or larger than a margin; see `hinge_embedding_loss`.

    >>> HingeEmbeddingLoss()(Tensor([0.5, 0.25]), Tensor([1, -1]))
    tensor(0.625)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """The angle between rows small, or large; see `cosine_embedding_loss`.

    >>> CosineEmbeddingLoss()(Tensor([[1.0, 0.0]]), Tensor([[0.0, 1.0]]), Tensor([1]))
    tensor(1.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(Loss):
    """An anchor nearer to the positive than to the negative; see `triplet_margin_loss`.

    >>> TripletMarginLoss(eps=0.0)(Tensor([[0.0]]), Tensor([[3.0]]), Tensor([[2.5]]))
    tensor(1.5)
    """

    @explained
    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        require_margin("TripletMarginLoss", margin)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = flag("TripletMarginLoss", "swap", swap)

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss."""
        options: Any = {"swap": self.swap, "reduction": self.reduction}
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, **options
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` for any distance of two tensors, which may be a module; None stands for
    `PairwiseDistance()`.

    >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1))
    >>> loss(Tensor([[0.0]]), Tensor([[3.0]]), Tensor([[2.5]]))
    tensor(1.5)
    """

    @explained
    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        require_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function: Callable[[Tensor, Tensor], Tensor] = (
            PairwiseDistance() if distance_function is None else distance_function
        )
        self.margin = margin
        self.swap = flag("TripletMarginWithDistanceLoss", "swap", swap)

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class SoftMarginLoss(Loss):
    """log(1 + exp(-target input)); see `soft_margin_loss`.

    >>> SoftMarginLoss()(Tensor([0.0]), Tensor([1]))
    tensor(0.69314718)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The cross entropy of classes of which each is there or not; see
    `multilabel_soft_margin_loss`.

    >>> MultiLabelSoftMarginLoss()(Tensor([[0.0, 0.0]]), Tensor([[1.0, 0.0]]))
    tensor(0.69314718)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        options: Any = {"reduction": self.reduction}
        return F.multilabel_soft_margin_loss(input, target, self.weight, **options)


class MultiMarginLoss(WeightedLoss):
    """The target's class above the others by a margin; see `multi_margin_loss`.

    >>> MultiMarginLoss()(Tensor([[0.5, 1.0, 0.75]]), Tensor([1]))
    tensor(0.41666667)
    """

    @explained
    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, reduction=reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: expected p to be 1 or 2, got {p}")
        if weight is not None and weight.ndim != 1:
            raise ShapeError(f"MultiMarginLoss: expected weights (C,), got {weight.shape}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """The loss."""
        options: Any = {"reduction": self.reduction}
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, **options)


class MultiLabelMarginLoss(Loss):
    """The targets' classes above the others by 1; see `multilabel_margin_loss`.

    >>> MultiLabelMarginLoss()(Tensor([[0.1, 0.2, 0.4, 0.8]]), Tensor([[3, 0, -1, 1]]))
    tensor(0.85)
    """

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """The loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)
