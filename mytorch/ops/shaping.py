"""The same elements in another arrangement: reshape, transpose, cat."""

from typing import Any

import numpy as np

from mytorch._dtypes import Array, result_type
from mytorch._shapes import Shape, normalize_axes, normalize_axis, resolve_reshape
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.tensor import Tensor, wrap

__all__ = ["Cat", "Reshape", "Transpose", "swap_axes"]


class Reshape(Function):
    """The elements, in C order, in another shape; one size may be -1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        ctx.shapes = a.shape
        return wrap(a.data.reshape(resolve_reshape(a.shape, tuple(shape), "reshape")))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output.reshape(*ctx.shapes), None


class Transpose(Function):
    """The axes in the order `axes`; reversed if none is given."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axes: Shape | None = None) -> Tensor:
        if axes is not None:
            ctx.axes = axes = _permutation(tuple(axes), a.ndim)
        return wrap(a.data.transpose(axes))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Any:
        axes = getattr(ctx, "axes", None)
        if axes is None:
            return grad_output.T
        return grad_output.permute(*np.argsort(axes).tolist()), None


def _permutation(axes: Shape, ndim: int) -> Shape:
    order = normalize_axes(axes, ndim, "permute") if axes else ()
    if len(order) != ndim:
        raise ShapeError(f"permute: {ndim} axes need an order of {ndim}, got {axes}")
    return order


def swap_axes(a: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged."""
    first = normalize_axis(dim0, a.ndim, "transpose")
    second = normalize_axis(dim1, a.ndim, "transpose")
    order = list(range(a.ndim))
    if order:
        order[first], order[second] = second, first
    return Transpose.apply(a, tuple(order))


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
