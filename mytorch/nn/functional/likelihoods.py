"""Negative log likelihoods of numbers: Poisson's, and Gauss's."""

from __future__ import annotations

import math

import numpy as np

from mytorch._checks import flag
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.nn.functional.losses import reduced
from mytorch.ops import where
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["gaussian_nll_loss", "poisson_nll_loss"]


@numpy_names
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """exp(input) - target input: the negative log likelihood of counts for the logarithm of their
    expectation, or without `log_input` input - target log(input + eps) for the expectation itself.
    The mean of it, "sum" or "none".

    With `full` Stirling's approximation of log(target!) is added where the target is above 1:
    target log(target) - target + log(2 pi target) / 2. Raises ShapeError for shapes that do not
    broadcast, ValueError for another reduction.

    >>> poisson_nll_loss(Tensor([0.0, 1.0]), Tensor([2.0, 1.0]), reduction="none")
    tensor([1.        , 1.71828183])
    """
    name = "poisson_nll_loss"
    data_of(name, target)
    if flag(name, "log_input", log_input):
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if flag(name, "full", full):
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + where(target <= 1, 0.0, stirling)
    return reduced(name, loss, reduction)


@numpy_names
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log(v) + (input - target)**2 / v) / 2 for v = max(var, eps): the negative log likelihood of
    numbers with the expectation `input` and the variance `var`, up to log(2 pi) / 2, which `full`
    adds. The mean of it, "sum" or "none".

    The variance has the input's shape, or that without the last axis, or 1 in the place of one
    size; or it is one number for all. As in PyTorch its gradient does not see the maximum.

    Raises ValueError for a negative variance, another shape of it, or another reduction.

    Source: Nix and Weigend, "Estimating the mean and variance of the target probability
    distribution", 1994.

    >>> gaussian_nll_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]), Tensor([1.0, 1.0]))
    tensor(1.)
    """
    name = "gaussian_nll_loss"
    shape = data_of(name, input).shape
    data_of(name, target)
    if not isinstance(var, Tensor):
        var = Tensor(np.full(shape, var, input.dtype))
    if (var.data < 0).any():
        raise RangeError(f"{name}: expected variances of 0 or more, got {var.data.min()}")
    if var.shape != shape:
        if var.shape == shape[:-1]:
            var = var.unsqueeze(-1)
        elif (
            var.ndim != len(shape)
            or sum(y for x, y in zip(shape, var.shape, strict=True) if x != y) != 1
        ):
            raise ShapeError(
                f"{name}: an input of shape {shape} needs a variance of this shape, of "
                f"{shape[:-1]}, or with 1 in one place, got {var.shape}"
            )
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if flag(name, "full", full):
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(name, loss, reduction)
