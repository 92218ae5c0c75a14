"""The same elements in another arrangement: views, where NumPy can make them without a copy."""

from typing import Any

import numpy as np

from mytorch._shapes import Shape, normalize_axes, normalize_axis, resolve_reshape, sizes_of
from mytorch.autograd_engine import Function
from mytorch.errors import ShapeError
from mytorch.graph import ContextManager
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, view, wrap

__all__ = ["permute", "reshape", "t", "transpose"]


class Reshape(Function):
    """The elements, in C order, in another shape; one size may be -1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, shape: Shape) -> Tensor:
        data = data_of("reshape", a)
        ctx.shapes = data.shape
        out = data.reshape(resolve_reshape(data.shape, shape, "reshape"))
        # Only of contiguous elements it is certain that NumPy did not have to copy.
        if data.flags.c_contiguous or np.may_share_memory(data, out):
            return view(out, Reshape, a, shape)
        return wrap(out)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output.reshape(*ctx.shapes), None


class Transpose(Function):
    """The axes in the order `axes`; reversed if none is given."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, axes: Shape | None = None) -> Tensor:
        data = data_of("transpose", a)
        if axes is not None:
            ctx.axes = axes = _permutation(axes, data.ndim)
        return view(data.transpose(axes), Transpose, a, axes)

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


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements, in C order, in another shape; one size may be -1, which is inferred.

    Raises ShapeError if the numbers of elements differ.

    >>> reshape(Tensor([1.0, 2.0, 3.0, 4.0]), 2, -1)
    tensor([[1., 2.],
            [3., 4.]])
    """
    return Reshape.apply(input, sizes_of(shape))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The axes in the order `dims`.

    >>> permute(Tensor.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    return Transpose.apply(input, sizes_of(dims))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged (PyTorch's meaning of the name; NumPy's is `permute`).

    >>> transpose(Tensor.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    ndim = data_of("transpose", input).ndim
    first = normalize_axis(dim0, ndim, "transpose")
    second = normalize_axis(dim1, ndim, "transpose")
    order = list(range(ndim))
    if order:
        order[first], order[second] = second, first
    return Transpose.apply(input, tuple(order))


def t(input: Tensor) -> Tensor:
    """A matrix transposed (a vector or number as it is). Raises ShapeError for more axes.

    >>> t(Tensor([[1.0, 2.0]])).shape
    (2, 1)
    """
    shape = data_of("t", input).shape
    if len(shape) > 2:
        raise ShapeError(f"t: expected at most 2 dimensions, got shape {shape}; see permute")
    return Transpose.apply(input)
