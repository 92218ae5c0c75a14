"""Parameter: PyTorch's name for a Tensor with is_parameter=True. Buffer: a Tensor that modules
register as a buffer."""

from __future__ import annotations

from typing import Any

from mytorch._checks import kind_of, option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import DtypeError
from mytorch.grad_mode import no_grad
from mytorch.ops import empty
from mytorch.tensor import Tensor

__all__ = ["Buffer", "Parameter", "fill", "unset"]


class _ParameterType(type):
    """Lets `isinstance` ask the flag."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.is_parameter


class Parameter(metaclass=_ParameterType):
    """`Parameter(data)` is `Tensor(data, is_parameter=True)`: a leaf that modules register and
    optimizers update. It is a Tensor, of no class of its own; `isinstance(p, Parameter)` asks for
    the flag. Its array is a copy of `data` (PyTorch's shares it).

    >>> p = Parameter(Tensor([1.0, 2.0]))
    >>> p
    tensor([1., 2.], requires_grad=True)
    >>> isinstance(p, Parameter), isinstance(Tensor([1.0]), Parameter)
    (True, False)
    """

    def __new__(cls, data: Any = (), requires_grad: bool = True) -> Tensor:  # type: ignore[misc]
        parameter = Tensor(data, is_parameter=True)
        parameter.requires_grad = requires_grad
        return parameter


class _BufferType(type):
    """Lets `isinstance` ask the flag."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(metaclass=_BufferType):
    """`Buffer(data)` is a Tensor that shares the data: a module to which it is assigned as an
    attribute registers it, as `register_buffer(name, data, persistent)` does. It is of no class of
    its own; `isinstance(b, Buffer)` asks for a flag.

    Raises TypeError for what is no Tensor.

    >>> from mytorch import nn
    >>> module = nn.Module()
    >>> module.mean = Buffer(Tensor([1.0]))
    >>> module.state_dict()["mean"]
    tensor([1.])
    """

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Tensor:  # type: ignore[misc]
        data = empty(0) if data is None else data
        if not isinstance(data, Tensor):
            raise TypeError(f"Buffer: expected a Tensor as data, got {kind_of(data, Tensor)}")
        buffer = data.detach().requires_grad_(data.requires_grad)
        saved = option("Buffer", "persistent", persistent)
        vars(buffer).update(persistent=saved, _is_buffer=True)
        return buffer


def unset(*size: int, device: DeviceLike | None, dtype: DTypeLike | None) -> Tensor:
    """A parameter of a layer that is about to set it. Raises DtypeError unless floating."""
    values = empty(*size, device=device, dtype=dtype)
    if values.dtype.kind != "f":
        raise DtypeError(f"expected a floating dtype for parameters, got {values.dtype}")
    return Parameter(values)


def fill(tensor: Tensor | None, value: float) -> None:
    """Fills a parameter or buffer, unrecorded, where there is one."""
    if tensor is not None:
        with no_grad():
            tensor.fill_(value)
