"""Linear: the fully connected layer (write-up 2.1), and Identity."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mytorch._dtypes import get_default_dtype
from mytorch.nn.functional import linear
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["Identity", "Linear"]


class Linear(Module):
    """y = x W^T + b, for x of shape (..., in_features).

    Attributes: `weight` (out_features, in_features) and `bias` (out_features,), or None without
    bias, both drawn from the uniform distribution within 1 / sqrt(in_features) of 0 by NumPy's
    global generator, as PyTorch's are by its own. `dtype` is theirs; None stands for the default.

    >>> Linear(3, 2)(Tensor.ones(4, 3)).shape
    (4, 2)
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / np.sqrt(in_features) if in_features else 0.0
        self.weight = _uniform(bound, dtype, out_features, in_features)
        self.register_parameter("bias", _uniform(bound, dtype, out_features) if bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """x W^T + b. Raises ShapeError if x's last size is not in_features."""
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"{self.in_features}, {self.out_features}{', bias=False' if self.bias is None else ''}"
        )


class Identity(Module):
    """Returns its input; takes any arguments, so that it can replace another layer.

    >>> Identity(54, unused=True)(Tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        """x itself."""
        return x


def _uniform(bound: float, dtype: DTypeLike | None, *shape: int) -> Tensor:
    draws = np.random.uniform(-bound, bound, shape)
    return Tensor(draws.astype(dtype or get_default_dtype()), is_parameter=True)
