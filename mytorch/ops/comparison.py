"""Comparisons: boolean results without a gradient."""

from collections.abc import Callable
from typing import Any

from mytorch.ops._operands import broadcast_error, operands
from mytorch.tensor import Tensor, wrap

__all__ = ["compare"]


def compare(relation: Callable[..., Any], a: Tensor, b: Tensor) -> Tensor:
    """The truth of `relation` (a NumPy comparison) for each pair of elements."""
    try:
        return wrap(relation(*operands(relation.__name__, a, b)))
    except ValueError:
        raise broadcast_error(relation.__name__, a, b) from None
