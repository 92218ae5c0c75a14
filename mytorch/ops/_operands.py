"""What every operation does to its operands before it computes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import BESIDE_HALF, HALF, SCALARS, Array, cast, floating, promote, scalar_dtype
from mytorch._quiet import quiet
from mytorch.errors import DtypeError, OperandError, ShapeError
from mytorch.tensor import Operand, Tensor, wrap

P = ParamSpec("P")
R = TypeVar("R")


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
        return a, b if isinstance(b, Tensor) else _beside(name, b, a, modular)
    if isinstance(b, Tensor):
        return _beside(name, a, b, modular), b
    raise TypeError(
        f"{name}: expected a Tensor, got {kind_of(a, Tensor)} and {kind_of(b, Tensor)}; wrap one "
        "of them in Tensor(...) first"
    )


def _beside(name: str, other: Any, tensor: Tensor, modular: bool) -> Tensor:
    array = tensor._data
    if isinstance(other, np.ndarray):
        return Tensor(other)
    if isinstance(other, SCALARS):
        dtype = scalar_dtype(other, array)
        if isinstance(other, np.generic):
            other = other.item()  # NumPy would wrap its own integers around without a word
        try:
            return wrap(quiet().run(np.array, other, BESIDE_HALF if dtype is HALF else dtype))
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


def sizes_named(name: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Lets the variable arguments of a function be given as one sequence by PyTorch's name, too:
    `zeros(size=(2, 3))`."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> R:
            if name in kwargs:
                args = (*args, kwargs.pop(name))
            return function(*args, **kwargs)

        return named

    return decorate


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """Lets a function with PyTorch's `dim` and `keepdim` also be called with NumPy's `axis` and
    `keepdims`. Its flags, as `keepdim` is, have to be True or False."""
    annotations = function.__annotations__
    flags = [
        (place, name)
        for place, name in enumerate(annotations)
        if annotations[name] in ("bool", "bool | None")
    ]
    first = flags[0][0] if flags else len(annotations)

    @functools.wraps(function)
    def renamed(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs or len(args) > first:
            return function(*_fitted(function.__name__, flags, list(args), kwargs), **kwargs)
        return function(*args, **kwargs)

    return renamed


def _fitted(
    name: str, flags: list[tuple[int, str]], args: list[Any], kwargs: dict[str, Any]
) -> list[Any]:
    """The arguments with their flags checked; the named ones get PyTorch's names."""
    for ours, theirs in (("dim", "axis"), ("keepdim", "keepdims")):
        if theirs in kwargs:
            if ours in kwargs:
                raise TypeError(f"{name}: {ours} and {theirs} mean the same; give one of them")
            kwargs[ours] = kwargs.pop(theirs)
    for place, option in flags:
        if place < len(args):
            if args[place] is not None:
                args[place] = flag(name, option, args[place])
        elif kwargs.get(option) is not None:
            kwargs[option] = flag(name, option, kwargs[option])
    return args
