"""Activation layers: modules around the functions."""

from __future__ import annotations

from typing import Any

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.nn import functional as F
from mytorch.nn.functional import relu, sigmoid, tanh
from mytorch.nn.module import Module
from mytorch.nn.parameter import fill, unset
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _InPlace(Module):
    """A layer that may store its result in its input's memory."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = option(type(self).__name__, "inplace", inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self)


def _shown(layer: _InPlace, *names: str) -> str:
    """The named attributes, and the option if it is set."""
    shown = [f"{name}={getattr(layer, name)}" for name in names]
    return ", ".join([*shown, "inplace=True"] if layer.inplace else shown)


class ReLU(_InPlace):
    """max(x, 0), elementwise (write-up 2.2).

    >>> ReLU()(Tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """max(input, 0)."""
        return relu(input, self.inplace)


class SELU(_InPlace):
    """1.0507 * elu(x, 1.6733), elementwise.

    >>> SELU()(Tensor([0.0, 1.0]))
    tensor([0.        , 1.05070099])
    """

    def forward(self, input: Tensor) -> Tensor:
        """1.0507 * elu(input, 1.6733)."""
        return F.selu(input, self.inplace)


class SiLU(_InPlace):
    """x * sigmoid(x), elementwise.

    >>> SiLU()(Tensor([0.0, 1.0]))
    tensor([0.        , 0.73105858])
    """

    def forward(self, input: Tensor) -> Tensor:
        """input * sigmoid(input)."""
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    """x * tanh(softplus(x)), elementwise.

    >>> Mish()(Tensor([0.0, 1.0]))
    tensor([0.        , 0.86509839])
    """

    def forward(self, input: Tensor) -> Tensor:
        """input * tanh(softplus(input))."""
        return F.mish(input, self.inplace)


class Hardsigmoid(_InPlace):
    """min(max(x / 6 + 1/2, 0), 1), elementwise.

    >>> Hardsigmoid()(Tensor([0.0, 9.0]))
    tensor([0.5, 1. ])
    """

    def forward(self, input: Tensor) -> Tensor:
        """min(max(input / 6 + 1/2, 0), 1)."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Hardswish(_InPlace):
    """x * min(max(x + 3, 0), 6) / 6, elementwise.

    >>> Hardswish()(Tensor([0.0, 9.0]))
    tensor([0., 9.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """input * min(max(input + 3, 0), 6) / 6."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise.

    >>> Sigmoid()(Tensor([0.0]))
    tensor([0.5])
    """

    def forward(self, input: Tensor) -> Tensor:
        """1 / (1 + exp(-input))."""
        return sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    >>> Tanh()(Tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """tanh(input)."""
        return tanh(input)


class Softsign(Module):
    """x / (1 + |x|), elementwise.

    >>> Softsign()(Tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """

    def forward(self, input: Tensor) -> Tensor:
        """input / (1 + |input|)."""
        return F.softsign(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), elementwise.

    >>> LogSigmoid()(Tensor([0.0]))
    tensor([-0.69314718])
    """

    def forward(self, input: Tensor) -> Tensor:
        """log(sigmoid(input))."""
        return F.logsigmoid(input)


class LeakyReLU(_InPlace):
    """x above 0, else negative_slope * x, elementwise.

    >>> LeakyReLU(0.1)(Tensor([-1.0, 2.0]))
    tensor([-0.1,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """input or negative_slope * input."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "negative_slope")


class ELU(_InPlace):
    """x above 0, else alpha * (exp(x) - 1), elementwise.

    >>> ELU()(Tensor([-1.0, 2.0]))
    tensor([-0.63212056,  2.        ])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """input or alpha * (exp(input) - 1)."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "alpha")


class CELU(_InPlace):
    """x above 0, else alpha * (exp(x / alpha) - 1), elementwise.

    >>> CELU(2.0)(Tensor([-1.0, 2.0]))
    tensor([-0.78693868,  2.        ])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """input or alpha * (exp(input / alpha) - 1)."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "alpha")


class Hardtanh(_InPlace):
    """x held between `min_val` and `max_val`, elementwise. Raises ValueError unless
    min_val < max_val.

    >>> Hardtanh()(Tensor([-3.0, 0.5]))
    tensor([-1. ,  0.5])
    """

    @explained
    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val {min_val} must be below max_val {max_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        """input between the bounds."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "min_val", "max_val")


class ReLU6(Hardtanh):
    """min(max(x, 0), 6), elementwise.

    >>> ReLU6()(Tensor([-1.0, 8.0]))
    tensor([0., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """The option."""
        return _shown(self)


class Threshold(_InPlace):
    """x above `threshold`, else `value`, elementwise.

    >>> Threshold(0.5, -9.0)(Tensor([0.5, 2.0]))
    tensor([-9.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """input or value."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "threshold", "value")


class GELU(Module):
    """x times the standard normal distribution function of x; with approximate="tanh",
    approximately.

    >>> GELU()(Tensor([-1.0, 2.0]))
    tensor([-0.15865525,  1.95449974])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """gelu(input). Raises RuntimeError if `approximate` is neither "none" nor "tanh"."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The option."""
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is above `threshold`.

    >>> Softplus()(Tensor([0.0]))
    tensor([0.69314718])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """softplus(input)."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The options."""
        return f"beta={self.beta}, threshold={self.threshold}"


class PReLU(Module):
    """x above 0, else weight * x (He et al., 2015), for x of shape (N, C, ...).

    Attributes: `weight`, a parameter of shape (num_parameters,): one number for all channels, or
    one for each (num_parameters = C); all are `init` at first. `dtype` is theirs; None stands for
    the default.

    >>> PReLU()(Tensor([-1.0, 2.0])).detach()
    tensor([-0.25,  2.  ])
    """

    weight: Tensor

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = unset(num_parameters, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to `init`."""
        fill(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """input or weight * input. Raises ShapeError unless the input has num_parameters channels,
        or that is 1."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of parameters."""
        return f"num_parameters={self.num_parameters}"


class _AlongAxis(Module):
    """A layer that works along the axis `dim`."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim: Any = dim

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """exp(x) / sum(exp(x)) along the axis `dim`.

    >>> Softmax(dim=1)(Tensor([[0.0, 0.0]]))
    tensor([[0.5, 0.5]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """softmax(input)."""
        return F.softmax(input, self.dim)


class Softmin(_AlongAxis):
    """softmax(-x) along the axis `dim`.

    >>> Softmin(dim=1)(Tensor([[0.0, 0.0]]))
    tensor([[0.5, 0.5]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """softmin(input)."""
        return F.softmin(input, self.dim)


class LogSoftmax(_AlongAxis):
    """log(softmax(x)) along the axis `dim`.

    >>> LogSoftmax(dim=1)(Tensor([[0.0, 0.0]]))
    tensor([[-0.69314718, -0.69314718]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """log_softmax(input)."""
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """softmax over the channels of each place of (N, C, H, W) or (C, H, W).

    >>> Softmax2d()(Tensor.zeros(2, 1, 1))
    tensor([[[0.5]],
            [[0.5]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """softmax(input, -3). Raises ShapeError for other than 3 or 4 axes."""
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: expected 3 or 4 axes, got shape {input.shape}")
        return F.softmax(input, -3)


class GLU(Module):
    """a * sigmoid(b) for the halves a and b along the axis `dim`.

    >>> GLU()(Tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5, 1. ])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """glu(input)."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class _Shrink(Module):
    """A layer that is 0 from -lambd to lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The bound, alone as in PyTorch."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """0 from -lambd to lambd, else x, elementwise.

    >>> Hardshrink()(Tensor([-1.0, 0.5]))
    tensor([-1.,  0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """hardshrink(input)."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """0 from -lambd to lambd, else x moved by lambd towards 0, elementwise.

    >>> Softshrink()(Tensor([-1.0, 0.5]))
    tensor([-0.5,  0. ])
    """

    def forward(self, input: Tensor) -> Tensor:
        """softshrink(input)."""
        return F.softshrink(input, self.lambd)


class Tanhshrink(Module):
    """x - tanh(x), elementwise.

    >>> Tanhshrink()(Tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """input - tanh(input)."""
        return F.tanhshrink(input)


class RReLU(_InPlace):
    """x above 0, else x times a slope, drawn from U(lower, upper) in training, else their mean.

    >>> RReLU(0.25, 0.75).eval()(Tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        """rrelu(input)."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return _shown(self, "lower", "upper")
