"""Average pooling: the mean of each window, or the mean of powers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from math import inf, prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.links import Along
from mytorch._kernels.windows import Windows
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError, RangeError
from mytorch.nn.functional.linked import Linked
from mytorch.nn.functional.max_pooling import MaxPool
from mytorch.nn.functional.pooling import Sizes, adaptive_windows, each_size, windows_of
from mytorch.observe import noted
from mytorch.ops._arguments import explained
from mytorch.ops._operands import require_floating
from mytorch.ops.arithmetic import div
from mytorch.tensor import Tensor, wrap

__all__ = [
    "AvgPool2d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
]


class AvgPool2d(Linked):
    """`avg_pool2d` by the course's name: `AvgPool2d.apply(x, kernel_size, stride)`."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, kernel_size: Any, stride: Sizes | None = None
    ) -> Tensor:
        windows = windows_of("avg_pool2d", a, 2, kernel_size, stride)
        return Linked.forward(ctx, a, averaging(windows, True, None))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        return (*Linked.backward(ctx, grad_output), None)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        return (*Linked.array_backward(ctx, gradient, wanted), None)


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


def _adaptive_avg_pool(name: str, input: Tensor, count: int, output_size: Any) -> Tensor:
    data = require_floating(name, input)
    single = output_size in (1, (1,) * count, [1] * count)
    if single and 0 in data.shape[1:] and data.ndim - count in (1, 2):
        return input.mean(tuple(range(-count, 0)), keepdim=True)  # as PyTorch: NaN of nothing
    windows = adaptive_windows(name, input, count, output_size)
    if all(window.after == 1 for _, window in windows):
        return input.mean([axis for axis, _ in windows], keepdim=True)
    return Linked.apply(input, averaging(windows, False, None))


def _lp_pool(
    name: str,
    input: Tensor,
    count: int,
    norm_type: float,
    kernel_size: Sizes,
    stride: Sizes | None,
    ceil_mode: bool,
) -> Tensor:
    windows = windows_of(name, input, count, kernel_size, stride, ceil_mode=ceil_mode)
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
    windows = windows_of("avg_pool1d", input, 1, kernel_size, stride, padding, 1, ceil_mode)
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
    windows = windows_of("avg_pool2d", input, 2, kernel_size, stride, padding, 1, ceil_mode)
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
    windows = windows_of("avg_pool3d", input, 3, kernel_size, stride, padding, 1, ceil_mode)
    return _avg_pool("avg_pool3d", input, windows, count_include_pad, divisor_override)


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
