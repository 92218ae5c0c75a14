"""What is beside tensors and layers: `mytorch.utils.data`, and checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.utils import checkpoint, data

__all__ = ["checkpoint", "data"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
