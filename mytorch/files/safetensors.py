"""Files of safetensors, by the package of that name: names and tensors, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch.errors import LoadError, SaveError
from mytorch.files.storages import DTYPES, widened
from mytorch.tensor import Tensor

__all__ = ["pack", "unpack"]

_CODES = {
    **{f"U{8 * n}": f"u{n}" for n in (1, 2, 4, 8)},
    **{f"I{8 * n}": f"i{n}" for n in (1, 2, 4, 8)},
    **{f"F{8 * n}": f"f{n}" for n in (2, 4, 8)},
    "BOOL": "?",
}


def pack(obj: Any) -> bytes:
    """The bytes of a file. Raises SaveError unless `obj` has texts as names and tensors alone."""
    package = _package()
    if not isinstance(obj, Mapping):
        raise SaveError(
            f"save: a .safetensors file holds a dict of names and tensors, got a {kind_of(obj)}"
        )
    arrays = {}
    for name, tensor in obj.items():
        named = type(name) is str and isinstance(tensor, Tensor)
        if not named or tensor.dtype.name not in DTYPES:
            raise SaveError(
                f"save: a .safetensors file holds names and tensors alone, got {name!r:.100} with "
                f"a {kind_of(tensor, Tensor)}; save other things without that suffix"
            )
        data = tensor.data
        arrays[name] = data if data.flags.c_contiguous else data.copy()
    specs = {
        name: package.TensorSpec(
            dtype=array.dtype.name,
            shape=array.shape,
            data_ptr=array.__array_interface__["data"][0],
            data_len=array.nbytes,
        )
        for name, array in arrays.items()
    }
    return bytes(package.serialize(specs, metadata={"format": "pt"}))


def unpack(content: bytes, bfloat16_as_float32: bool) -> dict[str, Tensor]:
    """The tensors of a file, by name. Raises LoadError for what is none, or has a dtype that is not
    here."""
    package = _package()
    try:
        found = package.deserialize(content)
    except Exception as error:  # the package's own class, which is not imported here
        raise LoadError(f"this is no safetensors file, or a damaged one: {error}") from None
    tensors = {}
    for name, parts in found:
        code, memory = parts["dtype"], np.frombuffer(parts["data"], np.uint8)
        if code == "BF16":
            array = widened(memory, bfloat16_as_float32)
        elif code in _CODES:
            array = memory.view(_CODES[code])
        else:
            raise LoadError(f"{name!r} has the dtype {code}, which is not here")
        tensors[name] = Tensor(array.reshape(parts["shape"]))
    return tensors


def _package() -> Any:
    try:
        return import_module("safetensors")
    except ImportError as error:
        raise ModuleNotFoundError(
            f"a .safetensors file needs the package safetensors ({error}); "
            'pip install "mytorch-numpy[safetensors]"',
            name="safetensors",
        ) from None
