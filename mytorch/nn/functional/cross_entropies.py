"""Losses that compare probabilities with classes (cross entropy: write-up 2.5, Appendix B)."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np

from mytorch._dtypes import Array, exact
from mytorch._kernels.constants import full, made_once, mean_row, number, real
from mytorch._kernels.elementwise import below, log1p_exp_of_negative_size, sigmoid
from mytorch._kernels.products import dot
from mytorch._kernels.sums import add_up, sum_rows
from mytorch._shapes import Shape, channel_shape, whole
from mytorch._silence import silenced, silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, LabelError, RangeError, ShapeError
from mytorch.nn.functional.losses import reduced, require_reduction
from mytorch.nn.functional.smooth_activations import logsigmoid
from mytorch.ops import where
from mytorch.ops._operands import data_of, operands, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "nll_loss",
]

_INT64, _UINT64 = np.dtype(np.int64), np.dtype(np.uint64)
# With so many at the most, rows are taken as columns.
_FEW_CLASSES = 64


class CrossEntropy(Function):
    """The mean over the rows n of -log(softmax(logits[n]))[labels[n]].

    The labels are a checked array of int64 (N,), the logits floating (N, C), N at least 1. Composed
    of log_softmax, indexing and a mean it would be slow.
    """

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, logits: Tensor, labels: Array) -> Tensor:
        ctx.save_for_backward(logits)
        data = logits._data
        # Places in the flat array: with two indices each access is slower.
        places = labels + _starts(*data.shape)
        loss, exponentials, sums = silenced().run(_mean_loss, data, places)
        ctx.cache = places, exponentials, sums
        return wrap(loss)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        # A second derivative needs the softmax as a function of the logits.
        logits, places = ctx.saved(0), ctx.cache[0]
        hits = np.zeros(logits.shape, logits.dtype, like=places)
        hits.reshape(-1)[places] = 1
        return (logits.softmax(1) - Tensor(hits)) * (grad_output / len(places)), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        ctx.require_unfreed()
        places, exponentials, sums = ctx.cache
        scale = gradient * full(len(places), 1 / len(places), sums.dtype)
        if len(exponentials) <= _FEW_CLASSES:
            grad_logits = (exponentials * (scale / sums)).T.copy()
        else:
            grad_logits = exponentials.T * (scale / sums)[:, None]
        grad_logits.ravel()[places] -= scale
        return grad_logits, None


def _mean_loss(data: Array, places: Array) -> tuple[Array, Array, Array]:
    """The loss of logits whose labels have these places, and for each row n, in column n, the
    exponentials of the logits less the largest one, and their sum."""
    if data.shape[1] <= _FEW_CLASSES:
        # One column a row: NumPy reduces the leading axis faster than the last, if that is short.
        exponentials = data.T.copy()
        largest = np.maximum.reduce(exponentials, 0)
        exponentials -= largest
        np.exp(exponentials, out=exponentials)
        sums = sum_rows(exponentials)
    else:
        largest = np.maximum.reduce(data, 1)
        rows = data - largest[:, None]
        np.exp(rows, out=rows)
        exponentials, sums = rows.T, add_up(rows, (1,)).astype(data.dtype, copy=False)
    losses = largest - data.ravel()[places]
    losses += np.log(sums)
    return _mean(losses).astype(data.dtype, copy=False), exponentials, sums


def _mean(losses: Array) -> Array:
    return dot(mean_row(len(losses), losses.dtype), losses).reshape(())


class NegativeMean(Function):
    """The mean over the rows n of -logs[n, labels[n]], for labels as those of `CrossEntropy`."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, logs: Tensor, labels: Array) -> Tensor:
        ctx.save_for_backward(logs)
        data = logs._data
        ctx.places = places = labels + _starts(*data.shape)
        mean = silenced().run(_mean, data.reshape(-1)[places])
        return wrap(np.negative(mean, dtype=data.dtype, casting="same_kind"))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        hits = np.zeros(ctx.saved(0).shape, grad_output.dtype, like=ctx.places)
        hits.reshape(-1)[ctx.places] = -1 / len(ctx.places)
        return grad_output * Tensor(hits), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, None]:
        data, places = ctx.saved_array(0), ctx.places
        grad_logs = np.zeros(data.shape, gradient.dtype, like=gradient)
        grad_logs.reshape(-1)[places] = gradient * number(-1 / len(places), gradient.dtype)
        return grad_logs, None


@made_once
def _starts(rows: int, columns: int) -> Array:
    """Where the rows begin in a flat array."""
    return np.arange(0, rows * columns, columns)


def cross_entropy(
    predicted: Tensor,
    target: Any,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log(softmax(predicted)[target]), its mean over the batch (write-up 2.5, B), its sum or for
    "none" the loss of each example.

    Arguments:
        predicted: logits, floating, of shape (N, C), (N, C, d1, ...) or (C,).
        target: labels, integers from 0 to C - 1 of shape (N,), (N, d1, ...) or (): a Tensor, an
            array or a sequence. Or probabilities of the classes, floating, of the logits' shape:
            the loss is then -sum(target * log(softmax(predicted))) over the classes.
        weight: one number for each class, (C,), that multiplies its losses. With labels the mean
            is then divided by the sum of the weights, with probabilities by the number of rows.
        ignore_index: a label that is left out; the mean over no other ones is NaN.
        label_smoothing: the share, from 0 to 1, of each target that is spread evenly over all
            classes.

    Finite for any finite logits. Raises DtypeError for labels that are not integers (or logits
    that are not floating), ShapeError for shapes that do not fit, LabelError (an IndexError) for
    a label out of range, RangeError for another label_smoothing, ValueError for another reduction.
    PyTorch calls `predicted` `input` and takes labels of int64 and uint8 alone.

    >>> cross_entropy(Tensor([[0.0, 0.0]]), [1])
    tensor(0.69314718)
    >>> cross_entropy(Tensor([[0.0, 0.0], [9.0, 0.0]]), [1, -100])
    tensor(0.69314718)
    >>> cross_entropy(Tensor([[0.0, 0.0]]), Tensor([[0.5, 0.5]]))
    tensor(0.69314718)
    """
    labels = _labels("cross_entropy", target)
    data = data_of("cross_entropy", predicted)
    shape = data.shape
    if type(label_smoothing) is not float:
        label_smoothing = real(label_smoothing)
    if not label_smoothing:
        classes = _classes_of_rows(data, labels, weight, ignore_index, reduction)
        if classes is not None:
            return CrossEntropy.apply(predicted, classes)
    if not 0 <= label_smoothing <= 1:
        raise RangeError(
            f"cross_entropy: expected a label_smoothing from 0 to 1, got {label_smoothing}"
        )
    require_floating("cross_entropy", predicted)
    if labels.dtype.kind == "f" and labels.shape == shape and shape:
        if ignore_index >= 0:
            raise RangeError(
                "cross_entropy: ignore_index is for labels; probabilities have nothing to ignore"
            )
        target = target if isinstance(target, Tensor) else Tensor(target)
        return _of_probabilities(predicted, target, weight, reduction, label_smoothing)
    logs = predicted.log_softmax(min(1, len(shape) - 1))
    return _of_labels(
        "cross_entropy", logs, labels, weight, ignore_index, reduction, label_smoothing
    )


def nll_loss(
    input: Tensor,
    target: Any,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-input[target] of each example: the negative log likelihood, for an input of log
    probabilities. `cross_entropy` of labels is that of `log_softmax`: it tells the rest.

    >>> nll_loss(Tensor([[0.5, 0.5]]).log(), [1])
    tensor(0.69314718)
    """
    data = require_floating("nll_loss", input)
    labels = _labels("nll_loss", target)
    classes = _classes_of_rows(data, labels, weight, ignore_index, reduction)
    if classes is not None:
        return NegativeMean.apply(input, classes)
    return _of_labels("nll_loss", input, labels, weight, ignore_index, reduction, 0.0)


def _labels(name: str, target: Any) -> Array:
    if isinstance(target, Tensor):
        return exact(target._data)
    try:
        return exact(target)
    except ValueError as error:
        raise ValueError(f"{name}: expected labels in rows of equal lengths: {error}") from None


def _classes_of_rows(
    data: Array, labels: Array, weight: Tensor | None, ignore_index: int, reduction: str
) -> Array | None:
    """The labels in int64 where all that is asked for is the mean over rows that have a class
    each, the case that has operations of its own; else None."""
    shape, dtype = data.shape, labels.dtype
    if (
        weight is None
        and type(reduction) is str
        and reduction == "mean"
        and len(shape) == 2
        and labels.shape == shape[:1]
        and (dtype is _INT64 or dtype.kind in "iu")
        and data.dtype.kind == "f"
        and len(labels)
    ):
        # Viewed without a sign, a negative label is a large one: one look finds both, and
        # `argmax` takes less time than `max`.
        classes = labels if dtype is _INT64 else labels.astype(_INT64)
        unsigned = classes.view(_UINT64)
        try:
            ignores = 0 <= ignore_index < shape[1]
        except TypeError:  # which the other way refuses
            ignores = True
        if not ignores and unsigned[unsigned.argmax()] < shape[1]:
            return classes
    return None


def _of_labels(
    name: str,
    logs: Tensor,
    labels: Array,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    """The loss of labels, from the logarithms of the classes' probabilities."""
    single = len(logs.shape) == 1
    if single:
        logs, labels = logs.reshape(1, -1), labels.reshape(1) if labels.size == 1 else labels
    labels, counted = _checked(name, logs.shape, labels, ignore_index)
    # The weights of the losses: all of them count, or some do not.
    weights = Tensor(counted.astype(logs.dtype))
    factors = None if weight is None else _of_classes(name, weight, logs)
    if factors is not None:
        weights = weights * factors[labels]
    places: Any = np.indices(labels.shape, sparse=True)
    loss = -logs[(places[0], labels, *places[1:])]
    if factors is not None:
        loss = loss * factors[labels]
    if smoothing:
        spread = logs if factors is None else logs * factors.reshape(channel_shape(logs.ndim))
        loss = (1 - smoothing) * loss - smoothing / logs.shape[1] * spread.sum(1)
    if not counted.all():
        loss = where(counted, loss, 0.0)
    require_reduction(name, reduction)
    if reduction == "mean":
        return loss.sum() / weights.sum()
    loss = reduced(name, loss, reduction)
    return loss.reshape(()) if single else loss


def _of_probabilities(
    logits: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    single = len(logits.shape) == 1
    if single:
        logits, target = logits.reshape(1, -1), target.reshape(1, -1)
    if smoothing and logits.shape[1]:
        target = target * (1 - smoothing) + smoothing / logits.shape[1]
    products = logits.log_softmax(1) * target
    if weight is not None:
        factors = _of_classes("cross_entropy", weight, logits)
        products = products * factors.reshape(channel_shape(logits.ndim))
    loss = -products.sum(1)
    if reduction == "mean" and not logits.shape[1]:
        loss = loss * nan  # as PyTorch: rows of no classes count for nothing
    loss = reduced("cross_entropy", loss, reduction)
    return loss.reshape(()) if single else loss


def _of_classes(name: str, weight: Tensor, logs: Tensor) -> Tensor:
    """The weights (C,) in the dtype of the logits (N, C, ...)."""
    if data_of(name, weight).shape != logs.shape[1:2]:
        raise ShapeError(
            f"{name}: expected one weight for each of {logs.shape[1]} classes, got shape "
            f"{weight.shape}"
        )
    return weight.to(logs.dtype)


def _checked(name: str, shape: Shape, labels: Array, ignore_index: int) -> tuple[Array, Array]:
    """The labels for logits (N, C, ...), class 0 in the place of those that are ignored, and
    which are not."""
    if len(shape) < 2:
        raise ShapeError(
            f"{name}: expected an input of shape (N, C), (N, C, d1, ...) or (C,), got {shape}"
        )
    if labels.shape != shape[:1] + shape[2:]:
        raise ShapeError(
            f"{name}: an input of shape {shape} needs labels of shape {shape[:1] + shape[2:]}, "
            f"got {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: expected integer labels (class numbers), got {labels.dtype}; "
            "convert them with labels.astype(int)"
        )
    if type(ignore_index) is not int:
        ignore_index = whole(ignore_index, f"{name}: ignore_index")
    counted = labels != ignore_index
    wrong = labels[counted & ((labels < 0) | (labels >= shape[1]))]
    if wrong.size:
        raise LabelError(
            f"{name}: label {wrong[0]} is out of range; with {shape[1]} classes expected "
            f"0 to {shape[1] - 1}"
        )
    return np.where(counted, labels, 0).astype(np.int64), counted


class BinaryCrossEntropy(Function):
    """-(y log(x) + (1 - y) log(1 - x)), each logarithm at least -100, for x and y from 0 to 1."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, x: Tensor, y: Tensor) -> Tensor:
        ctx.save_for_backward(x, y)
        probability, truth = x._data, y._data
        yes = np.maximum(np.log(probability), -100)
        no = np.maximum(np.log1p(-probability), -100)
        return wrap((truth - 1) * no - truth * yes)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        x, y = ctx.saved_tensors
        spread = (1 - x) * x
        spread = where(spread._data < _LEAST_SPREAD, _LEAST_SPREAD, spread)
        return grad_output * (x - y) / spread, grad_output * ((1 - x).log() - x.log())


# PyTorch's, which has it in single precision: what keeps the gradient finite at 0 and 1.
_LEAST_SPREAD = float(np.float32(1e-12))


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-(target log(input) + (1 - target) log(1 - input)), its mean over all elements, their sum,
    or for "none" each. No logarithm is taken for less than -100, as in PyTorch.

    Input and target are probabilities of one shape and one floating dtype; a weight that
    broadcasts to that shape multiplies the elements. Raises ShapeError, DtypeError, RangeError
    for numbers outside of 0 to 1 (NaN is, as an input) and ValueError for another reduction.

    >>> binary_cross_entropy(Tensor([0.5, 0.0]), Tensor([1.0, 1.0]), reduction="none")
    tensor([  0.69314718, 100.        ])
    """
    name = "binary_cross_entropy"
    x, y = require_floating(name, input), data_of(name, target)
    _require_shape(name, input, target)
    if x.dtype != y.dtype:
        raise DtypeError(
            f"{name}: expected input and target of one dtype, got {x.dtype} and {y.dtype}; convert "
            "the target with target.to(input.dtype)"
        )
    for role, data in (("input", x), ("target", y)):
        inside = (data >= 0) & (data <= 1)
        if not inside.all():
            raise RangeError(
                f"{name}: expected probabilities from 0 to 1, got {data[~inside][0]} in the "
                f"{role}; for logits there is binary_cross_entropy_with_logits"
            )
    loss = BinaryCrossEntropy.apply(input, target)
    return reduced(name, _weighted(name, loss, weight), reduction)


class BinaryCrossEntropyWithLogits(Function):
    """(1 - y) x - (1 + (p - 1) y) log(sigmoid(x)); p is 1 if None.

    Composed, the gradient would lose its digits where the two terms' gradients cancel.
    """

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, x: Tensor, y: Tensor, p: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, y, *(() if p is None else (p,)))
        ctx.weighted = p is not None
        logits, truth = operands("binary_cross_entropy_with_logits", x, y)
        logarithm: Any = below(logits, 0.0) - log1p_exp_of_negative_size(logits)
        if p is not None:
            logarithm = logarithm * (1 + (p._data - 1) * truth)
        loss: Any = (number(1.0, truth.dtype) - truth) * logits
        loss -= logarithm
        return wrap(loss)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y, *rest = ctx.saved_tensors
        if not rest:
            return grad_output * (x.sigmoid() - y), -grad_output * x, None
        (p,) = rest
        yes = p * y
        return (
            grad_output * ((yes + 1 - y) * x.sigmoid() - yes),
            grad_output * ((1 - p) * logsigmoid(x) - x),
            None,
        )

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> Sequence[Array | None]:
        if ctx.weighted or wanted[1] is not None:
            return super().array_backward(ctx, gradient, wanted)
        logits, truth = ctx.saved_array(0), ctx.saved_array(1)
        slope = sigmoid(logits) - truth
        slope *= gradient
        return slope, None, None


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), finite for any finite logits.

    `pos_weight`, which broadcasts to the input's shape, multiplies what the target's share of
    ones costs. Raises as that, but takes targets outside of 0 to 1 and of another floating dtype,
    which the result has; RuntimeError for a pos_weight that requires a gradient.

    >>> binary_cross_entropy_with_logits(Tensor([0.0, 1000.0]), Tensor([1.0, 1.0]))
    tensor(0.34657359)
    """
    name = "binary_cross_entropy_with_logits"
    require_floating(name, input)
    require_floating(name, target)
    _require_shape(name, input, target)
    if pos_weight is not None:
        _require_broadcast(name, "pos_weight", pos_weight, input)
        if pos_weight.requires_grad:
            raise RuntimeError(f"{name}: there is no gradient of pos_weight; give it detach()ed")
    loss = BinaryCrossEntropyWithLogits.apply(input, target, pos_weight).to(target.dtype)
    return reduced(name, _weighted(name, loss, weight), reduction)


def _require_shape(name: str, input: Tensor, target: Tensor) -> None:
    if input.shape != target.shape:
        raise ShapeError(
            f"{name}: expected a target of the input's shape {input.shape}, got {target.shape}"
        )


def _require_broadcast(name: str, role: str, weight: Tensor, input: Tensor) -> None:
    shape = data_of(name, weight).shape
    # Counted from the last axis, as broadcasting counts.
    pairs = zip(reversed(shape), reversed(input.shape), strict=False)
    if len(shape) > len(input.shape) or any(size not in (1, whole) for size, whole in pairs):
        raise ShapeError(
            f"{name}: expected a {role} that broadcasts to the input's shape {input.shape}, got "
            f"{shape}"
        )


def _weighted(name: str, loss: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return loss
    _require_broadcast(name, "weight", weight, loss)
    return loss * weight.to(loss.dtype)
