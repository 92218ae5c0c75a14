"""Losses that compare numbers with numbers, and how a loss is reduced."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array, result_type
from mytorch._kernels.constants import number, real, setting
from mytorch._kernels.elementwise import within
from mytorch._silence import silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.ops import where
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = ["huber_loss", "kl_div", "l1_loss", "mse_loss", "smooth_l1_loss"]


def reduced(name: str, loss: Tensor, reduction: str) -> Tensor:
    """The loss of the elements, "none", their "mean" or their "sum"; ValueError for others."""
    if type(reduction) is not str:
        require_reduction(name, reduction)
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    require_reduction(name, reduction)
    return loss


def require_reduction(name: str, reduction: str) -> None:
    """Raises ValueError for one that `reduced` does not know."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: expected reduction 'mean', 'sum' or 'none', got {reduction!r}")


def _weighted(name: str, loss: Tensor, input: Tensor, weight: Tensor | None) -> Tensor:
    """The loss with a weight for each element of the input."""
    if weight is None:
        return loss
    if data_of(name, weight).shape != input.shape:
        raise ShapeError(
            f"{name}: expected weights of the input's shape {input.shape}, got {weight.shape}"
        )
    return loss * weight


def _average(name: str, loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """The weighted loss reduced; the mean is over the weights."""
    if weight is None or reduction != "mean":
        return reduced(name, loss, reduction)
    return loss.sum() / weight.sum()


def _compared(name: str, input: Tensor, target: Tensor | Array) -> tuple[Tensor, Tensor]:
    """Input and target as Tensors, with PyTorch's warning if one of them is broadcast."""
    if isinstance(target, np.ndarray):
        target = Tensor(target)
    if data_of(name, input).shape != data_of(name, target).shape:
        warnings.warn(
            f"{name}: input has shape {input.shape}, target {target.shape}: they are broadcast, "
            "which is rarely meant; give them one shape",
            stacklevel=3,
        )
    return input, target


def _difference(name: str, input: Tensor, target: Tensor) -> Tensor:
    """input - target in their common dtype, which has to be floating."""
    dtype = result_type(input._data, target._data)
    if dtype.kind != "f":
        raise DtypeError(
            f"{name}: expected a floating dtype, got {input.dtype} and {target.dtype}; convert "
            "one with x.to(float)"
        )
    return input.to(dtype) - target.to(dtype)


def mse_loss(
    input: Tensor,
    target: Tensor | Array,
    *,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)**2, its mean over all elements, their sum, or for "none" each.

    A weight of the input's shape multiplies the elements, and the mean is then divided by the
    sum of the weights. Shapes that differ are broadcast, with a UserWarning. Raises DtypeError
    unless input or target is floating, and ValueError for another reduction.

    >>> mse_loss(Tensor([1.0, 3.0]), Tensor([1.0, 1.0]))
    tensor(2.)
    """
    input, target = _compared("mse_loss", input, target)
    difference = _difference("mse_loss", input, target)
    loss = _weighted("mse_loss", difference * difference, input, weight)
    return _average("mse_loss", loss, weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor | Array,
    *,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|input - target|; the rest is as in `mse_loss`. The gradient at 0 is 0.

    >>> l1_loss(Tensor([1.0, 4.0]), Tensor([1.0, 1.0]))
    tensor(1.5)
    """
    input, target = _compared("l1_loss", input, target)
    loss = _weighted("l1_loss", (input - target).abs(), input, weight)
    return _average("l1_loss", loss, weight, reduction)


class Huber(Function):
    """a**2 / 2 where |a| < delta, else delta (|a| - delta / 2); divided by `divisor`, which is 1 or
    delta, for any delta above 0."""

    fresh_gradients = True

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor, delta: float, divisor: float) -> Tensor:
        ctx.save_for_backward(a)
        ctx.delta, ctx.divisor = delta, divisor
        data = a._data
        dtype = data.dtype
        # m (a - m / 2) for m = max(-delta, min(a, delta)).
        factor = within(data, setting(-delta, dtype), setting(delta, dtype))
        out: Any = factor * number(-0.5, dtype)
        out += data
        if divisor != 1:
            factor /= setting(divisor, dtype)
        out *= factor
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        (a,) = ctx.saved_tensors
        slope = _huber_slope(a._data, ctx.delta, ctx.divisor)
        curved = np.abs(a._data) < setting(ctx.delta, a.dtype)
        return grad_output * where(curved, a / ctx.divisor, wrap(slope)), None, None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array, None, None]:
        slope = _huber_slope(ctx.saved_array(0), ctx.delta, ctx.divisor)
        slope *= gradient
        return slope, None, None


def _huber_slope(data: Array, delta: float, divisor: float) -> Array:
    if divisor != 1:
        data, delta = data / setting(divisor, data.dtype), 1.0
    return within(data, setting(-delta, data.dtype), setting(delta, data.dtype))


def huber_loss(
    input: Tensor,
    target: Tensor | Array,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)**2 / 2 where the difference is smaller than `delta`, beyond that
    delta (|input - target| - delta / 2): a straight line of the same slope.

    The rest is as in `mse_loss`, but the mean is over the elements, weighted or not, and the
    result has the input's dtype. Raises RangeError unless
    delta is positive, DtypeError unless the input is floating.

    Source: Huber, "Robust Estimation of a Location Parameter", 1964.

    >>> huber_loss(Tensor([0.5, 3.0]), Tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    try:
        positive = bool(delta > 0)
    except (TypeError, ValueError):
        positive = False
    if not positive:
        raise RangeError(f"huber_loss: expected a positive delta, got {delta!r}")
    input, target = _compared("huber_loss", input, target)
    require_floating("huber_loss", input)
    loss = Huber.apply(_difference("huber_loss", input, target), real(delta), 1.0)
    loss = _weighted("huber_loss", loss.to(input.dtype), input, weight)
    return reduced("huber_loss", loss, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor | Array, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """`huber_loss` with delta = beta, divided by beta; with beta = 0 `l1_loss`.

    Raises RangeError for a negative beta; the rest is as in `mse_loss`.

    Source: Girshick, "Fast R-CNN", 2015.

    >>> smooth_l1_loss(Tensor([0.5, 3.0]), Tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    try:
        fits = bool(beta >= 0)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise RangeError(f"smooth_l1_loss: expected a beta of 0 or more, got {beta!r}")
    beta = real(beta)
    input, target = _compared("smooth_l1_loss", input, target)
    difference = _difference("smooth_l1_loss", input, target)
    if not beta:
        return reduced("smooth_l1_loss", difference.abs(), reduction)
    if setting(beta, difference.dtype) == 0:
        beta = float(np.finfo(difference.dtype).smallest_subnormal)
    loss = Huber.apply(difference, beta, beta)
    return reduced("smooth_l1_loss", loss, reduction)


class Entropy(Function):
    """a log(a), 0 at 0; the gradient there is NaN, as PyTorch's."""

    @staticmethod
    @silent
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        data = a._data
        return wrap(np.where(data == 0, data, data * np.log(data)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * (a.log() + a / a)


@numpy_names
def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """The divergence target (log(target) - input) of Kullback and Leibler, by elements; the
    input is the logarithm of a probability, and with `log_target` the target is one too.

    Besides "mean" (over all elements, with PyTorch's UserWarning that this is not the
    divergence's mean), "sum" and "none" there is the reduction "batchmean": the sum divided by
    the size of the first axis. Input and target are broadcast. A target of 0 gives 0. Raises
    DtypeError unless both are floating, and ValueError for another reduction.

    Source: Kullback and Leibler, "On Information and Sufficiency", 1951.

    >>> kl_div(Tensor([[0.5, 0.5]]).log(), Tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.69314718)
    """
    require_floating("kl_div", input)
    require_floating("kl_div", target)
    flag("kl_div", "log_target", log_target)
    loss = target.exp() * (target - input) if log_target else Entropy.apply(target) - target * input
    if reduction == "batchmean":
        total = loss.sum()
        return total / float(input.shape[0]) if input.shape else total
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction 'mean' divides by all elements; 'batchmean' divides by the size of "
            "the batch alone, as the divergence's definition wants it",
            stacklevel=3,
        )
    return reduced("kl_div", loss, reduction)
