"""The running moments of the gradient that Adam and its kin remember."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.options import as_number

__all__ = ["betas_of", "move_moments"]


def betas_of(group: Group) -> Any:
    """The betas of a group, of Tensors their numbers."""
    return [as_number("betas: expected each", beta) for beta in group["betas"]]


def move_moments(
    share: Array,
    beta1: Array,
    beta2: Array,
    weight: Array,
    gradient: Array,
    out: Array,
    mean: Array,
    square: Array,
) -> Array:
    """Moves m and v of Adam's formula. Leaves (1 - beta1) * g in `out`, and returns an array of
    their length that may be written to."""
    np.multiply(gradient, share, out)
    mean *= beta1
    mean += out
    square *= beta2
    # In this order: the square of a large gradient would overflow before it is scaled.
    scaled: Array = out * weight
    scaled *= out
    square += scaled
    return scaled
