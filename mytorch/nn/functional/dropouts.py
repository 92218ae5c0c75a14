"""Dropout."""

from __future__ import annotations

import numpy as np

from mytorch._checks import flag
from mytorch.errors import DtypeError
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = ["dropout"]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, each element with probability `p` times 0, else times 1 / (1 - p), so that its
    expectation stays (Srivastava et al., 2014); else the input itself.

    Draws from NumPy's global generator. With `inplace=True` the result is stored in the input's
    memory. Raises ValueError unless 0 <= p <= 1, DtypeError for integers where 0 < p < 1.

    >>> dropout(Tensor([1.0, 2.0]), p=0.5, training=False)
    tensor([1., 2.])
    """
    data = data_of("dropout", input)
    for name, value in (("training", training), ("inplace", inplace)):
        flag("dropout", name, value)
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: expected a probability from 0 to 1, got {p}")
    if not training or p == 0:
        return input
    if p == 1:
        factors = np.zeros_like(data)
    elif data.dtype.kind == "f":
        kept = np.random.random(data.shape) >= p
        factors = kept * data.dtype.type(1 / (1 - p))
    else:
        raise DtypeError(
            f"dropout: expected a floating dtype, got {data.dtype}; convert it with x.to(float)"
        )
    mask = wrap(factors)
    return input.mul_(mask) if inplace else input * mask
