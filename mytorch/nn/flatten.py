"""Flatten: several axes into one; and Unflatten."""

from __future__ import annotations

from collections.abc import Sequence

from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Joins the axes from `start_dim` to `end_dim`, by default all but the batch's.

    >>> Flatten()(Tensor.ones(2, 3, 4)).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input reshaped. Raises DimensionError for an axis that it does not have, ShapeError
        if start_dim comes after end_dim."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits the axis `dim` into axes of these sizes, of which one may be -1. PyTorch's names of
    axes are not there.

    >>> Unflatten(1, (2, 3))(Tensor.ones(4, 6)).shape
    (4, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        sizes = unflattened_size
        if not isinstance(dim, int) or not isinstance(sizes, (tuple, list)):
            raise TypeError(
                f"Unflatten: expected an axis and a tuple of sizes, got {dim!r}, {sizes!r}"
            )
        for size in sizes:
            if not isinstance(size, int):
                raise TypeError(f"Unflatten: expected sizes, got {size!r}")
        self.dim = dim
        self.unflattened_size = sizes

    def forward(self, input: Tensor) -> Tensor:
        """The input reshaped. Raises ShapeError if the sizes do not fit."""
        return input.unflatten(self.dim, tuple(self.unflattened_size))

    def extra_repr(self) -> str:
        """The axis and the sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
