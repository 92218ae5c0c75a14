"""Trigonometric and hyperbolic functions, element by element, and what goes with angles.

Integers and booleans give the default floating dtype. Outside its domain a function is NaN or
infinite, silently.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any, ClassVar

import numpy as np

from mytorch._dtypes import Array, floating
from mytorch._kernels.constants import number
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError
from mytorch.ops._operands import broadcast_error, data_of, floating_data, operands
from mytorch.ops.broadcasting import unbroadcast
from mytorch.ops.selection import where
from mytorch.tensor import Tensor, wrap

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cosh",
    "deg2rad",
    "hypot",
    "rad2deg",
    "sinc",
    "sinh",
    "tan",
]


class _Sloped:
    """What a function of each number needs beside NumPy's: its slope, by Tensor operations."""

    function: ClassVar[Callable[..., Any]]

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        """The derivative at a."""
        raise NotImplementedError

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(silenced().run(cls.function, floating_data(cls.__name__.lower(), a)))

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return grad_output * cls.slope(a)


class Tan(Function):
    """The tangent."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        out = wrap(silenced().run(np.tan, floating_data("tan", a)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        return grad_output * (out.square() + 1)


class Asin(_Sloped, Function):
    """The inverse sine, in radians."""

    function = np.arcsin

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return (1 - a * a).rsqrt()


class Acos(_Sloped, Function):
    """The inverse cosine, in radians."""

    function = np.arccos

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return -((1 - a * a).rsqrt())


class Atan(_Sloped, Function):
    """The inverse tangent, in radians."""

    function = np.arctan

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return (a * a + 1).reciprocal()


class Sinh(_Sloped, Function):
    """The hyperbolic sine."""

    function = np.sinh

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return a.cosh()


class Cosh(_Sloped, Function):
    """The hyperbolic cosine."""

    function = np.cosh

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return a.sinh()


class Asinh(_Sloped, Function):
    """The inverse hyperbolic sine."""

    function = np.arcsinh

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return (a * a + 1).rsqrt()


class Acosh(_Sloped, Function):
    """The inverse hyperbolic cosine."""

    function = np.arccosh

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return (a * a - 1).rsqrt()


class Atanh(_Sloped, Function):
    """The inverse hyperbolic tangent."""

    function = np.arctanh

    @staticmethod
    def slope(a: Tensor) -> Tensor:
        return (1 - a * a).reciprocal()


class Sinc(Function):
    """sin(pi a) / (pi a); 1 at 0, where the slope is 0."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return wrap(silenced().run(_sinc, floating_data("sinc", a)))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        angle, below = a * pi, a * a * pi
        slope = (angle * angle.cos() - angle.sin()) / below
        return where(below == 0, 0.0, grad_output * slope)


def _sinc(data: Array) -> Array:
    angle = data * number(pi, data.dtype)
    sinc: Array = np.where(data == 0, number(1, data.dtype), np.sin(angle) / angle)
    return sinc


class Atan2(Function):
    """The angle of the point (b, a)."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return wrap(_angle("atan2", np.arctan2, a, b))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        square = a * a + b * b
        part = where(square == 0, 0.0, grad_output / square)
        return unbroadcast(part * b, a.shape), unbroadcast(part * -a, b.shape)


class Hypot(Function):
    """sqrt(a**2 + b**2), which neither overflows nor underflows on the way."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, b: Tensor) -> Tensor:
        out = wrap(_angle("hypot", np.hypot, a, b))
        ctx.save_for_backward(a, b, out)
        return out

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        a, b, out = ctx.saved_tensors
        return (
            unbroadcast(grad_output * (a / out), a.shape),
            unbroadcast(grad_output * (b / out), b.shape),
        )


def _angle(name: str, function: np.ufunc, a: Tensor, b: Tensor) -> Array:
    x, y = operands(name, a, b)
    try:
        result: Array = silenced().run(function, x, y, dtype=floating(x.dtype))
    except ValueError:
        raise broadcast_error(name, a, b) from None
    return result


def tan(input: Tensor) -> Tensor:
    """The tangent, elementwise.

    >>> tan(Tensor([0.0, 1.0]))
    tensor([0.        , 1.55740772])
    """
    return Tan.apply(input)


def asin(input: Tensor) -> Tensor:
    """The inverse sine, in radians, elementwise; NaN beyond -1 and 1.

    >>> asin(Tensor([0.0, 1.0]))
    tensor([0.        , 1.57079633])
    """
    return Asin.apply(input)


def acos(input: Tensor) -> Tensor:
    """The inverse cosine, in radians, elementwise; NaN beyond -1 and 1.

    >>> acos(Tensor([1.0, 0.0]))
    tensor([0.        , 1.57079633])
    """
    return Acos.apply(input)


def atan(input: Tensor) -> Tensor:
    """The inverse tangent, in radians, elementwise.

    >>> atan(Tensor([0.0, 1.0]))
    tensor([0.        , 0.78539816])
    """
    return Atan.apply(input)


def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine, elementwise.

    >>> sinh(Tensor([0.0, 1.0]))
    tensor([0.        , 1.17520119])
    """
    return Sinh.apply(input)


def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine, elementwise.

    >>> cosh(Tensor([0.0, 1.0]))
    tensor([1.        , 1.54308063])
    """
    return Cosh.apply(input)


def asinh(input: Tensor) -> Tensor:
    """The inverse hyperbolic sine, elementwise.

    >>> asinh(Tensor([0.0, 1.0]))
    tensor([0.        , 0.88137359])
    """
    return Asinh.apply(input)


def acosh(input: Tensor) -> Tensor:
    """The inverse hyperbolic cosine, elementwise; NaN below 1.

    >>> acosh(Tensor([1.0, 2.0]))
    tensor([0.       , 1.3169579])
    """
    return Acosh.apply(input)


def atanh(input: Tensor) -> Tensor:
    """The inverse hyperbolic tangent, elementwise; infinite at -1 and 1, NaN beyond.

    >>> atanh(Tensor([0.0, 0.5]))
    tensor([0.        , 0.54930614])
    """
    return Atanh.apply(input)


def sinc(input: Tensor) -> Tensor:
    """sin(pi x) / (pi x), elementwise; 1 at 0.

    >>> sinc(Tensor([0.0, 0.5]))
    tensor([1.        , 0.63661977])
    """
    return Sinc.apply(input)


def deg2rad(input: Tensor) -> Tensor:
    """Degrees in radians, elementwise.

    >>> deg2rad(Tensor([0.0, 180.0]))
    tensor([0.        , 3.14159265])
    """
    data_of("deg2rad", input)
    return input * (pi / 180)


def rad2deg(input: Tensor) -> Tensor:
    """Radians in degrees, elementwise.

    >>> rad2deg(Tensor([0.0, 1.0]))
    tensor([ 0.        , 57.29577951])
    """
    data_of("rad2deg", input)
    return input * (180 / pi)


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input) in radians, from -pi to pi, elementwise with
    broadcasting; the gradient at (0, 0) is 0.

    >>> atan2(Tensor([1.0, -1.0]), Tensor([1.0, -1.0]))
    tensor([ 0.78539816, -2.35619449])
    """
    return Atan2.apply(input, other)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """sqrt(input**2 + other**2), elementwise with broadcasting. Raises DtypeError unless floating.

    >>> hypot(Tensor([3.0, 1e200]), Tensor([4.0, 0.0]))
    tensor([5.e+000, 1.e+200])
    """
    x, _ = operands("hypot", input, other)
    if x.dtype.kind != "f":
        raise DtypeError(f"hypot: expected a floating dtype, got {x.dtype}; use x.to(float)")
    return Hypot.apply(input, other)
