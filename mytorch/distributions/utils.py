"""What distributions do with their parameters, by PyTorch's names."""

from __future__ import annotations

from functools import cached_property
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import get_default_dtype
from mytorch.errors import RangeError
from mytorch.grad_mode import enable_grad
from mytorch.ops import broadcast_tensors, full, log, log1p, sigmoid, softmax
from mytorch.tensor import Tensor

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "sum_rightmost",
]

T = TypeVar("T")


class lazy_property(cached_property[T]):
    """A property that is computed once, when it is first asked for, with its gradient."""

    if not TYPE_CHECKING:

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            with enable_grad():
                return super().__get__(instance, owner)


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors and numbers as tensors of one shape; the numbers in the dtype of the first tensor, or
    in the default one. Raises ValueError for anything else.

    >>> [x.shape for x in broadcast_all(1.0, Tensor([1.0, 2.0]))]
    [(2,), (2,)]
    """
    for value in values:
        if not isinstance(value, (Tensor, Number)):
            raise RangeError(
                f"expected tensors and numbers as parameters, got {kind_of(value, Tensor)}; wrap "
                "it in Tensor(...) first"
            )
    dtypes = [value.dtype for value in values if isinstance(value, Tensor)]
    dtype = dtypes[0] if dtypes else get_default_dtype()
    return broadcast_tensors(
        *(x if isinstance(x, Tensor) else full((), x, dtype=dtype) for x in values)
    )


def sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over the last `dim` axes."""
    return value.sum(tuple(range(-dim, 0))) if dim else value


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The softmax along the last axis, or of binary ones the sigmoid."""
    return sigmoid(logits) if is_binary else softmax(logits, -1)


def clamp_probs(probs: Tensor) -> Tensor:
    """The probabilities, held from 0 and 1 by the dtype's epsilon."""
    eps = float(np.finfo(probs.dtype).eps)
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """The logarithms, or of binary ones the log odds; finite also at 0 and 1."""
    probs = clamp_probs(probs)
    return log(probs) - log1p(-probs) if is_binary else log(probs)
