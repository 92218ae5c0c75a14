"""Pooling: one number for each window that slides over the last one, two or three axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from math import inf, prod
from typing import Any

import numpy as np

from mytorch._checks import are_plain
from mytorch._dtypes import Array
from mytorch._kernels.links import Along
from mytorch._kernels.windows import (
    Windows,
    adaptive,
    given_back,
    given_to_pairs,
    in_all_planes,
    maxima,
    places,
    sliding,
)
from mytorch._shapes import Shape, whole
from mytorch.autograd_engine import Function
from mytorch.context import copy_output
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.graph import ContextManager, Wanted
from mytorch.nn.functional.linked import Linked
from mytorch.observe import noted
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.arithmetic import div
from mytorch.ops.indexing import Store, Unindex, check_range, integers_of
from mytorch.tensor import Tensor, wrap

__all__ = [
    "AvgPool2d",
    "MaxPool2d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
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

# An option of each axis, or one for all of them.
Sizes = int | Sequence[int]


class MaxPool(Function):
    """The largest number in each window; of equal ones the first gets the gradient."""

    fresh_gradients = True
    before_change = copy_output

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, windows: Windows) -> Tensor:
        ctx.windows = windows
        out = wrap(maxima(a._data, windows))
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        a, out = ctx.saved_tensors
        size = prod([window.before for _, window in ctx.windows])
        at = places(a._data, out._data, ctx.windows)
        at = in_all_planes(at, len(ctx.windows), size)
        flat = Unindex.apply(grad_output.reshape(-1), at, (a.numel(),))
        return flat.reshape(a.shape), None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        data, best, windows = ctx.saved_array(0), ctx.saved_array(1), ctx.windows
        if all(window.are_pairs for _, window in windows):
            return given_to_pairs(data, best, gradient, windows), None
        at = places(data, best, windows)
        apart = all(window.links.back.apart for _, window in windows)
        return given_back(gradient, at, data.shape, len(windows), apart), None


class MaxPool2d(MaxPool):
    """`max_pool2d` by the course's name: `MaxPool2d.apply(x, kernel_size, stride)`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, kernel_size: Any, stride: Sizes | None = None
    ) -> Tensor:
        return MaxPool.forward(ctx, a, _windows("max_pool2d", a, 2, kernel_size, stride))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        return (*MaxPool.backward(ctx, grad_output), None)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        return (*MaxPool.array_backward(ctx, gradient, wanted), None)


class AvgPool2d(Linked):
    """`avg_pool2d` by the course's name: `AvgPool2d.apply(x, kernel_size, stride)`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, kernel_size: Any, stride: Sizes | None = None
    ) -> Tensor:
        windows = _windows("avg_pool2d", a, 2, kernel_size, stride)
        return Linked.forward(ctx, a, averaging(windows, True, None))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        return (*Linked.backward(ctx, grad_output), None)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        return (*Linked.array_backward(ctx, gradient, wanted), None)


def each_size(name: str, option: str, value: Any, count: int, least: int) -> Shape:
    """An option's numbers for so many axes."""
    if type(value) is int:
        numbers: Shape = (value,) * count
    elif isinstance(value, Sequence):
        numbers = tuple([whole(number, f"{name}: {option}") for number in value])
        numbers = numbers * count if len(numbers) == 1 else numbers
    else:
        numbers = (whole(value, f"{name}: {option}"),) * count
    if len(numbers) != count or min(numbers) < least:
        raise ShapeError(
            f"{name}: expected as {option} a number of at least {least}, or {count} of them, got "
            f"{value!r:.60}"
        )
    return numbers


def _plane(name: str, shape: Shape, count: int, any_first: bool = False) -> Shape:
    """The last sizes of an input, which has to have one or two more; with `any_first` the first
    size may be 0, whatever it is of."""
    lead = len(shape) - count
    if lead not in (1, 2) or 0 in shape[1 if any_first else lead - 1 :]:
        axes = ", ".join("DHW"[-count:] if count > 1 else "L")
        raise ShapeError(
            f"{name}: expected an input of shape (N, C, {axes}) or (C, {axes}), none of them 0 "
            f"but N, got {shape}"
        )
    return shape[len(shape) - count :]


def _windows(
    name: str,
    input: Tensor,
    count: int,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Windows:
    """The windows along the last axes, whose options fit them."""
    shape: Shape = data_of(name, input).shape
    options: Any = (kernel_size, stride, padding, dilation)
    place = _found if are_plain(*options) else _find
    return place(name, shape, count, bool(ceil_mode), *options)


def _find(
    name: str,
    shape: Shape,
    count: int,
    ceil: bool,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
) -> Windows:
    sizes = _plane(name, shape, count)
    kernels = each_size(name, "kernel_size", kernel_size, count, 1)
    strides = _strides(name, stride, kernels)
    paddings = each_size(name, "padding", padding, count, 0)
    dilations = each_size(name, "dilation", dilation, count, 1)
    each = zip(sizes, kernels, strides, paddings, dilations, strict=True)
    found = []
    for axis, (size, kernel, step, pad, gap) in enumerate(each, len(shape) - count):
        if pad > (gap * (kernel - 1) + 1) // 2:
            raise ShapeError(
                f"{name}: expected a padding of at most half the kernel, got {pad} beside "
                f"{kernel} places (dilation {gap})"
            )
        window = sliding(size, kernel, step, pad, gap, ceil)
        if not window.after or not window.counts.all():
            raise ShapeError(
                f"{name}: no window of {kernel} places (dilation {gap}, padding {pad}) fits into "
                f"axis {axis}, of size {size}"
            )
        found.append((axis, window))
    return tuple(found)


_found = lru_cache(maxsize=1024)(_find)


def _strides(name: str, stride: Any, kernels: Shape) -> Shape:
    """The strides, which are the kernels' sizes unless they are given."""
    if stride is None or (isinstance(stride, Sequence) and not len(stride)):
        return kernels
    return each_size(name, "stride", stride, len(kernels), 1)


def _max_pool(
    name: str, input: Tensor, windows: Windows, return_indices: bool
) -> Tensor | tuple[Tensor, Tensor]:
    if data_of(name, input).dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got booleans; convert them with x.to(float)")
    out = MaxPool.apply(input, windows)
    if not return_indices:
        return out
    at = places(input._data, out._data, windows)
    return out, wrap(noted("MaxPoolPlaces", (input, windows), at))


def _counts(windows: Windows, count_include_pad: bool) -> list[Array]:
    """How many places are in each window, by axes."""
    if not count_include_pad:
        return [window.counts for _, window in windows]
    return [
        np.minimum(window.stops, window.before + window.padding) - window.starts
        for _, window in windows
    ]


@lru_cache(maxsize=1024)
def averaging(windows: Windows, count_include_pad: bool, divisor: int | None) -> Along:
    """The maps to the mean over each window, or to the sum divided by the divisor."""
    counts = _counts(windows, count_include_pad)
    if divisor is None and all(len(set(count.tolist())) == 1 for count in counts):
        divisor = prod([int(count[0]) for count in counts])
    if divisor is None:
        pairs = zip(windows, counts, strict=True)
        return tuple([(axis, window.scaled(1 / count)) for (axis, window), count in pairs])
    *others, (last, window) = windows
    sums = [(axis, window.links) for axis, window in others]
    return (*sums, (last, window.scaled(1 / divisor)))


def _avg_pool(
    name: str, input: Tensor, windows: Windows, include_pad: bool, divisor: int | None = None
) -> Tensor:
    if divisor == 0:
        raise RangeError(f"{name}: expected as divisor_override a number other than 0")
    if input.dtype.kind == "f":
        out = Linked.apply(input, averaging(windows, bool(include_pad), divisor))
        return noted("AvgPool", (input, windows, bool(include_pad), divisor), out)
    if input.dtype != np.int64:
        raise DtypeError(
            f"{name}: expected floats or int64, got {input.dtype}; convert them with x.to(float)"
        )
    sums = Linked.apply(input, tuple([(axis, window.links) for axis, window in windows]))
    counts = reduce(np.multiply.outer, _counts(windows, bool(include_pad)))
    return div(sums, wrap(np.asarray(divisor or counts)), rounding_mode="trunc")


def _adaptive(name: str, input: Tensor, count: int, output_size: Any) -> Windows:
    """As many windows along each axis as `output_size` says; None stands for all its places."""
    sizes = _plane(name, data_of(name, input).shape, count, any_first=True)
    wanted = output_size
    if isinstance(wanted, Sequence) and len(wanted) == count:
        wanted = [size if n is None else n for n, size in zip(wanted, sizes, strict=True)]
    numbers = each_size(name, "output_size", wanted, count, 0)
    after = [whole(number, f"{name}: output_size") for number in numbers]
    pairs = zip(sizes, after, strict=True)
    return tuple(enumerate([adaptive(*pair) for pair in pairs], len(input.shape) - count))


def _adaptive_avg_pool(name: str, input: Tensor, count: int, output_size: Any) -> Tensor:
    data = require_floating(name, input)
    single = output_size in (1, (1,) * count, [1] * count)
    if single and 0 in data.shape[1:] and data.ndim - count in (1, 2):
        return input.mean(tuple(range(-count, 0)), keepdim=True)  # as PyTorch: NaN of nothing
    windows = _adaptive(name, input, count, output_size)
    if all(window.after == 1 for _, window in windows):
        return input.mean([axis for axis, _ in windows], keepdim=True)
    return Linked.apply(input, averaging(windows, False, None))


def _adaptive_max_pool(
    name: str, input: Tensor, count: int, output_size: Any, return_indices: bool
) -> Any:
    require_floating(name, input)
    return _max_pool(name, input, _adaptive(name, input, count, output_size), return_indices)


def _lp_pool(
    name: str,
    input: Tensor,
    count: int,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None,
    ceil_mode: bool,
) -> Tensor:
    windows = _windows(name, input, count, kernel_size, stride, ceil_mode=ceil_mode)
    if norm_type in (inf, -inf):
        largest = MaxPool.apply(abs(input) if norm_type > 0 else -abs(input), windows)
        return largest if norm_type > 0 else -largest
    mean = _avg_pool(name, input.pow(norm_type), windows, True)
    # The sign, so that the gradient at 0 is 0.
    total = (
        mean.sign()
        * mean.abs().relu()
        * prod(each_size(name, "kernel_size", kernel_size, count, 1))
    )
    return total.pow(1.0 / norm_type)


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
    sizes = _plane(name, data_of(name, input).shape, count)
    kernels = each_size(name, "kernel_size", kernel_size, count, 1)
    strides = _strides(name, stride, kernels)
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
    windows = _windows("max_pool1d", input, 1, kernel_size, stride, padding, dilation, ceil_mode)
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
    windows = _windows("max_pool2d", input, 2, kernel_size, stride, padding, dilation, ceil_mode)
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
    windows = _windows("max_pool3d", input, 3, kernel_size, stride, padding, dilation, ceil_mode)
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
def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window along the last axis of an input (N, C, L) or (C, L). The options are
    those of `max_pool1d`.

    Zeros in the padding are counted with `count_include_pad`. Integers of 64 bits are divided
    towards 0. Raises as `max_pool1d`.

    >>> avg_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 2)
    tensor([[2. , 3.5]])
    """
    windows = _windows("avg_pool1d", input, 1, kernel_size, stride, padding, 1, ceil_mode)
    return _avg_pool("avg_pool1d", input, windows, count_include_pad)


@explained
def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of the last two axes of an input (N, C, H, W) or (C, H, W); see
    `avg_pool1d`. The sum is divided by `divisor_override` instead, if it is given.

    >>> avg_pool2d(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), 2)
    tensor([[[2.75]]])
    """
    windows = _windows("avg_pool2d", input, 2, kernel_size, stride, padding, 1, ceil_mode)
    return _avg_pool("avg_pool2d", input, windows, count_include_pad, divisor_override)


@explained
def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of the last three axes of an input (N, C, D, H, W) or
    (C, D, H, W); see `avg_pool2d`.

    >>> avg_pool3d(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), (1, 2, 2))
    tensor([[[[2.75]]]])
    """
    windows = _windows("avg_pool3d", input, 3, kernel_size, stride, padding, 1, ceil_mode)
    return _avg_pool("avg_pool3d", input, windows, count_include_pad, divisor_override)


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
def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """The mean of each of `output_size` windows that share the last axis of an input
    (N, C, L) or (C, L) as evenly as can be: window i reaches from floor(i * L / output_size) to
    ceil((i + 1) * L / output_size).

    Raises ShapeError for shapes that do not fit, DtypeError for integers.

    >>> adaptive_avg_pool1d(Tensor([[1.0, 3.0, 2.0, 5.0]]), 3)
    tensor([[2. , 2.5, 3.5]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", input, 1, output_size)


@explained
def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of `output_size` windows that share the last two axes of an
    input (N, C, H, W) or (C, H, W); see `adaptive_avg_pool1d`. None for an axis leaves it as it is.

    >>> adaptive_avg_pool2d(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), (None, 1))
    tensor([[[2. ],
             [3.5]]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", input, 2, output_size)


@explained
def adaptive_avg_pool3d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of `output_size` windows that share the last three axes of an
    input (N, C, D, H, W) or (C, D, H, W); see `adaptive_avg_pool2d`.

    >>> adaptive_avg_pool3d(Tensor([[[[1.0, 3.0], [2.0, 5.0]]]]), (1, 1, 2))
    tensor([[[[1.5, 4. ]]]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool3d", input, 3, output_size)


@explained
def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(sum of x ** norm_type) ** (1 / norm_type) over each window along the last axis of an input
    (N, C, L) or (C, L), without absolute values: of an odd `norm_type` it is that of the sum's
    size. Infinity gives the largest size. The options are those of `max_pool1d`.

    A window that `ceil_mode` lets reach beyond the end counts as if it were full (as in PyTorch).

    >>> lp_pool1d(Tensor([[3.0, 4.0, 0.0, 1.0]]), 2, 2)
    tensor([[5., 1.]])
    """
    return _lp_pool("lp_pool1d", input, 1, norm_type, kernel_size, stride, ceil_mode)


@explained
def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool1d` over the last two axes of an input (N, C, H, W) or (C, H, W).

    >>> lp_pool2d(Tensor([[[3.0, 4.0], [0.0, 0.0]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool("lp_pool2d", input, 2, norm_type, kernel_size, stride, ceil_mode)


@explained
def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """`lp_pool1d` over the last three axes of an input (N, C, D, H, W) or (C, D, H, W).

    >>> lp_pool3d(Tensor([[[[3.0, 4.0], [0.0, 0.0]]]]), 2, (1, 2, 2))
    tensor([[[[5.]]]])
    """
    return _lp_pool("lp_pool3d", input, 3, norm_type, kernel_size, stride, ceil_mode)


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
