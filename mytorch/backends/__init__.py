"""The switches of PyTorch's backends that programs set at their head, and which do nothing here."""

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
