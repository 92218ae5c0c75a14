"""Max pooling: the largest number in each window, where it is, and what puts it back there."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.windows import (
    Windows,
    in_all_planes,
    maxima,
    places,
    scattered,
    scattered_to_pairs,
)
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted, copy_output
from mytorch.errors import ShapeError
from mytorch.nn.functional.pooling import (
    Sizes,
    adaptive_windows,
    each_size,
    plane,
    strides_of,
    windows_of,
)
from mytorch.observe import noted
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, require_floating, require_numbers
from mytorch.ops.indexing import Store, Unindex, check_range, integers_of
from mytorch.tensor import Tensor, wrap

__all__ = [
    "MaxPool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


class MaxPool(Function):
    """The largest number in each window; of equal ones the first gets the gradient."""

    fresh_gradients = True
    before_change = copy_output

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, windows: Windows) -> Tensor:
        # The flat places, where the forward has looked for them already.
        ctx.windows, ctx.at = windows, None
        out = wrap(maxima(a._data, windows))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        a, out = ctx.saved_tensors
        size = prod([window.before for _, window in ctx.windows])
        at = places(a._data, out._data, ctx.windows) if ctx.at is None else ctx.at
        at = in_all_planes(at, len(ctx.windows), size)
        flat = Unindex.apply(grad_output.reshape(-1), at, (a.numel(),))
        return flat.reshape(a.shape), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        data, best, windows = ctx.saved_array(0), ctx.saved_array(1), ctx.windows
        if all(window.are_pairs for _, window in windows):
            return scattered_to_pairs(data, best, gradient, windows), None
        at = places(data, best, windows) if ctx.at is None else ctx.at
        apart = all(window.links.back.apart for _, window in windows)
        return scattered(gradient, at, data.shape, len(windows), apart), None


class MaxPool2d(MaxPool):
    """`max_pool2d` by the course's name: `MaxPool2d.apply(x, kernel_size, stride)`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, kernel_size: Any, stride: Sizes | None = None
    ) -> Tensor:
        return MaxPool.forward(ctx, a, windows_of("max_pool2d", a, 2, kernel_size, stride))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        return (*MaxPool.backward(ctx, grad_output), None)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        return (*MaxPool.array_backward(ctx, gradient, wanted), None)


def _max_pool(
    name: str, input: Tensor, windows: Windows, return_indices: bool
) -> Tensor | tuple[Tensor, Tensor]:
    require_numbers(name, input)
    out = MaxPool.apply(input, windows)
    if not return_indices:
        return out
    at = places(input._data, out._data, windows)
    if out.grad_fn is not None:
        # A copy, since the indices may be changed in place.
        out.grad_fn.at = at.copy()
    return out, wrap(noted("MaxPoolPlaces", (input, windows), at))


def _adaptive_max_pool(
    name: str, input: Tensor, count: int, output_size: Any, return_indices: bool
) -> Any:
    require_floating(name, input)
    return _max_pool(name, input, adaptive_windows(name, input, count, output_size), return_indices)


def _max_unpool(
    name: str,
    input: Tensor,
    indices: Tensor,
    count: int,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Tensor:
    sizes = plane(name, data_of(name, input).shape, count)
    kernels = each_size(name, "kernel_size", kernel_size, count, 1)
    strides = strides_of(name, stride, kernels)
    paddings = each_size(name, "padding", padding, count, 0)
    usual = tuple(
        (size - 1) * step + kernel - 2 * pad
        for size, step, kernel, pad in zip(sizes, strides, kernels, paddings, strict=True)
    )
    wanted = usual
    if output_size is not None:
        wanted = tuple(output_size)[-count:]
        if len(output_size) not in (count, count + 2) or any(
            not n - step < size < n + step
            for n, step, size in zip(usual, strides, wanted, strict=True)
        ):
            raise ShapeError(
                f"{name}: expected an output_size near {usual}, less than the stride {strides} "
                f"away, got {tuple(output_size)}"
            )
    if min(wanted) < 1:
        raise ShapeError(f"{name}: the output would be of shape {wanted}")
    at = integers_of(name, indices)
    if at.dtype != np.int64 or at.shape != input.shape:
        raise ShapeError(
            f"{name}: expected int64 indices of the input's shape {input.shape}, got {at.dtype} of "
            f"shape {at.shape}"
        )
    size = prod(wanted)
    check_range(name, at, 0, size)
    flat = in_all_planes(at, count, size)
    noted("PlacesOfAll", (at, count, size), flat)
    lead = input.shape[: input.ndim - count]
    out = Store.apply(input.reshape(-1), flat, (prod(lead) * size,))
    return out.reshape(*lead, *wanted)


@explained
def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number in each window of `kernel_size` places along the last axis of an input
    (N, C, L) or (C, L).

    Arguments:
        stride: how far apart windows begin; None stands for the kernel's size.
        padding: how many places before and after the axis windows may reach into; nothing there
            is ever chosen. At most half of the kernel.
        dilation: how far apart a window's places are.
        ceil_mode: whether windows that reach beyond the end are taken, too, if they begin before.
        return_indices: whether to return the pair (values, indices), where the numbers were found.

    NaN counts as the largest; of equal numbers the first gets the gradient. Raises ShapeError for
    shapes and options that do not fit, DtypeError for booleans.

    >>> max_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 2)
    tensor([[3., 5.]])
    """
    windows = windows_of("max_pool1d", input, 1, kernel_size, stride, padding, dilation, ceil_mode)
    return _max_pool("max_pool1d", input, windows, return_indices)


@explained
def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number in each window of the last two axes of an input (N, C, H, W) or
    (C, H, W). Each option is a number, or one for each axis; see `max_pool1d`. The indices are
    those of the flattened plane.

    >>> max_pool2d(Tensor([[[1.0, 3.0, 2.0], [2.0, 5.0, 4.0]]]), 2, stride=1)
    tensor([[[5., 5.]]])
    """
    windows = windows_of("max_pool2d", input, 2, kernel_size, stride, padding, dilation, ceil_mode)
    return _max_pool("max_pool2d", input, windows, return_indices)


@explained
def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest number in each window of the last three axes of an input (N, C, D, H, W) or
    (C, D, H, W); see `max_pool2d`.

    >>> max_pool3d(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), (1, 2, 2))
    tensor([[[[5.]]]])
    """
    windows = windows_of("max_pool3d", input, 3, kernel_size, stride, padding, dilation, ceil_mode)
    return _max_pool("max_pool3d", input, windows, return_indices)


@explained
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool1d` with its indices, whatever `return_indices` is.

    >>> max_pool1d_with_indices(Tensor([[1.0, 3.0, 2.0]]), 3)
    (tensor([[3.]]), tensor([[1]]))
    """
    options = (kernel_size, stride, padding, dilation, ceil_mode)
    found: tuple[Tensor, Tensor] = max_pool1d(input, *options, True)
    return found


@explained
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool2d` with its indices, whatever `return_indices` is.

    >>> max_pool2d_with_indices(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), 2)
    (tensor([[[5.]]]), tensor([[[3]]]))
    """
    options = (kernel_size, stride, padding, dilation, ceil_mode)
    found: tuple[Tensor, Tensor] = max_pool2d(input, *options, True)
    return found


@explained
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool3d` with its indices, whatever `return_indices` is.

    >>> max_pool3d_with_indices(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), (1, 2, 2))
    (tensor([[[[5.]]]]), tensor([[[[3]]]]))
    """
    options = (kernel_size, stride, padding, dilation, ceil_mode)
    found: tuple[Tensor, Tensor] = max_pool3d(input, *options, True)
    return found


@explained
def adaptive_max_pool1d(
    input: Tensor, output_size: int | Sequence[int], return_indices: bool = False
) -> Any:
    """The largest number of each of `output_size` windows that share the last axis of an input
    (N, C, L) or (C, L) as evenly as can be: window i reaches from floor(i * L / output_size) to
    ceil((i + 1) * L / output_size).

    Raises ShapeError for shapes that do not fit, DtypeError for integers.
    With `return_indices` the pair (values, indices), as `max_pool1d`.

    >>> adaptive_max_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 3)
    tensor([[3., 3., 5.]])
    """
    return _adaptive_max_pool("adaptive_max_pool1d", input, 1, output_size, return_indices)


@explained
def adaptive_max_pool2d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """The largest number of each of `output_size` windows that share the last two axes of an
    input (N, C, H, W) or (C, H, W); see `adaptive_max_pool1d`. None for an axis leaves it as it is.

    >>> adaptive_max_pool2d(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), (None, 1))
    tensor([[[3.],
             [5.]]])
    """
    return _adaptive_max_pool("adaptive_max_pool2d", input, 2, output_size, return_indices)


@explained
def adaptive_max_pool3d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """The largest number of each of `output_size` windows that share the last three axes of an
    input (N, C, D, H, W) or (C, D, H, W); see `adaptive_max_pool2d`.

    >>> adaptive_max_pool3d(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), (1, 1, 2))
    tensor([[[[2., 5.]]]])
    """
    return _adaptive_max_pool("adaptive_max_pool3d", input, 3, output_size, return_indices)


@explained
def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: int | Sequence[int], return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool1d` with its indices, whatever `return_indices` is.

    >>> adaptive_max_pool1d_with_indices(Tensor([[1.0, 3.0, 2.0]]), 1)
    (tensor([[3.]]), tensor([[1]]))
    """
    found: tuple[Tensor, Tensor] = adaptive_max_pool1d(input, output_size, True)
    return found


@explained
def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` with its indices, whatever `return_indices` is.

    >>> adaptive_max_pool2d_with_indices(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), 1)
    (tensor([[[5.]]]), tensor([[[3]]]))
    """
    found: tuple[Tensor, Tensor] = adaptive_max_pool2d(input, output_size, True)
    return found


@explained
def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool3d` with its indices, whatever `return_indices` is.

    >>> adaptive_max_pool3d_with_indices(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), 1)
    (tensor([[[[5.]]]]), tensor([[[[3]]]]))
    """
    found: tuple[Tensor, Tensor] = adaptive_max_pool3d(input, output_size, True)
    return found


@explained
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, with the input's numbers at the places `indices` that `max_pool1d` returned with them.

    `output_size` chooses among the sizes that the pooling could have come from; it may have the
    batch's axes, too. Where windows shared a largest number one of its copies is stored.

    Raises ShapeError for shapes that do not fit, and for places out of range an error that is an
    IndexError as well.

    >>> max_unpool1d(*max_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 2, return_indices=True), 2)
    tensor([[0., 3., 0., 5.]])
    """
    return _max_unpool("max_unpool1d", input, indices, 1, kernel_size, stride, padding, output_size)


@explained
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, with the input's numbers at the places `indices` that `max_pool2d` returned with them;
    see `max_unpool1d`.

    >>> max_unpool2d(Tensor([[[7.0]]]), Tensor([[[2]]]), 2)
    tensor([[[0., 0.],
             [7., 0.]]])
    """
    return _max_unpool("max_unpool2d", input, indices, 2, kernel_size, stride, padding, output_size)


@explained
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, with the input's numbers at the places `indices` that `max_pool3d` returned with them;
    see `max_unpool1d`.

    >>> max_unpool3d(Tensor([[[[7.0]]]]), Tensor([[[[2]]]]), (1, 2, 2))
    tensor([[[[0., 0.],
              [7., 0.]]]])
    """
    return _max_unpool("max_unpool3d", input, indices, 3, kernel_size, stride, padding, output_size)
