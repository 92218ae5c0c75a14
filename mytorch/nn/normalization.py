"""Normalisation that looks at each example alone: over layers, groups and neighbouring channels."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch._shapes import Shape
from mytorch.dtypes import DTypeLike
from mytorch.nn.functional import group_norm, layer_norm, local_response_norm, rms_norm
from mytorch.nn.module import Module
from mytorch.nn.parameter import fill, unset
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LayerNorm(Module):
    """Normalises over the last axes, those of `normalized_shape` (a number stands for one axis);
    see `layer_norm`.

    Attributes: `weight` (ones) and `bias` (zeros) of that shape; both are None without
    `elementwise_affine`, the bias without `bias`. `dtype` is theirs; None stands for the default.

    Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.

    >>> LayerNorm(2, eps=1e-12)(Tensor([[1.0, 3.0]])).detach()
    tensor([[-1.,  1.]])
    """

    weight: Tensor | None
    bias: Tensor | None

    @explained
    def __init__(
        self,
        normalized_shape: int | Iterable[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = scaling = option(
            "LayerNorm", "elementwise_affine", elementwise_affine
        )
        shifting = option("LayerNorm", "bias", bias) and scaling
        self.register_parameter(
            "weight", unset(*shape, device=device, dtype=dtype) if scaling else None
        )
        self.register_parameter(
            "bias", unset(*shape, device=device, dtype=dtype) if shifting else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight back to 1 and the bias to 0."""
        fill(self.weight, 1)
        fill(self.bias, 0)

    def forward(self, input: Tensor) -> Tensor:
        """The input, normalised. Raises ShapeError if its last sizes are not `normalized_shape`."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides by the root of the mean square over the last axes, those of `normalized_shape` (a
    number stands for one axis); see `rms_norm`.

    Attributes: `weight` (ones) of that shape, None without `elementwise_affine`. `dtype` is its;
    None stands for the default. An eps of None is that of the input's dtype.

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.

    >>> RMSNorm(2)(Tensor([[3.0, 3.0]])).detach()
    tensor([[1., 1.]])
    """

    weight: Tensor | None

    @explained
    def __init__(
        self,
        normalized_shape: int | Iterable[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = scaling = option(
            "RMSNorm", "elementwise_affine", elementwise_affine
        )
        self.register_parameter(
            "weight", unset(*shape, device=device, dtype=dtype) if scaling else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight back to 1."""
        fill(self.weight, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The input, normalised. Raises ShapeError if its last sizes are not `normalized_shape`."""
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Normalises each of `num_groups` groups of neighbouring channels of x (N, num_channels, ...),
    then scales and shifts each channel; see `group_norm`.

    Attributes: `weight` (ones) and `bias` (zeros) of shape (num_channels,); both are None without
    `affine`, the bias without `bias`. `dtype` is theirs; None stands for the default.

    Raises ValueError unless the channels can be divided into so many groups.

    Source: Wu and He, "Group Normalization", 2018.

    >>> GroupNorm(2, 4, eps=1e-12)(Tensor([[1.0, 3.0, 0.0, 4.0]])).detach()
    tensor([[-1.,  1., -1.,  1.]])
    """

    weight: Tensor | None
    bias: Tensor | None

    @explained
    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: expected a number of channels that {num_groups} groups can share, "
                f"got {num_channels}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = option("GroupNorm", "affine", affine)
        shifting = option("GroupNorm", "bias", bias) and self.affine
        shape = (num_channels,)
        self.register_parameter(
            "weight", unset(*shape, device=device, dtype=dtype) if self.affine else None
        )
        self.register_parameter(
            "bias", unset(*shape, device=device, dtype=dtype) if shifting else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight back to 1 and the bias to 0."""
        fill(self.weight, 1)
        fill(self.bias, 0)

    def forward(self, input: Tensor) -> Tensor:
        """The input (N, num_channels, ...), normalised. Raises ShapeError for other shapes."""
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divides by a power of the mean square of `size` neighbouring channels; see
    `local_response_norm`.

    >>> LocalResponseNorm(2, alpha=2.0, beta=0.5, k=0.0)(Tensor([[[3.0], [4.0]]]))
    tensor([[[1. ],
             [0.8]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """local_response_norm(input)."""
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _shape(normalized_shape: int | Iterable[int]) -> Shape:
    sizes = normalized_shape if isinstance(normalized_shape, Iterable) else (normalized_shape,)
    return tuple(map(index, sizes))
