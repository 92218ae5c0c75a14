"""Fractional max pooling: windows whose steps are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mytorch._checks import option
from mytorch.errors import RangeError
from mytorch.nn import functional as F
from mytorch.nn.functional.fractional_pooling import Ratios
from mytorch.nn.functional.pooling import Sizes
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class _FractionalMaxPool(Module):
    __axes__: ClassVar[int]
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Sizes,
        output_size: Sizes | None = None,
        output_ratio: Ratios | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) is (output_ratio is None):
            raise ValueError(f"{name}: expected either an output_size or an output_ratio")
        self.kernel_size: Any = _each(self.__axes__, kernel_size)
        self.output_size: Any = _each(self.__axes__, output_size)
        self.output_ratio: Any = _each(self.__axes__, output_ratio)
        self.return_indices = option(name, "return_indices", return_indices)
        if output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise RangeError(
                f"{name}: expected an output_ratio between 0 and 1, got {output_ratio}"
            )
        self.register_buffer("_random_samples", _random_samples)


def _each(axes: int, value: Any) -> Any:
    """A number for each axis."""
    return value if value is None or isinstance(value, Sequence) else (value,) * axes


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest number in each of windows that begin at drawn places, of an input (N, C, H, W) or
    (C, H, W); see `fractional_max_pool2d`.

    >>> FractionalMaxPool2d(2, output_ratio=0.5)(Tensor.ones(1, 1, 8, 6)).shape
    (1, 1, 4, 3)
    """

    __axes__ = 2

    def forward(self, input: Tensor) -> Any:
        """fractional_max_pool2d(input)."""
        options = self.output_size, self.output_ratio, self.return_indices
        return F.fractional_max_pool2d(input, self.kernel_size, *options, self._random_samples)


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest number in each of windows that begin at drawn places, of an input
    (N, C, D, H, W) or (C, D, H, W); see `fractional_max_pool2d`.

    >>> FractionalMaxPool3d(2, output_size=3)(Tensor.ones(1, 1, 4, 4, 4)).shape
    (1, 1, 3, 3, 3)
    """

    __axes__ = 3

    def forward(self, input: Tensor) -> Any:
        """fractional_max_pool3d(input)."""
        options = self.output_size, self.output_ratio, self.return_indices
        return F.fractional_max_pool3d(input, self.kernel_size, *options, self._random_samples)
