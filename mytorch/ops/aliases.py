"""The second names that PyTorch has for an operation, most of them NumPy's."""

from __future__ import annotations

from collections.abc import Sequence

from mytorch._dtypes import Scalar
from mytorch.ops._arguments import numpy_names
from mytorch.ops.arithmetic import div, mul, neg, sub
from mytorch.ops.comparison import ge, gt, le, lt, ne
from mytorch.ops.elementwise import abs, trunc
from mytorch.ops.joining import cat
from mytorch.ops.linalg import outer
from mytorch.ops.shaping import transpose
from mytorch.ops.trigonometry import acos, acosh, asin, asinh, atan, atan2, atanh
from mytorch.tensor import Operand, Tensor

__all__ = [
    "absolute",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "concat",
    "concatenate",
    "divide",
    "fix",
    "ger",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "multiply",
    "negative",
    "not_equal",
    "subtract",
    "swapdims",
    "true_divide",
]


def absolute(input: Tensor) -> Tensor:
    """`abs`.

    >>> absolute(Tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """
    return abs(input)


def arccos(input: Tensor) -> Tensor:
    """`acos`.

    >>> arccos(Tensor([1.0]))
    tensor([0.])
    """
    return acos(input)


def arccosh(input: Tensor) -> Tensor:
    """`acosh`.

    >>> arccosh(Tensor([1.0]))
    tensor([0.])
    """
    return acosh(input)


def arcsin(input: Tensor) -> Tensor:
    """`asin`.

    >>> arcsin(Tensor([1.0]))
    tensor([1.57079633])
    """
    return asin(input)


def arcsinh(input: Tensor) -> Tensor:
    """`asinh`.

    >>> arcsinh(Tensor([1.0]))
    tensor([0.88137359])
    """
    return asinh(input)


def arctan(input: Tensor) -> Tensor:
    """`atan`.

    >>> arctan(Tensor([1.0]))
    tensor([0.78539816])
    """
    return atan(input)


def arctan2(input: Tensor, other: Tensor) -> Tensor:
    """`atan2`.

    >>> arctan2(Tensor([0.0]), Tensor([1.0]))
    tensor([0.])
    """
    return atan2(input, other)


def arctanh(input: Tensor) -> Tensor:
    """`atanh`.

    >>> arctanh(Tensor([0.0]))
    tensor([0.])
    """
    return atanh(input)


@numpy_names
def concat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """`cat`.

    >>> concat([Tensor([1.0]), Tensor([2.0])])
    tensor([1., 2.])
    """
    return cat(tensors, dim)


@numpy_names
def concatenate(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """`cat`.

    >>> concatenate([Tensor([1.0]), Tensor([2.0])])
    tensor([1., 2.])
    """
    return cat(tensors, dim)


def divide(input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """`div`.

    >>> divide(Tensor([1.0, 2.0]), Tensor([2.0, 4.0]))
    tensor([0.5, 0.5])
    """
    return div(input, other, rounding_mode=rounding_mode)


def fix(input: Tensor) -> Tensor:
    """`trunc`.

    >>> fix(Tensor([-1.5, 2.5]))
    tensor([-1.,  2.])
    """
    return trunc(input)


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """`outer`.

    >>> ger(Tensor([1.0]), Tensor([2.0, 3.0]))
    tensor([[2., 3.]])
    """
    return outer(input, vec2)


def greater(input: Operand, other: Operand) -> Tensor:
    """`gt`.

    >>> greater(Tensor([1.0, 2.0]), Tensor([2.0, 2.0]))
    tensor([False, False])
    """
    return gt(input, other)


def greater_equal(input: Operand, other: Operand) -> Tensor:
    """`ge`.

    >>> greater_equal(Tensor([1.0, 2.0]), Tensor([2.0, 2.0]))
    tensor([False,  True])
    """
    return ge(input, other)


def less(input: Operand, other: Operand) -> Tensor:
    """`lt`.

    >>> less(Tensor([1.0, 2.0]), Tensor([2.0, 2.0]))
    tensor([ True, False])
    """
    return lt(input, other)


def less_equal(input: Operand, other: Operand) -> Tensor:
    """`le`.

    >>> less_equal(Tensor([1.0, 2.0]), Tensor([2.0, 2.0]))
    tensor([ True,  True])
    """
    return le(input, other)


def multiply(input: Operand, other: Operand) -> Tensor:
    """`mul`.

    >>> multiply(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor([3., 8.])
    """
    return mul(input, other)


def negative(input: Tensor) -> Tensor:
    """`neg`.

    >>> negative(Tensor([-1.0, 2.0]))
    tensor([ 1., -2.])
    """
    return neg(input)


def not_equal(input: Operand, other: Operand) -> Tensor:
    """`ne`.

    >>> not_equal(Tensor([1.0, 2.0]), Tensor([2.0, 2.0]))
    tensor([ True, False])
    """
    return ne(input, other)


def subtract(input: Operand, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """`sub`.

    >>> subtract(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor([-2., -2.])
    """
    return sub(input, other, alpha=alpha)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """`transpose`.

    >>> swapdims(Tensor.zeros(2, 3, 4), 0, 2).shape
    (4, 3, 2)
    """
    return transpose(input, dim0, dim1)


def true_divide(input: Operand, other: Operand) -> Tensor:
    """`div` that does not round.

    >>> true_divide(Tensor([1.0, 2.0]), Tensor([2.0, 4.0]))
    tensor([0.5, 0.5])
    """
    return div(input, other)
