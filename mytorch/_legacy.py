"""PyTorch's constructors of old, one for each dtype: `mytorch.LongTensor([1, 2])`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch.ops.creation import empty
from mytorch.ops.methods import TYPES
from mytorch.tensor import Tensor, tensor

__all__ = ["CONSTRUCTORS"]


class _Typed(type):
    """Lets `isinstance` ask for the dtype."""

    dtype: ClassVar[np.dtype[Any]]

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype

    def __call__(cls, *data: Any) -> Tensor:
        if not data or all(isinstance(size, int) for size in data):
            return empty(*(data or (0,)), dtype=cls.dtype)
        (values,) = data
        return tensor(values, dtype=cls.dtype)


CONSTRUCTORS: dict[str, type] = {
    f"{word}Tensor": _Typed(f"{word}Tensor", (), {"dtype": dtype, "__module__": "mytorch"})
    for dtype, word in TYPES.items()
}
