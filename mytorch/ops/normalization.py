"""Batch normalisation (write-up 2.4, Appendix C; Ioffe and Szegedy, 2015)."""

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import add_reduce
from mytorch.tensor import Tensor, wrap

__all__ = ["BatchNorm", "batch_moments", "channel_shape"]


def channel_axes(ndim: int) -> Shape:
    """Every axis but that of the channels, axis 1."""
    return (0, *range(2, ndim))


def channel_shape(ndim: int) -> Shape:
    """The shape in which one value a channel broadcasts against the input."""
    return (1, -1, *(1,) * (ndim - 2))


def batch_moments(data: Array) -> tuple[Array, Array]:
    """Each channel's mean and biased variance over the batch (equations 3 and 4)."""
    axes = channel_axes(data.ndim)
    size = data.size // data.shape[1]
    mean = add_reduce(data, axes) / size
    centred = data - mean.reshape(channel_shape(data.ndim))
    return mean, add_reduce(centred * centred, axes) / size


class BatchNorm(Function):
    """(x - mean) / sqrt(variance + eps) * gamma + beta, with the batch's own mean and biased
    variance (equations 3 to 6), which the caller has from `batch_moments`."""

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        gamma: Tensor,
        beta: Tensor,
        mean: Array,
        var: Array,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(x, gamma)
        ctx.eps = eps
        shape = channel_shape(x.ndim)
        ctx.inverse = 1 / np.sqrt(var + eps).reshape(shape)
        ctx.normalised = (x.data - mean.reshape(shape)) * ctx.inverse
        scaled = ctx.normalised * gamma.data.reshape(shape)
        return wrap(scaled + beta.data.reshape(shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        x, gamma = ctx.saved_tensors
        shape = channel_shape(x.ndim)
        axes = channel_axes(x.ndim)
        if recording.get():
            # What forward cached knows nothing of x: a second derivative needs it from x.
            centred = x - x.mean(axes, keepdims=True)
            inverse = 1 / ((centred * centred).mean(axes, keepdims=True) + ctx.eps).sqrt()
            normalised = centred * inverse
        else:
            inverse, normalised = Tensor(ctx.inverse), Tensor(ctx.normalised)
        grad_gamma = (grad_output * normalised).sum(axes)
        grad_beta = grad_output.sum(axes)
        grad_x = None
        if ctx.needs_input_grad[0]:
            size = float(x.numel() // x.shape[1])
            along = normalised * (grad_gamma.reshape(*shape) / size)
            across = grad_output - grad_beta.reshape(*shape) / size - along
            grad_x = across * (inverse * gamma.reshape(*shape))
        return grad_x, grad_gamma, grad_beta, None, None, None
