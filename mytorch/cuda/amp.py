"""PyTorch's older address of `mytorch.amp`, whose device was CUDA."""

from __future__ import annotations

from functools import partial

from mytorch import amp
from mytorch.dtypes import DTypeLike

__all__ = ["GradScaler", "autocast"]

GradScaler = partial(amp.GradScaler, "cuda")


def autocast(
    enabled: bool = True, dtype: DTypeLike | None = None, cache_enabled: bool = True
) -> amp.autocast:
    """`mytorch.amp.autocast("cuda", ...)`.

    >>> with autocast(enabled=False):
    ...     pass
    """
    return amp.autocast("cuda", dtype, enabled, cache_enabled)
