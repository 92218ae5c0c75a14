"""PyTorch's address of convolutions, and of what they have in common."""

from mytorch.nn import convolution
from mytorch.nn.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

# Also of those that are transposed.
_ConvNd = convolution._Convolution
