"""The names of the dtypes, as PyTorch has them: each is NumPy's dtype."""

from typing import Any

import numpy as np

from mytorch.errors import DtypeError

__all__ = [
    "bfloat16",
    "bool",
    "double",
    "float",
    "float16",
    "float32",
    "float64",
    "half",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "short",
    "uint8",
]

# What NumPy takes for a dtype: its own `DTypeLike` is slow to import.
DTypeLike = str | type | np.dtype[Any]


class _Absent:
    """A dtype that NumPy has not: programs that compare it may name it, and no tensor has it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    @property
    def dtype(self) -> Any:  # which NumPy asks for whatever is to be a dtype
        raise DtypeError(f"{self}: NumPy has no such dtype; use float32, which has all its values")


bfloat16 = _Absent("bfloat16")
bool = np.dtype(np.bool_)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
