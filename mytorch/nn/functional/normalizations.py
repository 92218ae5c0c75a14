"""Normalisation: over the batch (write-up 2.4, Appendix C), over layers and over groups."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import SCALARS, Array
from mytorch._kernels.channels import (
    channel_moments,
    channel_products,
    scaled_channels,
    without_moments,
)
from mytorch._kernels.constants import full, number, real, setting
from mytorch._kernels.elementwise import of_two_shapes
from mytorch._kernels.products import product
from mytorch._kernels.sums import add_up, sum_rows
from mytorch._kernels.windows import neighbourhood
from mytorch._shapes import Shape, channel_axes, channel_shape, whole
from mytorch._silence import silenced, silent
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, copy_output, sparing
from mytorch.errors import RangeError, ShapeError
from mytorch.nn._places import warn_of_wider_input
from mytorch.nn.functional.linked import Linked
from mytorch.observe import noted
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.broadcasting import sum_to, unbroadcast, unbroadcast_array
from mytorch.ops.conversion import to
from mytorch.tensor import Tensor, wrap

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]


def _per_channel(values: Array, data: Array) -> Array:
    """Values (C,), so that they broadcast against data (N, C, ...)."""
    ndim = data.ndim
    return values if ndim <= 2 else values.reshape(channel_shape(ndim))


def _sum_channels(data: Array) -> Array:
    """The sum over everything but the channels."""
    if data.ndim == 2:
        return sum_rows(data)
    return add_up(data, channel_axes(data.ndim)).astype(data.dtype, copy=False)


class BatchNorm(Function):
    """(x - mean) / sqrt(var + eps) * gamma + beta for each channel of x (N, C, ...)
    (equations 3 to 6).

    The caller has checked the `settings`: running mean and variance, or None, whether to train,
    momentum and eps. In training the moments are the batch's own, so they depend on x, and the
    running ones follow; otherwise the moments are the running ones, which are constants. Composed
    of sums and products the operation would be slow.
    """

    fresh_gradients = True

    @staticmethod
    def forward(
        ctx: ContextManager, x: Tensor, gamma: Tensor, beta: Tensor, settings: tuple[Any, ...]
    ) -> Tensor:
        ctx.save_for_backward(x, gamma)
        data = x._data
        if data.dtype is not gamma._data.dtype:
            warn_of_wider_input("batch_norm", data, gamma._data)
        # A single row as a vector: NumPy has nothing to repeat then.
        rows = data[0] if data.ndim == 2 and len(data) == 1 else data
        if rows.itemsize == 2:
            # Sums of half precision overflow: 65,520 is too large.
            rows = rows.astype(np.float32)
        out, *ctx.cache = silenced().run(_normalised, rows, gamma._data, beta._data, *settings)
        if data.itemsize == 2:
            mean, var, training, *_ = settings
            used = (x, gamma, beta) if training else (x, gamma, beta, mean, var)
            out = silenced().run(out.astype, np.result_type(*[values.dtype for values in used]))
        return wrap(out if rows is data else out.reshape(data.shape))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        x, gamma = ctx.saved_tensors
        centred, mean, root, _, eps, training = ctx.cache
        if training:
            return (*_composed(x, gamma, eps, grad_output), None)
        if centred is not None:
            mean = x.data - centred
        return (*_composed_of_constants(x, gamma, mean, root, grad_output), None)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array, Array, None]:
        data = ctx.saved_array(0)
        centred, mean, root, scale, _, training = ctx.cache
        if gradient.dtype is not root.dtype:
            gradient = gradient.astype(root.dtype)
        if centred is None:
            if data.itemsize == 2:
                data = data.astype(root.dtype)
            grad_beta, grad_gamma = channel_products(gradient, data, mean, root)
            grad_gamma /= root
            if wanted[0] is not None and training:
                size = number(gradient.size // gradient.shape[1], root.dtype)
                along, across = grad_gamma / (root * size), grad_beta / size
                grad_x = without_moments(gradient, data, mean, root, along, across, scale)
                return grad_x, grad_gamma, grad_beta, None
        else:
            grad_beta = _sum_channels(gradient)
            grad_gamma = _sum_channels(gradient * centred) / root
        if wanted[0] is None:
            return None, grad_gamma, grad_beta, None
        if training:
            size = number(gradient.size // gradient.shape[1], root.dtype)
            grad_x = centred * _per_channel(grad_gamma / (root * size), gradient)
            grad_x += _per_channel(grad_beta / size, gradient)
            np.subtract(gradient, grad_x, out=grad_x)
            grad_x *= _per_channel(scale, gradient)
        else:
            grad_x = gradient * _per_channel(scale, gradient)
        return grad_x, grad_gamma, grad_beta, None


def _normalised(
    data: Array,
    gamma: Array,
    beta: Array,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: Any,
    eps: float,
) -> tuple[Array, Array | None, Array | None, Array, Array, float, bool]:
    """Equations 3 to 9. After the output comes what backward needs: x - mean, or of many numbers
    the mean alone, sqrt(var + eps), gamma divided by it, and two of the settings."""
    mean: Array | None = None
    centred: Array | None = None
    in_parts = data.size >= _MANY and _go_in_parts(data, gamma, beta)
    if training:
        size = data.size // data.shape[1]
        divisor = number(size, data.dtype)
        if in_parts:
            mean, var = channel_moments(data)
        else:
            mean = _sum_channels(data)
            mean /= divisor
            centred = data - _per_channel(mean, data)
            var = _sum_channels(centred * centred)
            var /= divisor
        if running_mean is not None and running_var is not None:
            _follow(running_mean, mean, momentum, 1.0)
            _follow(running_var, var, momentum, size / (size - 1))
    else:
        assert running_mean is not None
        assert running_var is not None
        in_parts = in_parts and running_mean._data.dtype is data.dtype is running_var._data.dtype
        if in_parts:
            mean = running_mean._data.copy()
        else:
            centred = data - _per_channel(running_mean._data, data)
        var = running_var._data
    root = np.sqrt(var + setting(eps, var.dtype))
    scale = gamma / root
    if centred is None:
        out = scaled_channels(data, mean, root, scale, beta)
        return out, None, mean, root, scale, eps, training
    out = centred * _per_channel(scale, data)
    shift = _per_channel(beta, data)
    if out.dtype is shift.dtype:
        out += shift
    else:
        out = out + shift
    return out, centred, None, root, scale, eps, training


def _go_in_parts(data: Array, gamma: Array, beta: Array) -> bool:
    """Whether many numbers lie in rows that are long enough to be taken one by one."""
    if data.ndim < 3 or data.size < data.shape[0] * data.shape[1] * _SHORT:
        return False
    return data.dtype is gamma.dtype and data.dtype is beta.dtype


# As many numbers are too many for whole passes, which would go through memory.
_MANY, _SHORT = 2**15, 32


def _follow(running: Tensor, batch: Array, momentum: Any, factor: float) -> None:
    """running = (1 - momentum) * running + momentum * factor * batch, in place."""
    data = running._data
    single = isinstance(momentum, np.ndarray) and not momentum.ndim
    if not single and not isinstance(momentum, SCALARS):
        kind = kind_of(momentum, Tensor)
        raise TypeError(f"batch_norm: expected a number as momentum, got {kind}")
    keep, share = 1 - momentum, momentum * factor
    if isinstance(momentum, (np.ndarray, np.generic)):
        # It changes from batch to batch: an array to `compile`, but not otherwise.
        keep, share = keep.astype(data.dtype), share.astype(batch.dtype)
    else:
        keep, share = setting(keep, data.dtype), setting(share, batch.dtype)
    data *= keep
    data += share * batch
    running._touch()


def _composed(
    x: Tensor, gamma: Tensor, eps: float, grad_output: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients as functions of x: what forward cached knows nothing of it, and a second
    derivative would be silently wrong."""
    axes = channel_axes(x.ndim)
    shape = channel_shape(x.ndim)
    centred = x - x.mean(axes, keepdims=True)
    inverse = 1 / ((centred * centred).mean(axes, keepdims=True) + eps).sqrt()
    normalised = centred * inverse
    grad_gamma = (grad_output * normalised).sum(axes)
    grad_beta = grad_output.sum(axes)
    size = float(x.numel() // x.shape[1])
    along = normalised * (grad_gamma.reshape(*shape) / size)
    across = grad_output - grad_beta.reshape(*shape) / size - along
    return across * (inverse * gamma.reshape(*shape)), grad_gamma, grad_beta


def _composed_of_constants(
    x: Tensor, gamma: Tensor, mean: Array, root: Array, grad_output: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The same where the moments do not depend on x."""
    axes = channel_axes(x.ndim)
    shape = channel_shape(x.ndim)
    inverse = Tensor((1 / root).reshape(shape))
    middle = mean if mean.ndim == x.ndim else mean.reshape(shape)
    normalised = (x - Tensor(middle)) * inverse
    grad_x = grad_output * (inverse * gamma.reshape(*shape))
    return grad_x, (grad_output * normalised).sum(axes), grad_output.sum(axes)


def _in_single(
    operation: type[BatchNorm | Standardize],
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    *settings: Any,
    beside: tuple[Tensor | None, ...] = (),
) -> Tensor:
    """The operation, of halves in single precision: their squares leave their range at once. It
    gives halves, unless one of the tensors, or of those beside them, is wider."""
    if input._data.itemsize != 2:
        return operation.apply(input, weight, bias, *settings)
    halves = [
        values is None or values._data.itemsize == 2 for values in (input, weight, bias, *beside)
    ]
    wide = [
        to(values, np.float32) if half and values is not None else values
        for values, half in zip((input, weight, bias), halves, strict=False)
    ]
    out = operation.apply(*wide, *settings)
    return to(out, input._data.dtype) if all(halves) else out


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

    The input has shape (N, C, ...), everything else (C,). In training the batch's own mean and
    biased variance normalise it (write-up equations 3 to 6), and the running statistics, if
    given, move in place towards the batch's mean and unbiased variance by `momentum` (equations
    7 to 9 with alpha = 1 - momentum); otherwise the running statistics normalise. An empty batch
    leaves them as they are.

    Raises ShapeError for another shape, or in training for one value a channel, whose variance
    does not exist; DtypeError unless the input is floating; ValueError or RuntimeError without
    the running statistics that are needed; RangeError in training for eps <= 0. Parameters of
    another floating dtype are promoted (PyTorch refuses them).

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    >>> mean, var = Tensor([0.0]), Tensor([1.0])
    >>> batch_norm(Tensor([[1.0], [3.0]]), mean, var, training=True, eps=1e-12)
    tensor([[-1.],
            [ 1.]])
    >>> mean, var
    (tensor([0.2]), tensor([1.1]))
    """
    data = require_floating("batch_norm", input)
    if training is not True and training is not False:
        training = flag("batch_norm", "training", training)
    shape = data.shape
    channels = shape[1:2]
    if not channels and shape == (0,):
        # PyTorch lets it pass.
        return input.clone()
    if weight is None:
        weight = Tensor(np.ones(channels, data.dtype))
    if bias is None:
        bias = Tensor(np.zeros(channels, data.dtype))
    try:
        fits = (
            channels
            and weight._data.shape == bias._data.shape == channels
            and (running_mean is None or running_mean._data.shape == channels)
            and (running_var is None or running_var._data.shape == channels)
        )
    except AttributeError:
        raise TypeError(
            "batch_norm: expected Tensors or None as weight, bias, running_mean and running_var, "
            f"got {[kind_of(values) for values in (weight, bias, running_mean, running_var)]}"
        ) from None
    if not fits:
        given = (weight, bias, running_mean, running_var)
        raise ShapeError(
            f"batch_norm: expected an input of shape (N, C, ...) and values of shape (C,), got "
            f"{shape} and {[values.shape for values in given if values is not None]}"
        )
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: without running statistics only training=True works")
    elif (running_mean is None) is not (running_var is None):
        raise ValueError("batch_norm: give both running_mean and running_var, or neither")
    elif real(eps) <= 0:
        raise RangeError(f"batch_norm: training needs a positive eps, got {eps}")
    elif not data.size:
        broadcast = channel_shape(data.ndim)
        return input * weight.reshape(broadcast) + bias.reshape(broadcast)
    elif data.size == channels[0]:
        raise ShapeError(
            f"batch_norm: training needs more than one value for each channel, got an input of "
            f"shape {shape}; use a larger batch, or eval()"
        )
    settings = running_mean, running_var, training, momentum, real(eps)
    beside = () if training else (running_mean, running_var)
    return _in_single(BatchNorm, input, weight, bias, settings, beside=beside)


class Standardize(Function):
    """(x - mean) / sqrt(var + eps) * weight + bias with x's own mean and biased variance over the
    last `count` axes; or with the mean taken for 0, x / sqrt(mean(x**2) + eps) * weight + bias.

    Weight and bias broadcast to x's shape; None leaves them out. Composed of means and products it
    would be slow.
    """

    fresh_gradients = True
    before_change = copy_output

    @staticmethod
    @silent
    def forward(
        ctx: ContextManager,
        x: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        count: int,
        eps: float,
        centring: bool,
    ) -> Tensor:
        shape = x.shape
        size = prod(shape[len(shape) - count :])
        rows = x._data.reshape(*shape[: len(shape) - count], size)
        if rows.itemsize == 2:
            # Squares of half precision overflow: 256 is too large.
            rows = rows.astype(np.float32)
        if centring:
            rows = of_two_shapes(np.subtract, rows, _row_means(rows)[..., None])
        divisor = number(size, rows.dtype)
        root = np.sqrt(_dots(rows, rows) / divisor + setting(eps, rows.dtype))
        inverse = (number(1.0, rows.dtype) / root)[..., None]
        scaled = np.multiply(rows, inverse, out=rows if centring and rows.size > 1 else None)
        standard = out = scaled.reshape(shape)
        dtype = x.dtype
        if weight is not None:
            out = of_two_shapes(np.multiply, out, _repeated(weight._data, shape))
            dtype = np.result_type(dtype, weight.dtype)
        if bias is not None:
            fits = out is not standard and out.dtype is bias.dtype
            out = np.add(out, _repeated(bias._data, shape), out=out if fits else None)
            dtype = np.result_type(dtype, bias.dtype)
        normalised = wrap(standard)
        alone = out is standard and out.dtype is dtype
        result = normalised if alone else wrap(out.astype(dtype, copy=False))
        ctx.save_for_backward(x, normalised, *([] if weight is None else [weight]))
        ctx.parameters = weight is not None, None if bias is None else bias.shape
        ctx.cache = count, eps, centring, inverse
        return result

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        x = ctx.saved(0)
        weighted, bias_shape = ctx.parameters
        count, eps, centring, _ = ctx.cache
        axes = tuple(range(-count, 0))
        # A second derivative needs the moments as functions of x.
        deviations = x - x.mean(axes, keepdim=True) if centring else x
        inverse = 1 / ((deviations * deviations).mean(axes, keepdim=True) + eps).sqrt()
        standard = deviations * inverse
        gradient = grad_output
        grad_weight = grad_bias = None
        if weighted:
            weight = ctx.saved(2)
            grad_weight = unbroadcast(grad_output * standard, weight.shape)
            gradient = grad_output * weight
        if bias_shape is not None:
            grad_bias = unbroadcast(grad_output, bias_shape)
        grad_x = gradient - standard * (gradient * standard).mean(axes, keepdim=True)
        if centring:
            grad_x = grad_x - gradient.mean(axes, keepdim=True)
        return grad_x * inverse, grad_weight, grad_bias, None, None, None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        standard = ctx.saved_array(1)
        weighted, bias_shape = ctx.parameters
        count, _, centring, inverse = ctx.cache
        if gradient.itemsize == 2:
            gradient = gradient.astype(standard.dtype)
        grad_weight = grad_bias = None
        if wanted[2] is not None:
            # A leaf may keep it.
            alone = gradient.shape == bias_shape
            grad_bias = gradient.copy() if alone else sum_to(gradient, bias_shape)
        if weighted:
            weight = ctx.saved_array(2)
            if wanted[1] is not None:
                one = weight.shape[-1:] == (1,)  # for many numbers side by side
                products = _dots(gradient, standard)[..., None] if one else gradient * standard
                grad_weight = unbroadcast_array(products, weight.shape)
            gradient = of_two_shapes(np.multiply, gradient, _repeated(weight, gradient.shape))
        rows = (*inverse.shape[:-1], prod(standard.shape[standard.ndim - count :]))
        out, gradient = standard.reshape(rows), gradient.reshape(rows)
        along = _dots(gradient, out) / number(rows[-1], out.dtype)
        grad_x = of_two_shapes(np.multiply, out, along[..., None])
        np.subtract(gradient, grad_x, out=grad_x)
        if centring:
            grad_x -= _row_means(gradient)[..., None]
        grad_x *= inverse
        return grad_x.reshape(standard.shape), grad_weight, grad_bias, None, None, None


def _repeated(values: Array, shape: Shape) -> Array:
    """The values of a parameter for each number of an example: where one stands for many, NumPy
    works in short runs."""
    wanted = shape[len(shape) - values.ndim :]
    return values if values.shape == wanted else np.broadcast_to(values, wanted).copy()


def _row_means(rows: Array) -> Array:
    """The means along the last axis."""
    size = rows.shape[-1]
    return _dots(rows, full(size, 1 / max(size, 1), rows.dtype))


def _dots(x: Array, y: Array) -> Array:
    """The sums of products along the last axis, by BLAS unless digits would be lost."""
    if x.shape[-1] > _LONG:
        return add_up(x * y, (x.ndim - 1,)).astype(x.dtype, copy=False)
    dots: Array = product(x, y) if y.ndim == 1 else np.vecdot(x, y)
    return dots


_LONG = 2**14


def layer_norm(
    input: Tensor,
    normalized_shape: Iterable[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias with x's own mean and biased variance over the
    last axes, those of `normalized_shape`.

    Weight and bias have that shape; None leaves them out. Raises ShapeError for shapes that do
    not fit and DtypeError unless the input is floating. Parameters of another floating dtype are
    promoted (PyTorch refuses them).

    Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.

    >>> layer_norm(Tensor([[1.0, 3.0], [5.0, 5.0]]), (2,), eps=1e-12)
    tensor([[-1.,  1.],
            [ 0.,  0.]])
    """
    count = _count_of("layer_norm", input, normalized_shape, weight, bias)
    return _in_single(Standardize, input, weight, bias, count, real(eps), True)


def rms_norm(
    input: Tensor,
    normalized_shape: Iterable[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / sqrt(mean(x**2) + eps) * weight with the mean over the last axes, those of
    `normalized_shape`.

    The weight has that shape; None leaves it out. An eps of None is the dtype's (`numpy.finfo`), of
    half precision single's. Raises as `layer_norm`.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.

    >>> rms_norm(Tensor([[3.0, 3.0], [0.0, 0.0]]), (2,))
    tensor([[1., 1.],
            [0., 0.]])
    """
    count = _count_of("rms_norm", input, normalized_shape, weight)
    if eps is None:
        half = input.dtype.itemsize == 2
        least = float(np.finfo(np.float32 if half else input.dtype).eps)
    else:
        least = real(eps)
    return _in_single(Standardize, input, weight, None, count, least, False)


def _count_of(
    name: str, input: Tensor, normalized_shape: Iterable[int], *parameters: Tensor | None
) -> int:
    """How many axes `normalized_shape` has, which the input's last ones and the parameters have to
    fit."""
    data = require_floating(name, input)
    shape = data.shape
    try:
        wanted = tuple(map(index, normalized_shape))
    except TypeError:
        raise TypeError(
            f"{name}: expected a sequence of integers as normalized_shape, got {normalized_shape!r}"
        ) from None
    if not wanted or shape[-len(wanted) :] != wanted:
        raise ShapeError(
            f"{name}: expected an input whose last sizes are normalized_shape {wanted}, at least "
            f"one, got {shape}"
        )
    for values in parameters:
        if values is None:
            continue
        array = data_of(name, values)
        if array.dtype is not data.dtype:
            warn_of_wider_input(name, data, array)
        if array.shape != wanted:
            raise ShapeError(
                f"{name}: weight and bias have to be of normalized_shape {wanted}, got "
                f"{values.shape}"
            )
    return len(wanted)


@explained
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias, with the mean and biased variance of each
    example's groups of channels.

    The input has shape (N, C, ...), weight and bias (C,) or None; the channels are divided into
    `num_groups` groups of neighbours. Raises ShapeError for shapes that do not fit, or if all the
    batch has one value for each group (PyTorch's rule: it lets more examples of one value pass,
    which all become 0); DtypeError unless the input is floating. Parameters of another floating
    dtype are promoted (PyTorch refuses them).

    Source: Wu and He, "Group Normalization", 2018.

    >>> group_norm(Tensor([[1.0, 3.0, 0.0, 4.0]]), 2, eps=1e-12)
    tensor([[-1.,  1., -1.,  1.]])
    """
    data = require_floating("group_norm", input)
    shape = data.shape
    groups = index(num_groups)
    if len(shape) < 2 or groups < 1 or shape[1] % groups:
        raise ShapeError(
            f"group_norm: expected an input of shape (N, C, ...), C a multiple of {groups} "
            f"groups, got {shape}"
        )
    for values in (weight, bias):
        if values is None:
            continue
        array = data_of("group_norm", values)
        if array.dtype is not data.dtype:
            warn_of_wider_input("group_norm", data, array)
        if array.shape != shape[1:2]:
            raise ShapeError(
                f"group_norm: weight and bias have to be of shape {shape[1:2]}, got {values.shape}"
            )
    channels, places = shape[1] // groups, prod(shape[2:])
    if shape[0] * channels * places == 1:
        raise ShapeError(
            f"group_norm: expected more than one value for each of {groups} groups, got an input "
            f"of shape {shape}; use fewer groups"
        )
    weight, bias = (
        None if values is None else values.reshape(groups, channels, 1) for values in (weight, bias)
    )
    rows = input.reshape(shape[0], groups, channels, places)
    out = _in_single(Standardize, rows, weight, bias, 2, real(eps), True)
    return (out if weight is None else sparing(out, weight)).reshape(shape)


@numpy_names
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each example normalised by its own mean and biased variance, scaled by the
    weight and shifted by the bias, if given.

    The input has shape (N, C, ...), everything else (C,). Running statistics, if given, move in
    place towards the batch's mean of the examples' means and unbiased variances by `momentum`;
    without `use_input_stats` they normalise. Raises as `batch_norm`, also RangeError for eps <= 0,
    and ShapeError for examples that have one value a channel.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization", 2016.

    >>> instance_norm(Tensor([[[1.0, 3.0], [5.0, 5.0]]]), eps=1e-12)
    tensor([[[-1.,  1.],
             [ 0.,  0.]]])
    """
    data = require_floating("instance_norm", input)
    if not flag("instance_norm", "use_input_stats", use_input_stats):
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    shape = data.shape
    places = prod(shape[2:])
    if len(shape) < 2 or places == 1:
        raise ShapeError(
            "instance_norm: expected an input of shape (N, C, ...) with more than one value for "
            f"each channel of an example, got {shape}"
        )
    if (running_mean is None) is not (running_var is None):
        raise ValueError("instance_norm: give both running_mean and running_var, or neither")
    if eps <= 0:
        raise RangeError(f"instance_norm: expected a positive eps, got {eps}")
    if not shape[1]:
        return input.clone()
    out = group_norm(input, shape[1], weight, bias, eps)
    noted("InstanceNorm", (input, weight, bias, eps), out)
    if running_mean is not None and running_var is not None and data.size:
        for running in (running_mean, running_var):
            if running._data.shape != shape[1:2]:
                raise ShapeError(
                    f"instance_norm: expected running statistics of shape {shape[1:2]}, got "
                    f"{running.shape}"
                )
        rows = data.reshape(*shape[:2], places)
        if rows.itemsize == 2:
            rows = rows.astype(np.float32)
        means = rows.mean(2)
        deviations = rows - means[..., None]
        spread = (deviations * deviations).mean(2)
        silenced().run(_follow, running_mean, means.mean(0), momentum, 1.0)
        silenced().run(_follow, running_var, spread.mean(0), momentum, places / (places - 1))
    return out


@explained
def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """x / (k + alpha * mean)**beta with the mean of the squares of x in `size` neighbouring
    channels, zeros beyond the first and the last one.

    The input has shape (N, C, ...), at least three axes. Raises ShapeError for fewer.

    Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional
    Neural Networks", 2012.

    >>> local_response_norm(Tensor([[[3.0], [4.0]]]), 2, alpha=2.0, beta=0.5, k=0.0)
    tensor([[[1. ],
             [0.8]]])
    """
    shape = require_floating("local_response_norm", input).shape
    neighbours = whole(size, "local_response_norm: size")
    if len(shape) < 3 or neighbours < 1:
        raise ShapeError(
            "local_response_norm: expected at least three axes and one channel, got shape "
            f"{shape} and size {size}"
        )
    if 0 in shape:
        return input
    means = Linked.apply(input * input, ((1, neighbourhood(shape[1], neighbours)),))
    out = input / (means * alpha + k).pow(beta)
    return noted("LocalResponseNorm", (input, neighbours, alpha, beta, k), out)
