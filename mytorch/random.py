"""Reproducible draws: one seed for weights, shuffles and `Tensor.randn`."""

from __future__ import annotations

import numpy as np

__all__ = ["manual_seed"]


def manual_seed(seed: int) -> None:
    """Seeds NumPy's global generator, from which everything random in the library is drawn.

    Raises ValueError unless 0 <= seed < 2**32.

    >>> from mytorch import Tensor
    >>> manual_seed(0)
    >>> first = Tensor.randn(3)
    >>> manual_seed(0)
    >>> bool((Tensor.randn(3) == first).data.all())
    True
    """
    np.random.seed(seed)
