"""Stand-ins for Python numbers whose values change from run to run.

A `Number` is neither float nor int, it only answers to `isinstance`: of a subclass C code would
read the value unseen. Arithmetic with it, and the functions of `math`, are written down and give
such numbers again. What they decide is asked again by each replay: a comparison for its truth;
where the number itself is needed (an index, a key, a text), that it is the same one.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import wraps
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from mytorch.compiler.stand_in import StandIn, value_of
from mytorch.tensor import Tensor

__all__ = ["MATH", "NUMERIC", "PLAIN", "TRUTHS", "Number"]

# What a Number stands for.
NUMERIC = (int, float, np.float64, np.float32)
TRUTHS = (bool, np.bool_)
PLAIN = (*NUMERIC, *TRUTHS)


class Number(StandIn):
    """The stand-in for one number."""

    __slots__ = ()
    __class__ = property(lambda self: type(self._array))

    def _settled(self) -> Any:
        """The number, which from now on has to be the same in each replay."""
        self._tape.settle(self)
        return self._array

    def __bool__(self) -> bool:
        truth: bool = self._tape.check(self)
        return truth

    def __float__(self) -> float:
        return float(value_of(self._tape.settle(self._tape.compute(float, self))))

    def __int__(self) -> int:
        return int(value_of(self._tape.settle(self._tape.compute(int, self))))

    def __index__(self) -> int:
        return operator.index(self._settled())

    def __complex__(self) -> complex:
        return complex(self._settled())

    def __hash__(self) -> int:
        return hash(self._settled())

    def __repr__(self) -> str:
        return repr(self._settled())

    def __str__(self) -> str:
        return str(self._settled())

    def __format__(self, spec: str) -> str:
        return format(self._settled(), spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self._settled()), (self._array,)

    def __copy__(self) -> Number:
        return self

    def __deepcopy__(self, memo: Any) -> Number:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{type(self._array).__name__} has no attribute {name!r}")
        if name == "item" and isinstance(self._array, np.generic):
            return lambda: self._tape.compute(np.generic.item, self)
        return getattr(self._settled(), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._settled(), dtype)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **kwargs: Any
    ) -> Any:
        if any(isinstance(part, Tensor) for part in inputs):
            return NotImplemented
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if out:
            kwargs["out"] = out[0] if len(out) == 1 else out
        return self._tape.call(function, inputs, kwargs, inputs[:1] if method == "at" else out)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if Tensor in types:
            return NotImplemented
        return self._tape.call(function, args, kwargs, (kwargs.get("out"),))

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            return pow(self._settled(), value_of(other), modulus)
        return _combined(operator.pow, self, other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: Any = None) -> Any:
        return self._tape.compute(round, self, *(() if digits is None else (digits,)))

    def __floor__(self) -> Any:
        return self._tape.compute(math.floor, self)

    def __ceil__(self) -> Any:
        return self._tape.compute(math.ceil, self)

    def __trunc__(self) -> Any:
        return self._tape.compute(math.trunc, self)


def _combined(function: Callable[..., Any], one: Any, two: Any, number: Number) -> Any:
    """The result of an operator of two numbers; with an array it is the array's to compute, with
    anything else it takes the number itself."""
    other = two if one is number else one
    if type(other) is Number or type(other) in PLAIN:
        return number._tape.compute(function, one, two)
    if other is None or isinstance(other, (Tensor, np.ndarray, np.generic)):
        return NotImplemented
    number._settled()
    return function(value_of(one), value_of(two))


def _define_operators() -> None:
    def define(name: str, function: Callable[..., Any]) -> None:
        def operate(self: Any, other: Any) -> Any:
            return _combined(function, self, other, self)

        def swapped(self: Any, other: Any) -> Any:
            return _combined(function, other, self, self)

        if name != "pow":
            setattr(Number, f"__{name}__", operate)
        setattr(Number, f"__r{name}__", swapped)

    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        define(name, getattr(operator, name))
    for name in ("and_", "or_", "xor", "lshift", "rshift"):
        define(name.strip("_"), getattr(operator, name))

    def compare(name: str) -> None:
        function = getattr(operator, name)
        setattr(Number, f"__{name}__", lambda self, other: _combined(function, self, other, self))

    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        compare(name)

    def alone(name: str) -> None:
        function = getattr(operator, name)
        setattr(Number, f"__{name}__", lambda self: self._tape.compute(function, self))

    for name in ("neg", "pos", "abs", "invert"):
        alone(name)


_define_operators()


def _recording(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `math` that has the tape write down calls with a `Number`."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        for arg in args:
            if type(arg) is Number and not kwargs:
                return arg._tape.compute(function, *args)
        return function(*args, **kwargs)

    return run


# What lies in place of the functions of `math` while a run with Numbers is recorded, by name.
MATH: dict[str, Callable[..., Any]] = {
    name: _recording(function)
    for name, function in vars(math).items()
    if isinstance(function, BuiltinFunctionType) and not name.startswith("_")
}
