"""From class numbers to vectors: rows with one 1, rows of a table, and bags of such rows."""

from __future__ import annotations

import reprlib
from math import prod
from typing import Any

import numpy as np

from mytorch._checks import flag
from mytorch._dtypes import Array, exact, get_default_dtype
from mytorch._kernels.constants import real
from mytorch._kernels.elementwise import kernel
from mytorch._shapes import whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError, RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.observe import noted
from mytorch.ops import cat, gather, index_add, norm, where, zeros
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.ops.indexing import PlaceError, Unindex, integers_of, rows_of
from mytorch.tensor import Tensor, wrap

__all__ = ["embedding", "embedding_bag", "one_hot", "to_one_hot"]


class Bags(Function):
    """The sums of a's rows at the indices of each of `count` bags. `bags` tells the bag of each
    index, or is None where each row of the indices is one; the bag `count` is left out."""

    fresh_gradients = True

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, indices: Array, bags: Array | None, count: int
    ) -> Tensor:
        rows = np.arange(count)[:, None] if bags is None else bags
        shape = count + 1, len(a)
        uses = np.bincount((rows * len(a) + indices).reshape(-1), minlength=prod(shape))
        ctx.uses = uses.reshape(shape)[:count].astype(a.dtype)
        return wrap(silenced().run(sums_of_uses, ctx.uses, a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        return Used.apply(grad_output, ctx.uses.T), None, None, None


class Used(Function):
    """uses @ a, where what is not used adds nothing."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, uses: Array) -> Tensor:
        ctx.uses = uses
        return wrap(silenced().run(sums_of_uses, uses, a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return Used.apply(grad_output, ctx.uses.T), None


@kernel
def sums_of_uses(uses: Array, rows: Array) -> Array:
    """uses @ rows, where a row that is not used adds nothing, whatever it is."""
    out: Array = uses @ rows
    if not np.isfinite(out).all():
        for total, counts in zip(out, uses, strict=True):
            (used,) = counts.nonzero()
            np.matmul(counts[used], rows[used], out=total)
    return out


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
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` (rows, features) at the indices `input` (any shape, int64 or int32):
    of shape (*input.shape, features).

    Arguments:
        padding_idx: this row gets no gradient; a negative one is counted from the end.
        max_norm: the rows that are looked up are first brought to this norm, in place, if theirs
            is larger; the gradient knows nothing of it.
        norm_type: which norm that is.
        scale_grad_by_freq: divides a row's gradient by the number of its uses.
        sparse: False.

    Raises IndexError for an index out of range, negative ones included, DtypeError for indices of
    another dtype and ShapeError unless the weight is a matrix.

    >>> embedding(Tensor([2, 0]), Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    tensor([[5., 6.],
            [1., 2.]])
    """
    indices = data_of("embedding", input)
    _require_rows(indices, data_of("embedding", weight))
    if padding_idx is not None:
        padding_idx = padding_row(padding_idx, len(weight))
    if sparse is not False:
        _require_dense("embedding", sparse)
    _shorten(weight, indices, max_norm, norm_type)
    # A copy: backward needs the indices as they are now.
    flag("embedding", "scale_grad_by_freq", scale_grad_by_freq)
    places = noted("copy", (indices,), indices.copy())
    return Embedding.apply(weight, places, padding_idx, scale_grad_by_freq)


def _require_dense(name: str, sparse: bool) -> None:
    if flag(name, "sparse", sparse):
        raise NotImplementedError(f"{name}: there are no sparse gradients; leave sparse False")


@explained
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight` in each bag of indices: (bags, features);
    zeros for an empty bag.

    Arguments:
        input: indices as those of `embedding`, one bag in each row of a matrix, or all bags one
            after the other.
        offsets: for indices in one axis, where each bag begins: ascending integers from 0 on.
        max_norm, norm_type, scale_grad_by_freq: those of `embedding`; the maximum has no frequency.
        mode: "sum", "mean" or "max"; of equal rows the first gives the maximum, and NaN is the
            largest of all (in PyTorch only at the beginning of a bag).
        sparse: False.
        per_sample_weights: factors of the rows of a sum, of the input's shape and weight's dtype.
        include_last_offset: the last offset is the end of the last bag, and begins none.
        padding_idx: indices of this row are in no bag; a negative one is counted from the end.

    Raises ShapeError, DtypeError or RangeError for other arguments, as offsets that do not ascend,
    and what `embedding` raises.

    >>> table = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> embedding_bag(Tensor([2, 0, 1]), table, Tensor([0, 2]), mode="sum")
    tensor([[6., 8.],
            [3., 4.]])
    """
    name = "embedding_bag"
    indices, table = data_of(name, input), data_of(name, weight)
    if mode not in ("sum", "mean", "max"):
        raise RangeError(f"{name}: expected mode to be 'sum', 'mean' or 'max', got {mode!r}")
    if mode == "max" and (scale_grad_by_freq or sparse):
        raise RangeError(f"{name}: scale_grad_by_freq and sparse have no mode='max'")
    _require_dense(name, sparse)
    if table.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a weight of floats, got {table.dtype}")
    bags, count = _bags(indices, offsets, flag(name, "include_last_offset", include_last_offset))
    if padding_idx is not None and table.ndim == 2:
        padded = indices.reshape(-1) == padding_row(padding_idx, len(table))
        bags = np.where(padded, count, bags)
    often = flag(name, "scale_grad_by_freq", scale_grad_by_freq)
    plain = mode != "max" and per_sample_weights is None and not often and table.dtype.char in "fd"
    if plain and count * len(table) <= _FEW_USES * indices.size:
        _require_rows(indices, table)
        _shorten(weight, indices, max_norm, norm_type)
        if indices.ndim == 2 and padding_idx is None:
            total = Bags.apply(weight, indices, None, count)
            return total if mode == "sum" else total / max(indices.shape[1], 1)
        flat = noted("Reshape", (indices,), indices.reshape(-1))
        total = Bags.apply(weight, flat, bags, count)
        return total if mode == "sum" else _averages(total, bags)
    rows = embedding(input, weight, None, max_norm, norm_type, scale_grad_by_freq)
    rows = rows.reshape(bags.size, table.shape[1])
    if per_sample_weights is not None:
        rows = rows * _factors(per_sample_weights, input, weight, mode)
    if indices.ndim == 2 and indices.size and padding_idx is None:
        # Bags of one size are an axis.
        stack = rows.reshape(*indices.shape, table.shape[1])
        return stack.max(1).values if mode == "max" else getattr(stack, mode)(1)
    nothing = zeros(count + 1, table.shape[1], dtype=table.dtype)
    if mode == "max":
        winners = _first_largest(rows.data, bags, count)
        return gather(cat([rows, nothing[:1]]), 0, wrap(winners))
    total = index_add(nothing, 0, bags, rows)[:count]
    return total if mode == "sum" else _averages(total, bags)


# A product with a matrix of how often each bag uses each row is faster than the rows one by one
# where the matrix has no more than so many numbers for an index.
_FEW_USES = 8


def _averages(total: Tensor, bags: Array) -> Tensor:
    count = len(total)
    sizes = np.bincount(bags, minlength=count + 1)[:count]
    return total / wrap(np.maximum(sizes, 1).astype(total.dtype)[:, None])


def _require_rows(indices: Array, table: Array) -> None:
    """Raises for a table that is no matrix, or indices that it does not have."""
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
    if indices.size and not 0 <= indices.min() <= indices.max() < rows:
        outside = indices[(indices < 0) | (indices >= rows)]
        raise PlaceError(
            f"embedding: index {outside[0]} is out of range for a weight of {rows} rows; "
            f"expected 0 to {rows - 1}"
        )


def _bags(indices: Array, offsets: Tensor | None, include_last: bool) -> tuple[Array, int]:
    """The bag of each index, and how many bags there are; that number stands for no bag."""
    name = "embedding_bag"
    if indices.ndim == 2:
        if offsets is not None:
            raise ShapeError(f"{name}: the rows of a matrix are its bags; leave out the offsets")
        count, length = indices.shape
        return np.arange(count).repeat(length), count
    if indices.ndim != 1 or offsets is None:
        raise ShapeError(
            f"{name}: expected a matrix of indices, or one axis of them and offsets, got shape "
            f"{indices.shape} {'without' if offsets is None else 'with'} offsets"
        )
    starts, size = integers_of(name, offsets, any_empty=True), indices.size
    if starts.ndim != 1 or (not starts.size and (size or include_last)):
        raise ShapeError(
            f"{name}: expected offsets in one axis, at least one, got shape {starts.shape}"
        )
    if starts.size and (starts[0] != 0 or (starts[1:] < starts[:-1]).any() or starts[-1] > size):
        raise RangeError(
            f"{name}: expected offsets that begin with 0 and ascend to at most the number of "
            f"indices, {size}, got {reprlib.repr(starts.tolist())}"
        )
    return np.searchsorted(starts, np.arange(size), "right") - 1, starts.size - include_last


def _factors(factors: Tensor, input: Tensor, weight: Tensor, mode: str) -> Tensor:
    """`per_sample_weights` as a column."""
    name = "embedding_bag"
    if mode != "sum":
        raise NotImplementedError(f"{name}: per_sample_weights are for mode='sum', not {mode!r}")
    if data_of(name, factors).shape != input.shape:
        raise ShapeError(
            f"{name}: expected per_sample_weights of the input's shape {input.shape}, got "
            f"{factors.shape}"
        )
    if factors.dtype != weight.dtype:
        raise DtypeError(
            f"{name}: expected per_sample_weights of the weight's dtype {weight.dtype}, got "
            f"{factors.dtype}; convert them with x.to({weight.dtype})"
        )
    return factors.reshape(-1, 1)


def _first_largest(rows: Array, bags: Array, count: int) -> Array:
    """For each bag and column which row is the first with the largest number; len(rows) for none.
    NaN is the largest."""
    size, columns = rows.shape
    # In the flattened array: NumPy has a loop of its own for a vector of places.
    places = (bags[:, None] * columns + np.arange(columns)).reshape(-1)
    flat = rows.reshape(-1)
    best = np.zeros((count + 1) * columns, rows.dtype, like=rows) - np.inf
    silenced().run(np.maximum.at, best, places, flat)
    wins = (flat == best[places]) | (flat != flat)
    first = np.zeros(best.shape, np.int64, like=rows) + size
    np.minimum.at(first, places, np.where(wins, np.arange(size).repeat(columns), size))
    winners: Array = first.reshape(count + 1, columns)[:count]
    return winners


def _shorten(weight: Tensor, indices: Array, max_norm: float | None, norm_type: float) -> None:
    """Brings the rows that are longer than `max_norm`, if there is one, to that norm, in place."""
    if max_norm is None:
        return
    rows = noted("Reshape", (indices,), indices.reshape(-1))
    max_norm = real(max_norm)
    with no_grad():
        vectors = weight[rows]
        norms = norm(vectors, norm_type, 1, keepdim=True)
        # The 1e-7 is PyTorch's.
        weight[rows] = where(norms > max_norm, vectors * (max_norm / (norms + 1e-7)), vectors)


def padding_row(padding_idx: int, rows: int) -> int:
    """`padding_idx` counted from the front. Raises ValueError for one out of range."""
    if not -rows <= whole(padding_idx, "embedding: padding_idx") < rows:
        raise RangeError(
            f"embedding: padding_idx {padding_idx} is out of range for a weight of {rows} rows; "
            f"expected {-rows} to {rows - 1}"
        )
    return padding_idx % rows


@explained
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


@explained
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
