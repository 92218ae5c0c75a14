"""+, -, *, /, //, %, ** and the sign: elementwise, with broadcasting.

The results have PyTorch's dtypes (see `mytorch._dtypes`). Where the operands were broadcast,
each gradient is summed back to its operand's shape. Integers wrap around, as NumPy's and
PyTorch's; a number beside a tensor that its dtype cannot hold wraps around too in +, - and *, and
is refused elsewhere. Products and quotients of float16 and a number are computed in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import HALF, SCALARS, Array, Scalar, cast, floating, promote, result_type
from mytorch._kernels.elementwise import FEW, SPREAD, kernel, of_two_shapes
from mytorch._recorders import recorders
from mytorch._shapes import Shape
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError
from mytorch.ops._operands import broadcast_error, data_of, operands, pair
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.comparison import logical_and
from mytorch.ops.selection import where
from mytorch.tensor import Operand, Tensor, wrap

__all__ = ["add", "div", "floor_divide", "mul", "neg", "pow", "remainder", "square", "sub"]


_BOOLEANS = (bool, np.bool_)


class Add(Function):
    """a + b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        return _broadcast(ctx, "add", np.add, *operands("add", a, b))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        return _summed(ctx, grad_output, grad_output)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        return _summed(ctx, gradient, gradient, unbroadcast_array)


def _broadcast(
    ctx: ContextManager, name: str, function: Callable[[Array, Array], Array], x: Array, y: Array
) -> Tensor:
    """function(x, y), elementwise. Notes the operands' shapes for `_summed`."""
    # Of equal shapes nothing is kept: two tuples would be much of the node's memory.
    try:
        if x.shape == y.shape:
            return wrap(silenced().run(function, x, y))
        ctx.shapes = x.shape, y.shape
        if x.size * y.size >= SPREAD and type(function) is np.ufunc:
            return wrap(silenced().run(of_two_shapes, function, x, y))
        return wrap(silenced().run(function, x, y))
    except ValueError:
        raise broadcast_error(name, x, y) from None


def _exact(
    name: str, function: Callable[..., Array], a: Tensor, b: Tensor
) -> tuple[Callable[..., Array], Array, Array]:
    """The function and the data of its operands, in their common dtype; float16 beside a single
    number, which need not fit into it, in float32, as in PyTorch."""
    try:
        x, y = a._data, b._data
    except AttributeError:
        x, y = data_of(name, a), data_of(name, b)
    if x.dtype is y.dtype:
        return function, x, y
    # By its letter: a dtype that was pickled is another object.
    if result_type(x, y).char == "e" and (x if y.dtype.char == "e" else y).size == 1:
        wide = np.dtype(np.float32)
        return partial(_in_half, function), cast(x, wide), cast(y, wide)
    return function, *promote(x, y)


def _in_half(function: Callable[..., Array], x: Array, y: Array) -> Array:
    return function(x, y).astype(HALF)


def _summed(
    ctx: ContextManager,
    grad_a: Any,
    grad_b: Any,
    sum_up: Callable[[Any, Shape], Any] = unbroadcast,
) -> tuple[Any, Any]:
    """The gradients of two operands, each summed to its operand's shape by `sum_up`."""
    if ctx.shapes is None:
        return grad_a, grad_b
    shape_a, shape_b = ctx.shapes
    return (
        None if grad_a is None else sum_up(grad_a, shape_a),
        None if grad_b is None else sum_up(grad_b, shape_b),
    )


class Sub(Function):
    """a - b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        x, y = operands("sub", a, b)
        if x.dtype.kind == "b" or (
            not (x is a._data and y is b._data) and "b" in (a._data.dtype.kind, b._data.dtype.kind)
        ):
            raise _no_booleans("sub", "a ^ b, or ~a")
        return _broadcast(ctx, "sub", np.subtract, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        grad_b = -grad_output if ctx.needs_input_grad[1] else None
        return _summed(ctx, grad_output, grad_b)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        grad_b = -gradient if wanted[1] is not None else None
        return _summed(ctx, gradient, grad_b, unbroadcast_array)


class Mul(Function):
    """a * b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return _broadcast(ctx, "mul", *_exact("mul", np.multiply, a, b))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs = ctx.needs_input_grad
        grad_a = grad_output * ctx.saved(1) if needs[0] else None
        grad_b = grad_output * ctx.saved(0) if needs[1] else None
        return _summed(ctx, grad_a, grad_b)

    @staticmethod
    def array_backward(
        ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        to_a, to_b = wanted
        grad_a = gradient * ctx.saved_array(1) if to_a is not None else None
        grad_b = gradient * ctx.saved_array(0) if to_b is not None else None
        return _summed(ctx, grad_a, grad_b, unbroadcast_array)


class Div(Function):
    """a / b; the quotient of integers is floating. By zero: infinity or NaN, silently."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        divide, x, y = _exact("div", np.true_divide, a, b)
        if x.dtype.kind != "f":
            # From their own dtypes: in a common one a number may have wrapped around.
            divide, x, y = partial(np.true_divide, dtype=floating(x.dtype)), a._data, b._data
        return _broadcast(ctx, "div", divide, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        needs, b = ctx.needs_input_grad, ctx.saved(1)
        grad_a = grad_output / b if needs[0] else None
        return _summed(ctx, grad_a, -grad_output * (ctx.saved(0) / b / b) if needs[1] else None)


class RoundedDiv(Function):
    """a / b, rounded by `mode`: "floor" down, "trunc" towards 0. The gradients are 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, mode: str) -> Tensor:
        rounded = _floored if mode == "floor" else _truncated
        function, x, y = _exact("div", rounded, a, b)
        _require_divisible("div", x, y)
        return _broadcast(ctx, "div", function, x, y)

    @staticmethod
    def backward(
        ctx: ContextManager, grad_output: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None]:
        zeros = wrap(np.zeros_like(grad_output._data))
        return *_summed(ctx, zeros, zeros), None


class Remainder(Function):
    """a - b * floor(a / b), which has b's sign."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("remainder", a, b)
        _require_divisible("remainder", x, y)
        return _broadcast(ctx, "remainder", _remainder, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        grad_b = None
        if ctx.needs_input_grad[1]:
            grad_b = -grad_output * RoundedDiv.apply(*ctx.saved_tensors, "floor")
        return _summed(ctx, grad_output, grad_b)


def _require_divisible(name: str, x: Array, y: Array) -> None:
    """Raises an error if the quotient of two operands of one dtype cannot be rounded."""
    if x.dtype.kind == "b":
        raise _no_booleans(name, "integers")
    if x.dtype.kind != "f" and x.size and not y.all():
        raise RuntimeError(f"{name}: an integer is divided by 0; floats would give infinity or NaN")


def _floored(x: Array, y: Array) -> Array:
    """floor(x / y)."""
    single = x.dtype.char == "f" and (x.size >= FEW or y.size >= FEW)
    out: Array = _by_quotients(np.floor_divide, x, y) if single else np.floor_divide(x, y)
    return out


def _remainder(x: Array, y: Array) -> Array:
    """x - y * floor(x / y), with the sign of y."""
    single = x.dtype.char == "f" and (x.size >= FEW or y.size >= FEW)
    out: Array = _by_quotients(np.remainder, x, y) if single else np.remainder(x, y)
    return out


# In double precision as large a quotient of single precision still cannot be rounded up to a whole
# number, and its product with the divisor is exact.
_LARGEST_QUOTIENT = 2.0**29


@kernel
def _by_quotients(function: np.ufunc, x: Array, y: Array) -> Array:
    """floor_divide or remainder of single precision: in double precision where that is exact, as
    NumPy's own way is not in quotients of eight digits."""
    double = np.dtype(np.float64)
    parts = np.nditer(
        (x, y, None),
        ["external_loop", "buffered", "zerosize_ok"],
        [["readonly"], ["readonly"], ["writeonly", "allocate"]],
        [double, double, x.dtype],
        casting="same_kind",
        buffersize=_BLOCK,
    )
    with parts:
        for dividend, divisor, out in parts:
            quotient = dividend / divisor
            np.floor(quotient, out=quotient)
            exact = np.abs(quotient) < _LARGEST_QUOTIENT
            exact &= np.isfinite(divisor)
            if function is np.remainder:
                quotient *= divisor
                np.subtract(dividend, quotient, out=quotient)
                np.copysign(quotient, divisor, out=quotient)
            out[...] = quotient
            if not exact.all():
                others = ~exact
                out[others] = function(
                    *(part[others].astype(x.dtype) for part in (dividend, divisor))
                )
        result: Array = parts.operands[2]
    return result


_BLOCK = 2**14


def _truncated(x: Array, y: Array) -> Array:
    quotient: Array
    if x.dtype.kind == "f":
        quotient = np.trunc(np.true_divide(x, y))
    else:
        # What is rounded down, and below 0, is one too small.
        quotient = np.floor_divide(x, y)
        quotient = quotient + ((quotient < 0) & (quotient * y != x))
    return quotient


def _no_booleans(name: str, instead: str) -> DtypeError:
    return DtypeError(f"{name}: expected numbers, got booleans; use {instead}")


class Neg(Function):
    """-a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        data = data_of("neg", a)
        if data.dtype.kind == "b":
            raise _no_booleans("neg", "~a")
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
        kind = x.dtype.kind
        if kind == "b":
            raise _no_booleans("pow", "a & b, or integers")
        # Of an empty result no element has a negative power.
        if kind != "f" and (x.size or not y.ndim) and (y < 0).any():
            raise DtypeError("pow: integers have no negative integer powers; use a float base")
        return _broadcast(ctx, "pow", _power, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, Tensor | None]:
        a, b = ctx.saved_tensors
        needs = ctx.needs_input_grad
        grad_a = grad_b = None
        if needs[0] and b.ndim == 0 and not needs[1]:
            exponent = b.item()
            # At a = 0 the formula would be 0 * infinity.
            grad_a = (
                grad_output * (exponent * a ** (exponent - 1.0))
                if exponent
                else wrap(np.zeros_like(grad_output._data))
            )
        elif needs[0]:
            grad_a = where(b == 0, 0.0, grad_output * (b * a ** (b + -1.0)))
        if needs[1]:
            flat = logical_and(a == 0, b >= 0)
            grad_b = grad_output * where(flat, 0.0, a**b * a.log())
        return _summed(ctx, grad_a, grad_b)


def _power(x: Array, y: Array) -> Array:
    """x ** y, for a number y by the short cuts (square, square root ...), as in PyTorch: they
    differ from the general power at -0.0 and -inf."""
    power: Array
    if y.ndim:
        power = x**y
    else:
        exponent = y.item()
        if recorders:  # What stands for a number has no hash, but can be compared.
            short = next((_SHORT_CUTS[n] for n in _SHORT_CUTS if n == exponent), None)
        else:
            short = _SHORT_CUTS.get(exponent)
        power = x**exponent if short is None else short(x)
    return power


# NumPy's power of negative numbers is slow.
_SHORT_CUTS: dict[float, Callable[[Array], Any]] = {
    2: lambda x: x * x,
    3: lambda x: x * x * x,
    -0.5: lambda x: 1 / np.sqrt(x),
    -1: lambda x: 1 / x,
    -2: lambda x: 1 / (x * x),
}


def _scaled(name: str, a: Tensor, b: Tensor, alpha: Scalar) -> Tensor:
    """alpha * b, for its sum with a."""
    if not isinstance(alpha, SCALARS):
        raise TypeError(f"{name}: expected a number as alpha, got {kind_of(alpha)}")
    dtype = result_type(a._data, b._data)
    if isinstance(alpha, _BOOLEANS) and dtype.kind != "b":
        raise DtypeError(f"{name}: a boolean alpha is for booleans, not for {dtype}")
    if isinstance(alpha, (float, np.floating)) and dtype.kind != "f":
        raise DtypeError(f"{name}: expected an integer alpha for the dtype {dtype}, got {alpha}")
    if dtype.kind in "iu" and not -np.iinfo(dtype).max - 1 <= alpha <= np.iinfo(dtype).max:
        raise DtypeError(f"{name}: the alpha {alpha} does not fit into the dtype {dtype}")
    return b.to(dtype) * (bool(alpha) if dtype.kind == "b" else alpha)


def add(input: Operand, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """input + alpha * other, elementwise with broadcasting.

    Raises DtypeError for an alpha of a higher kind than the result, as 1.5 among integers.

    >>> add(Tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    a, b = pair("add", input, other, modular=True)
    return Add.apply(a, b if type(alpha) is int and alpha == 1 else _scaled("add", a, b, alpha))


def sub(input: Operand, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """input - alpha * other, elementwise with broadcasting.

    Raises DtypeError for booleans, and for an alpha as in `add`.

    >>> sub(Tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    if type(other) in _BOOLEANS or type(input) in _BOOLEANS:
        raise _no_booleans("sub", "~a, or integers")
    a, b = pair("sub", input, other, modular=True)
    return Sub.apply(a, b if type(alpha) is int and alpha == 1 else _scaled("sub", a, b, alpha))


def mul(input: Operand, other: Operand) -> Tensor:
    """input * other, elementwise with broadcasting.

    >>> mul(Tensor([1.0, 2.0]), 10)
    tensor([10., 20.])
    """
    return Mul.apply(*pair("mul", input, other, modular=True))


def div(input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other, elementwise with broadcasting; floating also for integers, unless rounded.

    Arguments:
        rounding_mode: None, "trunc" (towards 0) or "floor" (down). The gradient of what is
            rounded is 0.

    Raises RuntimeError for another rounding mode and, where rounded, for integers divided by 0;
    DtypeError for booleans.

    >>> div(Tensor([1.0, -2.0]), 4)
    tensor([ 0.25, -0.5 ])
    >>> div(Tensor([1, -2]), 4, rounding_mode="floor")
    tensor([ 0, -1])
    """
    if rounding_mode is None:
        # A float at once: the quotient is one, and no integer is too large for it.
        # Of an int by a product, which `compile` replays.
        if isinstance(other, (int, np.integer)):
            other = other * 1.0 if isinstance(other, int) else float(other)
        elif isinstance(input, (int, np.integer)):
            input = input * 1.0 if isinstance(input, int) else float(input)
        return Div.apply(*pair("div", input, other))
    if not isinstance(rounding_mode, str) or rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f'div: expected a rounding_mode of None, "trunc" or "floor", got {rounding_mode!r}'
        )
    return RoundedDiv.apply(*pair("div", input, other), rounding_mode)


def floor_divide(input: Operand, other: Operand) -> Tensor:
    """input // other: the quotient rounded down, elementwise with broadcasting.

    The gradient is 0, as that of `div` with rounding_mode="floor"; PyTorch has none. Raises
    RuntimeError for integers divided by 0, DtypeError for booleans.

    >>> floor_divide(Tensor([7.0, -7.0]), 2)
    tensor([ 3., -4.])
    """
    return RoundedDiv.apply(*pair("floor_divide", input, other), "floor")


def remainder(input: Operand, other: Operand) -> Tensor:
    """input % other: the remainder of the quotient rounded down, elementwise with broadcasting.

    It has the sign of `other`, also where it is 0 (in PyTorch a 0 has that of `input`). Raises
    RuntimeError for integers divided by 0, DtypeError for booleans.

    >>> remainder(Tensor([7.0, -7.0]), 3)
    tensor([1., 2.])
    """
    return Remainder.apply(*pair("remainder", input, other))


def neg(input: Tensor) -> Tensor:
    """-input, elementwise. Raises DtypeError for booleans.

    >>> neg(Tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return Neg.apply(input)


def pow(input: Operand, exponent: Operand) -> Tensor:
    """input ** exponent, elementwise with broadcasting.

    An exponent of no axes is a number, as 0.5 is: the power of -inf is then that of `sqrt`, NaN,
    where PyTorch's of a tensor is infinite.

    Raises DtypeError for booleans to booleans, and for a negative power of integers (in PyTorch
    only for a number; from a tensor it makes most of them 0).

    >>> pow(Tensor([1.0, 2.0]), 3)
    tensor([1., 8.])
    """
    return Pow.apply(*pair("pow", input, exponent))


def square(input: Tensor) -> Tensor:
    """input ** 2, elementwise.

    >>> square(Tensor([1.0, -2.0]))
    tensor([1., 4.])
    """
    data_of("square", input)
    return pow(input, 2)
