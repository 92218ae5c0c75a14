"""Sums of products beside `matmul`: added to a tensor, over chosen axes, and of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import normalize_axis, sizes_of, whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import broadcast_error, data_of, operands
from mytorch.ops.binary import AddCMul
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.creation import ones_like
from mytorch.ops.joining import cat
from mytorch.ops.linalg import dot, outer, product_of, weighted
from mytorch.tensor import Tensor, wrap

__all__ = [
    "addbmm",
    "addmv",
    "addr",
    "baddbmm",
    "cross",
    "inner",
    "kron",
    "tensordot",
    "vander",
    "vdot",
]


@explained
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec), as `addmm`.

    >>> addmv(Tensor([1.0]), Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([12.])
    """
    return weighted(input, product_of("addmv", mat, vec, 2, 1), beta, alpha)


@explained
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2), as `addmm`.

    Raises DtypeError for fractional factors of integers.

    >>> addr(Tensor([1.0]), Tensor([1.0, 2.0]), Tensor([3.0]))
    tensor([[4.],
            [7.]])
    """
    dtype = operands("addr", vec1, vec2)[0].dtype
    if dtype.kind != "f" and not {type(beta), type(alpha)} <= {int, bool}:
        raise DtypeError(f"addr: expected whole factors for the dtype {dtype}")
    if dtype.kind == "f" and beta == 1 and vec1.ndim == 1 == vec2.ndim:
        shape = (*vec1.shape, *vec2.shape)
        whole = input if input.shape == shape else input.expand(shape)
        return AddCMul.apply(whole, vec1.unsqueeze(1), vec2, alpha)
    return weighted(input, outer(vec1, vec2), beta, alpha)


@explained
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2), as `addmm`.

    >>> baddbmm(Tensor([1.0]), Tensor.ones(2, 3, 4), Tensor.ones(2, 4, 5)).shape
    (2, 3, 5)
    """
    return weighted(input, _stacked("baddbmm", batch1, batch2), beta, alpha)


@explained
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * the sum of bmm(batch1, batch2) over the stack, as `addmm`.

    >>> addbmm(Tensor([1.0]), Tensor.ones(2, 1, 4), Tensor.ones(2, 4, 1))
    tensor([[9.]])
    """
    products = _stacked("addbmm", batch1, batch2)
    return weighted(input, products.sum(0, dtype=products.dtype), beta, alpha)


def _stacked(name: str, a: Tensor, b: Tensor) -> Tensor:
    if data_of(name, a).shape[:1] != data_of(name, b).shape[:1]:
        raise ShapeError(
            f"{name}: expected as many matrices on both sides, got {a.shape} and {b.shape}"
        )
    return product_of(name, a, b, 3, 3)


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """`dot`: complex numbers, for which PyTorch has the name, there are none.

    >>> vdot(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor(11.)
    """
    return dot(input, other)


def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products along the last axis of both, which has one size; a number scales.

    Raises ShapeError for unequal sizes.

    >>> inner(Tensor([[1.0, 2.0], [0.0, 1.0]]), Tensor([3.0, 4.0]))
    tensor([11.,  4.])
    """
    first, second = data_of("inner", input).ndim, data_of("inner", other).ndim
    if not first or not second:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(
            f"inner: expected one size of the last axes, got shapes {input.shape} and {other.shape}"
        )
    return tensordot(input, other, ([-1], [-1]))


@explained
def tensordot(input: Tensor, other: Tensor, dims: Any = 2) -> Tensor:
    """The sums of products over pairs of axes: the last `dims` axes of input with the first of
    other, or the axes in a pair of lists. The result has the other axes, those of input first.

    Raises ShapeError for axes that are not equally many or not of one size.

    >>> tensordot(Tensor.ones(2, 3, 4), Tensor.ones(4, 3, 5), ([1, 2], [1, 0])).shape
    (2, 5)
    """
    shape_a, shape_b = data_of("tensordot", input).shape, data_of("tensordot", other).shape
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(len(shape_a), len(shape_b)):
            raise ShapeError(
                f"tensordot: expected a number of axes that both have, got {dims} for shapes "
                f"{shape_a} and {shape_b}"
            )
        dims = [*range(len(shape_a) - dims, len(shape_a))], [*range(dims)]
    first, second = (sizes_of((axes,), "tensordot") for axes in dims)
    axes_a = [normalize_axis(axis, len(shape_a), "tensordot") for axis in first]
    axes_b = [normalize_axis(axis, len(shape_b), "tensordot") for axis in second]
    sizes = [shape_a[axis] for axis in axes_a], [shape_b[axis] for axis in axes_b]
    twice = len(set(axes_a)) < len(axes_a) or len(set(axes_b)) < len(axes_b)
    if twice or not _fit(*sizes):
        raise ShapeError(
            f"tensordot: expected as many axes of the same sizes (or 1), each once, got axes "
            f"{first} of shape {shape_a} and {second} of shape {shape_b}"
        )
    # An axis of size 1 beside a larger one is repeated, which sums the other.
    for axis_a, axis_b in zip(axes_a, axes_b, strict=True):
        if shape_a[axis_a] != shape_b[axis_b]:
            if shape_a[axis_a] == 1:
                other = other.sum(axis_b, keepdim=True)
            else:
                input = input.sum(axis_a, keepdim=True)
    rest_a = [axis for axis in range(len(shape_a)) if axis not in axes_a]
    rest_b = [axis for axis in range(len(shape_b)) if axis not in axes_b]
    inner_size = prod(input.shape[axis] for axis in axes_a)
    rows = tuple(shape_a[axis] for axis in rest_a)
    columns = tuple(shape_b[axis] for axis in rest_b)
    left = input.permute(*rest_a, *axes_a).reshape(prod(rows), inner_size)
    right = other.permute(*axes_b, *rest_b).reshape(inner_size, prod(columns))
    return product_of("tensordot", left, right, 2, 2).reshape(*rows, *columns)


def _fit(sizes_a: Sequence[int], sizes_b: Sequence[int]) -> bool:
    return len(sizes_a) == len(sizes_b) and all(
        a == b or 1 in (a, b) for a, b in zip(sizes_a, sizes_b, strict=True)
    )


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker's product: each element of input in the place of a block, times other.

    >>> kron(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor([3., 4., 6., 8.])
    """
    ndim = max(data_of("kron", input).ndim, data_of("kron", other).ndim)
    blocks, inside = ((1,) * (ndim - x.ndim) + x.shape for x in (input, other))
    outer_shape = [size for pair in zip(blocks, (1,) * ndim, strict=True) for size in pair]
    inner_shape = [size for pair in zip((1,) * ndim, inside, strict=True) for size in pair]
    product = input.reshape(outer_shape) * other.reshape(inner_shape)
    return product.reshape([a * b for a, b in zip(blocks, inside, strict=True)])


class Cross(Function):
    """The vector products of the vectors along an axis, counted from the last one."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, axis: int) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.axis = axis
        return wrap(silenced().run(_crossed, *operands("cross", a, b), axis))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        a, b = ctx.saved_tensors
        of_a = Cross.apply(b, grad_output, ctx.axis)
        of_b = Cross.apply(grad_output, a, ctx.axis)
        return unbroadcast(of_a, a.shape), unbroadcast(of_b, b.shape), None


@kernel
def _crossed(x: Array, y: Array, axis: int) -> Array:
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    into, x, y = (np.moveaxis(array, axis, 0) for array in (out, x, y))
    for place in range(3):
        after, last = place - 2, place - 1
        into[place] = x[after] * y[last] - x[last] * y[after]
    return out


@numpy_names
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector products of the vectors of three along an axis (None: the first of that size),
    with broadcasting.

    Raises ShapeError if that axis is not of size 3.

    >>> cross(Tensor([1.0, 0.0, 0.0]), Tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    x, y = data_of("cross", input), data_of("cross", other)
    if x.ndim != y.ndim:
        raise ShapeError(f"cross: expected as many axes, got shapes {x.shape} and {y.shape}")
    if x.dtype.kind == "b" and y.dtype.kind == "b":
        raise DtypeError("cross: expected numbers, got booleans; convert them with x.to(int)")
    try:
        shape = np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise broadcast_error("cross", x, y) from None
    if dim is None and 3 not in shape:
        raise ShapeError(f"cross: expected an axis of size 3, got shapes {x.shape} and {y.shape}")
    axis = shape.index(3) if dim is None else normalize_axis(dim, len(shape), "cross")
    if not shape or x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ShapeError(
            f"cross: expected size 3 in axis {dim}, got shapes {x.shape} and {y.shape}"
        )
    return Cross.apply(input, other, axis - len(shape))


@numpy_names
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803
    """The powers of each number of a vector, N of them (by default as many as there are numbers),
    from x ** (N - 1) down to 1, or `increasing`.

    Raises ShapeError unless it is a vector, RangeError for a negative N.

    >>> vander(Tensor([2.0, 3.0]), 3)
    tensor([[4., 2., 1.],
            [9., 3., 1.]])
    """
    if data_of("vander", x).ndim != 1:
        raise ShapeError(f"vander: expected a vector, got shape {x.shape}")
    count = len(x) if N is None else whole(N, "vander")
    if count < 0:
        raise RangeError(f"vander: expected N to be at least 0, got {count}")
    row = x if x.dtype.kind == "f" else x.to(np.int64)
    powers = ones_like(row).reshape(1, -1)
    if count > 1:
        powers = cat([powers, row.expand(count - 1, len(x)).cumprod(0)])
    powers = powers[:count]
    # A flip is a contiguous copy, too.
    return powers.mT.contiguous() if increasing else powers.mT.flip(1)
