"""What programs ask of processes that train together: there are none.

>>> from mytorch import distributed
>>> distributed.is_available() and distributed.is_initialized()
False
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mytorch._absent import finder

__all__ = ["is_available", "is_initialized"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False
