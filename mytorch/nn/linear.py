"""Linear: the fully connected layer (write-up 2.1)."""

import numpy as np

from mytorch._dtypes import get_default_dtype
from mytorch.nn.functional import linear
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = ["Linear"]


class Linear(Module):
    """y = x W^T + b, for x of shape (..., in_features).

    Attributes: `weight` (out_features, in_features) and `bias` (out_features,), both drawn from
    the uniform distribution within 1 / sqrt(in_features) of 0 by NumPy's global generator, as
    PyTorch's are by its own.

    >>> Linear(3, 2)(Tensor.ones(4, 3)).shape
    (4, 2)
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        bound = 1 / np.sqrt(in_features) if in_features else 0.0
        self.weight = _uniform(bound, out_features, in_features)
        self.bias = _uniform(bound, out_features)

    def forward(self, x: Tensor) -> Tensor:
        """x W^T + b. Raises ShapeError if x's last size is not in_features."""
        return linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}"


def _uniform(bound: float, *shape: int) -> Tensor:
    draws = np.random.uniform(-bound, bound, shape)
    return Tensor(draws.astype(get_default_dtype()), is_parameter=True)
