"""The windows of pooling, which slide over the last one, two or three axes, by its options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from mytorch._checks import are_plain, option
from mytorch._kernels.windows import Windows, adaptive, sliding
from mytorch._shapes import Shape, is_list, whole
from mytorch.errors import ShapeError
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["Sizes", "adaptive_windows", "each_size", "plane", "strides_of", "windows_of"]

# An option of each axis, or one for all of them.
Sizes = int | Sequence[int]


def each_size(name: str, option: str, value: Any, count: int, least: int) -> Shape:
    """An option's numbers for so many axes."""
    if type(value) is int:
        numbers: Shape = (value,) * count
    elif is_list(value):
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


def plane(name: str, shape: Shape, count: int, any_first: bool = False) -> Shape:
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


def windows_of(
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
    if ceil_mode is not True and ceil_mode is not False:
        ceil_mode = option(name, "ceil_mode", ceil_mode)
    return place(name, shape, count, ceil_mode, *options)


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
    sizes = plane(name, shape, count)
    kernels = each_size(name, "kernel_size", kernel_size, count, 1)
    strides = strides_of(name, stride, kernels)
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


def strides_of(name: str, stride: Any, kernels: Shape) -> Shape:
    """The strides, which are the kernels' sizes unless they are given."""
    if stride is None or (is_list(stride) and not len(stride)):
        return kernels
    return each_size(name, "stride", stride, len(kernels), 1)


def adaptive_windows(name: str, input: Tensor, count: int, output_size: Any) -> Windows:
    """As many windows along each axis as `output_size` says; None stands for all its places."""
    sizes = plane(name, data_of(name, input).shape, count, any_first=True)
    wanted = output_size
    if is_list(wanted) and len(wanted) == count:
        wanted = [size if n is None else n for n, size in zip(wanted, sizes, strict=True)]
    numbers = each_size(name, "output_size", wanted, count, 0)
    after = [whole(number, f"{name}: output_size") for number in numbers]
    pairs = zip(sizes, after, strict=True)
    return tuple(enumerate([adaptive(*pair) for pair in pairs], len(input.shape) - count))
