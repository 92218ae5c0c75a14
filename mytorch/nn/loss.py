"""Losses as modules: a criterion is called with predictions and targets."""

from __future__ import annotations

from numbers import Real
from typing import Any

from mytorch._checks import flag, kind_of
from mytorch._dtypes import Array
from mytorch.nn import functional as F
from mytorch.nn.functional import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "WeightedLoss",
]


class Loss(Module):
    """The base of the criteria: `forward(input, target)` returns the mean over all elements or
    examples, a 0-d tensor, or with `reduction` "sum" their sum, with "none" each one's loss."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction


class WeightedLoss(Loss):
    """A criterion with weights, which are state, but not trained."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(WeightedLoss):
    """The cross entropy of logits (N, C) and labels (N,); see `cross_entropy`.

    >>> CrossEntropyLoss()(Tensor([[0.0, 0.0]]), [1])
    tensor(0.69314718)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """The loss. Raises as `cross_entropy` for labels that do not fit the logits."""
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """The negative log likelihood of log probabilities (N, C) and labels (N,); see `nll_loss`.

    >>> NLLLoss()(Tensor([[0.5, 0.5]]).log(), [1])
    tensor(0.69314718)
    """

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """The loss."""
        return nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class BCELoss(WeightedLoss):
    """The cross entropy of probabilities, each of its own event; see `binary_cross_entropy`.

    >>> BCELoss()(Tensor([0.5]), Tensor([1.0]))
    tensor(0.69314718)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """`BCELoss` of sigmoid(input); see `binary_cross_entropy_with_logits`.

    >>> BCEWithLogitsLoss()(Tensor([0.0]), Tensor([1.0]))
    tensor(0.69314718)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            reduction=self.reduction,
            pos_weight=self.pos_weight,
        )


class KLDivLoss(Loss):
    """The divergence of Kullback and Leibler, of log probabilities from probabilities; see
    `kl_div`, also for the reduction "batchmean".

    >>> KLDivLoss(reduction="batchmean")(Tensor([[0.5, 0.5]]).log(), Tensor([[1.0, 0.0]]))
    tensor(0.69314718)
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = flag("KLDivLoss", "log_target", log_target)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class MSELoss(Loss):
    """The squared error; see `mse_loss`.

    >>> MSELoss()(Tensor([1.0, 3.0]), Tensor([1.0, 1.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor | Array) -> Tensor:
        """The loss."""
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """The absolute error; see `l1_loss`.

    >>> L1Loss()(Tensor([1.0, 4.0]), Tensor([1.0, 1.0]))
    tensor(1.5)
    """

    def forward(self, input: Tensor, target: Tensor | Array) -> Tensor:
        """The loss."""
        return l1_loss(input, target, reduction=self.reduction)


class HuberLoss(Loss):
    """The squared error where it is small, else the absolute one; see `huber_loss`.

    >>> HuberLoss()(Tensor([0.5, 3.0]), Tensor([0.0, 0.0]))
    tensor(1.3125)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if not isinstance(delta, Real):
            raise TypeError(f"HuberLoss: expected a number as delta, got {kind_of(delta)}")
        self.delta: float = delta

    def forward(self, input: Tensor, target: Tensor | Array) -> Tensor:
        """The loss."""
        return huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(Loss):
    """`HuberLoss` with delta = beta, divided by beta; see `smooth_l1_loss`.

    >>> SmoothL1Loss()(Tensor([0.5, 3.0]), Tensor([0.0, 0.0]))
    tensor(1.3125)
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor | Array) -> Tensor:
        """The loss."""
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class PoissonNLLLoss(Loss):
    """The negative log likelihood of counts; see `poisson_nll_loss`.

    >>> PoissonNLLLoss()(Tensor([0.0]), Tensor([2.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input = flag("PoissonNLLLoss", "log_input", log_input)
        self.full = flag("PoissonNLLLoss", "full", full)
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The loss."""
        options: Any = {"eps": self.eps, "reduction": self.reduction}
        return F.poisson_nll_loss(log_input, target, self.log_input, self.full, **options)


class GaussianNLLLoss(Loss):
    """The negative log likelihood of numbers of known variances; see `gaussian_nll_loss`.

    >>> GaussianNLLLoss()(Tensor([1.0]), Tensor([3.0]), Tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = flag("GaussianNLLLoss", "full", full)
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """The loss."""
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class CTCLoss(Loss):
    """The loss of labels whose places in time are not known; see `ctc_loss`.

    >>> log_probs = Tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log()
    >>> CTCLoss()(log_probs, Tensor([[1]]), [2], [1])
    tensor(0.28768207)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = flag("CTCLoss", "zero_infinity", zero_infinity)

    def forward(
        self, log_probs: Tensor, targets: Any, input_lengths: Any, target_lengths: Any
    ) -> Tensor:
        """The loss."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
