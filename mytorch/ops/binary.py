"""Functions of two numbers, element by element with broadcasting, beside the arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log
from typing import Any

import numpy as np

from mytorch._dtypes import SCALARS, Array, Scalar, floating
from mytorch._kernels.constants import number, setting
from mytorch._kernels.elementwise import (
    BITS,
    FEW,
    SPREAD,
    chosen,
    kept_where,
    kernel,
    log1p_exp_of_negative_size,
    of_two_shapes,
)
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError
from mytorch.observe import noted
from mytorch.ops._operands import broadcast_error, data_of, operands, pair
from mytorch.ops.arithmetic import add, div, mul, pow, sub
from mytorch.ops.broadcasting import unbroadcast, unbroadcast_array
from mytorch.ops.conversion import to
from mytorch.ops.selection import where
from mytorch.tensor import Operand, Tensor, wrap

__all__ = [
    "addcdiv",
    "addcmul",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "copysign",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "heaviside",
    "lcm",
    "ldexp",
    "lerp",
    "logaddexp",
    "logaddexp2",
    "nextafter",
    "rsub",
]


def _apply(name: str, function: Callable[..., Any], x: Array, y: Array, **options: Any) -> Tensor:
    try:
        return wrap(silenced().run(function, x, y, **options))
    except ValueError:
        raise broadcast_error(name, x, y) from None


class Fmax(Function):
    """The larger of a and b, a number rather than NaN; of equal ones a has the gradient."""

    fresh_gradients = True
    choose: np.ufunc = np.fmax
    wins: np.ufunc = np.greater_equal

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        name = cls.__name__.lower()
        return _apply(name, cls.choose, *operands(name, a, b))

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        first = cls._is_first(a._data, b._data)
        to_a, to_b = where(first, grad_output, 0.0), where(first, 0.0, grad_output)
        return unbroadcast(to_a, a.shape), unbroadcast(to_b, b.shape)

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, Array | None]:
        a, b = ctx.saved_array(0), ctx.saved_array(1)
        first = cls._is_first(a, b)
        to_a = to_b = None
        if wanted[0] is not None:
            to_a = unbroadcast_array(kept_where(first, gradient), a.shape)
        if wanted[1] is not None:
            to_b = unbroadcast_array(kept_where(~first, gradient), b.shape)
        return to_a, to_b

    @classmethod
    def _is_first(cls, x: Array, y: Array) -> Array:
        first: Array = cls.wins(x, y) | (y != y)
        return first


class Fmin(Fmax):
    """The smaller of a and b, a number rather than NaN; of equal ones a has the gradient."""

    choose, wins = np.fmin, np.less_equal


class Fmod(Function):
    """a - b * trunc(a / b), which has a's sign."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("fmod", a, b)
        if x.dtype.kind == "b":
            raise DtypeError("fmod: expected numbers, got booleans; convert them with x.to(int)")
        if x.dtype.kind != "f" and x.size and not y.all():
            raise RuntimeError("fmod: an integer is divided by 0; floats would give NaN")
        return _apply("fmod", _remainder, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        times = div(a, b, rounding_mode="trunc")
        return unbroadcast(grad_output, a.shape), unbroadcast(-grad_output * times, b.shape)


def _remainder(x: Array, y: Array) -> Array:
    out: Array = np.fmod(x, y) if x.dtype.char != "f" or x.size < FEW else _by_quotient(x, y)
    return out


@kernel
def _by_quotient(x: Array, y: Array) -> Array:
    """fmod in single precision by a division in double, which leaves no error where the quotient
    is below 2**27."""
    wide = y.astype(np.float64)
    rest = x / wide
    np.trunc(rest, out=rest)
    near = np.abs(rest) < 2**27
    rest *= wide
    np.subtract(x, rest, out=rest)
    near &= rest == rest
    out = np.copysign(rest, x, out=rest).astype(np.float32)
    if not near.all():
        far = ~near
        out[far] = np.fmod(*(np.broadcast_to(part, out.shape)[far] for part in (x, y)))
    return out


class Copysign(Function):
    """|a| with the sign of b."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        x, y = operands("copysign", a, b)
        out = _apply("copysign", np.copysign, x, y, dtype=floating(x.dtype))
        ctx.shapes = b.shape
        ctx.save_for_backward(a, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, out = ctx.saved_tensors
        kept = where(a == 0, 0.0, grad_output * (out / a))
        return unbroadcast(kept, a.shape), wrap(np.zeros(ctx.shapes, out.dtype, like=out._data))


class LogAddExp(Function):
    """log(exp(a) + exp(b)), or with 2 in the place of e."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, binary: bool) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.binary = binary
        name = "logaddexp2" if binary else "logaddexp"
        x, y = operands(name, a, b)
        if x.dtype.kind != "f":
            raise DtypeError(f"{name}: expected a floating dtype, got {x.dtype}; use x.to(float)")
        return _apply(name, partial(_log_of_powers, binary), x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        a, b = ctx.saved_tensors
        # Equal infinities have no difference.
        same = (a._data == b._data) & np.isinf(a._data)
        apart = where(same, 0.0, b - a)
        power = pow(2.0, apart) if ctx.binary else apart.exp()
        back = pow(2.0, -apart) if ctx.binary else (-apart).exp()
        grad_a, grad_b = grad_output / (power + 1), grad_output / (back + 1)
        return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape), None


@kernel
def _log_of_powers(binary: bool, x: Array, y: Array) -> Array:
    """`np.logaddexp2` if binary, else `np.logaddexp`."""
    function: Any = np.logaddexp2 if binary else np.logaddexp
    larger: Array = np.maximum(x, y)
    if larger.size < FEW or larger.dtype.char not in "fd":
        return np.asarray(function(x, y))
    rest = x - y
    if binary:
        rest *= number(log(2), rest.dtype)
    rest = log1p_exp_of_negative_size(rest)
    if binary:
        rest *= number(1 / log(2), rest.dtype)
    larger += rest
    # Equal infinities have no difference.
    ends = larger != larger
    if ends.any():
        larger[ends] = function(*(np.broadcast_to(part, ends.shape)[ends] for part in (x, y)))
    return larger


class Lerp(Function):
    """a + weight * (b - a), counted from the nearer end."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight, *((a, b) if weight.requires_grad else ()))
        ctx.shapes = a.shape, b.shape
        try:
            return wrap(silenced().run(_between, a._data, b._data, weight._data))
        except ValueError:
            raise broadcast_error("lerp", a, b, weight) from None

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        weight, *ends = ctx.saved_tensors
        shape_a, shape_b = ctx.shapes
        to_weight = unbroadcast(grad_output * (ends[1] - ends[0]), weight.shape) if ends else None
        return (
            unbroadcast(grad_output * (1 - weight), shape_a),
            unbroadcast(grad_output * weight, shape_b),
            to_weight,
        )


@kernel
def _between(a: Array, b: Array, weight: Array) -> Array:
    shape = np.broadcast(a, b, weight).shape
    far = np.abs(weight) >= number(0.5, weight.dtype)
    out: Any = of_two_shapes(np.subtract, b, a)
    share = weight - far
    if out.shape == shape != () and (share.size == 1 or share.shape == shape):
        out *= share
    else:
        out = of_two_shapes(np.multiply, out, share)
    if weight.size == 1:
        out += b if far.all() else a
    else:
        out += chosen(np.broadcast_to(far, shape), b, a)
    return np.asarray(out)


class AddCMul(Function):
    """a + value * b * c, for floats."""

    name = "addcmul"
    combine: np.ufunc = np.multiply

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, b: Tensor, c: Tensor, value: float) -> Tensor:
        ctx.save_for_backward(b, c)
        ctx.value, ctx.shapes = value, data_of(cls.name, a).shape
        first, second = operands(cls.name, b, c)
        if type(value) is not int or value != 1:
            # In PyTorch's order, and b may have fewer numbers than the result.
            first = silenced().run(np.multiply, first, setting(value, first.dtype))
        large = first.size * second.size >= SPREAD
        combine = partial(of_two_shapes, cls.combine) if large else cls.combine
        part = _apply(cls.name, combine, first, second)
        x, y = operands(cls.name, a, part)
        room = y if y is part._data and x.shape == y.shape and y.ndim else None
        return _apply(cls.name, np.add, x, y, out=room)

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        b, c = ctx.saved_tensors
        scaled = grad_output * ctx.value
        to_b, to_c = cls.slopes(scaled, b, c)
        return (
            unbroadcast(grad_output, ctx.shapes),
            unbroadcast(to_b, b.shape),
            unbroadcast(to_c, c.shape),
            None,
        )

    @staticmethod
    def slopes(grad: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of b and c."""
        return grad * c, grad * b


class AddCDiv(AddCMul):
    """a + value * b / c, for floats."""

    name, combine = "addcdiv", np.true_divide

    @staticmethod
    def slopes(grad: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return grad / c, -grad * (b / c / c)


@kernel
def _neighbour(x: Array, y: Array) -> Array:
    """`np.nextafter`: a float and the next one away from 0 are integers one after the other."""
    out: Array = x + y
    if out.size < FEW or out.itemsize not in BITS:
        return np.asarray(np.nextafter(x, y))
    rare = (x == 0) | (out != out)
    np.copyto(out, x)
    step = ((x < y) == (x > 0)).astype(BITS[out.itemsize])
    step += step
    step -= 1
    step *= x != y
    moved = out.view(step.dtype)
    moved += step
    if rare.any():
        out[rare] = np.nextafter(*(np.broadcast_to(part, out.shape)[rare] for part in (x, y)))
    return out


class NextAfter(Function):
    """The number next to a on the way to b, which moves with a unless they are equal."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        x, y = operands("nextafter", a, b)
        if x.dtype.kind != "f":
            raise DtypeError(f"nextafter: expected a floating dtype, got {x.dtype}")
        return _apply("nextafter", _neighbour, x, y)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        moved = where(a == b, 0.0, grad_output)
        return unbroadcast(moved, a.shape), wrap(np.zeros_like(b._data))


def fmod(input: Tensor, other: Operand) -> Tensor:
    """The remainder of the quotient rounded towards 0, with the sign of `input`; see `remainder`.

    Raises RuntimeError for integers divided by 0, DtypeError for booleans.

    >>> fmod(Tensor([7.0, -7.0]), 3)
    tensor([ 1., -1.])
    """
    data_of("fmod", input)
    return Fmod.apply(*pair("fmod", input, other))


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of each two elements; unlike `maximum`, a number beside NaN is taken.

    >>> fmax(Tensor([1.0, np.nan]), Tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return Fmax.apply(input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of each two elements; unlike `minimum`, a number beside NaN is taken.

    >>> fmin(Tensor([1.0, np.nan]), Tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return Fmin.apply(input, other)


def copysign(input: Tensor, other: Operand) -> Tensor:
    """|input| with the sign of `other`, also of -0.0.

    >>> copysign(Tensor([1.0, -2.0]), Tensor([-0.0, 3.0]))
    tensor([-1.,  2.])
    """
    data_of("copysign", input)
    return Copysign.apply(*pair("copysign", input, other))


def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """log(exp(input) + exp(other)), which overflows nowhere. Raises DtypeError unless floating.

    >>> logaddexp(Tensor([1000.0]), Tensor([1000.0]))
    tensor([1000.69314718])
    """
    return LogAddExp.apply(input, other, False)


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """log2(2**input + 2**other), which overflows nowhere. Raises DtypeError unless floating.

    >>> logaddexp2(Tensor([1000.0]), Tensor([1000.0]))
    tensor([1001.])
    """
    return LogAddExp.apply(input, other, True)


def lerp(input: Tensor, end: Tensor | Array, weight: Tensor | Scalar) -> Tensor:
    """input + weight * (end - input): on the way from one to the other. The weight may be a number.

    Between parameters the end may be the array of one, as in `average.lerp_(parameter.data, 0.1)`.
    Raises DtypeError unless all are of one floating dtype.

    >>> lerp(Tensor([0.0, 10.0]), Tensor([10.0, 20.0]), 0.25)
    tensor([ 2.5, 12.5])
    """
    input, end = pair("lerp", input, end) if isinstance(end, np.ndarray) else (input, end)
    dtype = data_of("lerp", input).dtype
    if isinstance(weight, SCALARS):
        weight = wrap(setting(weight, dtype))
    found = {dtype, data_of("lerp", end).dtype, data_of("lerp", weight).dtype}
    if dtype.kind != "f" or len(found) > 1:
        raise DtypeError(
            f"lerp: expected one floating dtype, got {dtype}, {end.dtype} and {weight.dtype}; "
            "convert with x.to(...)"
        )
    return Lerp.apply(input, end, weight)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """input + value * tensor1 * tensor2; among integers the `value` is cut to a whole number.

    >>> addcmul(Tensor([1.0]), Tensor([2.0]), Tensor([3.0]), value=10)
    tensor([61.])
    """
    x, _ = operands("addcmul", tensor1, tensor2)
    if x.dtype.kind != "f":
        return add(input, mul(tensor1, tensor2), alpha=int(value))
    return AddCMul.apply(input, tensor1, tensor2, value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """input + value * tensor1 / tensor2. Raises DtypeError for integers.

    >>> addcdiv(Tensor([1.0]), Tensor([6.0]), Tensor([3.0]), value=10)
    tensor([21.])
    """
    x, _ = operands("addcdiv", tensor1, tensor2)
    if x.dtype.kind != "f":
        raise DtypeError(f"addcdiv: expected a floating dtype, got {x.dtype}; use x.to(float)")
    return AddCDiv.apply(input, tensor1, tensor2, value)


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2**other.

    >>> ldexp(Tensor([1.0, 3.0]), Tensor([4, -1]))
    tensor([16. ,  1.5])
    """
    x, _ = operands("ldexp", input, other)
    return mul(input, pow(2.0, to(other, floating(x.dtype))))


def rsub(input: Tensor, other: Operand, *, alpha: Scalar = 1) -> Tensor:
    """other - alpha * input.

    >>> rsub(Tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    data_of("rsub", input)
    return sub(other, input, alpha=alpha)


def float_power(input: Operand, exponent: Operand) -> Tensor:
    """input ** exponent in double precision, whatever the dtypes.

    >>> float_power(Tensor([2, 3]), -1)
    tensor([0.5       , 0.33333333])
    """
    base, power = (
        to(operand, np.float64) if isinstance(operand, Tensor) else operand
        for operand in (input, exponent)
    )
    return pow(base, power)


def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The number next to `input` on the way to `other`. Raises DtypeError unless floating.

    >>> nextafter(Tensor([1.0]), Tensor([2.0])) - 1
    tensor([2.22044605e-16])
    """
    return NextAfter.apply(input, other)


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 below 0, 1 above, and at 0 the number of `values`, without a gradient. Raises DtypeError
    if the dtypes differ.

    >>> heaviside(Tensor([-2.0, 0.0, 3.0]), Tensor([0.5]))
    tensor([0. , 0.5, 1. ])
    """
    x, y = data_of("heaviside", input), data_of("heaviside", values)
    if x.dtype != y.dtype:
        raise DtypeError(f"heaviside: expected one dtype, got {x.dtype} and {y.dtype}")
    return noted("heaviside", (input, values), _apply("heaviside", _steps, x, y))


def _steps(x: Array, y: Array) -> Array:
    out: Array = np.where(x == 0, y, (x > 0).astype(x.dtype))
    return out


def _whole(name: str, function: np.ufunc, input: Operand, other: Operand) -> Tensor:
    """The function of integers, without a gradient."""
    a, b = pair(name, input, other)
    x, y = operands(name, a, b)
    if x.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integers, got {x.dtype}; convert them with x.to(int)")
    return noted(name, (a, b), _apply(name, function, x, y))


def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The greatest common divisor of integers, at least 0. Raises DtypeError for others.

    >>> gcd(Tensor([12, -8]), Tensor([18, 0]))
    tensor([6, 8])
    """
    data_of("gcd", input), data_of("gcd", other)
    return _whole("gcd", np.gcd, input, other)


def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The least common multiple of integers, at least 0. Raises DtypeError for others.

    >>> lcm(Tensor([4, -3]), Tensor([6, 5]))
    tensor([12, 15])
    """
    data_of("lcm", input), data_of("lcm", other)
    return _whole("lcm", np.lcm, input, other)


def bitwise_left_shift(input: Operand, other: Operand) -> Tensor:
    """input * 2**other for integers, whose bits are moved up. Raises DtypeError for others.

    >>> bitwise_left_shift(Tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return _whole("bitwise_left_shift", np.left_shift, input, other)


def bitwise_right_shift(input: Operand, other: Operand) -> Tensor:
    """input // 2**other for integers, whose bits are moved down. Raises DtypeError for others.

    >>> bitwise_right_shift(Tensor([8, -3]), 1)
    tensor([ 4, -2])
    """
    return _whole("bitwise_right_shift", np.right_shift, input, other)
