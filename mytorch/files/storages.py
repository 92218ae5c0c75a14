"""Tensors and the memory behind them, as PyTorch's files have them: a storage is a piece of memory,
a tensor its offset, sizes and strides in one. Tensors that share memory share a storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mytorch.errors import LoadError
from mytorch.tensor import Tensor

__all__ = ["DTYPES", "STORAGES", "Storage", "Written", "lay_out", "parameter", "tensor", "widened"]

Array: TypeAlias = np.ndarray[Any, Any]

# The dtypes that have a class of storages in PyTorch, by its name. Others lie in untyped ones.
STORAGES = {
    "BoolStorage": np.dtype(np.bool_),
    "ByteStorage": np.dtype(np.uint8),
    "CharStorage": np.dtype(np.int8),
    "ShortStorage": np.dtype(np.int16),
    "IntStorage": np.dtype(np.int32),
    "LongStorage": np.dtype(np.int64),
    "HalfStorage": np.dtype(np.float16),
    "FloatStorage": np.dtype(np.float32),
    "DoubleStorage": np.dtype(np.float64),
}
DTYPES = {dtype.name: dtype for dtype in STORAGES.values()}
DTYPES |= {name: np.dtype(name) for name in ("uint16", "uint32", "uint64")}

# ------------------------------------------------------------------------------------- read


class Storage(NamedTuple):
    """Memory, as bytes; the dtype of its elements, None if untyped; the first tensor in it."""

    memory: Array
    dtype: Any
    tensors: list[Tensor]


def tensor(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    dtype: np.dtype[Any] | None = None,
    metadata: Any = None,
) -> Tensor:
    """A tensor in a storage. Raises LoadError if it would reach beyond."""
    if type(storage) is not Storage or type(requires_grad) is not bool:
        raise LoadError("a tensor of the file is not as PyTorch writes it")
    if metadata:
        raise LoadError(
            "a tensor of the file is negated or conjugated when it is read; save x.resolve_neg() "
            "with PyTorch"
        )
    wanted = storage.dtype if dtype is None else dtype
    if (
        not isinstance(wanted, np.dtype)
        or not (type(size) is type(stride) is tuple and len(size) == len(stride))
        or len(size) > 64
        or any(type(number) is not int or number < 0 for number in (offset, *size, *stride))
    ):
        raise LoadError(f"a tensor of the file has no meaning: {offset=}, {size=}, {stride=}")
    span = 0
    if prod(size):
        span = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if (offset + span) * wanted.itemsize > storage.memory.size:
        raise LoadError(
            f"a tensor of the file reaches beyond its storage of {storage.memory.size} bytes: "
            f"{wanted}, {offset=}, {size=}, {stride=}"
        )
    try:
        array: Array = np.ndarray(
            size,
            wanted,
            storage.memory,
            offset * wanted.itemsize if span else 0,
            tuple(step * wanted.itemsize for step in stride),
        )
    except (ValueError, OverflowError) as error:
        raise LoadError(f"a tensor of the file is more than NumPy takes: {error}") from None
    made = Tensor(array, requires_grad)
    if storage.tensors:
        made._memory = storage.tensors[0]._share()
    else:
        storage.tensors.append(made)
    return made


def widened(memory: Array, wanted: bool) -> Array:
    """Memory that holds bfloat16, as float32. Raises LoadError unless that is wanted."""
    if not wanted:
        raise LoadError(
            "the file has tensors of bfloat16, which NumPy has not; load(..., "
            "bfloat16_as_float32=True) makes them float32, which has all their values"
        )
    # The upper half of a float32.
    bits: Array = memory.view(np.uint16).astype(np.uint32)
    bits <<= 16
    return bits.view(np.float32)


def parameter(data: Any, requires_grad: Any) -> Tensor:
    """The tensor, which nobody else has, as a parameter."""
    if type(data) is not Tensor or type(requires_grad) is not bool:
        raise LoadError("a parameter of the file is not as PyTorch writes it")
    data.is_parameter = True
    data.requires_grad = requires_grad
    return data


# ------------------------------------------------------------------------------------ write


class Written(NamedTuple):
    """Where an array lies in a file: the number of its storage, and the offset there in bytes."""

    array: Array
    storage: int
    offset: int


def lay_out(arrays: Sequence[Array]) -> tuple[list[Storage], list[Written]]:
    """The storages of these arrays, and where each array lies.

    Arrays share a storage if what one spans overlaps what another spans. A storage has what its
    arrays span and no more: a part of a large array takes its own size. An array that PyTorch
    cannot have, as one that runs backwards, is copied. The storage has no dtype if its arrays have
    several, or PyTorch has no class of storages for it.
    """
    arrays = [array if _is_plain(array) else array.copy() for array in arrays]
    begins = [array.__array_interface__["data"][0] for array in arrays]
    ends = [begin + _span(array) for begin, array in zip(begins, arrays, strict=True)]
    groups: list[list[int]] = []
    reached = 0
    for i in sorted(range(len(arrays)), key=begins.__getitem__):
        if not groups or begins[i] >= reached:
            groups.append([])
            reached = begins[i]
        groups[-1].append(i)
        reached = max(reached, ends[i])
    groups.sort(key=min)  # so that the same object gives the same file
    storages = []
    written = {}
    for number, group in enumerate(groups):
        start = begins[group[0]]
        size = max(ends[i] for i in group) - start
        dtypes = {arrays[i].dtype for i in group}
        dtype = dtypes.pop() if len(dtypes) == 1 and dtypes <= {*STORAGES.values()} else None
        storages.append(Storage(_bytes_from(arrays[group[0]], size), dtype, []))
        written.update({i: Written(arrays[i], number, begins[i] - start) for i in group})
    return storages, [written[i] for i in range(len(arrays))]


def _is_plain(array: Array) -> bool:
    """Whether PyTorch can have an array laid out like this."""
    item = array.dtype.itemsize
    steps = all(step >= 0 and step % item == 0 for step in array.strides)
    return steps and array.flags.aligned and array.dtype.isnative


def _span(array: Array) -> int:
    """The number of bytes from the first to the last that the array has."""
    if not array.size:
        return 0
    steps = zip(array.shape, array.strides, strict=True)
    return int(sum((n - 1) * step for n, step in steps)) + array.itemsize


def _bytes_from(array: Array, size: int) -> Array:
    """The memory from the first element of `array` on, where nothing lies before it."""
    first = as_strided(array, (1,), (array.itemsize,), writeable=False)
    return as_strided(first.view(np.uint8), (size,), (1,), writeable=False)
