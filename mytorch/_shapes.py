"""Pure helpers on shapes and axes: they know neither Tensor nor any operation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from operator import index
from typing import Any

from mytorch._checks import kind_of
from mytorch.errors import DimensionError, RangeError, ShapeError

Shape = tuple[int, ...]
# By PyTorch's name: programs make sizes of it, and ask for it in isinstance.
Size: type[tuple[int, ...]] = tuple
Axes = int | Iterable[int] | None
# The bounds of int64.
_LEAST, _MOST = -(2**63), 2**63 - 1


def normalize_axis(axis: int, ndim: int, operation: str) -> int:
    """`axis` counted from the front. A 0-d tensor has, as in PyTorch, an axis 0 (or -1)."""
    if type(axis) is int and -ndim <= axis < ndim:
        return axis if axis >= 0 else axis + ndim
    if isinstance(axis, bool):
        raise TypeError(f"{operation}: expected an axis, got {axis}")
    size = max(ndim, 1)
    number = whole(axis, operation)
    if not -size <= number < size:
        raise DimensionError(
            f"{operation}: axis {number} is out of range for a tensor of {ndim} dimensions; "
            f"expected a number from {-size} to {size - 1}"
        )
    return number % size


def whole(number: Any, operation: str) -> int:
    """An axis or a size, which has to be an integer of 64 bits: NumPy takes larger ones for
    something else, as for a size of 0."""
    if type(number) is int and _LEAST <= number <= _MOST:
        return number
    try:
        if isinstance(number, bool) or str(getattr(number, "dtype", "")) == "bool":
            raise TypeError("truth values are none, though Python counts them among them")
        integer: int = index(number)
    except TypeError:
        raise TypeError(
            f"{operation}: expected an integer, got {kind_of(number)} {number!r:.40}"
        ) from None
    if not _LEAST <= integer <= _MOST:
        raise too_large(operation, integer)
    return integer


def too_large(operation: str, number: int) -> RangeError:
    """The error for an integer of more than 64 bits."""
    return RangeError(f"{operation}: expected an integer from {_LEAST} to {_MOST}, got {number}")


def normalize_axes(axes: Axes, ndim: int, operation: str) -> Shape:
    """The axes to reduce, counted from the front: all of them for None or an empty tuple."""
    if axes is None:
        return tuple(range(ndim))
    if type(axes) is int and ndim:
        return (normalize_axis(axes, ndim, operation),)
    many = type(axes) is tuple or isinstance(axes, Iterable)
    wanted: tuple[Any, ...] = tuple(axes) if many else (axes,)  # type: ignore[arg-type]
    if not wanted:
        if not is_list(axes):
            raise TypeError(f"{operation}: expected axes, got {kind_of(axes)} {axes!r:.40}")
        return tuple(range(ndim))
    found = tuple([normalize_axis(axis, ndim, operation) for axis in wanted])
    if len(set(found)) != len(found):
        raise ShapeError(f"{operation}: axes {wanted} name one axis twice; name each once")
    return found if ndim else ()


def is_list(value: Any) -> bool:
    """Whether it is a sequence that may hold numbers: a text is one, too, and empty it holds no
    letter that would be refused."""
    # Python knows a tuple sooner than a sequence.
    return type(value) is tuple or (
        isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    )


def sizes_of(sizes: tuple[Any, ...], operation: str) -> Shape:
    """Sizes given as separate arguments, or as one sequence."""
    if len(sizes) == 1 and type(sizes[0]) is not int and is_list(sizes[0]):
        sizes = tuple(sizes[0])
    for size in sizes:
        if type(size) is not int:
            return tuple([whole(size, operation) for size in sizes])
    return sizes


def kept_shape(shape: Shape, axes: Shape) -> Shape:
    """`shape` with size 1 at each of `axes`: what a reduction leaves with keepdims."""
    return tuple([1 if axis in axes else size for axis, size in enumerate(shape)])


def broadcast_axes(small: Shape, large: Shape) -> Shape:
    """The axes of `large` along which a tensor of shape `small` was repeated."""
    lead = len(large) - len(small)
    return tuple(range(lead)) + tuple(
        lead + axis for axis, size in enumerate(small) if size == 1 and large[lead + axis] != 1
    )


def resolve_reshape(shape: Shape, wanted: Shape, operation: str) -> Shape:
    """`wanted` with its one -1 replaced by the size that keeps the number of elements."""
    size = math.prod(shape)
    known = math.prod(n for n in wanted if n != -1)
    if max(wanted, default=0) > _MOST:
        raise too_large(operation, max(wanted))
    if wanted.count(-1) > 1:
        raise ShapeError(f"{operation}: only one size of {wanted} can be -1 (inferred)")
    if any(n < -1 for n in wanted):
        raise ShapeError(f"{operation}: {wanted} has a negative size; only -1 means 'infer'")
    if -1 in wanted:
        if known == 0 or size % known:
            raise ShapeError(
                f"{operation}: cannot infer the -1 in {wanted} from shape {shape} "
                f"of {size} elements"
            )
        return tuple(size // known if n == -1 else n for n in wanted)
    if known != size:
        raise ShapeError(
            f"{operation}: shape {shape} has {size} elements, {wanted} has {known}; "
            "the numbers must be equal"
        )
    return wanted


def channel_axes(ndim: int) -> Shape:
    """Every axis but that of the channels, axis 1."""
    return (0, *range(2, ndim))


@cache
def channel_shape(ndim: int) -> Shape:
    """The shape in which one value a channel broadcasts against the input."""
    return (1, -1, *(1,) * (ndim - 2))
