"""What every operation does to its operands before it computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import (
    BESIDE_HALF,
    PYTHON_SCALARS,
    SCALARS,
    Array,
    cast,
    floating,
    promote,
    scalar_dtype,
)
from mytorch._kernels.elementwise import in_double
from mytorch._recorders import of_numbers, recorders
from mytorch._silence import silenced
from mytorch.errors import DtypeError, OperandError, ShapeError
from mytorch.tensor import Operand, Tensor, wrap


def data_of(name: str, a: Tensor) -> Array:
    """The data of an operand, which has to be a Tensor."""
    try:
        return a._data
    except AttributeError:
        raise TypeError(
            f"{name}: expected a Tensor, got {kind_of(a, Tensor)}; wrap it in Tensor(...) first"
        ) from None


def operands(name: str, a: Tensor, b: Tensor) -> tuple[Array, Array]:
    """The data of two operands, in their common dtype."""
    try:
        x, y = a._data, b._data
    except AttributeError:
        x, y = data_of(name, a), data_of(name, b)
    return (x, y) if x.dtype is y.dtype else promote(x, y)


def pair(name: str, a: Operand, b: Operand, modular: bool = False) -> tuple[Tensor, Tensor]:
    """Two operands as Tensors. One of them has to be a Tensor; the other may be an array, or a
    number, which takes its dtype unless it is of a higher kind. An integer that this dtype cannot
    hold is refused, or with `modular` wrapped around."""
    if isinstance(a, Tensor):
        return a, b if isinstance(b, Tensor) else _operand(name, b, a, modular)
    if isinstance(b, Tensor):
        return _operand(name, a, b, modular), b
    raise TypeError(
        f"{name}: expected a Tensor, got {kind_of(a, Tensor)} and {kind_of(b, Tensor)}; wrap one "
        "of them in Tensor(...) first"
    )


def _operand(name: str, other: Any, tensor: Tensor, modular: bool) -> Tensor:
    array = tensor._data
    if isinstance(other, np.ndarray):
        return Tensor(other)
    if isinstance(other, SCALARS):
        dtype = scalar_dtype(other, array)
        dtype = BESIDE_HALF if dtype.char == "e" else dtype
        if type(other) not in PYTHON_SCALARS:
            if isinstance(other, np.generic):
                other = other.item()  # NumPy would wrap its own integers around without a word
            if recorders and (array := of_numbers(other, dtype)) is not None:
                return wrap(array)
        try:
            return wrap(silenced().run(np.array, other, dtype))
        except OverflowError:
            if modular and -(2**63) <= other < 2**64:
                return wrap(np.array(other).astype(dtype))
            raise DtypeError(
                f"{name}: the number {other} does not fit into the tensor's dtype {dtype}; "
                "convert the tensor first, as by x.to(int)"
            ) from None
    raise OperandError(
        f"{name}: expected a Tensor, an ndarray or a number next to a Tensor of shape "
        f"{array.shape}, got {kind_of(other, Tensor)}; wrap it in Tensor(...) first"
    )


def floating_data(name: str, a: Tensor) -> Array:
    """The data; integers and booleans in the default floating dtype."""
    data = data_of(name, a)
    return cast(data, floating(data.dtype))


def double_values(name: str, function: Callable[..., Array], a: Tensor, *settings: Any) -> Tensor:
    """function(*settings, a), which knows double precision alone, in a's dtype; of integers and
    booleans in the default floating dtype."""
    return wrap(silenced().run(in_double, function, floating_data(name, a), *settings))


def is_single(name: str, a: Tensor) -> bool:
    """Whether `double_values` gives less than double precision."""
    return floating_data(name, a).itemsize < 8


def require_numbers(name: str, a: Tensor) -> Array:
    """The data, which must not be truth values."""
    try:
        data = a._data
    except AttributeError:
        data = data_of(name, a)
    if data.dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got booleans; convert them with x.to(int)")
    return data


def require_floating(name: str, a: Tensor) -> Array:
    """The data, which has to be floating."""
    data = data_of(name, a)
    if data.dtype.kind != "f":
        raise DtypeError(
            f"{name}: expected a floating dtype, got {data.dtype}; convert it with x.to(float)"
        )
    return data


def broadcast_error(name: str, *tensors: Any) -> ShapeError:
    """The error for shapes that do not go together."""
    shapes = " and ".join(str(tensor.shape) for tensor in tensors)
    return ShapeError(
        f"{name}: shapes {shapes} do not broadcast: counted from the last axis, sizes must be "
        "equal, or 1"
    )
