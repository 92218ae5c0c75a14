"""The grader's own operations on the graded library's engine; the homework's process imports them.

A test of one problem that needs a product or a layer takes it from here instead of from the
homework, so that a mistake in another problem does not cost its points twice. Only the engine
(problem 1.2) is shared, and of it only what every engine has: each operation has two or three
tensors as its inputs and returns as many gradients, as Sub, Mul and Div must. What belongs to one
input alone (a bare Tensor or a tuple), to constants and to other arguments is tested on its own.
"""

import operator
from typing import Any

import numpy as np

from mytorch.autograd_engine import ContextManager, Function
from mytorch.tensor import Tensor


def output(data: Any, *parents: Any) -> Any:
    """The result of an operation, with the flags that follow from its parents."""
    requires_grad = any(parent.requires_grad for parent in parents)
    return Tensor(data, requires_grad=requires_grad, is_leaf=not requires_grad)


def gradients(grad_output: Any, *arrays: Any) -> Any:
    """Gradients as what the gradient from above is: Tensors, or arrays in an engine of arrays."""
    return arrays if isinstance(grad_output, np.ndarray) else tuple(map(Tensor, arrays))


def values(grad_output: Any) -> Any:
    """The numbers of a gradient."""
    return grad_output if isinstance(grad_output, np.ndarray) else grad_output.data


class Times(Function):
    """The product of two tensors of one shape."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.arrays = np.array(a.data), np.array(b.data)
        return output(a.data * b.data, a, b)

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        a, b = ctx.arrays
        return gradients(grad_output, values(grad_output) * b, values(grad_output) * a)


class Affine(Function):
    """x W^T + b."""

    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any) -> Any:
        ctx.arrays = np.array(x.data), np.array(weight.data)
        return output(x.data @ weight.data.T + bias.data, x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        x, weight = ctx.arrays
        grad = values(grad_output)
        return gradients(grad_output, grad @ weight, grad.T @ x, grad.sum(axis=0))


class HalfSquares(Function):
    """Half the sum of the squared differences: a loss whose gradient is the difference."""

    @staticmethod
    def forward(ctx: Any, x: Any, target: Any) -> Any:
        ctx.difference = x.data - target.data
        return output(0.5 * np.sum(ctx.difference**2), x, target)

    @staticmethod
    def backward(ctx: Any, grad_output: Any) -> Any:
        difference = values(grad_output) * ctx.difference
        return gradients(grad_output, difference, -difference)


def weighted(x: Any, factors: Any) -> Any:
    """The product with an array. Its tensor requires a gradient: it is to be no constant."""
    return Times.apply(x, Tensor(factors, requires_grad=True))


def rectify(x: Any) -> Any:
    """max(x, 0)."""
    return weighted(x, (x.data > 0).astype(float))


def half_squares(x: Any, target: Any) -> Any:
    """The loss of `x` and an array."""
    return HalfSquares.apply(x, Tensor(target, requires_grad=True))


def scaling(factors: Any) -> Any:
    """A layer with one parameter: the product with it."""
    from mytorch.nn.module import Module  # not at the top: only Sequential's test needs it

    class Scaling(Module):
        def __init__(self) -> None:
            super().__init__()
            self.factors = Tensor(factors, requires_grad=True, is_parameter=True)

        def forward(self, x: Any) -> Any:
            return Times.apply(x, self.factors)

        def __call__(self, x: Any) -> Any:
            return self.forward(x)

    return Scaling()


def chain(add: Any, x: Any, length: int) -> Any:
    """Pairs of a product and a sum by the homework's Add, each of the one before."""
    for _ in range(length):
        scaled = Times.apply(x, Tensor(np.array([0.9]), requires_grad=True))
        x = add(scaled, Tensor(np.array([1.0]), requires_grad=True))
    return x


def descend(params: Any, rate: float) -> None:
    """A plain gradient step."""
    for param in params:
        param.data = param.data - rate * values(param.grad)
        param.grad = None


def each(layer: Any, batches: Any) -> None:
    """A layer in training, batch after batch."""
    for batch in batches:
        layer(Tensor(batch, requires_grad=True))


def applying(apply: Any, function: Any, *arguments: Any) -> Any:
    """Call a function while `apply` stands in for Function.apply."""
    engine: Any = Function
    original = Function.__dict__["apply"]
    engine.apply = classmethod(apply)
    try:
        return function(*arguments)
    finally:
        engine.apply = original


def forward_only(name: str, *tensors: Any) -> Any:
    """The result of an operator of Python, and the operations that it applied. Only their forward
    is run: problem 1.1 comes before 1.2."""
    applied: list[str] = []

    def apply(cls: Any, *arguments: Any) -> Any:
        applied.append(cls.__name__)
        return cls.forward(ContextManager(), *arguments)

    return applying(apply, getattr(operator, name), *tensors), applied


def nodes_added(function: Any) -> list[str]:
    """The operations that add a node to the graph while a function runs."""
    added: list[str] = []
    original = Function.__dict__["apply"].__func__

    def apply(cls: Any, *arguments: Any) -> Any:
        result = original(cls, *arguments)
        if result.requires_grad:
            added.append(cls.__name__)
        return result

    applying(apply, function)
    return added
