"""PyTorch's addresses of what all modules have, and of what kinds of layers have in common."""

from mytorch.nn.modules import batchnorm, conv, module

__all__ = ["batchnorm", "conv", "module"]
