"""Elementwise functions of floats that are given by their values and slopes on arrays."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.graph import ContextManager, Wanted
from mytorch.ops._operands import require_floating
from mytorch.tensor import Tensor, wrap

__all__ = ["Curve"]


class Curve(Function):
    """A function of each element: subclass it with the static methods `value`, `slope` and `bend`.

    The gradient is multiplied by the slope as one number. Composed of operations, the slope would
    come in parts, and an infinite gradient be infinity less infinity. The arrays that `value` and
    `slope` get have at least one axis; half precision is computed in single.
    """

    fresh_gradients = True
    # What errors call the function.
    name: ClassVar[str]

    @staticmethod
    def value(x: Array, *settings: Any) -> tuple[Array, Any]:
        """The function of x as a new array, and what `slope` may want to have cached."""
        raise NotImplementedError

    @staticmethod
    def slope(x: Array, cache: Any, *settings: Any) -> Array:
        """The function's derivative at x, as a new array."""
        raise NotImplementedError

    @staticmethod
    def bend(a: Tensor, *settings: Any) -> Tensor:
        """The second derivative."""
        raise NotImplementedError

    @classmethod
    def forward(cls, ctx: ContextManager, a: Tensor, *settings: Any) -> Tensor:
        data = require_floating(cls.name, a)
        ctx.save_for_backward(a)
        out, ctx.cache = silenced().run(cls.value, _prepared(data), *settings)
        ctx.settings = settings
        return wrap(_fitted(out, data))

    @classmethod
    def backward(cls, ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        (a,) = ctx.saved_tensors
        slope = Slope.apply(a, cls, ctx.cache, ctx.settings)
        return grad_output * slope, *[None] * len(ctx.settings)

    @classmethod
    def array_backward(
        cls, ctx: ContextManager, gradient: Array, wanted: Wanted
    ) -> tuple[Array | None, ...]:
        data = ctx.saved_array(0)
        slope = cls.slope(_prepared(data), ctx.cache, *ctx.settings)
        slope *= gradient
        return _fitted(slope, data), *[None] * len(ctx.settings)


class Slope(Function):
    """The derivative of a curve at a."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, curve: type[Curve], cache: Any, settings: tuple[Any, ...]
    ) -> Tensor:
        ctx.save_for_backward(a)
        ctx.curve, ctx.settings = curve, settings
        slope = silenced().run(curve.slope, _prepared(a._data), cache, *settings)
        return wrap(_fitted(slope, a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        (a,) = ctx.saved_tensors
        return grad_output * ctx.curve.bend(a, *ctx.settings), None, None, None


def _prepared(data: Array) -> Array:
    if data.itemsize == 2:
        data = data.astype(np.float32)
    return data if data.ndim else data.reshape(1)


def _fitted(result: Array, data: Array) -> Array:
    """The result in the dtype and shape of the data."""
    result = cast(result, data.dtype)
    return result if data.ndim else result.reshape(())
