"""The layers of `functional.unfold` and `functional.fold`."""

from __future__ import annotations

from mytorch.nn.functional import fold, unfold
from mytorch.nn.functional.convolutions import Numbers
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """What windows see of images, side by side; see `functional.unfold`.

    >>> Unfold(2)(Tensor.ones(5, 3, 4, 4)).shape
    (5, 12, 9)
    """

    def __init__(
        self,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns. Raises ShapeError for an input that has no window."""
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """Images from what windows see of them, added up; see `functional.fold`.

    >>> Fold((4, 4), 2)(Tensor.ones(5, 12, 9)).shape
    (5, 3, 4, 4)
    """

    def __init__(
        self,
        output_size: Numbers,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        """The images. Raises ShapeError for columns of another number or size."""
        return fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
