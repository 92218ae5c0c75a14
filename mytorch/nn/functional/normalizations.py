"""Batch normalisation (write-up 2.4, Appendix C; Ioffe and Szegedy, 2015)."""

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, sum_rows
from mytorch.tensor import Tensor, wrap

__all__ = ["batch_norm"]


def channel_axes(ndim: int) -> Shape:
    """Every axis but that of the channels, axis 1."""
    return (0, *range(2, ndim))


def channel_shape(ndim: int) -> Shape:
    """The shape in which one value a channel broadcasts against the input."""
    return (1, -1, *(1,) * (ndim - 2))


def _per_channel(values: Array, ndim: int) -> Array:
    """Values (C,), so that they broadcast against an input (N, C) or (N, C, L)."""
    return values if ndim == 2 else values.reshape(channel_shape(ndim))


def _sum_channels(data: Array) -> Array:
    """The sum over everything but the channels."""
    return sum_rows(data) if data.ndim == 2 else add_reduce(data, channel_axes(data.ndim))


def batch_moments(data: Array) -> tuple[Array, Array, Array]:
    """Each channel's mean and biased variance over the batch (equations 3 and 4), and the data
    less the mean, which both the variance and the normalisation need."""
    size = data.size // data.shape[1]
    mean = _sum_channels(data) / size
    centred = centre(data, mean)
    return mean, _sum_channels(centred * centred) / size, centred


def centre(data: Array, mean: Array) -> Array:
    """The data less each channel's mean."""
    return data - _per_channel(mean, data.ndim)


class BatchNorm(Function):
    """(x - mean) / sqrt(var + eps) * gamma + beta for each channel of x (N, C) or (N, C, L)
    (equations 3 to 6).

    The caller gives x - mean and var (C,), as arrays. If they are the batch's own moments, from
    `batch_moments`, they depend on x and backward takes that into account; otherwise they are
    constants. Composed of sums and products the operation makes a whole training step 1.5 times
    as long.
    """

    fresh_gradients = True

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        gamma: Tensor,
        beta: Tensor,
        centred: Array,
        var: Array,
        eps: float,
        own_moments: bool,
    ) -> Tensor:
        ctx.save_for_backward(x, gamma)
        ndim = centred.ndim
        inverse = 1 / np.sqrt(var + eps)
        ctx.centred, ctx.inverse, ctx.eps, ctx.own_moments = centred, inverse, eps, own_moments
        out = centred * _per_channel(inverse * gamma._data, ndim)
        return wrap(out + _per_channel(beta._data, ndim))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        if recording.get():
            return (*_composed(ctx, grad_output), None, None, None, None)
        _, gamma = ctx.saved_tensors
        gradient, centred, inverse = grad_output._data, ctx.centred, ctx.inverse
        ndim = gradient.ndim
        grad_gamma = _sum_channels(gradient * centred) * inverse
        grad_beta = _sum_channels(gradient)
        grad_x = None
        if ctx.needs_input_grad[0]:
            scale = _per_channel(inverse * gamma._data, ndim)
            if ctx.own_moments:
                size = gradient.size // gradient.shape[1]
                across = centred * _per_channel(grad_gamma * inverse / -size, ndim)
                across += gradient
                across -= _per_channel(grad_beta / size, ndim)
                across *= scale
                grad_x = wrap(across)
            else:
                grad_x = wrap(gradient * scale)
        return grad_x, wrap(grad_gamma), wrap(grad_beta), None, None, None, None


def _composed(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients as functions of x: what forward cached knows nothing of it, and a second
    derivative would be silently wrong."""
    x, gamma = ctx.saved_tensors
    axes = channel_axes(x.ndim)
    shape = channel_shape(x.ndim)
    if not ctx.own_moments:
        inverse = Tensor(ctx.inverse.reshape(shape))
        mean = Tensor(x.data - ctx.centred)
        normalised = (x - mean) * inverse
        grad_x = grad_output * (inverse * gamma.reshape(*shape))
        return grad_x, (grad_output * normalised).sum(axes), grad_output.sum(axes)
    centred = x - x.mean(axes, keepdims=True)
    inverse = 1 / ((centred * centred).mean(axes, keepdims=True) + ctx.eps).sqrt()
    normalised = centred * inverse
    grad_gamma = (grad_output * normalised).sum(axes)
    grad_beta = grad_output.sum(axes)
    size = float(x.numel() // x.shape[1])
    along = normalised * (grad_gamma.reshape(*shape) / size)
    across = grad_output - grad_beta.reshape(*shape) / size - along
    return across * (inverse * gamma.reshape(*shape)), grad_gamma, grad_beta


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel normalised, scaled by weight (gamma) and shifted by bias (beta), if given.

    The input has shape (N, C) or (N, C, L), everything else (C,). In training the batch's own
    mean and biased variance normalise it (write-up equations 3 to 6), and the running
    statistics move in place towards the batch's mean and unbiased variance by `momentum`
    (equations 7 to 9 with alpha = 1 - momentum), if given; otherwise the running statistics
    normalise.

    Raises ShapeError for another shape, or in training for one value a channel, whose variance
    does not exist, and RuntimeError without the running statistics that are needed.

    >>> gamma, beta, mean, var = (Tensor([v]) for v in (1.0, 0.0, 0.0, 1.0))
    >>> batch_norm(Tensor([[1.0], [3.0]]), mean, var, gamma, beta, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    >>> mean, var
    (tensor([0.2]), tensor([1.1]))
    """
    shape = input.shape
    given = [value for value in (weight, bias, running_mean, running_var) if value is not None]
    if not 2 <= len(shape) <= 3 or any(value.shape != shape[1:2] for value in given):
        channels = given[0].shape[0] if given else "C"
        raise ShapeError(
            f"batch_norm: expected an input of shape (N, {channels}) or (N, {channels}, L), "
            f"got {shape}"
        )
    weight = Tensor(np.ones(shape[1], input.dtype)) if weight is None else weight
    bias = Tensor(np.zeros(shape[1], input.dtype)) if bias is None else bias
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: without running statistics only training=True works")
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
    if running_mean is not None:
        running_mean.data *= 1 - momentum
        running_mean.data += momentum * mean
    if running_var is not None:
        running_var.data *= 1 - momentum
        running_var.data += momentum * size / (size - 1) * var
    return output
