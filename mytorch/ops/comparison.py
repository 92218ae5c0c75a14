"""Comparisons: boolean results without a gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch.ops._operands import broadcast_error, operands, pair
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["eq", "ge", "gt", "le", "lt", "ne"]


def _compare(name: str, relation: Callable[..., Any], input: Operand, other: Operand) -> Tensor:
    """The truth of `relation` for each pair of elements."""
    a, b = pair(name, input, other)
    x, y = operands(name, a, b)
    try:
        return wrap(relation(x, y))
    except ValueError:
        raise broadcast_error(name, a, b) from None


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
