"""What an operation's forward may say to its context, beside PyTorch's."""

import importlib
from typing import Any

import pytest
import torch

import mytorch

# ruff: noqa: N803 (T is the library)


def in_two_parts(T: Any) -> Any:
    class Cube(T.autograd.Function):
        @staticmethod
        def forward(x: Any, factor: float) -> Any:
            return x.detach() ** 3 * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            x, _ = ctx.saved_tensors
            return grad_output * 3 * x * x * ctx.factor, None

    x = T.tensor([1.0, -2.0], requires_grad=True)
    y = Cube.apply(x, 2.0)
    (slope,) = T.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = T.autograd.grad(slope.sum(), x)
    return [y.tolist(), slope.tolist(), second.tolist(), y.requires_grad]


def without_a_gradient(T: Any) -> Any:
    class Nearest(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            found = x.detach().round()
            ctx.mark_non_differentiable(found)
            return found

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            raise AssertionError

    x = T.tensor([1.2, -2.0], requires_grad=True)
    y = Nearest.apply(x)
    (x * y).sum().backward()
    return [y.tolist(), y.requires_grad, y.grad_fn is None, y.is_leaf, x.grad.tolist()]


def zeros_or_none(T: Any) -> Any:
    class Same(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x.clone()

        @staticmethod
        def backward(ctx: Any, grad_output: Any) -> Any:
            return grad_output * 2

    x = T.tensor([1.0], requires_grad=True)
    Same.apply(x).backward()
    return x.grad.tolist()


def differentiated_once(T: Any) -> Any:
    once = importlib.import_module(f"{T.__name__}.autograd.function").once_differentiable

    class Product(T.autograd.function.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            return x.detach() * y.detach()

        @staticmethod
        @once
        def backward(ctx: Any, grad_output: Any) -> Any:
            x, y = ctx.saved_tensors
            assert not T.is_grad_enabled() or not (x * y).requires_grad
            return y * grad_output, None

    class Double(T.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.detach() * 2

        backward = staticmethod(once(lambda ctx, grad_output: grad_output * 2))

    found = []
    for make in (lambda x, y: Product.apply(x, y), lambda x, y: Double.apply(x)):
        x, y = (T.tensor([number, 2.0], requires_grad=True) for number in (3.0, 5.0))
        make(x, y).sum().backward()
        found.append(x.grad.tolist())
        (first,) = T.autograd.grad((make(x, y) ** 2).sum(), x, create_graph=True)
        found.append([first.tolist(), first.requires_grad])
        try:
            first.sum().backward()
        except RuntimeError as error:
            found.append(str(error))
        # A gradient that needs none itself: what comes out is constant.
        (first,) = T.autograd.grad(make(x, y).sum(), x, create_graph=True)
        found.append([first.tolist(), first.requires_grad])
    return found


@pytest.mark.parametrize(
    "program", [differentiated_once, in_two_parts, without_a_gradient, zeros_or_none]
)
def test_a_context_is_told_as_pytorchs(program: Any) -> None:
    assert program(mytorch) == program(torch)


def test_an_observer_sees_an_operation_in_two_parts() -> None:
    with mytorch.autograd.detect_anomaly():
        assert in_two_parts(mytorch) == in_two_parts(torch)
