"""Fractional max pooling: windows whose steps are drawn, so that the output has any size."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from mytorch._kernels.fractional import fractional_places
from mytorch._shapes import Shape
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.nn.functional.pooling import Sizes, each_size
from mytorch.observe import noted
from mytorch.ops import gather, rand
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, require_floating
from mytorch.tensor import Tensor, wrap

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

Ratios = float | Sequence[float]


def _pool(
    name: str,
    input: Tensor,
    axes: int,
    kernel_size: Sizes,
    output_size: Sizes | None,
    output_ratio: Ratios | None,
    samples: Tensor | None,
) -> tuple[Tensor, Tensor]:
    data_of(name, input)
    require_floating(name, input)
    shape: Shape = input.shape
    if len(shape) not in (axes + 1, axes + 2) or 0 in shape[len(shape) - axes - 1 :]:
        raise ShapeError(
            f"{name}: expected an input of {axes + 1} axes, or {axes + 2} with the batch's, none "
            f"of them 0 but that, got shape {shape}"
        )
    if len(shape) == axes + 1:
        input = input.unsqueeze(0)
    before = input.shape[2:]
    kernels = each_size(name, "kernel_size", kernel_size, axes, 1)
    after = _sizes_after(name, before, output_size, output_ratio)
    if any(n + k - 1 > size for n, k, size in zip(after, kernels, before, strict=True)):
        raise ShapeError(
            f"{name}: {after} windows of sizes {kernels} do not fit into the sizes {before}, "
            "where each has to begin at a place of its own"
        )
    drawn = (*input.shape[:2], axes)
    if samples is None:
        samples = rand(drawn, dtype=input.dtype)
    elif samples.shape[1:] != drawn[1:] or samples.shape[0] < drawn[0]:
        raise ShapeError(
            f"{name}: expected samples of shape {drawn}, or for more examples, got {samples.shape}"
        )
    elif samples.dtype != input.dtype:
        raise DtypeError(f"{name}: expected samples of {input.dtype}, got {samples.dtype}")
    # PyTorch has them of the width before those of the height.
    used = samples._data[: drawn[0]]
    used = used[..., ::-1] if axes == 2 else used
    at = fractional_places(input._data, used, kernels, after)
    indices = wrap(noted("FractionalPoolPlaces", (input, samples, kernels, after), at))
    lead = input.shape[:2]
    planes = input.reshape(*lead, prod(before))
    out = gather(planes, 2, indices.reshape(*lead, prod(after))).reshape(indices.shape)
    return (out, indices) if len(shape) == axes + 2 else (out.squeeze(0), indices.squeeze(0))


def _sizes_after(
    name: str, before: Shape, output_size: Sizes | None, output_ratio: Ratios | None
) -> Shape:
    axes = len(before)
    if output_size is not None:
        return each_size(name, "output_size", output_size, axes, 1)
    if output_ratio is None:
        raise ValueError(f"{name}: expected an output_size or an output_ratio")
    ratios = [*output_ratio] if isinstance(output_ratio, Sequence) else [output_ratio] * axes
    if len(ratios) != axes or not all(0 < ratio < 1 for ratio in ratios):
        raise RangeError(
            f"{name}: expected as output_ratio a number between 0 and 1, or {axes} of them, got "
            f"{output_ratio}"
        )
    return tuple(int(size * ratio) for size, ratio in zip(before, ratios, strict=True))


@explained
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest number in each of `output_size` windows of `kernel_size` along the last two axes
    of an input (N, C, H, W) or (C, H, W), which begin at drawn places: in each plane by one draw an
    axis, more or less evenly, the first at the beginning, the last at the end.

    Arguments:
        output_ratio: the output's sizes as parts of the input's, in place of `output_size`.
        return_indices: whether to return the pair (values, indices), where the numbers were found.
        _random_samples: the draws, from 0 to 1, of shape (N, C, 2); NumPy's global generator's by
            default.

    Raises ShapeError for sizes that do not fit, RangeError (a ValueError) for another ratio than
    between 0 and 1.

    Source: Graham, "Fractional Max-Pooling", 2014.

    >>> x = Tensor([[[1.0, 3.0, 2.0], [4.0, 0.0, 5.0], [7.0, 8.0, 6.0]]])
    >>> fractional_max_pool2d(x, 2, output_size=2)
    tensor([[[4., 5.],
             [8., 8.]]])
    """
    pair = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return pair if return_indices else pair[0]


@explained
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest number in each of `output_size` windows along the last three axes of an input
    (N, C, D, H, W) or (C, D, H, W); see `fractional_max_pool2d`.

    >>> fractional_max_pool3d(Tensor.ones(1, 4, 4, 4), 2, output_ratio=0.5).shape
    (1, 2, 2, 2)
    """
    pair = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return pair if return_indices else pair[0]


@explained
def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """`fractional_max_pool2d` with its indices, whatever `return_indices` is.

    >>> fractional_max_pool2d_with_indices(Tensor([[[1.0, 3.0], [2.0, 5.0]]]), 1, 2)[1]
    tensor([[[0, 1],
             [2, 3]]])
    """
    name = "fractional_max_pool2d"
    return _pool(name, input, 2, kernel_size, output_size, output_ratio, _random_samples)


@explained
def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """`fractional_max_pool3d` with its indices, whatever `return_indices` is.

    >>> fractional_max_pool3d_with_indices(Tensor([[[[1.0, 3.0]]]]), 1, (1, 1, 2))[1]
    tensor([[[[0, 1]]]])
    """
    name = "fractional_max_pool3d"
    return _pool(name, input, 3, kernel_size, output_size, output_ratio, _random_samples)
