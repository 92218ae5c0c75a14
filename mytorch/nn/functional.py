"""The operations' address in the write-up, and the functions that layers and losses call.

The classes (`Add`, `Sub`, ... used as `Add.apply(a, b)`) are defined in `mytorch.ops`, forward
and backward side by side; the functions have PyTorch's names and signatures.
"""

import warnings
from typing import Any

import numpy as np

from mytorch._dtypes import Array, exact
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops import (
    Abs,
    Add,
    Affine,
    BatchNorm,
    Cast,
    Cat,
    Clone,
    CrossEntropy,
    Div,
    Exp,
    Expand,
    Index,
    Log,
    LogSoftmax,
    MatMul,
    Max,
    Mean,
    Min,
    Mul,
    Neg,
    Pow,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    Sqrt,
    Sub,
    Sum,
    SumTo,
    Tanh,
    Transpose,
    Unindex,
    Var,
    Where,
)
from mytorch.ops.normalization import batch_moments, centre
from mytorch.tensor import Tensor

__all__ = [
    "Abs",
    "Add",
    "Affine",
    "BatchNorm",
    "Cast",
    "Cat",
    "Clone",
    "CrossEntropy",
    "Div",
    "Exp",
    "Expand",
    "Index",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "Mean",
    "Min",
    "Mul",
    "Neg",
    "Pow",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "Softmax",
    "Sqrt",
    "Sub",
    "Sum",
    "SumTo",
    "Tanh",
    "Transpose",
    "Unindex",
    "Var",
    "Where",
    "batch_norm",
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
    "to_one_hot",
]


def relu(input: Tensor) -> Tensor:
    """max(input, 0), elementwise.

    >>> relu(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return ReLU.apply(input)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)), elementwise.

    >>> sigmoid(Tensor([0.0]))
    tensor([0.5])
    """
    return Sigmoid.apply(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent, elementwise.

    >>> tanh(Tensor([0.0]))
    tensor([0.])
    """
    return Tanh.apply(input)


def softmax(input: Tensor, dim: int) -> Tensor:
    """exp(input) / sum(exp(input)) along `dim`. Raises DtypeError unless floating.

    >>> softmax(Tensor([[0.0, 0.0]]), dim=1)
    tensor([[0.5, 0.5]])
    """
    return Softmax.apply(input, dim)


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """log(softmax(input)) along `dim`, finite for any finite input (write-up B.1).

    >>> log_softmax(Tensor([[1000.0, 0.0]]), dim=1)
    tensor([[    0., -1000.]])
    """
    return LogSoftmax.apply(input, dim)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input W^T + bias (write-up 2.1), for input (..., in), weight (out, in), bias (out,).

    Raises ShapeError if the sizes do not fit.

    >>> linear(Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), Tensor([5.0]))
    tensor([[16.]])
    """
    if bias is None:
        return input @ weight.T
    return Affine.apply(input, weight, bias)


def batch_norm(
    input: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor,
    bias: Tensor,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel normalised, scaled by weight (gamma) and shifted by bias (beta).

    The input has shape (N, C) or (N, C, L), everything else (C,). In training the batch's own
    mean and biased variance normalise it (write-up equations 3 to 6), and the running
    statistics move in place towards the batch's mean and unbiased variance by `momentum`
    (equations 7 to 9 with alpha = 1 - momentum); otherwise the running statistics normalise.

    Raises ShapeError for another shape, or in training for one value a channel, whose variance
    does not exist.

    >>> gamma, beta, mean, var = (Tensor([v]) for v in (1.0, 0.0, 0.0, 1.0))
    >>> batch_norm(Tensor([[1.0], [3.0]]), mean, var, gamma, beta, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    >>> mean, var
    (tensor([0.2]), tensor([1.1]))
    """
    shape = input.shape
    if not 2 <= len(shape) <= 3 or shape[1] != weight.shape[0]:
        channels = weight.shape[0]
        raise ShapeError(
            f"batch_norm: expected an input of shape (N, {channels}) or (N, {channels}, L), "
            f"got {shape}"
        )
    if not training:
        centred = centre(input.data, running_mean.data)
        return BatchNorm.apply(input, weight, bias, centred, running_var.data, eps, False)
    size = input.numel() // shape[1] if shape[1] else 0
    if size < 2:
        raise ShapeError(
            f"batch_norm: training needs more than one value for each channel, got an input of "
            f"shape {shape}; use a larger batch, or eval()"
        )
    mean, var, centred = batch_moments(input.data)
    output = BatchNorm.apply(input, weight, bias, centred, var, eps, True)
    running_mean.data *= 1 - momentum
    running_mean.data += momentum * mean
    running_var.data *= 1 - momentum
    running_var.data += momentum * size / (size - 1) * var
    return output


def cross_entropy(predicted: Tensor, target: Any) -> Tensor:
    """The mean over the batch of -log(softmax(predicted)[target]) (write-up 2.5, B).

    Arguments:
        predicted: logits, floating, of shape (N, C).
        target: labels, N integers from 0 to C - 1: a Tensor, an array or a sequence.

    Returns a 0-d tensor, finite for any finite logits. Raises DtypeError for labels that are
    not integers (or logits that are not floating), ShapeError for shapes that do not fit and
    IndexError for a label out of range.

    >>> cross_entropy(Tensor([[0.0, 0.0]]), [1])
    tensor(0.69314718)
    """
    return CrossEntropy.apply(predicted, _labels(predicted, target))


def _labels(predicted: Tensor, target: Any) -> Array:
    labels = exact(target.data if isinstance(target, Tensor) else target)
    if len(predicted.shape) != 2:
        raise ShapeError(f"cross_entropy: expected logits of shape (N, C), got {predicted.shape}")
    rows, classes = predicted.shape
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"cross_entropy: expected integer labels (class numbers), got {labels.dtype}; "
            "convert them with labels.astype(int)"
        )
    if labels.shape != (rows,):
        raise ShapeError(
            f"cross_entropy: logits of shape {predicted.shape} need labels of shape ({rows},), "
            f"got {labels.shape}"
        )
    # A copy: the caller may write the next batch's labels into the same array.
    labels = labels.astype(np.int64)
    # Viewed without a sign, a negative label is a large one: one comparison finds both.
    if rows and np.maximum.reduce(labels.view(np.uint64)) >= classes:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise IndexError(
            f"cross_entropy: label {wrong} is out of range; with {classes} classes expected "
            f"0 to {classes - 1}"
        )
    return labels


def mse_loss(input: Tensor, target: Tensor | Array) -> Tensor:
    """The mean of (input - target)**2 over all elements.

    Warns (UserWarning) when the shapes differ and broadcast, as PyTorch does.

    >>> mse_loss(Tensor([1.0, 3.0]), Tensor([1.0, 1.0]))
    tensor(2.)
    """
    if input.shape != target.shape:
        warnings.warn(
            f"mse_loss: input has shape {input.shape}, target {target.shape}: they are broadcast, "
            "which is rarely meant; give them one shape",
            stacklevel=2,
        )
    difference = input - target
    return (difference * difference).mean()


def to_one_hot(arr: Any, num_classes: int) -> Tensor:
    """Class numbers (N,) as rows (N, num_classes) with a 1 at the class's place.

    Raises IndexError for a number out of range.

    >>> to_one_hot(np.array([2, 0]), 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    labels = exact(arr.data if isinstance(arr, Tensor) else arr).astype(np.int64)
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise IndexError(
            f"to_one_hot: expected classes from 0 to {num_classes - 1}, "
            f"got {labels.min()} to {labels.max()}"
        )
    rows = Tensor.zeros(len(labels), num_classes)
    rows.data[np.arange(len(labels)), labels] = 1
    return rows
