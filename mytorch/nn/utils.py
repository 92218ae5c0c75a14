"""Clipping gradients: between `backward` and `step`, against steps that are too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from mytorch._absent import finder
from mytorch._dtypes import Array
from mytorch.tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scales all gradients by one number, in place, so that their norm together is at most
    `max_norm`: by max_norm / (norm + 1e-6), if that is less than 1. Returns the norm before.

    The norm is (sum |g| ** norm_type) ** (1 / norm_type) over all elements of all gradients, for an
    infinite `norm_type` the largest |g|. Parameters without a gradient are left out. Raises
    RuntimeError for a norm that is not finite, if `error_if_nonfinite`.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
    2013.

    >>> w = Tensor([1.0, 1.0], requires_grad=True)
    >>> (w * Tensor([30.0, 40.0])).backward()
    >>> clip_grad_norm_([w], max_norm=5.0)
    tensor(50.)
    >>> w.grad
    tensor([2.99999994, 3.99999992])
    """
    gradients = _gradients(parameters)
    norms = [np.linalg.norm(gradient.ravel(), norm_type) for gradient in gradients]
    total = np.linalg.norm(np.array(norms), norm_type) if norms else np.float64(0.0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {total}; look for its cause with "
            "mytorch.autograd.detect_anomaly(), or pass error_if_nonfinite=False"
        )
    scale = min(float(max_norm / (total + 1e-6)), 1.0) if total == total else float("nan")
    with np.errstate(invalid="ignore"):  # infinity * 0 is NaN, as in PyTorch
        for gradient in gradients:
            gradient *= np.asarray(scale, gradient.dtype)
    dtype = np.result_type(*gradients) if gradients else None
    return Tensor(np.asarray(total, dtype))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limits each element of each gradient, in place, to the range [-clip_value, clip_value].

    >>> w = Tensor([1.0, 1.0], requires_grad=True)
    >>> (w * Tensor([-3.0, 0.5])).backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([-1. ,  0.5])
    """
    for gradient in _gradients(parameters):
        np.clip(gradient, -clip_value, clip_value, out=gradient)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Array]:
    """The arrays of the gradients there are, which will be written to."""
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    found = [tensor.grad for tensor in tensors if tensor.grad is not None]
    for gradient in found:
        gradient._touch()
    return [gradient.data for gradient in found]
