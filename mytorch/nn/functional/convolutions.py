"""Convolutions over one, two and three axes, and transposed ones.

A convolution is linear in its input and in its weight. Each of its derivatives, of any order, is
one of three operations: the convolution, its adjoint in the input, which is the transposed one, and
its adjoint in the weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import index
from typing import Any, TypeAlias

import numpy as np

from mytorch._checks import are_plain, kind_of
from mytorch._dtypes import Array, cast, promote
from mytorch._kernels.convolution import (
    Geometry,
    convolved,
    gradients,
    transposed,
    weight_gradient,
)
from mytorch._kernels.sums import add_up
from mytorch._shapes import Shape, channel_axes, whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.nn._places import warn_of_wider_input
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "get_conv1d_output_size",
]

# A number for each axis, or one for all of them.
Numbers: TypeAlias = int | Iterable[int]


class Convolution(Function):
    """The convolution of x (N, C, *sizes) with a weight (O, C / groups, *taps), plus bias (O,): the
    sums over windows of x, as neural networks have them (mathematics turns the weight round).

    If `turned`, its adjoint in x, which takes (N, O, *places) back to (N, C, *sizes), plus bias
    (C,). The caller has checked the geometry, which `mytorch._kernels.convolution` describes.
    """

    fresh_gradients = True

    @staticmethod
    def forward(
        ctx: ContextManager,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        geometry: Geometry,
        turned: bool = False,
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = geometry, turned
        shift = None if bias is None else bias._data
        way = transposed if turned else convolved
        return wrap(_computed(way, (x._data, weight._data, shift), geometry))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        needs, (geometry, turned) = ctx.needs_input_grad, ctx.how
        grad_x = grad_weight = grad_bias = None
        if needs[0]:
            grad_x = Convolution.apply(grad_output, ctx.saved(1), None, geometry, not turned)
        if needs[1]:
            pair = ctx.saved(0), grad_output
            grad_weight = WeightOfConvolution.apply(*(pair[::-1] if turned else pair), geometry)
        if needs[2]:
            grad_bias = grad_output.sum(channel_axes(grad_output.ndim))
        return grad_x, grad_weight, grad_bias, None, None

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        to_x, to_weight, to_bias = wanted[:3]
        geometry, turned = ctx.how
        grad_x = grad_weight = grad_bias = None
        if to_x is not None and to_weight is not None:
            operands = ctx.saved_array(0), ctx.saved_array(1), gradient
            grad_x, grad_weight = _computed(gradients, operands, geometry, turned)
        elif to_x is not None:
            way = convolved if turned else transposed
            grad_x = _computed(way, (gradient, ctx.saved_array(1), None), geometry)
        elif to_weight is not None:
            pair = ctx.saved_array(0), gradient
            grad_weight = _computed(weight_gradient, pair[::-1] if turned else pair, geometry)
        if to_bias is not None:
            grad_bias = add_up(gradient, channel_axes(gradient.ndim))
            grad_bias = grad_bias.astype(gradient.dtype, copy=False)
        return grad_x, grad_weight, grad_bias, None, None


class WeightOfConvolution(Function):
    """The adjoint of `Convolution` in its weight: (O, C / groups, *taps) for x (N, C, *sizes) and
    y (N, O, *places)."""

    @staticmethod
    def forward(ctx: ContextManager, x: Tensor, y: Tensor, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(x, y)
        ctx.geometry = geometry
        return wrap(_computed(weight_gradient, (x._data, y._data), geometry))

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None]:
        needs, geometry = ctx.needs_input_grad, ctx.geometry
        grad_x = grad_y = None
        if needs[0]:
            grad_x = Convolution.apply(ctx.saved(1), grad_output, None, geometry, True)
        if needs[1]:
            grad_y = Convolution.apply(ctx.saved(0), grad_output, None, geometry)
        return grad_x, grad_y, None


def _computed(way: Callable[..., Any], operands: tuple[Array | None, ...], *how: Any) -> Any:
    """What a kernel gives for operands in their common dtype: in half precision it is computed in
    single precision, and rounded once."""
    first: Any = operands[0]
    dtype, fit = first.dtype, first.dtype.char != "e"
    for other in operands:
        if other is not None and other.dtype is not dtype:
            first, _ = promote(first, other)
            dtype, fit = first.dtype, False
    if fit:
        return silenced().run(way, *operands, *how)
    wide = np.dtype(np.float32) if dtype.char == "e" else dtype
    fitting = [a if a is None or a.dtype is wide else cast(a, wide) for a in operands]
    found = silenced().run(way, *fitting, *how)
    if wide is dtype:
        return found
    return tuple(cast(a, dtype) for a in found) if isinstance(found, tuple) else cast(found, dtype)


class Conv1d(Convolution):
    """The course's operation of homework 2: `Conv1d.apply(x, weight, bias, stride)`."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: ContextManager, x: Tensor, weight: Tensor, bias: Tensor, stride: int
    ) -> Tensor:
        axes = weight.ndim - 2
        geometry = _geometry("Conv1d", x, weight, bias, axes, stride, 0, 1, 1)
        return Convolution.forward(ctx, x, weight, bias, geometry)


class Conv2d(Conv1d):
    """The course's operation of the bonus of homework 2."""


def get_conv1d_output_size(input_size: int, kernel_size: int, stride: int) -> int:
    """How many places a convolution over one axis has, without padding.

    >>> get_conv1d_output_size(60, 5, 2)
    28
    """
    return (input_size - kernel_size) // stride + 1


def each_axis(
    name: str, option: str, value: Any, axes: int, least: int, alone: bool = True
) -> Shape:
    """An option's number for each axis, for which one `alone` may stand, also in a sequence. Raises
    RangeError for smaller ones than the least, ShapeError for another count."""
    try:
        if isinstance(value, (bool, bytes)):
            raise TypeError("no numbers, though Python counts them among them")
        given = tuple(map(index, value if isinstance(value, Iterable) else (value,)))
    except TypeError:
        raise TypeError(
            f"{name}: expected an integer, or one for each of {axes} axes, as {option}, got "
            f"{kind_of(value)} {value!r:.40}"
        ) from None
    if len(given) == 1 and (alone or not isinstance(value, Iterable)):
        given *= axes
    if len(given) != axes:
        raise ShapeError(f"{name}: expected {axes} numbers as {option}, got {given}")
    if min(given) < least:
        raise RangeError(f"{name}: expected numbers from {least} on as {option}, got {given}")
    return given


def places_of(
    name: str, sizes: Shape, taps: Shape, stride: Shape, before: Shape, dilation: Shape
) -> Shape:
    """How many windows lie along each axis. Raises ShapeError where there is none."""
    each = list(zip(sizes, taps, stride, before, dilation, strict=True))
    rest = [n + 2 * b - d * (k - 1) - 1 for n, k, _, b, d in each]
    if min(rest) < 0:
        raise ShapeError(
            f"{name}: windows of sizes {taps}, with dilation {dilation}, are larger than an input "
            f"of sizes {sizes} with padding {before}"
        )
    return tuple([r // s + 1 for r, s in zip(rest, stride, strict=True)])


def _shapes(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Shape, Shape, Shape | None]:
    """The shapes. Raises for what is no Tensor, and for booleans."""
    try:
        x, w = input._data, weight._data
        shift = None if bias is None else bias._data.shape
    except AttributeError:
        for tensor in (input, weight) if bias is None else (input, weight, bias):
            data_of(name, tensor)  # which says what is wrong with it
        raise
    dtype = x.dtype
    if dtype is not w.dtype or dtype.kind == "b":
        if "b" in (dtype.kind, w.dtype.kind):
            raise DtypeError(f"{name}: booleans have no product; convert them with x.to(float)")
        warn_of_wider_input(name, x, w)
    return x.shape, w.shape, shift


def _check_shapes(
    name: str,
    axes: int,
    x: Shape,
    weight: Shape,
    bias: Shape | None,
    groups: int,
    turned: bool,
) -> int:
    """The groups. Raises for shapes that do not go together, or have another number of axes."""
    if len(weight) != axes + 2 or len(x) not in (axes + 1, axes + 2):
        raise ShapeError(
            f"{name}: expected a weight of {axes + 2} axes and an input of {axes + 2}, or "
            f"{axes + 1} without a batch; got shapes {weight} and {x}"
        )
    count = whole(groups, f"{name}: groups")
    if count < 1 or weight[0] % count or weight[0] < count:
        raise ShapeError(
            f"{name}: expected at least one group, and for each as many of the weight's "
            f"{weight[0]} rows; got groups={groups}"
        )
    if 0 in weight[1:]:
        raise ShapeError(f"{name}: a weight of shape {weight} sees nothing")
    channels = x[1 - len(weight)]
    wanted, outputs = (weight[0], count * weight[1])[:: 1 if turned else -1]
    if channels != wanted:
        raise ShapeError(
            f"{name}: expected an input of {wanted} channels for a weight of shape {weight}, "
            f"got {channels}, in shape {x}"
        )
    if bias not in (None, (outputs,)):
        raise ShapeError(f"{name}: expected a bias of shape {(outputs,)}, got {bias}")
    return count


def _geometry(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    axes: int,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    groups: int,
) -> Geometry:
    """The geometry of a convolution; raises for what does not go together."""
    shapes = _shapes(name, input, weight, bias)
    options: Any = (stride, padding, dilation, groups)
    return (_found if are_plain(*options) else _find)(name, axes, *shapes, *options)


def _find(
    name: str,
    axes: int,
    x: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    groups: int,
) -> Geometry:
    count = _check_shapes(name, axes, x, weight, bias, groups, False)
    sizes, taps = x[-axes:], weight[2:]
    steps = each_axis(name, "stride", stride, axes, 1)
    apart = each_axis(name, "dilation", dilation, axes, 1)
    if isinstance(padding, str):
        if padding == "same":
            if set(steps) != {1}:
                raise RangeError(f'{name}: padding="same" needs a stride of 1, got {stride}')
            before = tuple([d * (k - 1) // 2 for d, k in zip(apart, taps, strict=True)])
            return count, steps, before, apart, sizes, taps, sizes
        if padding != "valid":
            raise RangeError(
                f'{name}: expected "same", "valid" or numbers as padding, got {padding!r}'
            )
        padding = 0
    before = each_axis(name, "padding", padding, axes, 0)
    places = places_of(name, sizes, taps, steps, before, apart)
    return count, steps, before, apart, sizes, taps, places


_found = lru_cache(maxsize=1024)(_find)


def _batched(
    input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry, turned: bool = False
) -> Tensor:
    """The convolution of one image, or of a batch."""
    if input._data.ndim == len(geometry[1]) + 2:
        return Convolution.apply(input, weight, bias, geometry, turned)
    return Convolution.apply(input.unsqueeze(0), weight, bias, geometry, turned).squeeze(0)


@explained
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The sums of products of a weight with the windows of the input's last axis.

    For an input (N, C, L) and a weight (O, C / groups, K) of shape (N, O, M), where M = (L + 2
    padding - dilation (K - 1) - 1) // stride + 1; without N for an input without. Bias (O,) is
    added.

    Arguments:
        stride: how far a window is from the next.
        padding: how many zeros are thought on each side of the input; "same": as many as leave M =
            L for a stride of 1, the odd one on the right; "valid": none.
        dilation: how far what a window sees is apart.
        groups: the channels are divided into so many groups, of input and output, that see each
            other.

    Mixed dtypes are promoted (PyTorch refuses them). Raises ShapeError, RangeError or DtypeError
    for arguments that do not fit.

    >>> conv1d(Tensor([[1.0, 2.0, 4.0]]), Tensor([[[1.0, -1.0]]]))
    tensor([[-1., -2.]])
    """
    geometry = _geometry("conv1d", input, weight, bias, 1, stride, padding, dilation, groups)
    return _batched(input, weight, bias, geometry)


@explained
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The sums of products of a weight (O, C / groups, K, K) with the windows of an input
    (N, C, H, W), or (C, H, W), over its last two axes; see `conv1d`. Options may be a number for
    each axis.

    >>> conv2d(Tensor.ones(1, 3, 3), Tensor.ones(1, 1, 2, 2), padding=(1, 0))
    tensor([[[2., 2.],
             [4., 4.],
             [4., 4.],
             [2., 2.]]])
    """
    geometry = _geometry("conv2d", input, weight, bias, 2, stride, padding, dilation, groups)
    return _batched(input, weight, bias, geometry)


@explained
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The sums of products of a weight with the windows of an input (N, C, D, H, W), or
    (C, D, H, W), over its last three axes; see `conv1d`.

    >>> conv3d(Tensor.ones(1, 2, 3, 3), Tensor.ones(1, 1, 2, 2, 2)).tolist()
    [[[[8.0, 8.0], [8.0, 8.0]]]]
    """
    geometry = _geometry("conv3d", input, weight, bias, 3, stride, padding, dilation, groups)
    return _batched(input, weight, bias, geometry)


def _conv_transpose(
    name: str,
    axes: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    output_padding: Numbers,
    groups: int,
    dilation: Numbers,
) -> Tensor:
    shapes = _shapes(name, input, weight, bias)
    count = _check_shapes(name, axes, *shapes, groups, True)
    steps = each_axis(name, "stride", stride, axes, 1)
    before = each_axis(name, "padding", padding, axes, 0)
    more = each_axis(name, "output_padding", output_padding, axes, 0)
    apart = each_axis(name, "dilation", dilation, axes, 1)
    places, taps = input.shape[-axes:], weight.shape[2:]
    if any(n >= max(s, d) for n, s, d in zip(more, steps, apart, strict=True)):
        raise RangeError(
            f"{name}: expected an output_padding below the stride {steps} or the dilation {apart}, "
            f"got {more}"
        )
    each = zip(places, taps, steps, before, more, apart, strict=True)
    sizes = tuple([(n - 1) * s - 2 * b + d * (k - 1) + m + 1 for n, k, s, b, m, d in each])
    if min(sizes) < 1:
        raise ShapeError(
            f"{name}: with padding {before} nothing is left of an output of sizes {sizes}, for an "
            f"input of shape {input.shape}"
        )
    geometry = count, steps, before, apart, sizes, taps, places
    return _batched(input, weight, bias, geometry, True)


@explained
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transposed convolution: what `conv1d` does to gradients.

    Each number of the input (N, C, L), or (C, L), adds the weight (C, O / groups, K), times it, to
    a window of the output (N, O, M), where M = (L - 1) stride - 2 padding + dilation (K - 1) +
    output_padding + 1: `padding` is taken away from both ends, `output_padding` is added to the
    last one. See `conv1d` for the rest.

    >>> conv_transpose1d(Tensor([[1.0, 2.0]]), Tensor([[[1.0, 10.0, 100.0]]]), stride=2)
    tensor([[  1.,  10., 102.,  20., 200.]])
    """
    return _conv_transpose(
        "conv_transpose1d",
        1,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


@explained
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """`conv_transpose1d` over the last two axes, for an input (N, C, H, W) or (C, H, W) and a
    weight (C, O / groups, K, K).

    >>> conv_transpose2d(Tensor([[[1.0, 2.0]]]), Tensor.ones(1, 1, 2, 2))
    tensor([[[1., 3., 2.],
             [1., 3., 2.]]])
    """
    return _conv_transpose(
        "conv_transpose2d",
        2,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


@explained
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """`conv_transpose1d` over the last three axes, for an input (N, C, D, H, W) or (C, D, H, W).

    >>> conv_transpose3d(Tensor.ones(1, 1, 1, 1), Tensor.ones(1, 3, 2, 2, 2)).shape
    (3, 2, 2, 2)
    """
    return _conv_transpose(
        "conv_transpose3d",
        3,
        input,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )
