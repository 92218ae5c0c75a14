"""Channels dealt out over places and back, and among groups."""

from __future__ import annotations

from mytorch._shapes import whole
from mytorch.errors import ShapeError
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """An image (..., C r r, H, W) as (..., C, H r, W r): r r channels are the places of a square.

    Raises ShapeError if there are fewer than three axes, or the channels are not enough.

    >>> pixel_shuffle(Tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    shape, factor = _image("pixel_shuffle", input, upscale_factor)
    *lead, channels, height, width = shape
    if channels % (factor * factor):
        raise ShapeError(
            f"pixel_shuffle: expected a multiple of {factor} * {factor} channels, got an input of "
            f"shape {shape}"
        )
    count, first = channels // (factor * factor), len(lead)
    parts = input.reshape(*lead, count, factor, factor, height, width)
    order = (0, 3, 1, 4, 2)
    moved = parts.permute(*range(first), *(first + axis for axis in order))
    return _copied(moved, *lead, count, height * factor, width * factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """An image (..., C, H r, W r) as (..., C r r, H, W): what undoes `pixel_shuffle`.

    Raises ShapeError if there are fewer than three axes, or the sizes are no multiples of r.

    >>> pixel_unshuffle(Tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2).flatten()
    tensor([1., 2., 3., 4.])
    """
    shape, factor = _image("pixel_unshuffle", input, downscale_factor)
    *lead, count, high, wide = shape
    if high % factor or wide % factor:
        raise ShapeError(
            f"pixel_unshuffle: expected a height and a width that are multiples of {factor}, got "
            f"an input of shape {shape}"
        )
    height, width, first = high // factor, wide // factor, len(lead)
    parts = input.reshape(*lead, count, height, factor, width, factor)
    order = (0, 2, 4, 1, 3)
    moved = parts.permute(*range(first), *(first + axis for axis in order))
    return _copied(moved, *lead, count * factor * factor, height, width)


def _image(name: str, input: Tensor, factor: int) -> tuple[tuple[int, ...], int]:
    shape = data_of(name, input).shape
    number = whole(factor, name)
    if len(shape) < 3 or number < 1:
        raise ShapeError(
            f"{name}: expected an input of at least three axes and a positive factor, got shape "
            f"{shape} and {number}"
        )
    return shape, number


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of (N, C, ...) in another order: the first of each of `groups` groups of
    neighbours, then the second of each, and so on.

    Raises ShapeError if there are fewer than three axes, or the groups cannot share the channels.

    >>> channel_shuffle(Tensor([[[1.0], [2.0], [3.0], [4.0]]]), 2).flatten()
    tensor([1., 3., 2., 4.])
    """
    shape = data_of("channel_shuffle", input).shape
    number = whole(groups, "channel_shuffle")
    if len(shape) < 3 or number < 1 or shape[1] % number:
        raise ShapeError(
            "channel_shuffle: expected an input (N, C, ...) of at least three axes, C a multiple "
            f"of the {number} groups, got shape {shape}"
        )
    parts = input.reshape(shape[0], number, shape[1] // number, *shape[2:])
    return _copied(parts.transpose(1, 2), *shape)


def _copied(moved: Tensor, *shape: int) -> Tensor:
    """The elements in memory of their own, also where none has moved."""
    out = moved.reshape(*shape)
    return out if out._view is None else out.clone()
