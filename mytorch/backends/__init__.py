"""The switches of PyTorch's backends that programs set at their head, and which do nothing here."""

from mytorch.backends import cudnn, mps

__all__ = ["cudnn", "mps"]
