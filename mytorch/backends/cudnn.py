"""cuDNN, which is not there: its switches may be set.

>>> from mytorch.backends import cudnn
>>> cudnn.is_available()
False
>>> cudnn.deterministic = False
"""

from __future__ import annotations

__all__ = ["is_available"]

enabled = True
benchmark = False
allow_tf32 = True
deterministic = False


def is_available() -> bool:
    """False."""
    return False
