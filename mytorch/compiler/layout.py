"""Layouts: how an array lies in memory, which is all that a plan needs of those that a run made."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array

__all__ = ["Layout", "Made"]


class Layout(NamedTuple):
    """How an array lies in memory."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: Any
    contiguous: bool

    @classmethod
    def of(cls, array: Array) -> Layout:
        """The layout of an array."""
        return cls(array.shape, array.strides, array.dtype, array.flags.c_contiguous)

    @property
    def size(self) -> int:
        """How many elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes these take."""
        return self.size * int(self.dtype.itemsize)


class Made(NamedTuple):
    """What is left of an array that a run made: its layout, and how many bytes of its memory lie
    before its first element."""

    layout: Layout
    offset: int

    @classmethod
    def of(cls, array: Array, owner: Array) -> Made:
        """What is left of an array in the memory of another one."""
        # An empty one may lie behind the end.
        whole = array is owner or not array.size
        return cls(Layout.of(array), 0 if whole else _address(array) - _address(owner))

    def within(self, memory: Any) -> Array:
        """Such an array in other memory."""
        layout = self.layout
        return np.ndarray(layout.shape, layout.dtype, memory, self.offset, layout.strides)


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
