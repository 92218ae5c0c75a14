"""NumPy's functions with Tensors among their arguments.

`array * x` is `np.multiply(array, x)`: what the operators of arrays call is the Tensor's own
operation, and recorded. Everything else computes with the data, and is refused where a gradient
would be lost. A ufunc gives a Tensor, as in PyTorch, any other function what NumPy gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mytorch.ops.arithmetic import add, div, floor_divide, mul, pow, remainder, sub
from mytorch.ops.binary import bitwise_left_shift, bitwise_right_shift
from mytorch.ops.comparison import bitwise_and, bitwise_or, bitwise_xor, eq, ge, gt, le, lt, ne
from mytorch.ops.linalg import matmul
from mytorch.tensor import COMPARABLE, Tensor

__all__: list[str] = []

_OPERATORS: dict[np.ufunc, Callable[..., Tensor]] = {
    np.add: add,
    np.subtract: sub,
    np.multiply: mul,
    np.true_divide: div,
    np.floor_divide: floor_divide,
    np.remainder: remainder,
    np.power: pow,
    np.matmul: matmul,
    np.bitwise_and: bitwise_and,
    np.bitwise_or: bitwise_or,
    np.bitwise_xor: bitwise_xor,
    np.left_shift: bitwise_left_shift,
    np.right_shift: bitwise_right_shift,
    np.equal: eq,
    np.not_equal: ne,
    np.less: lt,
    np.less_equal: le,
    np.greater: gt,
    np.greater_equal: ge,
}
# What writes to its first argument.
_WRITERS = frozenset(
    [np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask]
)  # fmt: skip


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: Mapping[str, Any]
) -> Any:
    """`Tensor.__array_ufunc__`: what a ufunc, or a method of one, gives for these inputs."""
    if method == "__call__" and not options and ufunc in _OPERATORS:
        return _OPERATORS[ufunc](
            *(part if isinstance(part, COMPARABLE) else np.asarray(part) for part in inputs)
        )
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    _refuse_writing(name, options.get("out"), inputs[0] if method == "at" else None)
    result = getattr(ufunc, method)(*_data(name, inputs), **_data(name, options))
    return result if "out" in options or method == "at" else _tensors(result)


def array_function(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`Tensor.__array_function__`: what any other function of NumPy gives."""
    name = f"np.{function.__name__}"
    target = (args[0] if args else kwargs.get("dst")) if function in _WRITERS else None
    _refuse_writing(name, kwargs.get("out"), target)
    return function(*_data(name, args), **_data(name, kwargs))


def _refuse_writing(name: str, *targets: Any) -> None:
    """Raises TypeError if one of these, or of what they hold, is a Tensor."""
    for target in targets:
        if isinstance(target, Tensor) or (
            isinstance(target, tuple) and any(isinstance(part, Tensor) for part in target)
        ):
            raise TypeError(
                f"{name}: NumPy would write to a tensor, unseen by autograd; use the tensor's "
                "own methods, as x.copy_(...), or give x.data"
            )


def _data(name: str, arguments: Any) -> Any:
    """The arguments with arrays in place of Tensors, also in lists, tuples and dicts."""
    if isinstance(arguments, Tensor):
        if arguments.requires_grad:
            raise RuntimeError(
                f"{name}: this tensor requires a gradient, which NumPy would lose; use MyTorch's "
                "own function or method, which records what it does, or give NumPy x.detach()"
            )
        return arguments.data
    if type(arguments) in (list, tuple):
        return type(arguments)(_data(name, part) for part in arguments)
    if isinstance(arguments, Mapping):
        return {key: _data(name, part) for key, part in arguments.items()}
    return arguments


def _tensors(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(map(_tensors, result))
    return Tensor(result)
