"""PyTorch's address of batch normalisation, and of what its layers have in common."""

from mytorch.nn import batchnorm
from mytorch.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]

_BatchNorm = batchnorm._BatchNorm
