"""Products of vectors and of chains of matrices, by PyTorch's names in `torch.linalg`."""

from __future__ import annotations

from collections.abc import Sequence

from mytorch import ops
from mytorch.errors import RangeError, ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of, require_numbers
from mytorch.tensor import Tensor

__all__ = ["cross", "diagonal", "matmul", "multi_dot", "vander", "vecdot"]

# ruff: noqa: N803 (PyTorch's names)


@explained
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product of vectors of three numbers along `dim`; the other axes are broadcast.

    >>> cross(Tensor([1.0, 0.0, 0.0]), Tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return ops.cross(input, other, dim)


@explained
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products of vectors along `dim`; the other axes are broadcast.

    Raises ShapeError for vectors of unequal length.

    >>> vecdot(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    shapes = data_of("vecdot", x).shape, data_of("vecdot", y).shape
    if len(shapes[0]) == len(shapes[1]) == 1 and shapes[0] != shapes[1]:
        raise ShapeError(f"vecdot: expected vectors of one length, got {shapes[0]} and {shapes[1]}")
    both = x * y
    return both.sum(dim, dtype=both.dtype)


@explained
def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonal of each matrix as the last axis, a view: `mytorch.diagonal` of the last axes.

    >>> diagonal(Tensor([[1.0, 2.0], [3.0, 4.0]]), offset=1)
    tensor([2.])
    """
    return ops.diagonal(A, offset, dim1, dim2)


@explained
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """`mytorch.matmul`.

    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([11.])
    """
    return ops.matmul(input, other)


@explained
def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of two or more matrices, in the order that takes the fewest multiplications. The
    first may be a vector, a row, and the last one, a column.

    Raises ShapeError for fewer than two matrices, and for those that do not fit each other.

    >>> multi_dot([Tensor([1.0, 2.0]), Tensor([[1.0], [1.0]]), Tensor([[2.0, 3.0]])])
    tensor([6., 9.])
    """
    name = "linalg.multi_dot"
    shapes = [data_of(name, tensor).shape for tensor in tensors]
    ends = [{1, 2} if at in (0, len(shapes) - 1) else {2} for at in range(len(shapes))]
    if len(shapes) < 2 or any(len(s) not in fit for s, fit in zip(shapes, ends, strict=True)):
        raise ShapeError(
            f"{name}: expected two or more matrices, of which the first and the last may be "
            f"vectors, got shapes {shapes}"
        )
    row, column = len(shapes[0]) == 1, len(shapes[-1]) == 1
    chain = list(tensors)
    if row:
        chain[0] = chain[0].unsqueeze(0)
    if column:
        chain[-1] = chain[-1].unsqueeze(-1)
    sizes = [chain[0].shape[0], *(matrix.shape[1] for matrix in chain)]
    if any(matrix.shape[0] != size for matrix, size in zip(chain, sizes, strict=False)):
        raise ShapeError(f"{name}: matrices of shapes {shapes} do not fit each other")
    out = _multiplied(chain, _cuts(sizes), 0, len(chain) - 1)
    kept = out.shape[int(row) : 2 - int(column)]
    return out.reshape(*kept) if row or column else out


def _cuts(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to cut each part of a chain, from its first to its last matrix, so that its product
    takes the fewest multiplications; matrix k is sizes[k] by sizes[k + 1]."""
    count = len(sizes) - 1
    price, cuts = {(at, at): 0 for at in range(count)}, {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            price[first, last], cuts[first, last] = min(
                (
                    price[first, cut]
                    + price[cut + 1, last]
                    + sizes[first] * sizes[cut + 1] * sizes[last + 1],
                    cut,
                )
                for cut in range(first, last)
            )
    return cuts


def _multiplied(
    chain: Sequence[Tensor], cuts: dict[tuple[int, int], int], first: int, last: int
) -> Tensor:
    if first == last:
        return chain[first]
    cut = cuts[first, last]
    left = _multiplied(chain, cuts, first, cut)
    return left @ _multiplied(chain, cuts, cut + 1, last)


@explained
def vander(x: Tensor, N: int | None = None) -> Tensor:
    """The powers x^0, x^1, ... x^(N-1) of each number along a new last axis; N is the size of x's
    last axis unless given. Raises RangeError unless it is above 1.

    >>> vander(Tensor([2.0, 3.0]), 3)
    tensor([[1., 2., 4.],
            [1., 3., 9.]])
    """
    shape = require_numbers("linalg.vander", x).shape or (1,)
    size = shape[-1] if N is None else N
    if size < 2:
        raise RangeError(f"linalg.vander: expected N to be above 1, got {size}")
    powers = ops.vander(x.reshape(-1), size, True)
    return powers.reshape(*shape, size)
