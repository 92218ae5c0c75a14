"""Reductions of arrays, of a short last axis by columns: NumPy takes its rows one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._shapes import Shape

__all__ = ["reduced"]

# An axis of so many numbers is short, so many rows are not few.
_SHORT, _MANY = 32, 64


def reduced(
    ufunc: np.ufunc, data: Array, axes: Shape, keepdims: bool = False, dtype: Any = None
) -> Array:
    """ufunc.reduce over axes, for a ufunc to which the order of numbers is all the same."""
    size = data.shape[-1] if axes == (data.ndim - 1,) else 0
    if not 0 < size <= _SHORT or data.size < _MANY * size:
        return ufunc.reduce(data, axes, dtype, keepdims=keepdims)  # type: ignore[no-any-return]
    found: Array = ufunc.reduce(data.reshape(-1, size).T.copy(), 0, dtype)
    return found.reshape((*data.shape[:-1], 1) if keepdims else data.shape[:-1])
