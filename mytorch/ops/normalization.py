"""Batch normalisation (write-up 2.4, Appendix C; Ioffe and Szegedy, 2015)."""

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce, sum_rows
from mytorch.tensor import Tensor, wrap

__all__ = ["BatchNorm", "batch_moments", "channel_shape"]


def channel_axes(ndim: int) -> Shape:
    """Every axis but that of the channels, axis 1."""
    return (0, *range(2, ndim))


def channel_shape(ndim: int) -> Shape:
    """The shape in which one value a channel broadcasts against the input."""
    return (1, -1, *(1,) * (ndim - 2))


def sum_channels(data: Array) -> Array:
    """The sum over everything but the channels."""
    return sum_rows(data) if data.ndim == 2 else add_reduce(data, channel_axes(data.ndim))


def batch_moments(data: Array) -> tuple[Array, Array, Array]:
    """Each channel's mean and biased variance over the batch (equations 3 and 4), and the data
    less the mean, which both the variance and the normalisation need."""
    size = data.size // data.shape[1]
    mean = sum_channels(data) / size
    centred = data - mean.reshape(channel_shape(data.ndim))
    return mean, sum_channels(centred * centred) / size, centred


class BatchNorm(Function):
    """(x - mean) / sqrt(variance + eps) * gamma + beta, with the batch's own mean and biased
    variance (equations 3 to 6), which the caller has from `batch_moments`, for x (N, C) or
    (N, C, L). Composed of sums and products it makes a whole training step 1.5 times as long.
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
    ) -> Tensor:
        ctx.save_for_backward(x, gamma)
        ctx.eps = eps
        ctx.centred = centred
        ctx.inverse = inverse = 1 / np.sqrt(var + eps)
        shape = channel_shape(centred.ndim)
        out = centred * (inverse * gamma._data).reshape(shape)
        return wrap(out + beta._data.reshape(shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        if recording.get():
            return (*_composed(ctx, grad_output), None, None, None)
        _, gamma = ctx.saved_tensors
        gradient, centred, inverse = grad_output._data, ctx.centred, ctx.inverse
        grad_gamma = sum_channels(gradient * centred) * inverse
        grad_beta = sum_channels(gradient)
        if not ctx.needs_input_grad[0]:
            return None, wrap(grad_gamma), wrap(grad_beta), None, None, None
        shape = channel_shape(gradient.ndim)
        size = gradient.size // gradient.shape[1]
        grad_x = centred * (grad_gamma * inverse / -size).reshape(shape)
        grad_x += gradient
        grad_x -= (grad_beta / size).reshape(shape)
        grad_x *= (inverse * gamma._data).reshape(shape)
        return wrap(grad_x), wrap(grad_gamma), wrap(grad_beta), None, None, None


def _composed(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients as functions of x: what forward cached knows nothing of it, and a second
    derivative would be silently wrong."""
    x, gamma = ctx.saved_tensors
    axes = channel_axes(x.ndim)
    shape = channel_shape(x.ndim)
    centred = x - x.mean(axes, keepdims=True)
    inverse = 1 / ((centred * centred).mean(axes, keepdims=True) + ctx.eps).sqrt()
    normalised = centred * inverse
    grad_gamma = (grad_output * normalised).sum(axes)
    grad_beta = grad_output.sum(axes)
    size = float(x.numel() // x.shape[1])
    along = normalised * (grad_gamma.reshape(*shape) / size)
    across = grad_output - grad_beta.reshape(*shape) / size - along
    return across * (inverse * gamma.reshape(*shape)), grad_gamma, grad_beta
