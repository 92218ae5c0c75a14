"""How elements lie in memory, which programs may ask for: the values are the same."""

from __future__ import annotations

from enum import Enum

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.errors import ShapeError

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "memory_format",
    "preserve_format",
]


class memory_format(Enum):
    """The order of elements in memory that a program asks for. `contiguous_format` is C order, and
    `preserve_format` what the function does by itself. With `channels_last` and `channels_last_3d`,
    for 4 and 5 axes, nothing is laid out otherwise, but where PyTorch would refuse them it is
    refused.

    >>> channels_last
    mytorch.channels_last
    """

    contiguous_format = "contiguous_format"
    preserve_format = "preserve_format"
    channels_last = "channels_last"
    channels_last_3d = "channels_last_3d"

    def __repr__(self) -> str:
        return f"mytorch.{self.value}"

    __str__ = __repr__


contiguous_format = memory_format.contiguous_format
preserve_format = memory_format.preserve_format
channels_last = memory_format.channels_last
channels_last_3d = memory_format.channels_last_3d

_AXES = {channels_last: 4, channels_last_3d: 5}


def require_format(name: str, wanted: object, shape: Shape | None = None) -> None:
    """Raises TypeError for what is no memory format, ShapeError for one of another number of
    axes."""
    axes = _AXES.get(_named(name, wanted))
    if shape is not None and axes not in (None, len(shape)):
        raise ShapeError(f"{name}: expected {axes} axes for {wanted}, got shape {shape}")


def laid_out(name: str, data: Array, wanted: object) -> Array:
    """The data, in C order if that is wanted. Raises as `require_format`."""
    require_format(name, wanted, data.shape)
    return data if wanted is not contiguous_format or data.flags.c_contiguous else data.copy()


def lies_in(name: str, data: Array, asked: object) -> bool:
    """Whether the elements lie in memory in this format, without gaps."""
    axes = _AXES.get(_named(name, asked))
    if axes not in (None, data.ndim):
        return False
    ordered = data if axes is None else np.moveaxis(data, 1, -1)
    return ordered.flags.c_contiguous


def _named(name: str, value: object) -> memory_format:
    if not isinstance(value, memory_format):
        raise TypeError(
            f"{name}: expected a memory format, as mytorch.preserve_format, got {kind_of(value)}"
        )
    return value
