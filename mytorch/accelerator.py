"""What programs ask of accelerators before they choose a device: there is none.

>>> from mytorch import accelerator
>>> accelerator.current_accelerator().type if accelerator.is_available() else "cpu"
'cpu'
"""

from __future__ import annotations

from typing import Any

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> Any:
    """None."""
    return None
