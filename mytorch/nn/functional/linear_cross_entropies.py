"""The cross entropy of logits that are a linear map of the input."""

from __future__ import annotations

from math import prod
from typing import Any

from mytorch._shapes import Shape
from mytorch.errors import ShapeError
from mytorch.nn.functional.affine import linear
from mytorch.nn.functional.cross_entropies import cross_entropy
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["linear_cross_entropy"]


@explained
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Any,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """`cross_entropy(linear(input, linear_weight, linear_bias), target)`.

    Arguments:
        input: of shape (N, F) or (F,).
        linear_weight: of shape (C, F), for C classes; (C, d1, ..., F) for losses of shape
            (N, d1, ...).
        linear_bias: of the same shape without its last axis.
        ignore_index: a label that is left out, -100 by default; none beside probabilities.
        options: PyTorch's `LinearCrossEntropyOptions`, by which it computes in parts. Here the
            logits are always made as a whole.

    The other arguments and errors are those of `cross_entropy`. Raises ShapeError for shapes that
    do not go together.

    >>> linear_cross_entropy(Tensor([[1.0, 2.0]]), Tensor([[0.5, 0.0], [0.0, 0.25]]), [1])
    tensor(0.69314718)
    """
    name = "linear_cross_entropy"
    shape: Shape = data_of(name, input).shape
    sizes: Shape = data_of(name, linear_weight).shape
    if len(shape) not in (1, 2) or len(sizes) < 2:
        raise ShapeError(
            f"{name}: expected an input (N, F) or (F,) and a weight (C, F) or (C, d1, ..., F), got "
            f"shapes {shape} and {sizes}"
        )
    if shape[-1] != sizes[-1] or (len(sizes) > 2 and len(shape) == 1):
        raise ShapeError(
            f"{name}: the input of shape {shape} does not fit the weight of shape {sizes}; their "
            "last sizes have to be equal, and losses of more axes need a batch"
        )
    if linear_bias is not None:
        if linear_bias.shape != sizes[:-1]:
            raise ShapeError(
                f"{name}: expected a bias of shape {sizes[:-1]}, got {linear_bias.shape}"
            )
        linear_bias = linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(prod(sizes[:-1]), sizes[-1]), linear_bias)
    logits = logits.reshape(*shape[:-1], *sizes[:-1])
    if ignore_index is not None and getattr(target, "shape", None) == logits.shape:
        raise ShapeError(
            f"{name}: ignore_index is for labels; the target's shape {logits.shape} is that of "
            "probabilities"
        )
    return cross_entropy(
        logits,
        target,
        weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )
