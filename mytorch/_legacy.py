"""PyTorch's constructors of old, one for each dtype: `mytorch.LongTensor([1, 2])`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from mytorch._dtypes import set_default_dtype
from mytorch.ops.creation import empty
from mytorch.ops.methods import TYPES
from mytorch.tensor import Tensor, tensor

__all__ = ["CONSTRUCTORS", "set_default_tensor_type"]


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


def set_default_tensor_type(t: Any) -> None:
    """Makes the dtype of one of these the default: `set_default_dtype` of old. `t` is a constructor
    or its name. Raises TypeError for another, or one whose dtype is not floating.

    >>> import mytorch
    >>> set_default_tensor_type(mytorch.DoubleTensor), set_default_tensor_type("torch.DoubleTensor")
    (None, None)
    """
    name = t.rpartition(".")[2] if isinstance(t, str) and "cuda" not in t else ""
    kind = CONSTRUCTORS.get(name, t)
    if kind not in CONSTRUCTORS.values():
        raise TypeError(
            "set_default_tensor_type: expected a constructor, as mytorch.FloatTensor, or its name, "
            f"as 'torch.FloatTensor', got {t!r}"
        )
    set_default_dtype(kind.dtype)
