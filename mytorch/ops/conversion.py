"""The same values in other memory or of another dtype, and what kind of values they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._device import DeviceLike, names_device, require_cpu
from mytorch._dtypes import can_store, cast, floating, native
from mytorch._memory_format import contiguous_format, memory_format, require_format
from mytorch.autograd_engine import Function
from mytorch.dtypes import DTypeLike
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError
from mytorch.observe import noted
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = ["clone", "contiguous", "is_floating_point", "is_tensor", "numel", "to", "type_as"]


class Cast(Function):
    """a in another dtype, of no lower kind; the gradient comes back in a's."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor, dtype: np.dtype[Any]) -> Tensor:
        ctx.dtype_before = floating(a.dtype)
        return wrap(cast(a._data, dtype))

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None]:
        return grad_output.to(ctx.dtype_before), None


class Clone(Function):
    """A copy of a, which the gradient passes through."""

    @staticmethod
    def forward(ctx: ContextManager, a: Tensor) -> Tensor:
        return wrap(data_of("clone", a).copy())

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> Tensor:
        return grad_output


def clone(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """A copy that stays in the graph: the gradient passes through. It is in C order.

    >>> x = Tensor([1.0], requires_grad=True)
    >>> clone(x).backward()
    >>> x.grad
    tensor([1.])
    """
    if memory_format is not None:
        require_format("clone", memory_format, input.shape)
    return Clone.apply(input)


def contiguous(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """The tensor with its elements in C order in memory: itself if they are, else a copy.

    >>> contiguous(Tensor.zeros(2, 3).T).is_contiguous()
    True
    """
    if memory_format is not None:
        require_format("contiguous", memory_format, input.shape)
    return input if data_of("contiguous", input).flags.c_contiguous else Clone.apply(input)


def to(
    input: Tensor,
    *target: Any,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """`to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`: the tensor in that dtype, or
    in another tensor's; itself if it has it already, unless `copy`. The device is the CPU.
    `non_blocking` and `copy` may follow by place, too.

    Integers and booleans made of floats, and booleans made of integers, are constants: no
    gradient passes.

    Raises RuntimeError for any other device.

    >>> to(Tensor([1.5]), "cpu", np.float32).dtype
    dtype('float32')
    """
    before = data_of("to", input).dtype
    if (  # the most frequent call
        len(target) == 1
        and target[0] is before
        and copy is non_blocking is False
        and dtype is None is device
        and memory_format is None
    ):
        return input
    if copy is not False or non_blocking is not False:
        flag("to", "non_blocking", non_blocking)
        flag("to", "copy", copy)
    found, copied = destination("to", (*target, device, dtype))
    wanted = before if found is None else found
    if memory_format is not None:
        require_format("to", memory_format, input.shape)
        if memory_format is contiguous_format and before != wanted:
            return contiguous(to(input, wanted))
    if before == wanted:
        return Clone.apply(input) if copy or copied else input
    if can_store(before, wanted):
        return Cast.apply(input, wanted)
    return noted("Cast", (input, wanted), wrap(cast(input._data, wanted)))


def destination(name: str, target: tuple[Any, ...]) -> tuple[np.dtype[Any] | None, bool]:
    """The dtype among the arguments of `to`, or None, and whether they ask for a copy. Raises
    RuntimeError for another device than the CPU among them."""
    dtype: np.dtype[Any] | None = None
    flags = []
    for part in target:
        if part is None:
            continue
        if isinstance(part, (np.dtype, type)):
            dtype = native(part)
        elif isinstance(part, Tensor):
            dtype = part.dtype
        elif isinstance(part, bool):
            flags.append(part)
        elif names_device(part):
            require_cpu(name, part)
        else:
            try:
                dtype = native(part)
            except DtypeError:
                raise  # which says more
            except TypeError:
                dtype = None
            if dtype is None or dtype.kind not in "biuf":
                raise DtypeError(
                    f"{name}: expected a dtype, a device or a Tensor, got {kind_of(part)} {part!r}"
                )
    return dtype, len(flags) > 1 and flags[1]


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype of another.

    >>> type_as(Tensor([1]), Tensor([1.5]))
    tensor([1.])
    """
    return to(input, data_of("type_as", other).dtype)


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor.

    >>> is_tensor(Tensor(1.0)), is_tensor(1.0)
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating one.

    >>> is_floating_point(Tensor([1.0])), is_floating_point(Tensor([1]))
    (True, False)
    """
    return data_of("is_floating_point", input).dtype.kind == "f"


def numel(input: Tensor) -> int:
    """The number of elements.

    >>> numel(Tensor.zeros(2, 3))
    6
    """
    return data_of("numel", input).size
