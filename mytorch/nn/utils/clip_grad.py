"""Clipping gradients: between `backward` and `step`, against steps that are too large."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mytorch._checks import kind_of, option
from mytorch._dtypes import Array, get_default_dtype
from mytorch._kernels.constants import real
from mytorch._silence import silenced
from mytorch.errors import ShapeError
from mytorch.grad_mode import no_grad
from mytorch.linalg import vector_norm
from mytorch.tensor import Tensor, wrap

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors together, unrecorded: (sum |x| ** norm_type) ** (1 / norm_type) over
    all their elements, for an infinite `norm_type` the largest |x|. `foreach` is accepted and means
    nothing. Raises RuntimeError for a norm that is not finite, if `error_if_nonfinite`.

    >>> get_total_norm([Tensor([3.0, 0.0]), Tensor(4.0)])
    tensor(5.)
    """
    listed = [tensors] if isinstance(tensors, Tensor) else tensors
    return _norm("get_total_norm", listed, float(norm_type), error_if_nonfinite)


def _norm(name: str, tensors: Iterable[Tensor], kind: float, error_if_nonfinite: bool) -> Tensor:
    with no_grad():
        norms = [vector_norm(tensor, kind).data for tensor in tensors]
        every = np.stack(norms) if norms else np.zeros(0, get_default_dtype())
        total = vector_norm(wrap(every), kind)
    if option(name, "error_if_nonfinite", error_if_nonfinite) and not np.isfinite(total.data):
        raise RuntimeError(
            f"{name}: the norm of the gradients is {total.item()}; look for its cause "
            "with mytorch.autograd.detect_anomaly(), or pass error_if_nonfinite=False"
        )
    return total


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients by one number, in place, so that their norm together is at most
    `max_norm`: by max_norm / (norm + 1e-6), if that is less than 1. Returns the norm before.

    The norm is (sum |g| ** norm_type) ** (1 / norm_type) over all elements of all gradients, for an
    infinite `norm_type` the largest |g|. Parameters without a gradient are left out. `foreach` is
    accepted and means nothing. Raises RuntimeError for a norm that is not finite, if
    `error_if_nonfinite`; else an infinite norm makes the finite gradients 0 and the infinite ones
    NaN, as in PyTorch.

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
    total = _norm("clip_grad_norm_", map(wrap, gradients), float(norm_type), error_if_nonfinite)
    silenced().run(_scale, gradients, real(max_norm), total.data)
    return total


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_`, by its name of old, of which PyTorch warns.

    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> clip_grad_norm([x], 5.0)
    tensor(10.)
    """
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """As `clip_grad_norm_`, by a norm that is known already. Raises TypeError and
    ShapeError unless it is a Tensor of shape ().

    >>> w = Tensor([1.0, 1.0], requires_grad=True)
    >>> (w * Tensor([30.0, 40.0])).backward()
    >>> clip_grads_with_norm_([w], 5.0, get_total_norm([w.grad]))
    >>> w.grad
    tensor([2.99999994, 3.99999992])
    """
    if not isinstance(total_norm, Tensor):
        raise TypeError(
            "clip_grads_with_norm_: expected a Tensor as total_norm, as get_total_norm gives it, "
            f"got {kind_of(total_norm, Tensor)}"
        )
    if total_norm.shape:
        raise ShapeError(
            f"clip_grads_with_norm_: expected a total_norm of shape (), got {total_norm.shape}"
        )
    silenced().run(_scale, _gradients(parameters), real(max_norm), total_norm.data)


def _scale(gradients: list[Array], max_norm: float, total: Array) -> None:
    # Not by np.float64(total): each replay of `compile` would have to find that very number.
    scale = np.minimum(max_norm / (total.astype(np.float64) + 1e-6), 1)  # NaN stays NaN
    for gradient in gradients:
        np.multiply(gradient, scale, out=gradient, casting="unsafe")


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Limits each element of each gradient, in place, to the range [-clip_value, clip_value].

    >>> w = Tensor([1.0, 1.0], requires_grad=True)
    >>> (w * Tensor([-3.0, 0.5])).backward()
    >>> clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([-1. ,  0.5])
    """
    limit = real(clip_value)
    for gradient in _gradients(parameters):
        silenced().run(np.clip, gradient, -limit, limit, out=gradient)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Array]:
    """The arrays of the gradients there are, which will be written to."""
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    gradients = [tensor.grad for tensor in tensors if tensor.grad is not None]
    for gradient in gradients:
        gradient._touch()
    return [gradient.data for gradient in gradients]
