"""CUDA, which is not there: its switches may be set.

>>> from mytorch.backends import cuda
>>> cuda.matmul.allow_tf32 = True
"""

from __future__ import annotations

from types import SimpleNamespace

__all__ = ["is_built", "matmul"]

matmul = SimpleNamespace(allow_tf32=False)


def is_built() -> bool:
    """False."""
    return False
