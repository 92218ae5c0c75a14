"""The course's address of homework 2: its convolutions, and Flatten.

They are PyTorch's layers, with the course's names: `in_channel` and `out_channel`, and numbers
where PyTorch has tuples.
"""

from __future__ import annotations

from mytorch.nn import convolution
from mytorch.nn.flatten import Flatten

__all__ = ["Conv1d", "Conv2d", "Flatten"]


class Conv1d(convolution.Conv1d):
    """The convolution of (N, in_channel, L) to (N, out_channel, (L - kernel_size) // stride + 1).

    Attributes: those numbers, `weight` (out_channel, in_channel, kernel_size) and `bias`.

    >>> layer = Conv1d(24, 8, 3, 2)
    >>> layer.in_channel, layer.kernel_size, layer.stride, layer.weight.shape
    (24, 3, 2, (8, 24, 3))
    """

    def __init__(
        self, in_channel: int, out_channel: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__(in_channel, out_channel, kernel_size, stride)
        self.in_channel, self.out_channel = in_channel, out_channel
        self.kernel_size, self.stride = kernel_size, stride  # type: ignore[assignment]


class Conv2d(convolution.Conv2d):
    """The convolution of (N, in_channel, H, W) with square windows; attributes as of `Conv1d`.

    >>> Conv2d(3, 8, 5, 2).weight.shape
    (8, 3, 5, 5)
    """

    def __init__(
        self, in_channel: int, out_channel: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__(in_channel, out_channel, kernel_size, stride)
        self.in_channel, self.out_channel = in_channel, out_channel
        self.kernel_size, self.stride = kernel_size, stride  # type: ignore[assignment]
