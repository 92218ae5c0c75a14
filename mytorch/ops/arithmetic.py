"""+, -, *, /, ** and the sign: elementwise, with broadcasting.

The results have PyTorch's dtypes (see `mytorch._dtypes`). Where the operands were broadcast,
each gradient is summed back to its operand's shape.
"""

import numpy as np

from mytorch._dtypes import Array, Scalar, floating
from mytorch._shapes import Shape
from mytorch.autograd_engine import Function
from mytorch.errors import DtypeError
from mytorch.grad_mode import recording
from mytorch.graph import ContextManager
from mytorch.ops._operands import broadcast_error, data_of, operands, pair
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.selection import where
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["add", "div", "mul", "neg", "pow", "sub"]


class Add(Function):
    """a + b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        x, y = operands("add", a, b)
        # Of equal shapes nothing is kept: two tuples would be a third of the node's memory.
        if x.shape != y.shape:
            ctx.shapes = x.shape, y.shape
        try:
            return wrap(x + y)
        except ValueError:
            raise broadcast_error("add", a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        if ctx.shapes is None:
            return grad_output, grad_output
        shape_a, shape_b = ctx.shapes
        return unbroadcast(grad_output, shape_a), unbroadcast(grad_output, shape_b)


class Sub(Function):
    """a - b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        x, y = operands("sub", a, b)
        if x.dtype.kind == "b":
            raise DtypeError("sub: booleans cannot be subtracted; use a != b, or integers")
        if x.shape != y.shape:
            ctx.shapes = x.shape, y.shape
        try:
            return wrap(x - y)
        except ValueError:
            raise broadcast_error("sub", a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor | None]:
        negative = -grad_output if ctx.needs_input_grad[1] else None
        if ctx.shapes is None:
            return grad_output, negative
        shape_a, shape_b = ctx.shapes
        return (
            unbroadcast(grad_output, shape_a),
            None if negative is None else unbroadcast(negative, shape_b),
        )


class Mul(Function):
    """a * b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("mul", a, b)
        if x.shape != y.shape:
            ctx.shapes = x.shape, y.shape
        try:
            return wrap(x * y)
        except ValueError:
            raise broadcast_error("mul", a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs = ctx.needs_input_grad
        shape_a, shape_b = ctx.shapes or (None, None)
        return (
            _product(grad_output, ctx.saved(1), shape_a) if needs[0] else None,
            _product(grad_output, ctx.saved(0), shape_b) if needs[1] else None,
        )


def _product(gradient: Tensor, factor: Tensor, shape: Shape | None) -> Tensor:
    """gradient * factor, summed to `shape`."""
    # Past the operation when there is nothing to record: half the time of the backward.
    product = gradient * factor if recording.get() else wrap(gradient._data * factor._data)
    return product if shape is None else unbroadcast(product, shape)


class Div(Function):
    """a / b; the quotient of integers is floating. By zero: infinity or NaN, silently."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("div", a, b)
        ctx.shapes = x.shape, y.shape
        try:
            with np.errstate(all="ignore"):
                return wrap(np.true_divide(x, y, dtype=floating(x.dtype)))
        except ValueError:
            raise broadcast_error("div", a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs = ctx.needs_input_grad
        shape_a, shape_b = ctx.shapes
        b = ctx.saved(1)
        return (
            unbroadcast(grad_output / b, shape_a) if needs[0] else None,
            unbroadcast(-grad_output * (ctx.saved(0) / b / b), shape_b) if needs[1] else None,
        )


class Neg(Function):
    """-a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = data_of("neg", a)
        if data.dtype.kind == "b":
            raise DtypeError("neg: booleans have no sign; use a == False, or integers")
        return wrap(-data)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        return -grad_output


class Pow(Function):
    """a ** b, with 0 ** 0 = 1; d/da is 0 where b is 0, d/db is 0 where a is 0 and b >= 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("pow", a, b)
        if x.dtype.kind in "iu" and (y < 0).any():
            raise DtypeError("pow: integers have no negative integer powers; use a float base")
        try:
            with np.errstate(all="ignore"):
                return wrap(x**y if y.ndim else _power(x, y.item()))
        except ValueError:
            raise broadcast_error("pow", a, b) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        needs = ctx.needs_input_grad
        gradient_a = gradient_b = None
        if needs[0]:
            # At a = b = 0 the formula would be 0 * infinity.
            constant = b.data == 0
            slope = b * a ** where(constant, 1.0, b - 1)
            gradient_a = unbroadcast(where(constant, 0.0, grad_output * slope), a.shape)
        if needs[1]:
            flat = np.logical_and(a.data == 0, b.data >= 0)
            slope = a**b * a.log()
            gradient_b = unbroadcast(where(flat, 0.0, grad_output * slope), b.shape)
        return gradient_a, gradient_b


def _power(x: Array, exponent: float) -> Array:
    """x ** exponent by the short cuts for a number (square, square root ...), as in PyTorch:
    they differ from the general power at -0.0 and -inf."""
    root: Array = 1 / np.sqrt(x) if exponent == -0.5 else x**exponent
    return root


def add(input: Operand, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """input + alpha * other, elementwise with broadcasting.

    >>> add(Tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    a, b = pair("add", input, other)
    return Add.apply(a, b if alpha == 1 else b * alpha)


def sub(input: Operand, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """input - alpha * other, elementwise with broadcasting. Raises DtypeError for booleans.

    >>> sub(Tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    a, b = pair("sub", input, other)
    return Sub.apply(a, b if alpha == 1 else b * alpha)


def mul(input: Operand, other: Operand) -> Tensor:
    """input * other, elementwise with broadcasting.

    >>> mul(Tensor([1.0, 2.0]), 10)
    tensor([10., 20.])
    """
    return Mul.apply(*pair("mul", input, other))


def div(input: Operand, other: Operand) -> Tensor:
    """input / other, elementwise with broadcasting; floating also for integers.

    >>> div(Tensor([1.0, 2.0]), 4)
    tensor([0.25, 0.5 ])
    """
    return Div.apply(*pair("div", input, other))


def neg(input: Tensor) -> Tensor:
    """-input, elementwise. Raises DtypeError for booleans.

    >>> neg(Tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return Neg.apply(input)


def pow(input: Operand, exponent: Operand) -> Tensor:
    """input ** exponent, elementwise with broadcasting. Raises DtypeError for a negative power
    of integers.

    >>> pow(Tensor([1.0, 2.0]), 3)
    tensor([1., 8.])
    """
    return Pow.apply(*pair("pow", input, exponent))
