"""Norms and condition numbers, by PyTorch's names in `torch.linalg`."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from mytorch._shapes import Axes, normalize_axes
from mytorch.dtypes import DTypeLike
from mytorch.errors import RangeError, ShapeError
from mytorch.ops import amax, amin, to, where
from mytorch.ops import norm as p_norm
from mytorch.ops import sum as sum_up
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.decompositions import singular_values
from mytorch.ops.norms import spectral_norm
from mytorch.ops.systems import inverted
from mytorch.tensor import Tensor, wrap

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


@numpy_names
def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """sum(|x| ** ord) ** (1 / ord) over `dim` (all axes for None), as `mytorch.norm`.

    Raises DtypeError unless floating, TypeError for an `ord` that is no number and ShapeError for
    a negative or infinite one over no elements.

    >>> vector_norm(Tensor([3.0, -4.0]), 1)
    tensor(7.)
    """
    if isinstance(ord, str):
        raise TypeError(f"vector_norm: expected ord to be a number, got {ord!r}")
    return p_norm(x, ord, dim, keepdim, dtype)


@numpy_names
def norm(
    A: Tensor,  # noqa: N803 (PyTorch's name)
    ord: float | str | None = None,
    dim: Axes = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """The norm of vectors, or of matrices if `ord` is given and `dim` names two axes (or is None
    and A has two).

    Of vectors, and of anything if `ord` is None, it is `vector_norm`. Of matrices: "fro", the root
    of the sum of squares; 1 and -1, the largest and smallest sum of a column's |A|; inf and -inf,
    those of a row's; 2 and -2, the largest and smallest singular value, and "nuc", the sum of all.

    Raises DtypeError unless floating, ShapeError if `dim` is None and A has more than two axes,
    and RangeError for any other `ord` of matrices.

    >>> norm(Tensor([[1.0, -2.0], [3.0, 4.0]]), 1)
    tensor(6.)
    """
    x = A if dtype is None else to(A, dtype)
    axes = normalize_axes(dim, data_of("norm", x).ndim, "norm")
    if ord is None:
        return vector_norm(x, 2, dim, keepdim)
    if len(axes) == 1 and not isinstance(ord, str):
        return vector_norm(x, ord, axes, keepdim)
    if len(axes) != 2:
        raise ShapeError(f"norm: expected one or two axes for ord={ord}, got shape {x.shape}")
    if ord == "fro":
        return vector_norm(x, 2, axes, keepdim)
    if ord in (2, -2, "nuc"):
        return spectral_norm(x, ord, axes, keepdim)
    if ord not in (1, -1, inf, -inf):
        raise RangeError(
            f"norm: expected 'fro', 'nuc', 1, -1, 2, -2, inf or -inf for matrices, got {ord!r}"
        )
    require_floating("norm", x)
    along, across = axes if ord in (1, -1) else axes[::-1]
    choose: Any = amax if ord in (1, inf) else amin
    if choose is amax and not x.shape[across]:
        choose = sum_up  # the largest of no sums is 0
    whole: Tensor = choose(x.abs().sum(along, True), across, True)
    kept = [size for axis, size in enumerate(x.shape) if axis not in axes]
    return whole if keepdim else whole.reshape(*kept)


@numpy_names
def matrix_norm(
    A: Tensor,  # noqa: N803
    ord: float | str = "fro",
    dim: Axes = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """`norm` of the matrices in two axes.

    Raises ShapeError unless `dim` names two axes of a tensor that has them.

    >>> matrix_norm(Tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
    tensor(4.)
    """
    shape = data_of("matrix_norm", A).shape
    if len(shape) < 2:
        raise ShapeError(f"matrix_norm: expected a matrix or a stack of them, got shape {shape}")
    axes = normalize_axes(dim, len(shape), "matrix_norm")
    if len(axes) != 2:
        raise ShapeError(f"matrix_norm: expected dim to name two axes, got {dim}")
    return norm(A, ord, axes, keepdim, dtype=dtype)


@explained
def cond(A: Tensor, p: float | str | None = None) -> Tensor:  # noqa: N803
    """The condition number of matrices, norm(A, p) * norm(A^-1, p): for p = None and 2 the largest
    singular value by the smallest, for -2 the reverse. For any other `p`, as in `norm`, a matrix
    has to be square, and infinity is that of a singular one, and of one with an inverse that is not
    finite. That of an empty matrix is 0.

    >>> cond(Tensor([[2.0, 0.0], [0.0, 0.5]]))
    tensor(4.)
    """
    if p in (None, 2, -2):
        values = singular_values("linalg.cond", A)
        if not values.shape[-1]:
            return values.sum(-1)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    if p not in ("fro", "nuc") and 0 in data_of("linalg.cond", A).shape[-2:]:
        return A.sum((-2, -1))
    inverse = inverted("linalg.cond", A)[0]
    broken = ~np.isfinite(data_of("linalg.cond", inverse)).all((-2, -1))
    if broken.any():  # what is not finite has no singular values
        inverse = where(wrap(broken)[..., None, None], 0.0, inverse)
    out = norm(A, p, (-2, -1)) * norm(inverse, p, (-2, -1))
    broken |= np.isnan(data_of("linalg.cond", out))
    return where(wrap(broken), inf, out) if broken.any() else out
