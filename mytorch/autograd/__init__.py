"""PyTorch's address of what concerns differentiation: `mytorch.autograd.grad` and its kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mytorch._absent import finder
from mytorch.anomaly import detect_anomaly, set_detect_anomaly
from mytorch.autograd import function, functional
from mytorch.autograd_engine import Function, backward_from, grad
from mytorch.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from mytorch.gradcheck import gradcheck, gradgradcheck
from mytorch.tensor import Tensor

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

if not TYPE_CHECKING:
    __getattr__ = finder(__name__)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """The tensor of old that has gradients: today every Tensor. It shares the data.

    >>> Variable(Tensor([1.0]), requires_grad=True)
    tensor([1.], requires_grad=True)
    """
    return data.detach().requires_grad_(requires_grad)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """`Tensor.backward` of several tensors at once, that is, of their sum.

    `grad_tensors` are d final / d tensor, ones where None.

    Raises ShapeError for a gradient of another shape or another number of them, and RuntimeError
    for a tensor that does not require a gradient.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> backward([x.sum(), 3 * x], [None, Tensor([1.0, 10.0])])
    >>> x.grad
    tensor([ 4., 31.])
    """
    backward_from(tensors, grad_tensors, retain_graph, create_graph, inputs)
