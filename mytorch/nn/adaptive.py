"""The softmax of very many classes, most of them rare, in clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import RangeError, ShapeError
from mytorch.nn.containers import ModuleList
from mytorch.nn.functional import log_softmax
from mytorch.nn.linear import Linear
from mytorch.nn.module import Module
from mytorch.nn.sequential import Sequential
from mytorch.ops import cat
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class Found(NamedTuple):
    """The log probability of each example's class, and the mean of their negatives."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log softmax of `n_classes` classes that are sorted by how often they come, and its loss.

    The classes below cutoffs[0] have a logit each in the `head`, which has one more for each
    cluster of the others: those from cutoffs[i] on, below the next cutoff. The logits inside of
    cluster i are made by two linear layers, tail[i], with in_features / div_value ** (i + 1)
    numbers between them, and only for the examples whose class is there.

    Arguments:
        cutoffs: increasing, from 1 to n_classes - 1.
        head_bias: whether the head has a bias.

    `forward(input, target)`, of shapes (N, in_features) and (N,), or (in_features,) and (), returns
    the named tuple (output, loss): the log probability of each target, and the mean of their
    negatives. Raises RangeError for other cutoffs and classes, ShapeError for shapes that do not go
    together.

    Source: Grave and others, "Efficient softmax approximation for GPUs", 2017.

    >>> layer = AdaptiveLogSoftmaxWithLoss(4, 10, cutoffs=[2, 5])
    >>> layer(Tensor.ones(3, 4), Tensor([0, 3, 9])).output.shape
    (3,)
    >>> layer.log_prob(Tensor.ones(3, 4)).exp().sum(1).allclose(Tensor.ones(3))
    True
    """

    @explained
    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        name, limits = "AdaptiveLogSoftmaxWithLoss", [*cutoffs]
        whole = all(int(limit) == limit and 0 < limit < n_classes for limit in limits)
        if not limits or not whole or limits != sorted(set(limits)):
            raise RangeError(
                f"{name}: expected increasing integers from 1 to {n_classes - 1} as cutoffs, got "
                f"{cutoffs}"
            )
        self.in_features, self.n_classes, self.div_value = in_features, n_classes, div_value
        self.cutoffs = [*limits, n_classes]
        self.head_bias = option(name, "head_bias", head_bias)
        self.shortlist_size, self.n_clusters = limits[0], len(limits)
        self.head_size = self.shortlist_size + self.n_clusters
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, self.head_bias, **made)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            between = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, between, False, **made),
                    Linear(between, size, False, **made),
                )
            )

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        self.head.reset_parameters()
        for projection in self.tail:
            for layer in projection:
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> Found:
        """(output, loss)."""
        if (
            target_.ndim > 1
            or input_.ndim != target_.ndim + 1
            or (input_.shape[:-1] != target_.shape)
        ):
            raise ShapeError(
                "AdaptiveLogSoftmaxWithLoss: expected an input (N, in_features) and a target (N,), "
                f"or (in_features,) and (), got shapes {input_.shape} and {target_.shape}"
            )
        input, target = (input_, target_) if target_.ndim else (input_[None], target_[None])
        values = target.data
        if values.size and not (values.min() >= 0 and values.max() < self.n_classes):
            raise RangeError(
                "AdaptiveLogSoftmaxWithLoss: expected classes from 0 to "
                f"{self.n_classes - 1}, got {values.min()} to {values.max()}"
            )
        first, columns = self.shortlist_size, target
        inside = input.new_zeros(target.shape)
        for i, projection in enumerate(self.tail):
            low, high = self.cutoffs[i], self.cutoffs[i + 1]
            rows = ((target >= low) & (target < high)).nonzero()[:, 0]
            if len(rows):
                logs = log_softmax(projection(input[rows]), 1)
                found = logs.gather(1, (target[rows] - low)[:, None])[:, 0]
                inside = inside.index_copy(0, rows, found)
                columns = columns.index_fill(0, rows, first + i)
        output = inside + log_softmax(self.head(input), 1).gather(1, columns[:, None])[:, 0]
        loss = (-output).mean()
        return Found(output if target_.ndim else output[0], loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log probabilities of all classes, (N, n_classes)."""
        head, first = log_softmax(self.head(input), 1), self.shortlist_size
        parts = [
            log_softmax(projection(input), 1) + head[:, first + i, None]
            for i, projection in enumerate(self.tail)
        ]
        return cat([head[:, :first], *parts], 1)

    def predict(self, input: Tensor) -> Tensor:
        """The class of the highest probability of each example, (N,): `log_prob` is asked only for
        those whose best is a cluster."""
        best: Tensor = self.head(input).argmax(1)
        rows = (best >= self.shortlist_size).nonzero()[:, 0]
        if not len(rows):
            return best
        of_all: Tensor = self.log_prob(input[rows]).argmax(1)
        return best.index_copy(0, rows, of_all)
