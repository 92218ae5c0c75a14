"""The cross entropy of a linear layer's logits, as a criterion with that layer in it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import RangeError, ShapeError
from mytorch.nn import functional as F
from mytorch.nn.linear import Linear
from mytorch.nn.loss import WeightedLoss
from mytorch.tensor import Tensor

__all__ = ["LinearCrossEntropyLoss", "LinearCrossEntropyOptions"]

_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass
class LinearCrossEntropyOptions:
    """How PyTorch computes `linear_cross_entropy` in parts, to save memory. Here the logits are
    always made as a whole, and the options are checked alone.

    >>> LinearCrossEntropyOptions(batch_chunk_size=2).batch_chunk_size
    2
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: DTypeLike | None = None

    def __post_init__(self) -> None:
        method, _, factor = (self.chunking_method or "auto").partition(":")
        size = self.batch_chunk_size
        if (
            self.acc_policy not in _POLICIES
            or (
                (method, factor) != ("auto", "")
                and (method != "aspect_ratio" or not (factor or "1").isdecimal() or factor == "0")
            )
            or not (size is None or (isinstance(size, int) and size > 0))
        ):
            raise RangeError(
                f'LinearCrossEntropyOptions: expected one of {_POLICIES} as acc_policy, "auto" or '
                f'"aspect_ratio:2" as chunking_method, a positive batch_chunk_size, got {self}'
            )


class LinearCrossEntropyLoss(WeightedLoss):
    """The cross entropy of the logits of a linear layer of its own, `linear`, and labels or
    probabilities; see `linear_cross_entropy`.

    Arguments:
        out_features: the sizes (d1, ...) of each example's losses.
        weight: one number for each class.
        options: checked, see `LinearCrossEntropyOptions`.

    >>> loss = LinearCrossEntropyLoss(3, 5)
    >>> loss(Tensor.ones(2, 3), Tensor([4, 0])).shape, loss.linear.weight.shape
    ((), (5, 3))
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and weight.shape != (num_classes,):
            raise ShapeError(
                f"LinearCrossEntropyLoss: expected a weight of shape {(num_classes,)}, got "
                f"{weight.shape}"
            )
        if not 0 <= label_smoothing <= 1:
            raise RangeError(
                "LinearCrossEntropyLoss: expected a label_smoothing from 0 to 1, got "
                f"{label_smoothing}"
            )
        super().__init__(weight, reduction=reduction)
        self.num_classes, self.out_features = num_classes, out_features
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        rows = num_classes * prod(out_features)
        self.linear = Linear(in_features, rows, bias, device=device, dtype=dtype)
        self.options = options

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """The loss. Raises as `linear_cross_entropy`."""
        rows, bias = (self.num_classes, *self.out_features), self.linear.bias
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*rows, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.reshape(rows),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The options."""
        names = "num_classes", "out_features", "bias", "reduction", "ignore_index"
        values = {**vars(self), "bias": self.linear.bias is not None}
        texts = [f"in_features={self.linear.in_features}"]
        texts += [f"{name}={values[name]}" for name in (*names, "label_smoothing", "options")]
        return ", ".join(texts)
