"""Joining tensors and taking them apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mytorch._dtypes import Array, result_type
from mytorch._shapes import normalize_axis
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import numpy_names
from mytorch.tensor import Tensor, wrap

__all__ = ["cat"]


class Cat(Function):
    """Tensors joined along an axis: `Cat.apply(first, second, ..., dim)`."""

    @staticmethod
    def forward(ctx: ContextManager, *tensors_and_dim: Any) -> Tensor:
        *tensors, dim = tensors_and_dim
        if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise TypeError(
                "cat: expected a non-empty sequence of Tensors, got "
                f"[{', '.join(type(tensor).__name__ for tensor in tensors)}]"
            )
        shapes = [tensor.shape for tensor in tensors]
        if not all(shapes):
            raise ShapeError(f"cat: a 0-d tensor has no axis to join along, got shapes {shapes}")
        ctx.dim = dim = normalize_axis(dim, len(shapes[0]), "cat")
        ctx.shapes = shapes
        arrays = [tensor.data for tensor in tensors]
        try:
            return wrap(np.concatenate(arrays, dim, dtype=_common_dtype(arrays)))
        except ValueError:
            raise ShapeError(
                f"cat: shapes {shapes} must be equal in every axis but axis {dim}"
            ) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        before = (slice(None),) * ctx.dim
        parts = []
        start = 0
        for shape in ctx.shapes:
            stop = start + shape[ctx.dim]
            parts.append(grad_output[(*before, slice(start, stop))])
            start = stop
        return (*parts, None)


def _common_dtype(arrays: list[Array]) -> np.dtype[Any]:
    """The dtype in which all arrays meet, pair by pair."""
    first, *others = arrays
    for other in others:
        first = np.empty(first.shape, result_type(first, other))
    return first.dtype


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Joins tensors along an axis they all have; the other sizes must be equal.

    Raises ShapeError for shapes that do not fit, TypeError for an empty sequence.

    >>> cat([Tensor([1.0]), Tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    return Cat.apply(*tensors, dim)
