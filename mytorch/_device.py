"""Devices: there is the CPU alone, so that programs may name it and find out that no other is
there."""

from __future__ import annotations

from typing import Any, TypeAlias, Union

__all__ = ["device", "get_default_device", "set_default_device"]

DeviceLike: TypeAlias = Union[str, int, "device"]

# The types of devices that programs name, to tell one from the name of a dtype.
_TYPES = ("cpu", "cuda", "hip", "hpu", "ipu", "meta", "mps", "mtia", "vulkan", "xla", "xpu")


class device:
    """`device("cpu")`, `device("cpu:0")` or `device("cpu", 0)`: a device by its type and, unless
    None, its index. Two are equal if both are.

    Raises RuntimeError for any other device than the CPU.

    >>> device("cpu:0")
    device(type='cpu', index=0)
    >>> str(device("cpu")), device("cpu") == device("cpu:0")
    ('cpu', False)
    """

    __slots__ = ("_index",)

    def __init__(self, type: DeviceLike, index: int | None = None) -> None:
        named = require_cpu("device", type)
        if index is not None and (index < 0 or named is not None):
            raise RuntimeError(
                f"device: expected one index of at least 0, got {str(type)!r} and {index}"
            )
        self._index = named if index is None else index

    @property
    def type(self) -> str:
        """The type of device: "cpu"."""
        return "cpu"

    @property
    def index(self) -> int | None:
        """Which one of its type, or None."""
        return self._index

    def __repr__(self) -> str:
        number = "" if self._index is None else f", index={self._index}"
        return f"device(type='cpu'{number})"

    def __str__(self) -> str:
        return "cpu" if self._index is None else f"cpu:{self._index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self._index == other._index

    def __hash__(self) -> int:
        return hash((device, self._index))

    def __reduce__(self) -> Any:
        return device, ("cpu", self._index)


def names_device(value: Any) -> bool:
    """Whether this is a device, or the name or number of one."""
    if isinstance(value, str):
        return value.partition(":")[0] in _TYPES
    return isinstance(value, (int, device)) and not isinstance(value, bool)


def require_cpu(where: str, value: Any) -> int | None:
    """The index that the CPU is named with. Raises RuntimeError for any other device, and TypeError
    for what is none."""
    if isinstance(value, device):
        return value.index
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise TypeError(f"{where}: expected a device, as 'cpu', got {value!r}")
    if value == "cpu":
        return None
    kind, _, number = str(value).partition(":")
    if kind != "cpu" or not number.isdecimal() or str(int(number)) != number:
        raise RuntimeError(f"{where}: the only device is cpu, got {value!r}")
    return int(number)


def get_default_device() -> device:
    """The device of new tensors: the CPU.

    >>> get_default_device()
    device(type='cpu')
    """
    return CPU


def set_default_device(device: DeviceLike | None) -> None:
    """Does nothing for the CPU, as there is no other. Raises RuntimeError for another device.

    >>> set_default_device("cpu")
    """
    if device is not None:
        require_cpu("set_default_device", device)


CPU = device("cpu")
