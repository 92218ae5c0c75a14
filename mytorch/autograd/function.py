"""PyTorch's address of `Function` and what goes with it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from mytorch.autograd_engine import Function
from mytorch.grad_mode import is_recording, no_grad
from mytorch.tensor import Tensor

__all__ = ["Function", "once_differentiable"]


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates the `backward` of a Function that is not made of operations, as one that computes
    with NumPy: nothing in it is recorded, and who differentiates what came out by the gradient that
    went in gets RuntimeError.

    >>> class Square(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return Tensor(x.data**2)
    ...
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, grad_output):
    ...         (x,) = ctx.saved_tensors
    ...         return Tensor(2 * x.data * grad_output.data)
    >>> x = Tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    @functools.wraps(fn)
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        recorded = is_recording() and any(
            isinstance(gradient, Tensor) and gradient.requires_grad for gradient in grad_outputs
        )
        with no_grad():
            found = fn(ctx, *grad_outputs)
        if not recorded:
            return found
        several = isinstance(found, tuple)
        guarded = tuple(map(_guarded, found if several else (found,)))
        return guarded if several else guarded[0]

    return backward


def _guarded(gradient: Any) -> Any:
    """The same numbers, through which no gradient passes back."""
    return Once.apply(gradient.detach().requires_grad_()) if gradient is not None else None


class Once(Function):
    @staticmethod
    def forward(ctx: Any, gradient: Tensor) -> Tensor:
        return Tensor(gradient)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> NoReturn:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
