"""Window functions of signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._device import DeviceLike
from mytorch._dtypes import Array, get_default_dtype
from mytorch._shapes import whole
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops._arguments import numpy_names
from mytorch.ops.creation import new_leaf
from mytorch.tensor import Tensor

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]


def _window(
    name: str,
    length: int,
    periodic: bool,
    formula: Callable[[Array], Array],
    dtype: DTypeLike | None,
    device: DeviceLike | None,
    requires_grad: bool,
) -> Tensor:
    """The formula at so many places from -1 to 1; of a periodic window the last one is left out."""
    wanted, count = np.dtype(dtype or get_default_dtype()), whole(length, name)
    if wanted.kind != "f":
        raise DtypeError(f"{name}: expected a floating dtype, got {wanted}")
    if count < 0:
        raise ShapeError(f"{name}: expected a length of at least 0, got {count}")
    values = np.ones(count)
    if count > 1:
        last = count if periodic else count - 1
        places = np.arange(-last, 2 * count - last, 2) / last
        values = formula(places.astype(np.promote_types(wanted, np.float32), copy=False))
    return new_leaf(name, values.astype(wanted, copy=False), device, requires_grad)


def _cosines(first: float, *factors: float) -> Callable[[Array], Array]:
    """The function first + the sum of factors[k - 1] * cos(k pi x)."""

    def formula(x: Array) -> Array:
        values: Any = first
        for k, factor in enumerate(factors, 1):
            values = values + factor * np.cos(k * np.pi * x)
        return np.asarray(values)

    return formula


@numpy_names
def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """The triangle from 0 over 1 to 0; of a `periodic` window the last number, which is the next
    period's first, is left out.

    >>> bartlett_window(4)
    tensor([0. , 0.5, 1. , 0.5])
    """
    options: Any = dtype, device, requires_grad
    return _window("bartlett_window", window_length, periodic, lambda x: 1 - abs(x), *options)


@numpy_names
def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """0.42 + 0.5 cos(pi x) + 0.08 cos(2 pi x) for x from -1 to 1; see `bartlett_window`.

    >>> blackman_window(5, periodic=False).round(decimals=2)
    tensor([-0.  ,  0.34,  1.  ,  0.34, -0.  ])
    """

    options: Any = dtype, device, requires_grad
    formula = _cosines(0.42, 0.5, 0.08)
    return _window("blackman_window", window_length, periodic, formula, *options)


@numpy_names
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """alpha + beta cos(pi x) for x from -1 to 1; see `bartlett_window`.

    >>> hamming_window(4)
    tensor([0.08, 0.54, 1.  , 0.54])
    """

    options: Any = dtype, device, requires_grad
    return _window("hamming_window", window_length, periodic, _cosines(alpha, beta), *options)


@numpy_names
def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """(1 + cos(pi x)) / 2 for x from -1 to 1; see `bartlett_window`.

    >>> hann_window(4)
    tensor([0. , 0.5, 1. , 0.5])
    """

    options: Any = dtype, device, requires_grad
    return _window("hann_window", window_length, periodic, _cosines(0.5, 0.5), *options)


@numpy_names
def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """i0(beta sqrt(1 - x**2)) / i0(beta) for x from -1 to 1; see `bartlett_window`.

    >>> kaiser_window(3, beta=0.0)
    tensor([1., 1., 1.])
    """

    def formula(x: Array) -> Array:
        values: Array = np.i0(beta * np.sqrt(1 - x * x)) / np.i0(beta)
        return values

    options: Any = dtype, device, requires_grad
    return _window("kaiser_window", window_length, periodic, formula, *options)
