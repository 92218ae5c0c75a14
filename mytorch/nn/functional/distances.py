"""Normalising vectors, their distance, and the cosine of the angle between them."""

from __future__ import annotations

import numpy as np

from mytorch._shapes import Axes, normalize_axis
from mytorch.grad_mode import no_grad
from mytorch.observe import noted
from mytorch.ops import expand, where
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import broadcast_error, operands, require_floating
from mytorch.ops.norms import Norm
from mytorch.tensor import Tensor, wrap

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


@numpy_names
def normalize(input: Tensor, p: float = 2.0, dim: Axes = 1, eps: float = 1e-12) -> Tensor:
    """input / max(||input||_p, eps), the norm being that along `dim`: vectors of length 1.

    Raises DtypeError unless floating, DimensionError for an axis that does not exist.

    >>> normalize(Tensor([[3.0, 4.0]]))
    tensor([[0.6, 0.8]])
    """
    require_floating("normalize", input)
    length = Norm.apply(input, p, dim, True)
    short = noted("lt", (length, eps), length.data < eps)
    return input / where(short, eps, length)


@numpy_names
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The sum along `dim` of x1 / max(||x1||, eps) * x2 / max(||x2||, eps), with broadcasting.

    As in PyTorch the gradient does not see the maximum: it is that of the norm, 0 at 0.

    Raises DtypeError unless the common dtype is floating, ShapeError for shapes that do not
    broadcast, DimensionError for an axis that does not exist, RuntimeError for a negative eps.

    >>> cosine_similarity(Tensor([[1.0, 0.0]]), Tensor([[1.0, 1.0]]))
    tensor([0.70710678])
    """
    a, b = operands("cosine_similarity", x1, x2)
    require_floating("cosine_similarity", wrap(a))
    if eps < 0:
        raise RuntimeError(f"cosine_similarity: eps must not be negative, got {eps}")
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise broadcast_error("cosine_similarity", x1, x2) from None
    axis = normalize_axis(dim, len(shape), "cosine_similarity")
    first, second = (_unit(expand(x.to(a.dtype), *shape), axis, eps) for x in (x1, x2))
    return (first * second).sum(axis)


def _unit(x: Tensor, axis: int, eps: float) -> Tensor:
    """x / max(||x||, eps), whose gradient does not see the maximum."""
    length = Norm.apply(x, 2, axis, True).clone()
    with no_grad():
        largest = np.maximum(length.data, eps)
        length.copy_(noted("Clamp", (length, np.array(eps), None), largest))
    return x / length


@numpy_names
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """||x1 - x2 + eps||_p along the last axis, with broadcasting. Raises DtypeError unless the
    common dtype is floating.

    >>> pairwise_distance(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    return Norm.apply(x1 - x2 + eps, p, -1, keepdim)
