"""Losses that want a margin: between classes, between distances, or from one side of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array
from mytorch._kernels.hinges import hinge_slopes, hinge_sums
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DimensionError, DtypeError, RangeError, ShapeError
from mytorch.nn.functional.distances import pairwise_distance
from mytorch.nn.functional.losses import reduced, require_reduction
from mytorch.nn.functional.piecewise_activations import relu
from mytorch.nn.functional.smooth_activations import logsigmoid
from mytorch.ops import minimum, where
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


@explained
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin - target (input1 - input2)), the mean, "sum" or "none" of it: where the target
    is 1 the first is to be larger, by the margin, where it is -1 the second.

    Raises ShapeError unless all have as many axes and broadcast, ValueError for another reduction.

    >>> margin_ranking_loss(Tensor([1.0, 2.0]), Tensor([3.0, 1.0]), Tensor([1.0, 1.0]))
    tensor(1.)
    """
    shapes = [data_of("margin_ranking_loss", x).shape for x in (input1, input2, target)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(
            f"margin_ranking_loss: expected as many axes in each of the three, got shapes {shapes}"
        )
    loss = (margin * 1.0 - target * (input1 - input2)).clamp(min=0)
    return reduced("margin_ranking_loss", loss, reduction)


@explained
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """The input, a distance, where the target is 1, and max(0, margin - input) where it is -1;
    their mean, "sum" or "none". Raises ShapeError for shapes that do not broadcast, ValueError for
    another reduction.

    >>> hinge_embedding_loss(Tensor([0.5, 0.25]), Tensor([1, -1]), reduction="none")
    tensor([0.5 , 0.75])
    """
    data_of("hinge_embedding_loss", target)
    far = where(target != 1, (margin - input).clamp(min=0), 0.0)
    loss = far + where(target != -1, input, 0.0)
    return reduced("hinge_embedding_loss", loss, reduction)


@explained
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, *, reduction: str = "mean"
) -> Tensor:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1, for the cosine of the
    angle between the rows of two inputs (N, D) and targets (N,), or two vectors and a number.
    The mean of it, "sum" or "none".

    Raises ShapeError for other shapes, ValueError for another reduction.

    >>> x, y = Tensor([[1.0, 0.0]]), Tensor([[0.0, 1.0]])
    >>> cosine_embedding_loss(x, y, Tensor([1])), cosine_embedding_loss(x, y, Tensor([-1]))
    (tensor(1.), tensor(0.))
    """
    name = "cosine_embedding_loss"
    axes = data_of(name, target).ndim
    if axes > 1 or any(data_of(name, x).ndim != axes + 1 for x in (input1, input2)):
        raise ShapeError(
            f"{name}: expected inputs (N, D) and a target (N,), or (D,) and (), got "
            f"{input1.shape}, {input2.shape} and {target.shape}"
        )
    # PyTorch adds the 1e-12, where `cosine_similarity` has a least norm.
    squares = ((input1 * input1).sum(axes) + 1e-12) * ((input2 * input2).sum(axes) + 1e-12)
    cosine = (input1 * input2).sum(axes) / squares.sqrt()
    near = where(target == 1, 1 - cosine, 0.0)
    loss = near + where(target == -1, (cosine - margin).clamp(min=0), 0.0)
    return reduced(name, loss, reduction)


@numpy_names
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), where d is `pairwise_distance`
    with `p` and `eps`; the mean of it, "sum" or "none".

    With `swap` the negative is to be far from the positive too: the smaller one of its two
    distances counts. Raises ValueError unless the margin is positive, or for another reduction,
    ShapeError unless the three have as many axes.

    Source: Balntas et al., "Learning local feature descriptors with triplets and shallow
    convolutional neural networks", 2016.

    >>> x = Tensor([[0.0, 0.0]])
    >>> triplet_margin_loss(x, x + 3, x + 4, eps=0.0)
    tensor(0.)
    >>> triplet_margin_loss(x, x + 4, x + 3, eps=0.0)
    tensor(2.41421356)
    """

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    name = "triplet_margin_loss"
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


@numpy_names
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` for any distance of two tensors; None stands for `pairwise_distance`.

    >>> x = Tensor([[1.0, 2.0]])
    >>> triplet_margin_with_distance_loss(
    ...     x, x + 2, x + 1, distance_function=lambda a, b: (a - b).abs().sum(1)
    ... )
    tensor(3.)
    """
    name = "triplet_margin_with_distance_loss"
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    shapes = [data_of(name, x).shape for x in (anchor, positive, negative)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(f"{name}: expected as many axes in each of the three, got shapes {shapes}")
    require_margin(name, margin)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if flag(name, "swap", swap):
        far = minimum(far, distance(positive, negative))
    return reduced(name, (margin + near - far).clamp(min=0), reduction)


def require_margin(name: str, margin: float) -> None:
    """Raises RangeError unless the margin is positive."""
    if not margin > 0:
        raise RangeError(f"{name}: expected a positive margin, got {margin}")


@explained
def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input)) for targets 1 and -1; the mean of it, "sum" or "none".

    Finite for any finite input, where PyTorch's exp overflows. Raises DtypeError unless the input
    is floating, ShapeError unless the target broadcasts to its shape, ValueError for another
    reduction.

    >>> soft_margin_loss(Tensor([0.0, 100.0]), Tensor([1, -1]), reduction="none")
    tensor([  0.69314718, 100.        ])
    """
    require_floating("soft_margin_loss", input)
    data_of("soft_margin_loss", target)
    loss = -logsigmoid(input * target)
    if loss.shape != input.shape:
        raise ShapeError(
            f"soft_margin_loss: expected a target that broadcasts to the input's shape "
            f"{input.shape}, got {target.shape}"
        )
    return reduced("soft_margin_loss", loss, reduction)


@explained
def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-(y log(sigmoid(x)) + (1 - y) log(sigmoid(-x))), times the weight of the class, the mean over
    the C classes of (N, C) or (C,): for targets of which each says whether its class is there. The
    mean over the examples, "sum" or "none".

    Raises DtypeError unless the input is floating, DimensionError for a number, ShapeError for
    shapes that do not broadcast, ValueError for another reduction.

    >>> multilabel_soft_margin_loss(Tensor([[0.0, 0.0]]), Tensor([[1.0, 0.0]]))
    tensor(0.69314718)
    """
    name = "multilabel_soft_margin_loss"
    require_floating(name, input)
    data_of(name, target)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    if not input.ndim:
        raise DimensionError(f"{name}: expected an input (N, C) or (C,), got a number")
    axis = input.ndim - 1  # the input's own, also where the target has more
    return reduced(name, loss.sum(axis) / input.shape[axis], reduction)


@explained
def multi_margin_loss(
    input: Tensor,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the C classes of max(0, margin - input[target] + input[c])**p, the target's
    own left out as 0; times the weight of the target. The mean over the rows, "sum" or "none".

    The input is floating (N, C) or (C,), the target integers (N,) or (), p 1 or 2, the weight (C,).
    Raises ShapeError for other shapes, DtypeError for other dtypes, RangeError for a label that is
    no class, ValueError for another p or reduction. The mean over no rows is NaN.

    >>> multi_margin_loss(Tensor([[0.5, 1.0, 0.75]]), Tensor([1]))
    tensor(0.41666667)
    """
    name = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{name}: expected p to be 1 or 2, got {p}")
    require_reduction(name, reduction)
    shape = require_floating(name, input).shape
    rows, single = _rows(name, input)
    if weight is not None and data_of(name, weight).shape != rows.shape[1:]:
        raise ShapeError(
            f"{name}: expected one weight for each of {rows.shape[1]} classes, got shape "
            f"{weight.shape}"
        )
    labels = _labels(name, target)
    if labels.size != rows.shape[0] or labels.ndim > 1:
        raise ShapeError(
            f"{name}: an input of shape {shape} needs labels of shape {shape[:-1]}, "
            f"got {labels.shape}"
        )
    places = labels.reshape(-1, 1)
    _require_classes(name, places, rows.shape[1])
    hinges = relu(margin - rows.gather(1, Tensor(places)) + rows)
    if p == 2:
        hinges = hinges * hinges
    if weight is not None:
        hinges = hinges * weight.to(input.dtype)[places]
    others = np.arange(rows.shape[1]) != places
    loss = where(others, hinges, 0.0).sum(1) / rows.shape[1]
    loss = reduced(name, loss, reduction)
    return loss.reshape(()) if single and not labels.ndim else loss


class MultilabelHinges(Function):
    """`hinge_sums` of the rows."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, rows: Tensor, labels: Array) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.labels = labels
        return wrap(hinge_sums(rows._data, labels))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        slopes = hinge_slopes(ctx.saved_array(0), ctx.labels)
        return grad_output.unsqueeze(1) * wrap(slopes), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        slopes = hinge_slopes(ctx.saved_array(0), ctx.labels)
        slopes *= gradient[:, None]
        return slopes, None


@explained
def multilabel_margin_loss(input: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """The sum over the target's classes y and the classes c that are none of them of
    max(0, 1 - (input[y] - input[c])), divided by the number of classes. The mean over the rows,
    "sum" or "none".

    The input is floating (N, C) or (C,). The target are integers of the same shape: a row's classes
    from the left, up to the first negative number. Raises ShapeError for other shapes, DtypeError
    for other dtypes, RangeError for a label that is no class, ValueError for another reduction.

    >>> multilabel_margin_loss(Tensor([[0.1, 0.2, 0.4, 0.8]]), Tensor([[3, 0, -1, 1]]))
    tensor(0.85)
    """
    name = "multilabel_margin_loss"
    require_reduction(name, reduction)
    shape = require_floating(name, input).shape
    rows, single = _rows(name, input)
    labels = _labels(name, target)
    if labels.shape != shape:
        raise ShapeError(
            f"{name}: an input of shape {shape} needs a target of this shape, got {labels.shape}"
        )
    labels = labels.reshape(rows.shape)
    classes = rows.shape[1]
    _require_classes(name, np.maximum(labels, 0), classes)
    loss = MultilabelHinges.apply(rows, labels) / classes
    loss = reduced(name, loss, reduction)
    return loss.reshape(()) if single else loss


def _rows(name: str, input: Tensor) -> tuple[Tensor, bool]:
    """The input (N, C), of one of (C,) or () as one row; and whether it was that."""
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise ShapeError(f"{name}: expected an input (N, C) or (C,), got {input.shape}")
    return (input, False) if input.ndim == 2 else (input.reshape(1, -1), True)


def _labels(name: str, target: Any) -> Array:
    labels = target.data if isinstance(target, Tensor) else np.asarray(target)
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: expected integer labels (class numbers), got {labels.dtype}; "
            "convert them with labels.astype(int)"
        )
    return labels.astype(np.int64)


def _require_classes(name: str, labels: Array, classes: int) -> None:
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise RangeError(
            f"{name}: label {wrong[0]} is out of range; with {classes} classes expected 0 to "
            f"{classes - 1}"
        )
