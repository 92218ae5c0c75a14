"""Differences of neighbours, and sums that undo them: derivatives and integrals of samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mytorch._dtypes import SCALARS, Scalar
from mytorch._shapes import normalize_axes, normalize_axis, whole
from mytorch.errors import DimensionError, RangeError, ShapeError
from mytorch.ops._arguments import explained, numpy_names
from mytorch.ops._operands import data_of, require_numbers
from mytorch.ops.comparison import ne
from mytorch.ops.indexing import narrow
from mytorch.ops.joining import cat
from mytorch.ops.scans import cumsum
from mytorch.tensor import Tensor

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


@numpy_names
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """Each element along an axis less the one before, n times; of booleans whether they differ.
    `prepend` and `append` are joined to the ends first.

    Raises DimensionError or ShapeError for a number, or if the joined do not fit.

    >>> diff(Tensor([1.0, 4.0, 9.0]))
    tensor([3., 5.])
    """
    if not data_of("diff", input).ndim:
        raise ShapeError("diff: expected at least one axis, got a number")
    axis = normalize_axis(dim, input.ndim, "diff")
    if whole(n, "diff") < 0:
        raise RangeError(f"diff: expected an order of at least 0, got {n}")
    parts = [part for part in (prepend, input, append) if part is not None]
    for part in (prepend, append):
        if part is not None and data_of("diff", part).ndim != input.ndim:
            raise ShapeError(f"diff: expected {input.ndim} axes, got shape {part.shape} to join")
    out = cat(parts, axis) if len(parts) > 1 and n else input
    for _ in range(min(n, out.shape[axis])):
        later, earlier = _neighbours(out, axis)
        out = ne(later, earlier) if out.dtype.kind == "b" else later - earlier
    return out if n else out.clone()


def _neighbours(a: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """All but the first along an axis, and all but the last."""
    size = max(a.shape[axis] - 1, 0)
    return narrow(a, axis, min(1, a.shape[axis]), size), narrow(a, axis, 0, size)


def _areas(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> tuple[Tensor, int]:
    """The mean of neighbours times their distance along an axis, which is given, too."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}: expected x or dx, got both")
    if not data_of(name, y).ndim:
        raise DimensionError(f"{name}: expected at least one axis, got a number")
    if x is None:
        require_numbers(name, y)
    axis = normalize_axis(dim, y.ndim, name)
    later, earlier = _neighbours(y, axis)
    both = later + earlier
    if x is None:
        return both * ((1 if dx is None else dx) / 2), axis
    along = -1 if data_of(name, x).ndim == 1 else axis - y.ndim
    width = diff(x, dim=along)
    if x.ndim == 1:
        width = width.reshape(-1, *(1,) * (y.ndim - axis - 1))
    if x.ndim > y.ndim or x.shape[along] != y.shape[axis]:
        raise ShapeError(
            f"{name}: expected as many x as y along axis {dim}, got shapes {x.shape} and {y.shape}"
        )
    return width * both / 2, axis


@numpy_names
def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Scalar | None = None, dim: int = -1
) -> Tensor:
    """The integral of samples along an axis by the rule of trapezoids, at the places x, or `dx` (1)
    apart.

    >>> trapezoid(Tensor([1.0, 5.0, 10.0]), dx=2)
    tensor(21.)
    """
    if data_of("trapezoid", y).ndim and not y.shape[normalize_axis(dim, y.ndim, "trapezoid")]:
        return y.sum(dim) * 0.0
    areas, axis = _areas("trapezoid", y, x, dx, dim)
    return areas.sum(axis - y.ndim)


@numpy_names
def trapz(y: Tensor, x: Tensor | None = None, *, dx: Scalar | None = None, dim: int = -1) -> Tensor:
    """`trapezoid`.

    >>> trapz(Tensor([1.0, 5.0, 10.0]))
    tensor(10.5)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@numpy_names
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: Scalar | None = None, dim: int = -1
) -> Tensor:
    """The integrals up to each sample but the first; see `trapezoid`.

    >>> cumulative_trapezoid(Tensor([1.0, 5.0, 10.0]))
    tensor([ 3. , 10.5])
    """
    areas, axis = _areas("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, axis - y.ndim)


@explained
def gradient(
    input: Tensor,
    *,
    spacing: Any = 1,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """The derivative of samples along each axis, from their neighbours: exact to the second order
    inside, to `edge_order` (1 or 2) at the ends.

    Arguments:
        spacing: the distance of samples, one for all axes or a list of one for each; or a list of
            vectors, their places. Beside an infinity between uneven places it is NaN, as their
            differences come first; PyTorch weighs the samples.
        dim: the axes (None: all).

    Raises RangeError or ShapeError for other arguments, and for too few samples.

    >>> gradient(Tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    """
    shape = data_of("gradient", input).shape
    axes = normalize_axes(dim, len(shape), "gradient")
    spacing = 1 if spacing is None else spacing
    single = isinstance(spacing, SCALARS)
    spaces = [spacing] * len(axes) if single else list(spacing)
    if len(spaces) != len(axes):
        raise ShapeError(
            f"gradient: expected a spacing for each of {len(axes)} axes, got {len(spaces)}"
        )
    if edge_order not in (1, 2):
        raise RangeError(f"gradient: expected edge_order to be 1 or 2, got {edge_order}")
    if any(shape[axis] <= edge_order for axis in axes):
        raise ShapeError(
            f"gradient: expected more than {edge_order} samples along axes {axes} of shape {shape}"
        )
    pairs = zip(axes, spaces, strict=True)
    return tuple([_derivative(input, axis, space, edge_order) for axis, space in pairs])


def _derivative(a: Tensor, axis: int, space: Any, edge_order: int) -> Tensor:
    size = a.shape[axis]

    def part(start: int, length: int) -> Tensor:
        return narrow(a, axis, start, length)

    if isinstance(space, Tensor):
        if space.shape != (size,):
            raise ShapeError(f"gradient: expected {size} places, got shape {space.shape}")
        steps = diff(space).reshape(-1, *(1,) * (a.ndim - axis - 1))
        slopes = diff(a, dim=axis) / steps
        before, after = narrow(steps, 0, 0, size - 2), narrow(steps, 0, 1, size - 2)
        down, up = narrow(slopes, axis, 0, size - 2), narrow(slopes, axis, 1, size - 2)
        # The slopes to either side, weighed by the other side's distance.
        inside = (down * after + up * before) / (before + after)
        start, end = narrow(slopes, axis, 0, 1), narrow(slopes, axis, size - 2, 1)
        if edge_order == 2:
            inner, first, second = narrow(slopes, axis, 1, 1), steps[0], steps[1]
            start = start + (start - inner) * first / (first + second)
            inner, first, second = narrow(slopes, axis, size - 3, 1), steps[-1], steps[-2]
            end = end + (end - inner) * first / (first + second)
    else:
        inside = (part(2, size - 2) - part(0, size - 2)) / space / 2
        if edge_order == 2:
            start = (2 * part(1, 1) - 1.5 * part(0, 1) - 0.5 * part(2, 1)) / space
            end = (
                1.5 * part(size - 1, 1) - 2 * part(size - 2, 1) + 0.5 * part(size - 3, 1)
            ) / space
        else:
            start = (part(1, 1) - part(0, 1)) / space
            end = (part(size - 1, 1) - part(size - 2, 1)) / space
    return cat([start, inside, end], axis)
