"""How many elements lie in which bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import FEW, kernel
from mytorch._shapes import whole
from mytorch.errors import RangeError, ShapeError
from mytorch.observe import noted
from mytorch.ops._arguments import numpy_names
from mytorch.ops._operands import data_of, require_floating
from mytorch.ops.differences import diff
from mytorch.tensor import Tensor, wrap

__all__ = ["histogram", "histogramdd"]


class Histogram(NamedTuple):
    """The numbers of elements, and the edges between which they were counted."""

    hist: Tensor
    bin_edges: Tensor


class Histogramdd(NamedTuple):
    """The same along several axes."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]


@kernel
def _edges(data: Array, count: int, low: float | None, high: float | None) -> Array:
    """The edges of so many equal bins, of the data's dtype."""
    if low is None or high is None:
        low, high = (float(data.min()), float(data.max())) if data.size else (0.0, 1.0)
    if not np.isfinite([low, high]).all() or low > high:
        raise RangeError(f"histogram: expected a finite range, got {low} to {high}")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, count + 1).astype(data.dtype)


def _places(data: Array, edges: Array) -> Array | None:
    """The part that each number lies in, the number of parts for none; None if that takes a search,
    because the edges are not about as far from each other."""
    count = len(edges) - 1
    if not (count and np.isfinite(edges).all() and edges[0] < edges[-1]):
        return None
    outside = ~((data >= edges[0]) & (data <= edges[-1]))
    data = np.where(outside, edges[0], data) if outside.any() else data
    places: Array = ((data - edges[0]) * (count / (edges[-1] - edges[0]))).astype(np.intp)
    np.minimum(places, count - 1, out=places)
    places -= data < edges[places]
    places += data >= edges[places + 1]
    np.minimum(places, count - 1, out=places)
    if (data < edges[places]).any() or ((data >= edges[places + 1]) & (places < count - 1)).any():
        return None
    places[outside] = count
    return places


@kernel
def _counted(data: Array, weight: Array | None, *edges: Array) -> Array:
    if not all((edge[1:] >= edge[:-1]).all() for edge in edges):
        raise RangeError("histogram: expected edges that grow, not such that go back")
    if data.size >= FEW and len(edges) == 1:
        places = _places(data[:, 0], *edges)
        if places is not None:
            counts = np.bincount(places, weight, len(edges[0]))[:-1]
            return counts.astype(data.dtype)
    exact = data.astype(np.float64)
    found, _ = np.histogramdd(exact, [e.astype(np.float64) for e in edges], weights=weight)
    return found.astype(data.dtype)


@numpy_names
def histogramdd(
    input: Tensor,
    bins: Any,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Histogramdd:
    """How many rows of an input (..., D) lie in each cell of a grid over D axes.

    Arguments:
        bins: the number of equal parts of all axes, one for each, or D tensors of edges that grow.
            A part has its left edge; the last one both.
        range: the ends of the equal parts of each axis, 2 D numbers; by default the smallest and
            the largest coordinate.
        weight: what a row counts, of the input's shape without its last axis.
        density: whether to divide by the sum and the size of each cell.

    Returns the named tuple (hist, bin_edges). Without derivatives. Raises DtypeError for integers,
    ShapeError and RangeError for what does not fit.

    >>> hist, edges = histogramdd(Tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), [2, 2])
    >>> hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    name = "histogramdd"
    require_floating(name, input)
    if input.ndim < 2:
        raise ShapeError(f"{name}: expected an input of two axes or more, got shape {input.shape}")
    axes, array = input.shape[-1], input._data.reshape(-1, input.shape[-1])
    parts = bins if isinstance(bins, Sequence) else [bins] * axes
    if len(parts) != axes or (range is not None and len(range) != 2 * axes):
        raise ShapeError(
            f"{name}: expected bins for {axes} axes, and two numbers of the range for each, got "
            f"{len(parts)} and {range}"
        )
    edges = []
    for axis, part in enumerate(parts):
        if isinstance(part, Tensor):
            if part.ndim != 1 or not part.numel() or part.dtype != input.dtype:
                raise ShapeError(
                    f"{name}: expected a vector of edges of {input.dtype}, got {part.dtype} of "
                    f"shape {part.shape}"
                )
            edges.append(part.detach())
            continue
        if whole(part, name) < 1:
            raise RangeError(f"{name}: expected at least one part, got {part}")
        ends = (None, None) if range is None else map(float, range[2 * axis : 2 * axis + 2])
        edges.append(wrap(_edges(array[:, axis], part, *ends)))
    if weight is not None and weight.shape != input.shape[:-1]:
        raise ShapeError(
            f"{name}: expected a weight of shape {input.shape[:-1]}, got {weight.shape}"
        )
    factors = None if weight is None else weight._data.reshape(-1)
    hist = wrap(_counted(array, factors, *[edge._data for edge in edges]))
    hist = noted(name, (input, weight, *edges), hist)
    if density:
        hist = hist / hist.sum()
        for axis, edge in enumerate(edges):
            hist = hist / diff(edge).reshape(-1, *(1,) * (axes - axis - 1))
    return Histogramdd(hist, tuple(edges))


@numpy_names
def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Histogram:
    """How many elements lie in each of the parts `bins`: a number of equal ones, from the smallest
    element to the largest or through `range`, or a tensor of edges that grow; see `histogramdd`.

    Raises ShapeError for a weight of another shape.

    >>> histogram(Tensor([1.0, 2.0, 1.0]), 4, range=(0, 3)).hist
    tensor([0., 2., 1., 0.])
    """
    data_of("histogram", input)
    column = input.reshape(-1, 1)
    if weight is not None:
        if weight.shape != input.shape:
            raise ShapeError(
                f"histogram: expected a weight of shape {input.shape}, got {weight.shape}"
            )
        weight = weight.reshape(-1)
    hist, (edges,) = histogramdd(column, [bins], range=range, weight=weight, density=density)
    return Histogram(hist, edges)
