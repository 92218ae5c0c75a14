"""From class numbers to vectors: rows with one 1, and rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array, exact, get_default_dtype
from mytorch.autograd_engine import Function
from mytorch.errors import DtypeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.graph import ContextManager
from mytorch.observe import noted, observed, tell
from mytorch.ops import norm, where
from mytorch.ops._operands import data_of
from mytorch.ops.indexing import Unindex, rows_of
from mytorch.tensor import Tensor, wrap

__all__ = ["embedding", "one_hot", "to_one_hot"]


class Embedding(Function):
    """The rows of a table at indices; the row `padding` gets no gradient. With `averaged` a row's
    gradient is the mean over its uses instead of the sum."""

    @staticmethod
    def forward(
        ctx: ContextManager, weight: Tensor, indices: Array, padding: int | None, averaged: bool
    ) -> Tensor:
        ctx.shapes, ctx.indices = weight.shape, indices
        ctx.padding, ctx.averaged = padding, averaged
        return wrap(rows_of(weight.data, indices))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        if ctx.averaged:
            uses = np.bincount(ctx.indices.ravel(), minlength=ctx.shapes[0])[ctx.indices]
            grad_output = grad_output / wrap(uses[..., None])
        if ctx.padding is not None:
            padded = (ctx.indices == ctx.padding)[..., None]
            grad_output = where(padded, 0.0, grad_output)
        return Unindex.apply(grad_output, ctx.indices, ctx.shapes), None, None, None


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
) -> Tensor:
    """The rows of `weight` (rows, features) at the indices `input` (any shape, int64 or int32):
    of shape (*input.shape, features).

    Arguments:
        padding_idx: this row gets no gradient; a negative one is counted from the end.
        max_norm: the rows that are looked up are first brought to this norm, in place, if theirs
            is larger; the gradient knows nothing of it.
        norm_type: which norm that is.
        scale_grad_by_freq: divides a row's gradient by the number of its uses.

    Raises IndexError for an index out of range, negative ones included, DtypeError for indices of
    another dtype and ShapeError unless the weight is a matrix.

    >>> embedding(Tensor([2, 0]), Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    tensor([[5., 6.],
            [1., 2.]])
    """
    indices, table = data_of("embedding", input), data_of("embedding", weight)
    if indices.dtype not in (np.int64, np.int32):
        raise DtypeError(
            f"embedding: expected indices of dtype int64 or int32, got {indices.dtype}; convert "
            "them with x.to(int)"
        )
    if table.ndim != 2:
        raise ShapeError(
            f"embedding: expected a weight (rows, features), got the shape {table.shape}"
        )
    rows = len(table)
    if padding_idx is not None:
        padding_idx = padding_row(padding_idx, rows)
    if indices.size and not 0 <= indices.min() <= indices.max() < rows:
        outside = indices[(indices < 0) | (indices >= rows)]
        raise IndexError(
            f"embedding: index {outside[0]} is out of range for a weight of {rows} rows; "
            f"expected 0 to {rows - 1}"
        )
    if max_norm is not None:
        _shorten(weight, indices.reshape(-1), max_norm, norm_type)
    # A copy: backward needs the indices as they are now.
    flag("embedding", "scale_grad_by_freq", scale_grad_by_freq)
    places = indices.copy()
    if observed:
        tell("computed", "copy", (indices,), places)
    return Embedding.apply(weight, places, padding_idx, scale_grad_by_freq)


def _shorten(weight: Tensor, rows: Array, max_norm: float, norm_type: float) -> None:
    """Brings the rows that are longer than `max_norm` to that norm, in place."""
    with no_grad():
        vectors = weight[rows]
        norms = norm(vectors, norm_type, 1, keepdim=True)
        # The 1e-7 is PyTorch's.
        weight[rows] = where(norms > max_norm, vectors * (max_norm / (norms + 1e-7)), vectors)


def padding_row(padding_idx: int, rows: int) -> int:
    """`padding_idx` counted from the front. Raises ValueError for one out of range."""
    if not -rows <= padding_idx < rows:
        raise ValueError(
            f"embedding: padding_idx {padding_idx} is out of range for a weight of {rows} rows; "
            f"expected {-rows} to {rows - 1}"
        )
    return padding_idx % rows


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """Class numbers of any shape as rows (*input.shape, num_classes) of zeros with a 1 at the
    class's place, in int64. With -1 there are as many classes as the largest number needs.

    Raises DtypeError unless the numbers are int64, RuntimeError for one that is negative or not
    below `num_classes`, and where the classes of no numbers would have to be counted.

    >>> one_hot(Tensor([2, 0]))
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    labels = data_of("one_hot", input)
    if labels.dtype != np.int64:
        raise DtypeError(
            f"one_hot: expected class numbers of dtype int64, got {labels.dtype}; convert them "
            "with x.to(int)"
        )
    if not labels.size and num_classes <= 0:
        raise RuntimeError("one_hot: no class numbers to count the classes of; give num_classes")
    if num_classes == -1:
        num_classes = int(labels.max()) + 1
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise RuntimeError(
            f"one_hot: expected classes from 0 to {num_classes - 1}, got {labels.min()} to "
            f"{labels.max()}"
        )
    rows = np.zeros((labels.size, num_classes), np.int64, like=labels)
    rows[np.arange(labels.size), labels.reshape(-1)] = 1
    out = wrap(rows.reshape(*labels.shape, num_classes))
    return noted("one_hot", (labels, num_classes), out)


def to_one_hot(arr: Any, num_classes: int) -> Tensor:
    """Class numbers (N,) as rows (N, num_classes) with a 1 at the class's place.

    Raises IndexError for a number out of range.

    >>> to_one_hot(np.array([2, 0]), 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    labels = exact(arr.data if isinstance(arr, Tensor) else arr).astype(np.int64)
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise IndexError(
            f"to_one_hot: expected classes from 0 to {num_classes - 1}, "
            f"got {labels.min()} to {labels.max()}"
        )
    rows = np.zeros((len(labels), num_classes), get_default_dtype(), like=labels)
    rows[np.arange(len(labels)), labels] = 1
    return wrap(rows)
