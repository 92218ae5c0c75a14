"""Elementwise functions of floats that are given by their values and slopes on arrays."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch._dtypes import Array, cast
from mytorch._kernels.elementwise import kernel
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager, Wanted
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
        x = _prepared(data)
        value = _values if x.size > _MANY else _value
        out, *ctx.cache = silenced().run(value, cls, settings, x)
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
        x = _prepared(data)
        if x.size > _MANY:
            slope = _slopes(cls, ctx.settings, x, gradient, *ctx.cache)
        else:
            slope = cls.slope(x, ctx.cache[0], *ctx.settings)
            slope *= gradient
        return _fitted(slope, data), *[None] * len(ctx.settings)


class Slope(Function):
    """The derivative of a curve at a."""

    @staticmethod
    def forward(
        ctx: ContextManager,
        a: Tensor,
        curve: type[Curve],
        cache: list[Any],
        settings: tuple[Any, ...],
    ) -> Tensor:
        ctx.save_for_backward(a)
        ctx.curve, ctx.settings = curve, settings
        x = _prepared(a._data)
        if x.size > _MANY:
            slope = silenced().run(_slopes, curve, settings, x, None, *cache)
        else:
            slope = silenced().run(curve.slope, x, cache[0], *settings)
        return wrap(_fitted(slope, a._data))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        (a,) = ctx.saved_tensors
        return grad_output * ctx.curve.bend(a, *ctx.settings), None, None, None


# Of more than these numbers so many are done at a time: what is computed on the way stays in the
# processor's cache.
_MANY, _BLOCK = 2**17, 2**15


def _value(curve: type[Curve], settings: tuple[Any, ...], x: Array) -> tuple[Array, Any]:
    return curve.value(x, *settings)


@kernel
def _values(curve: type[Curve], settings: tuple[Any, ...], x: Array) -> Any:
    """A curve's values, and then the arrays that it has cached for each block."""
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    caches: list[Array] = []
    for start in range(0, x.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        out[part], cache = curve.value(flat[part], *settings)
        if cache is not None:
            caches += cache if isinstance(cache, tuple) else [cache]
    return out.reshape(x.shape), *caches


@kernel
def _slopes(
    curve: type[Curve], settings: tuple[Any, ...], x: Array, gradient: Array | None, *caches: Any
) -> Array:
    """A curve's slopes, times the gradient if there is one."""
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    along = None if gradient is None else gradient.reshape(-1)
    starts = range(0, x.size, _BLOCK)
    count = len(caches) // len(starts)
    for number, start in enumerate(starts):
        part = slice(start, start + _BLOCK)
        cache: Any = caches[number * count : (number + 1) * count]
        if count < 2:
            cache = cache[0] if count else None
        slope = curve.slope(flat[part], cache, *settings)
        out[part] = slope if along is None else np.multiply(slope, along[part], out=slope)
    return out.reshape(x.shape)


def _prepared(data: Array) -> Array:
    if data.itemsize == 2:
        data = data.astype(np.float32)
    return data if data.ndim else data.reshape(1)


def _fitted(result: Array, data: Array) -> Array:
    """The result in the dtype and shape of the data."""
    result = cast(result, data.dtype)
    return result if data.ndim else result.reshape(())
