"""Linear: the fully connected layer (write-up 2.1), Bilinear of two inputs, and Identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.grad_mode import no_grad
from mytorch.nn.functional import bilinear, linear
from mytorch.nn.module import Module
from mytorch.nn.parameter import unset
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = ["Bilinear", "Identity", "Linear"]


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
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = unset(out_features, in_features, device=device, dtype=dtype)
        shifting = option("Linear", "bias", bias)
        shift = unset(out_features, device=device, dtype=dtype) if shifting else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew."""
        bound = 1 / np.sqrt(self.in_features) if self.in_features else 0.0
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                with no_grad():
                    parameter.copy_(Tensor(np.random.uniform(-bound, bound, parameter.shape)))

    def forward(self, input: Tensor) -> Tensor:
        """input W^T + b. Raises ShapeError if the last size is not in_features."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """x1 W x2 + b for each matrix W of the weight; see `bilinear`.

    Attributes: `weight` (out_features, in1_features, in2_features) and `bias` (out_features,), or
    None without bias, both drawn from the uniform distribution within 1 / sqrt(in1_features) of 0.
    `dtype` is theirs; None stands for the default. Raises ValueError unless in1_features > 0.

    >>> Bilinear(2, 3, 4)(Tensor.ones(5, 2), Tensor.ones(5, 3)).shape
    (5, 4)
    """

    weight: Tensor
    bias: Tensor | None

    @explained
    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"Bilinear: expected in1_features of 1 or more, got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        sizes = (out_features, in1_features, in2_features)
        self.weight = unset(*sizes, device=device, dtype=dtype)
        shifting = option("Bilinear", "bias", bias)
        shift = unset(out_features, device=device, dtype=dtype) if shifting else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew."""
        bound = 1 / np.sqrt(self.in1_features)
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                with no_grad():
                    parameter.copy_(Tensor(np.random.uniform(-bound, bound, parameter.shape)))

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """input1 W input2 + b."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """Returns its input; takes any arguments, so that it can replace another layer.

    >>> Identity(54, unused=True)(Tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input
