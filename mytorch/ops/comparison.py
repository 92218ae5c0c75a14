"""Comparisons, logic on truth values and on bits, and tests of kind: none has a gradient."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import SCALARS, Array
from mytorch._kernels.constants import number
from mytorch._kernels.elementwise import FEW
from mytorch._kernels.reductions import reduced
from mytorch._shapes import Axes, normalize_axes
from mytorch._silence import silenced
from mytorch.errors import DtypeError
from mytorch.observe import noted, observed, tell
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import broadcast_error, data_of, operands, pair
from mytorch.tensor import Operand, Tensor, wrap

__all__ = [
    "all",
    "allclose",
    "any",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "eq",
    "equal",
    "ge",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "signbit",
]


def _compare(name: str, relation: Callable[..., Any], input: Operand, other: Operand) -> Tensor:
    """The truth of `relation` for each pair of elements."""
    if isinstance(other, SCALARS) and isinstance(input, Tensor):
        if isinstance(other, np.generic):
            other = other.item()
        # NumPy converts a number as `pair` does, but compares by value one that is too large.
        try:
            out = wrap(silenced().run(relation, input._data, other))
        except OverflowError:  # but not beside booleans
            out = wrap(relation(input._data.astype(np.int64), other))
        if observed:
            tell("computed", name, (input, other), out)
        return out
    a, b = pair(name, input, other)
    x, y = operands(name, a, b)
    return _elementwise(name, relation, a, b, x, y)


def _elementwise(
    name: str, function: Callable[..., Any], a: Tensor, b: Tensor, x: Array, y: Array
) -> Tensor:
    try:
        out = wrap(function(x, y))
    except ValueError:
        raise broadcast_error(name, a, b) from None
    if observed:
        tell("computed", name, (a, b), out)
    return out


def _logic(name: str, function: Callable[..., Any], a: Tensor, b: Tensor) -> Tensor:
    x, y = _truth(data_of(name, a)), _truth(data_of(name, b))
    return _elementwise(name, function, a, b, x, y)


def _truth(data: Array) -> Array:
    """What is not 0, in booleans, where that is sooner combined than the numbers."""
    return data if data.size < FEW or data.dtype.kind == "b" else data != number(0, data.dtype)


def _bits(name: str, function: Callable[..., Any], input: Operand, other: Operand) -> Tensor:
    a, b = pair(name, input, other)
    x, y = operands(name, a, b)
    _require_bits(name, x)
    return _elementwise(name, function, a, b, x, y)


def _require_bits(name: str, data: Array) -> Array:
    if data.dtype.kind == "f":
        raise DtypeError(
            f"{name}: expected integers or booleans, got {data.dtype}; for the truth of numbers "
            "use logical_and and its kin"
        )
    return data


def eq(input: Operand, other: Operand) -> Tensor:
    """input == other, elementwise with broadcasting.

    >>> eq(Tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return _compare("eq", np.equal, input, other)


def ne(input: Operand, other: Operand) -> Tensor:
    """input != other, elementwise with broadcasting.

    >>> ne(Tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return _compare("ne", np.not_equal, input, other)


def lt(input: Operand, other: Operand) -> Tensor:
    """input < other, elementwise with broadcasting.

    >>> lt(Tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return _compare("lt", np.less, input, other)


def le(input: Operand, other: Operand) -> Tensor:
    """input <= other, elementwise with broadcasting.

    >>> le(Tensor([1.0, 2.0]), 2)
    tensor([ True,  True])
    """
    return _compare("le", np.less_equal, input, other)


def gt(input: Operand, other: Operand) -> Tensor:
    """input > other, elementwise with broadcasting.

    >>> gt(Tensor([1.0, 2.0]), 2)
    tensor([False, False])
    """
    return _compare("gt", np.greater, input, other)


def ge(input: Operand, other: Operand) -> Tensor:
    """input >= other, elementwise with broadcasting.

    >>> ge(Tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return _compare("ge", np.greater_equal, input, other)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Whether both elements are true, which all but 0 is, with broadcasting.

    >>> logical_and(Tensor([0.0, 2.0]), Tensor([True, True]))
    tensor([False,  True])
    """
    return _logic("logical_and", np.logical_and, input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Whether one of the elements is true, which all but 0 is, with broadcasting.

    >>> logical_or(Tensor([0.0, 2.0]), Tensor([False, True]))
    tensor([False,  True])
    """
    return _logic("logical_or", np.logical_or, input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Whether just one of the elements is true, which all but 0 is, with broadcasting.

    >>> logical_xor(Tensor([0.0, 2.0]), Tensor([True, True]))
    tensor([ True, False])
    """
    return _logic("logical_xor", np.logical_xor, input, other)


def logical_not(input: Tensor) -> Tensor:
    """Whether the element is 0.

    >>> logical_not(Tensor([0.0, 2.0]))
    tensor([ True, False])
    """
    out = wrap(np.logical_not(_truth(data_of("logical_not", input))))
    return noted("logical_not", (input,), out)


def bitwise_and(input: Operand, other: Operand) -> Tensor:
    """input & other for integers, bit by bit, and booleans. Raises DtypeError for floats.

    >>> bitwise_and(Tensor([5, 6]), 3)
    tensor([1, 2])
    """
    return _bits("bitwise_and", np.bitwise_and, input, other)


def bitwise_or(input: Operand, other: Operand) -> Tensor:
    """input | other for integers, bit by bit, and booleans. Raises DtypeError for floats.

    >>> bitwise_or(Tensor([5, 6]), 3)
    tensor([7, 7])
    """
    return _bits("bitwise_or", np.bitwise_or, input, other)


def bitwise_xor(input: Operand, other: Operand) -> Tensor:
    """input ^ other for integers, bit by bit, and booleans. Raises DtypeError for floats.

    >>> bitwise_xor(Tensor([5, 6]), 3)
    tensor([6, 5])
    """
    return _bits("bitwise_xor", np.bitwise_xor, input, other)


def bitwise_not(input: Tensor) -> Tensor:
    """~input for integers, bit by bit, and booleans. Raises DtypeError for floats.

    >>> bitwise_not(Tensor([True, False]))
    tensor([False,  True])
    """
    out = wrap(np.bitwise_not(_require_bits("bitwise_not", data_of("bitwise_not", input))))
    return noted("bitwise_not", (input,), out)


def isnan(input: Tensor) -> Tensor:
    """Whether the element is NaN.

    >>> isnan(Tensor([1.0, np.nan, np.inf]))
    tensor([False,  True, False])
    """
    return noted("isnan", (input,), wrap(np.isnan(data_of("isnan", input))))


def isinf(input: Tensor) -> Tensor:
    """Whether the element is infinite, of either sign.

    >>> isinf(Tensor([1.0, np.nan, -np.inf]))
    tensor([False, False,  True])
    """
    return noted("isinf", (input,), wrap(np.isinf(data_of("isinf", input))))


def isfinite(input: Tensor) -> Tensor:
    """Whether the element is neither infinite nor NaN.

    >>> isfinite(Tensor([1.0, np.nan, np.inf]))
    tensor([ True, False, False])
    """
    return noted("isfinite", (input,), wrap(np.isfinite(data_of("isfinite", input))))


def isposinf(input: Tensor) -> Tensor:
    """Whether the element is infinite, above 0.

    >>> isposinf(Tensor([1.0, np.inf, -np.inf]))
    tensor([False,  True, False])
    """
    return eq(input, inf)


def isneginf(input: Tensor) -> Tensor:
    """Whether the element is infinite, below 0.

    >>> isneginf(Tensor([1.0, np.inf, -np.inf]))
    tensor([False, False,  True])
    """
    return eq(input, -inf)


def isreal(input: Tensor) -> Tensor:
    """Whether the element is real, which all are.

    >>> isreal(Tensor([1.0, np.nan]))
    tensor([ True,  True])
    """
    return noted("isreal", (input,), wrap(np.ones_like(data_of("isreal", input), bool)))


def signbit(input: Tensor) -> Tensor:
    """Whether the element is below 0, or -0.0.

    >>> signbit(Tensor([1.0, -0.0, -2.0]))
    tensor([False,  True,  True])
    """
    data = data_of("signbit", input)
    negative = np.signbit(data) if data.dtype.kind == "f" else data < np.zeros((), data.dtype)
    return noted("signbit", (input,), wrap(negative))


@numpy_names
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, elementwise with broadcasting.

    Infinities are close if they are equal, NaNs with `equal_nan`. Raises DtypeError if the dtypes
    differ, RuntimeError for a negative tolerance.

    >>> isclose(Tensor([1.0, 2.0]), Tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    x, y = data_of("isclose", input), data_of("isclose", other)
    if x.dtype != y.dtype:
        raise DtypeError(
            f"isclose: expected equal dtypes, got {x.dtype} and {y.dtype}; convert one tensor"
        )
    flag("isclose", "equal_nan", equal_nan)
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(
            f"isclose: expected tolerances of 0 or more, got rtol={rtol}, atol={atol}"
        )

    def close(x: Array, y: Array) -> Any:
        if x.dtype.kind != "f" and not (rtol or atol):
            return np.equal(x, y)  # NumPy's would round large integers to floats
        return np.isclose(x, y, rtol, atol, equal_nan)

    return _elementwise("isclose", lambda x, y: silenced().run(close, x, y), input, other, x, y)


@numpy_names
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close; see `isclose`.

    >>> allclose(Tensor([1.0, 2.0]), Tensor([1.000001, 2.000001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._data.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether the shapes are equal and so are all elements, whatever the dtypes.

    >>> equal(Tensor([1.0, 2.0]), Tensor([1, 2]))
    True
    """
    x, y = data_of("equal", input), data_of("equal", other)
    return x.shape == y.shape and bool((x == y).all())


@numpy_names
def all(input: Tensor, dim: Axes = None, keepdim: bool = False) -> Tensor:
    """Whether all elements over `dim` are true, which all but 0 is; every axis for None, no axis
    for ().

    The result of uint8 is uint8, as in PyTorch.

    >>> all(Tensor([[True, False], [True, True]]), 1)
    tensor([False,  True])
    """
    return _quantify("all", np.logical_and, input, dim, keepdim)


@numpy_names
def any(input: Tensor, dim: Axes = None, keepdim: bool = False) -> Tensor:
    """Whether any element over `dim` is true, which all but 0 is; every axis for None, no axis
    for ().

    The result of uint8 is uint8, as in PyTorch.

    >>> any(Tensor([[True, False], [False, False]]), 1)
    tensor([ True, False])
    """
    return _quantify("any", np.logical_or, input, dim, keepdim)


def _quantify(name: str, function: np.ufunc, input: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    data = data_of(name, input)
    axes = () if dim == () else normalize_axes(dim, data.ndim, name)
    truth = reduced(function, data, axes, keepdim, bool)
    out = wrap(np.asarray(truth, data.dtype) if data.dtype == np.uint8 else truth)
    return noted(name, (input, axes, keepdim), out)
