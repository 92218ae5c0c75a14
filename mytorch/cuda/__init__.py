"""What programs ask of CUDA before they choose a device: there is none.

>>> from mytorch import cuda
>>> "cuda" if cuda.is_available() else "cpu"
'cpu'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.cuda import amp

__all__ = ["amp", "device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Does nothing, as PyTorch's does without a GPU; see `mytorch.manual_seed`."""


def manual_seed_all(seed: int) -> None:
    """Does nothing, as PyTorch's does without a GPU; see `mytorch.manual_seed`."""


def empty_cache() -> None:
    """Does nothing."""
