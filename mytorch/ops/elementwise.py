"""Functions of one tensor, element by element.

Where the result is not whole, integers and booleans give the default floating dtype. Outside its
domain a function is NaN or infinite, silently.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.constants import number, real, setting
from mytorch._kernels.elementwise import kept_where, kernel
from mytorch._shapes import whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
from mytorch.errors import DtypeError
from mytorch.observe import noted
from mytorch.ops._operands import data_of, floating_data, require_floating, require_numbers
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "abs",
    "ceil",
    "cos",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "frac",
    "frexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logit",
    "nan_to_num",
    "positive",
    "reciprocal",
    "round",
    "rsqrt",
    "sgn",
    "sign",
    "sin",
    "sqrt",
    "trunc",
]


def _values(name: str, function: Callable[..., Any], a: Tensor) -> Tensor:
    return wrap(silenced().run(function, floating_data(name, a)))


class Abs(Function):
    """|a|; the gradient at 0 and at NaN is 0."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        data = data_of("abs", a)
        if data.dtype.kind == "b":
            raise DtypeError("abs: expected numbers, got booleans, which have no sign")
        return wrap(np.abs(data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * sign(a)

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Array]:
        return (gradient * signs_of(ctx.saved_array(0)),)


class Exp(Function):
    """e ** a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("exp", np.exp, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * out


class Exp2(Function):
    """2 ** a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("exp2", np.exp2, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (out * math.log(2))


class Expm1(Function):
    """e ** a - 1."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("expm1", np.expm1, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (out + 1)


class Log(Function):
    """The natural logarithm."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("log", np.log, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / a


class Log1p(Function):
    """log(1 + a)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("log1p", np.log1p, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / (a + 1)


class Log2(Function):
    """The logarithm to base 2."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("log2", np.log2, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / (a * math.log(2))


class Log10(Function):
    """The logarithm to base 10."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("log10", np.log10, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output / (a * math.log(10))


class Logit(Function):
    """log(a / (1 - a)); a is held between `eps` and 1 - eps unless that is None."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, eps: float | None) -> Tensor:
        ctx.save_for_backward(a)
        ctx.eps = eps
        return wrap(silenced().run(_logit, floating_data("logit", a), eps))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        (a,) = ctx.saved_tensors
        low = 0.0 if ctx.eps is None else ctx.eps
        slope = (a * (1 - a)).reciprocal()
        outside = (a < low) | (a > 1 - low)
        held = math.nan if ctx.eps is None else 0.0
        return where(outside, held, grad_output * slope), None


def _logit(data: Array, eps: float | None) -> Array:
    if eps is not None:
        data = np.clip(data, setting(eps, data.dtype), setting(1 - eps, data.dtype))
    out: Array = np.log(data / (number(1, data.dtype) - data))
    return out


class Sqrt(Function):
    """The square root; the gradient at 0 is infinite."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("sqrt", np.sqrt, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output / (2 * out)


class Rsqrt(Function):
    """1 / sqrt(a)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("rsqrt", lambda data: 1 / np.sqrt(data), a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * -0.5 * (out * out * out)


class Reciprocal(Function):
    """1 / a."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = _values("reciprocal", np.reciprocal, a)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return -grad_output * (out * out)


class Sin(Function):
    """The sine."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("sin", np.sin, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * cos(a)


class Cos(Function):
    """The cosine."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return _values("cos", np.cos, a)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * -sin(a)


class Step(Function):
    """`function` of a's data, constant between steps: the gradient is 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, function: Callable[[Array], Any]) -> Tensor:
        return wrap(function(a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return wrap(np.zeros_like(grad_output._data)), None


class Flat(Function):
    """`gradient`, that of an operation whose slope is constant between kinks of a.

    It says that the gradient was computed from a, so that a second derivative is 0 and not refused.
    """

    @staticmethod
    def forward(ctx: ContextManager, gradient: Tensor, a: Tensor) -> Tensor:
        ctx.like = a._data
        return wrap(gradient._data)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        return grad_output, wrap(np.zeros_like(ctx.like))


class NanToNum(Function):
    """a with other numbers in the place of NaN and of infinities, where its gradient is 0."""

    fresh_gradients = True

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, nan: float, high: float, low: float) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(silenced().run(_finite, a._data, nan, high, low))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Any, ...]:
        (a,) = ctx.saved_tensors
        kept = where(np.isfinite(a._data), grad_output, 0.0)
        return Flat.apply(kept, a), None, None, None

    @staticmethod
    def array_backward(ctx: ContextManager, gradient: Array, wanted: Wanted) -> tuple[Any, ...]:
        return kept_where(np.isfinite(ctx.saved_array(0)), gradient), None, None, None


@kernel
def _finite(data: Array, nan: float, high: float, low: float) -> Array:
    out = data.copy()
    ends = ~np.isfinite(data)
    if ends.any():
        found = data[ends]
        found = np.where(np.isnan(found), nan, np.where(found > 0, high, low))
        out[ends] = found.astype(out.dtype)
    return out


def signs_of(data: Array) -> Array:
    """1, 0 or -1 in the data's dtype; 0 at NaN, unlike `numpy.sign`."""
    zero = number(0, data.dtype)
    above: Array = data > zero
    if data.dtype.kind == "b":
        return above
    # As bytes they are subtracted faster.
    signs: Array = np.subtract(above.view(np.int8), (data < zero).view(np.int8))
    return signs.astype(data.dtype)


def _whole(name: str, function: Callable[[Array], Any], a: Tensor) -> Tensor:
    """The tensor rounded; integers are whole already."""
    data = require_numbers(name, a)
    return Step.apply(a, function if data.dtype.kind == "f" else np.copy)


def abs(input: Tensor) -> Tensor:
    """|input|, elementwise; the gradient at 0 is 0. Raises DtypeError for booleans.

    >>> abs(Tensor([-1.0, 2.0]))
    tensor([1., 2.])
    """
    return Abs.apply(input)


def sign(input: Tensor) -> Tensor:
    """1 above 0, -1 below, 0 at 0 and at NaN, elementwise; the gradient is 0.

    >>> sign(Tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    data_of("sign", input)
    return Step.apply(input, signs_of)


def exp(input: Tensor) -> Tensor:
    """e ** input, elementwise.

    >>> exp(Tensor([0.0, 1.0]))
    tensor([1.        , 2.71828183])
    """
    return Exp.apply(input)


def exp2(input: Tensor) -> Tensor:
    """2 ** input, elementwise.

    >>> exp2(Tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return Exp2.apply(input)


def expm1(input: Tensor) -> Tensor:
    """e ** input - 1, elementwise, exact also near 0.

    >>> expm1(Tensor([0.0, 1e-20]))
    tensor([0.e+00, 1.e-20])
    """
    return Expm1.apply(input)


def log(input: Tensor) -> Tensor:
    """The natural logarithm, elementwise: -inf at 0, NaN below.

    >>> log(Tensor([1.0, 2.0]))
    tensor([0.        , 0.69314718])
    """
    return Log.apply(input)


def log1p(input: Tensor) -> Tensor:
    """log(1 + input), elementwise, exact also near 0.

    >>> log1p(Tensor([0.0, 1e-20]))
    tensor([0.e+00, 1.e-20])
    """
    return Log1p.apply(input)


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2, elementwise: -inf at 0, NaN below.

    >>> log2(Tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return Log2.apply(input)


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10, elementwise: -inf at 0, NaN below.

    >>> log10(Tensor([1.0, 100.0]))
    tensor([0., 2.])
    """
    return Log10.apply(input)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)), elementwise, the inverse of the sigmoid: NaN outside of 0 and 1, or with
    `eps` of x held between eps and 1 - eps, where the gradient is 0.

    >>> logit(Tensor([0.5, 0.9]))
    tensor([0.        , 2.19722458])
    """
    return Logit.apply(input, None if eps is None else real(eps))


def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """The elements with `nan` (0 for None) in the place of NaN, and the largest and smallest number
    of the dtype (or `posinf` and `neginf`) in that of infinities; the gradient there is 0.

    >>> nan_to_num(Tensor([1.0, np.nan, np.inf]), posinf=9.0)
    tensor([1., 0., 9.])
    """
    data = data_of("nan_to_num", input)
    if data.dtype.kind != "f":
        return input.clone()
    limits = np.finfo(data.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    return NanToNum.apply(input, real(0.0 if nan is None else nan), real(high), real(low))


def positive(input: Tensor) -> Tensor:
    """The tensor itself: `+x`. Raises DtypeError for booleans.

    >>> positive(Tensor([-1.0]))
    tensor([-1.])
    """
    if data_of("positive", input).dtype.kind == "b":
        raise DtypeError("positive: expected numbers, got booleans, which have no sign")
    return input


def sgn(input: Tensor) -> Tensor:
    """`sign`: complex numbers, for which PyTorch has the name, there are none.

    >>> sgn(Tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return sign(input)


def sqrt(input: Tensor) -> Tensor:
    """The square root, elementwise: NaN below 0; the gradient at 0 is infinite.

    >>> sqrt(Tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return Sqrt.apply(input)


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input), elementwise: infinite at 0, NaN below.

    >>> rsqrt(Tensor([4.0, 0.25]))
    tensor([0.5, 2. ])
    """
    return Rsqrt.apply(input)


def reciprocal(input: Tensor) -> Tensor:
    """1 / input, elementwise.

    >>> reciprocal(Tensor([4.0, 0.5]))
    tensor([0.25, 2.  ])
    """
    return Reciprocal.apply(input)


def sin(input: Tensor) -> Tensor:
    """The sine, elementwise.

    >>> sin(Tensor([0.0, 1.0]))
    tensor([0.        , 0.84147098])
    """
    return Sin.apply(input)


def cos(input: Tensor) -> Tensor:
    """The cosine, elementwise.

    >>> cos(Tensor([0.0, 1.0]))
    tensor([1.        , 0.54030231])
    """
    return Cos.apply(input)


def floor(input: Tensor) -> Tensor:
    """The largest whole number that is not above, elementwise; the gradient is 0. Raises
    DtypeError for booleans.

    >>> floor(Tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return _whole("floor", np.floor, input)


def ceil(input: Tensor) -> Tensor:
    """The smallest whole number that is not below, elementwise; the gradient is 0. Raises
    DtypeError for booleans.

    >>> ceil(Tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return _whole("ceil", np.ceil, input)


def trunc(input: Tensor) -> Tensor:
    """The whole part, elementwise: rounded towards 0; the gradient is 0. Raises DtypeError for
    booleans.

    >>> trunc(Tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return _whole("trunc", np.trunc, input)


def frac(input: Tensor) -> Tensor:
    """What is behind the point, with the sign of the number: x - trunc(x); the gradient is 1.
    Raises DtypeError unless floating.

    >>> frac(Tensor([1.5, -1.25]))
    tensor([ 0.5 , -0.25])
    """
    require_floating("frac", input)
    return input - trunc(input)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number of so many decimals, elementwise, halves to the even one; the gradient
    is 0. Negative `decimals` count before the point.

    Raises DtypeError for booleans, and for integers unless `decimals` is 0.

    >>> round(Tensor([0.5, 1.5, -1.25]))
    tensor([ 0.,  2., -1.])
    >>> round(Tensor([1.26, -1.25]), decimals=1)
    tensor([ 1.3, -1.2])
    """
    places = whole(decimals, "round: decimals")
    if places and data_of("round", input).dtype.kind != "f":
        raise DtypeError(
            f"round: expected a floating dtype to round to decimals, got {input.dtype}; convert "
            "it with x.to(float)"
        )
    if not places:
        return _whole("round", np.rint, input)
    # From 309 on powers of 10 are infinite. NumPy multiplies them up one by one.
    places = min(max(places, -309), 309)
    return _whole("round", lambda data: silenced().run(np.round, data, places), input)


def frexp(input: Tensor) -> tuple[Tensor, Tensor]:
    """The pair (mantissa, exponent), with input = mantissa * 2 ** exponent and mantissas from 0.5
    to 1; the exponents are int32, the mantissas have derivatives. Raises DtypeError for integers.

    >>> frexp(Tensor([3.0, 0.25]))
    (tensor([0.75, 0.5 ]), tensor([ 2, -1], dtype=int32))
    """
    exponents, half, rest = _exponents(require_floating("frexp", input))
    exponent = noted("frexp", (input,), wrap(exponents))
    return input * wrap(half) * wrap(rest), exponent


@kernel
def _exponents(data: Array) -> tuple[Array, Array, Array]:
    """The exponents, and two factors that take them away: of the smallest numbers one would be
    infinite."""
    one, exponents = np.ones((), data.dtype), np.frexp(data)[1]
    first = -exponents // 2
    parts = exponents, np.ldexp(one, first), np.ldexp(one, -exponents - first)
    found = [np.asarray(part) for part in parts]
    return found[0], found[1], found[2]
