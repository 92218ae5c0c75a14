"""Gradients that are 0 but for a part, as those of what indexing took.

A whole array for each of many parts would take time with the square of their number.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape
from mytorch.tensor import Tensor


class Part:
    """Zeros of `shape`, at whose [index] the data are; the index has numbers and slices alone."""

    __slots__ = ("data", "index", "shape")

    def __init__(self, data: Array, index: Any, shape: Shape) -> None:
        self.data, self.index, self.shape = data, index, shape

    def add_to(self, gradients: dict[Any, Any], receiver: Any, sums: dict[Any, Any]) -> bool:
        """Adds it to the receiver's gradient, and returns whether that is the first one. In place
        where nobody else holds the gradient: a leaf's, and the sums that were made here."""
        known = gradients.get(receiver)
        if known is not None and type(known) is type(self.data):
            made = sums.get(receiver)
            if isinstance(receiver, Tensor) or (made is not None and made() is known):
                known[self.index] += self.data
                return False
        whole = np.zeros(self.shape, self.data.dtype, like=self.data)
        whole[self.index] = self.data
        gradients[receiver] = total = whole if known is None else known + whole
        sums[receiver] = ref(total)  # it dies when it has been used
        return known is None
