"""PyTorch's address of what all modules have."""

from mytorch.nn.modules import module

__all__ = ["module"]
