"""Distances between tensors and between their rows, and rows held within a length."""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels import distances as kernels
from mytorch._shapes import normalize_axis
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import RangeError, ShapeError
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import broadcast_error, require_floating
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.norms import norm
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = ["cdist", "dist", "pdist", "renorm"]


class Cdist(Function):
    """|x[i] - y[j]| (..., n, m) for rows x (..., n, d) and y (..., m, d). Its slope is 0 for rows
    that are equal."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, x: Tensor, y: Tensor) -> Tensor:
        out = wrap(kernels.lengths(x._data, y._data))
        ctx.save_for_backward(x, y, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        x, y, out = ctx.saved_tensors
        zero = out.data == 0
        directions = (x.unsqueeze(-2) - y.unsqueeze(-3)) / where(zero, 1.0, out).unsqueeze(-1)
        slopes = directions * where(zero, 0.0, grad_output).unsqueeze(-1)
        return unbroadcast(slopes.sum(-2), x.shape), unbroadcast(-slopes.sum(-3), y.shape)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array, Array]:
        x, y, out = (ctx.saved_array(place) for place in range(3))
        grad_x, grad_y = kernels.slopes(x, y, out, gradient)
        return unbroadcast_array(grad_x, x.shape), unbroadcast_array(grad_y, y.shape)


@explained
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The p-norm distances of each row of x1 from each row of x2: (..., n, d) and (..., m, d) give
    (..., n, m); the axes in front are broadcast.

    Whatever `compute_mode` is, rows that are near each other lose no digits. For p = inf equal
    largest differences share the gradient; in PyTorch each has all of it. Raises ShapeError for
    less than two axes or rows of other lengths.

    >>> cdist(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    x, y = require_floating("cdist", x1), require_floating("cdist", x2)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ShapeError(f"cdist: expected rows of one length, got shapes {x.shape} and {y.shape}")
    if not p >= 0:
        raise RangeError(f"cdist: expected p of at least 0, got {p}")
    try:
        np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        raise broadcast_error("cdist", x1, x2) from None
    if p == 2 and x.dtype == y.dtype and x.itemsize <= 8:  # more than double has no kernel
        return Cdist.apply(x1, x2)
    return _lengths(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@explained
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other, with broadcasting.

    >>> dist(Tensor([1.0, 2.0]), Tensor([4.0, 6.0]))
    tensor(5.)
    """
    return norm((input - other).reshape(-1), p, 0)


@numpy_names
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """The parts along an axis, each scaled down to the p-norm `maxnorm` if it is longer.

    Raises RangeError for p that is not positive or a negative norm.

    >>> renorm(Tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.59999999, 0.79999998],
            [0.3       , 0.4       ]])
    """
    ndim = require_floating("renorm", input).ndim
    if not p > 0 or not maxnorm >= 0:
        raise RangeError(f"renorm: expected p > 0 and a norm of at least 0, got {p} and {maxnorm}")
    if ndim < 2:
        raise ShapeError(f"renorm: expected at least 2 axes, got shape {input.shape}")
    axis = normalize_axis(dim, ndim, "renorm")
    others = tuple(other for other in range(ndim) if other != axis)
    longer = norm(input.detach(), p, others, keepdim=True) > maxnorm
    # What is not scaled has no part in a gradient, be it NaN.
    rows = where(longer, input, 0.0)
    factors = maxnorm / (norm(rows, p, others, keepdim=True) + 1e-7)
    return input * where(longer, factors, 1.0)


@explained
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm distances of the rows of a matrix from each other: of (0, 1), (0, 2), ..., (1, 2),
    and so on, a vector.

    Gradients are as in `cdist`. Raises ShapeError unless it is a matrix, DtypeError unless it is
    floating, RangeError for a negative p.

    >>> pdist(Tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(decimals=3)
    tensor([5.   , 1.   , 4.243])
    """
    if require_floating("pdist", input).ndim != 2:
        raise ShapeError(f"pdist: expected a matrix, got shape {input.shape}")
    if not p >= 0:
        raise RangeError(f"pdist: expected p of at least 0, got {p}")
    first, second = np.triu_indices(len(input), 1)
    return _lengths(input[first] - input[second], p)


def _lengths(rows: Tensor, p: float) -> Tensor:
    """The p-norm along the last axis: 0 of no numbers, also where these have no largest."""
    return norm(rows, p if rows.shape[-1] else 2, -1)
