"""What is beside tensors and layers: `mytorch.utils.data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.utils import data

__all__ = ["data"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)
