"""What parameters are at first: PyTorch's `nn.init`.

Each function overwrites a tensor, or an array such as `weight.data`, unrecorded, and returns it.
`generator` decides the draws, the global one by default; the numbers are not PyTorch's. The names
without an underscore are those of old, and warn.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.ops import eye as identity
from mytorch.ops import randn, randperm
from mytorch.ops._arguments import explained
from mytorch.random import Generator
from mytorch.tensor import Tensor, wrap

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

P = ParamSpec("P")


def _unrecorded(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    filled: Callable[..., Tensor] = no_grad()(explained(function))

    @functools.wraps(function)
    def made(*args: P.args, **kwargs: P.kwargs) -> Any:
        if args and isinstance(args[0], np.ndarray):
            filled(wrap(args[0]), *args[1:], **kwargs)
            return args[0]
        return filled(*args, **kwargs)

    return made


_CONVOLUTIONS = [f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3)]
_GAINS = dict.fromkeys(["linear", "sigmoid", *_CONVOLUTIONS], 1.0)
_GAINS |= {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a function makes the standard deviation smaller, which weights have to make up
    for: sqrt(2) for "relu", 5/3 for "tanh", 3/4 for "selu", 1 for "sigmoid", "linear" and
    convolutions; for "leaky_relu" sqrt(2 / (1 + slope**2)), with `param` or 0.01 as the slope.

    Raises ValueError for another name, or a slope that is no number.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: expected a number as slope, got {slope!r}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: expected leaky_relu, {', '.join(_GAINS)}, got {nonlinearity!r}"
        )
    return _GAINS[nonlinearity]


@_unrecorded
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draws from the uniform distribution on [a, b).

    >>> w = uniform_(Tensor.empty(3), 2.0, 3.0)
    >>> bool(((w >= 2) & (w < 3)).all())
    True
    """
    return tensor.uniform_(a, b, generator=generator)


@_unrecorded
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draws from the normal distribution N(mean, std**2).

    >>> normal_(Tensor.empty(2), 5.0, 0.0)
    tensor([5., 5.])
    """
    return tensor.normal_(mean, std, generator=generator)


@_unrecorded
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Draws from the part of N(mean, std**2) that lies between a and b. Warns if the mean lies
    further than 2 standard deviations from these: there the tail is coarse.

    >>> w = trunc_normal_(Tensor.empty(100), a=-0.5, b=0.5)
    >>> bool((w.abs() <= 0.5).all())
    True
    """
    if not a - 2 * std <= mean <= b + 2 * std:
        warnings.warn(
            f"trunc_normal_: the mean {mean} is more than 2 standard deviations away from "
            f"[{a}, {b}]; what is drawn may not be distributed as it should",
            stacklevel=5,
        )
    low, high = (math.erf((end - mean) / (std * math.sqrt(2))) for end in (a, b))
    tensor.uniform_(low, high, generator=generator)
    return tensor.erfinv_().mul_(std * math.sqrt(2)).add_(mean).clamp_(min=a, max=b)


@_unrecorded
def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere.

    >>> constant_(Tensor.empty(2), 0.3)
    tensor([0.3, 0.3])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere.

    >>> ones_(Tensor.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere.

    >>> zeros_(Tensor.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


@_unrecorded
def eye_(tensor: Tensor) -> Tensor:
    """The identity, for a matrix: inputs pass a linear layer, as many as there are. Raises
    ShapeError for anything but a matrix.

    >>> eye_(Tensor.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _require_matrix("eye_", tensor)
    return tensor.copy_(identity(*tensor.shape))


@_unrecorded
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """1 in the middle of the kernel that leads from a channel to the channel of its number (in each
    of the groups), else 0, for the weight of a convolution: inputs pass it, as many as there are.

    Raises ShapeError for other than 3 to 5 axes, or output channels that do not divide.

    >>> dirac_(Tensor.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(f"dirac_: expected 3, 4 or 5 axes, got shape {tensor.shape}")
    channels, inputs = tensor.shape[:2]
    if channels % groups:
        raise ShapeError(f"dirac_: {channels} output channels do not divide into {groups} groups")
    each = channels // groups
    passing = np.arange(min(each, inputs))
    middle = [size // 2 for size in tensor.shape[2:]]
    tensor.fill_(0.0)
    for group in range(groups):
        tensor[(group * each + passing, passing, *middle)] = 1.0
    return tensor


@explained
def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draws from U(-a, a) for a = gain sqrt(6 / (fan_in + fan_out)): the number of inputs of an
    output, and of outputs of an input. Raises ShapeError for fewer than 2 axes.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    >>> bool((xavier_uniform_(Tensor.empty(3, 3)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3) * _xavier("xavier_uniform_", tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


@explained
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draws from N(0, std**2) for std = gain sqrt(2 / (fan_in + fan_out)), as `xavier_uniform_`.

    >>> xavier_normal_(Tensor.empty(3, 3), gain=0.0).abs().max()
    tensor(0.)
    """
    return normal_(tensor, 0.0, _xavier("xavier_normal_", tensor, gain), generator)


def _xavier(name: str, tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _fans(name, tensor)
    return gain * math.sqrt(2 / (fan_in + fan_out))


@explained
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draws from U(-bound, bound) for bound = gain sqrt(3 / fan), with the gain of the nonlinearity
    (`calculate_gain(nonlinearity, a)`), and the number of inputs of an output ("fan_in") or of
    outputs of an input ("fan_out").

    Raises ShapeError for fewer than 2 axes, ValueError for another mode or nonlinearity. Of a
    tensor without elements it warns.

    Source: He et al., "Delving deep into rectifiers", 2015.

    >>> w = kaiming_uniform_(Tensor.empty(3, 6), nonlinearity="relu")
    >>> bool((w.abs() <= 1).all())
    True
    """
    std = _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return tensor if std is None else uniform_(tensor, -(3**0.5) * std, 3**0.5 * std, generator)


@explained
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draws from N(0, std**2) for std = gain / sqrt(fan), as `kaiming_uniform_`.

    >>> kaiming_normal_(Tensor.empty(3, 6)).shape
    (3, 6)
    """
    std = _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0.0, std, generator)


def _kaiming(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The standard deviation; None for no elements."""
    if not math.prod(tensor.shape):
        warnings.warn(f"{name}: the tensor has no elements to set", stacklevel=4)
        return None
    return calculate_gain(nonlinearity, a) / math.sqrt(_fan(name, tensor, mode))


def _fan(name: str, tensor: Tensor, mode: str) -> int:
    """One of the two fans, which `mode` names."""
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: expected mode 'fan_in' or 'fan_out', got {mode!r}")
    return _fans(name, tensor)[mode.lower() == "fan_out"]


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input."""
    if tensor.ndim < 2:
        raise ShapeError(f"{name}: expected 2 or more axes, got shape {tensor.shape}")
    outputs, inputs, *kernel = tensor.shape
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


# Programs that set their weights themselves call these two of PyTorch's.
_calculate_fan_in_and_fan_out = functools.partial(_fans, "_calculate_fan_in_and_fan_out")
_calculate_correct_fan = functools.partial(_fan, "_calculate_correct_fan")


@_unrecorded
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """`gain` times rows (or columns, if there are fewer of them) that are orthogonal and have
    length 1, drawn from all such; of more axes than 2, the first has the rows. Raises ShapeError
    for fewer than 2.

    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", 2013.

    >>> w = orthogonal_(Tensor.empty(2, 5))
    >>> (w @ w.T).abs().round()
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: expected 2 or more axes, got shape {tensor.shape}")
    if not tensor.numel():
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    draws = randn(rows, columns, generator=generator, dtype=np.float64).data
    # Without the signs it would not be uniform (Mezzadri, 2006).
    basis, triangle = np.linalg.qr(draws.T if rows < columns else draws)
    basis *= np.sign(np.diagonal(triangle)) * gain
    return tensor.copy_(Tensor((basis.T if rows < columns else basis).reshape(tensor.shape)))


@_unrecorded
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Draws from N(0, std**2), of which in each column of the matrix the share `sparsity` is 0.
    Raises ShapeError for anything but a matrix.

    Source: Martens, "Deep learning via Hessian-free optimization", 2010.

    >>> (sparse_(Tensor.empty(4, 2), 0.5) == 0).sum(0)
    tensor([2, 2])
    """
    _require_matrix("sparse_", tensor)
    if not 0 <= sparsity <= 1:
        raise RangeError(f"sparse_: expected a sparsity from 0 to 1, got {sparsity}")
    rows, columns = tensor.shape
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        chosen = randperm(rows, generator=generator)[: math.ceil(sparsity * rows)]
        tensor[chosen, column] = 0.0
    return tensor


def _require_matrix(name: str, tensor: Tensor) -> None:
    if tensor.ndim != 2:
        raise ShapeError(f"{name}: expected a matrix, got shape {tensor.shape}")


def _of_old(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """The function under the name of old."""
    new = function.__name__

    @functools.wraps(function)
    def of_old(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        warnings.warn(f"nn.init.{new[:-1]} is old; call {new}", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    of_old.__name__, of_old.__doc__ = new[:-1], f"`{new}`, with a FutureWarning."
    return of_old


constant = _of_old(constant_)
dirac = _of_old(dirac_)
eye = _of_old(eye_)
kaiming_normal = _of_old(kaiming_normal_)
kaiming_uniform = _of_old(kaiming_uniform_)
normal = _of_old(normal_)
orthogonal = _of_old(orthogonal_)
sparse = _of_old(sparse_)
uniform = _of_old(uniform_)
xavier_normal = _of_old(xavier_normal_)
xavier_uniform = _of_old(xavier_uniform_)
