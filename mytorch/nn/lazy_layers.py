"""Layers that learn from their first input how many features or channels it has."""

from __future__ import annotations

from typing import Any

from mytorch._device import DeviceLike
from mytorch._shapes import Shape
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from mytorch.nn.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from mytorch.nn.functional.convolutions import Numbers
from mytorch.nn.instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from mytorch.nn.lazy import (
    LazyModuleMixin,
    UninitializedBuffer,
    UninitializedParameter,
    own_tensors,
)
from mytorch.nn.linear import Linear
from mytorch.nn.module import Module
from mytorch.tensor import Tensor

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class _Lazy(LazyModuleMixin):
    """What the layers have in common. Each is made as its kind is, of no features at all; then its
    tensors forget their shapes."""

    def reset_parameters(self) -> None:
        """Sets the parameters anew, if they have a shape."""
        if not self.has_uninitialized_params():
            kind: Any = super()
            kind.reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters and buffers their shapes and first values. Raises ShapeError for an
        input that tells no number of features or channels."""
        weight, others = self.__shapes__(input)
        loaded = not self.has_uninitialized_params()
        for name, tensor in own_tensors(self):
            if isinstance(tensor, (UninitializedParameter, UninitializedBuffer)):
                tensor.materialize(weight if name == "weight" else others)
        if not loaded:
            self.reset_parameters()

    def __shapes__(self, input: Tensor) -> tuple[Shape, Shape]:
        """The shape of the weight, and that of the other tensors."""
        raise NotImplementedError


def _forget(module: Module) -> None:
    """Leaves the tensors their dtypes, and no shapes."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            setattr(module, name, UninitializedParameter(dtype=parameter.dtype))
    for name, buffer in module._buffers.items():
        if buffer is not None and buffer.dtype.kind == "f":
            setattr(module, name, UninitializedBuffer(dtype=buffer.dtype))


def _channels(module: Module, input: Tensor, axes: int) -> int:
    """The size of the first of the last axes of an input, which may have the batch's before."""
    shape: Shape = input.shape
    if len(shape) not in (axes, axes + 1):
        raise ShapeError(
            f"{type(module).__name__}: expected an input of {axes} axes, or {axes + 1} with the "
            f"batch's, got shape {shape}"
        )
    return shape[-axes]


class LazyLinear(_Lazy, Linear):
    """A `Linear` whose in_features are the last size of its first input. Until then its weight and
    bias have no shape; see `LazyModuleMixin`.

    >>> layer = LazyLinear(2)
    >>> layer(Tensor.ones(4, 3)).shape, layer
    ((4, 2), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(0, out_features, bias, device=device, dtype=dtype)
        _forget(self)

    def __shapes__(self, input: Tensor) -> tuple[Shape, Shape]:
        if not input.ndim:
            raise ShapeError("LazyLinear: expected an input of one axis or more, got a number")
        self.in_features = input.shape[-1]
        return (self.out_features, self.in_features), (self.out_features,)


class _LazyConvolution(_Lazy):
    def __shapes__(self: Any, input: Tensor) -> tuple[Shape, Shape]:
        self.in_channels = channels = _channels(self, input, len(self.kernel_size) + 1)
        if channels % self.groups:
            raise ShapeError(
                f"{type(self).__name__}: {channels} channels are no {self.groups} equal groups"
            )
        first, last = (channels, self.out_channels)[:: 1 if self.transposed else -1]
        return (first, last // self.groups, *self.kernel_size), (self.out_channels,)


class _LazyConvNd(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        kind: Any = super()
        # fmt: off
        kind.__init__(0, out_channels, kernel_size, stride, padding, dilation, groups, bias,
                      padding_mode, device=device, dtype=dtype)
        # fmt: on
        _forget(self)


class _LazyConvTransposeNd(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        kind: Any = super()
        # fmt: off
        kind.__init__(0, out_channels, kernel_size, stride, padding, output_padding, groups, bias,
                      dilation, padding_mode, device=device, dtype=dtype)
        # fmt: on
        _forget(self)


class _LazyNorm(_Lazy):
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        kind: Any = super()
        # fmt: off
        kind.__init__(0, eps, momentum, affine, track_running_stats, bias=bias, device=device,
                      dtype=dtype)
        # fmt: on
        _forget(self)


class _LazyBatchNorm(_LazyNorm):
    def __shapes__(self: Any, input: Tensor) -> tuple[Shape, Shape]:
        self._check_input_dim(input)
        self.num_features = input.shape[1]
        return (self.num_features,), (self.num_features,)


class _LazyInstanceNorm(_LazyNorm):
    def __shapes__(self: Any, input: Tensor) -> tuple[Shape, Shape]:
        self.num_features = _channels(self, input, self._get_no_batch_dim())
        return (self.num_features,), (self.num_features,)


class LazyConv1d(_LazyConvNd, Conv1d):
    """A `Conv1d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConv1d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5))
    >>> layer
    Conv1d(3, 4, kernel_size=(2,), stride=(1,))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvNd, Conv2d):
    """A `Conv2d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConv2d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5, 5))
    >>> layer
    Conv2d(3, 4, kernel_size=(2, 2), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConvNd, Conv3d):
    """A `Conv3d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConv3d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5, 5, 5))
    >>> layer
    Conv3d(3, 4, kernel_size=(2, 2, 2), stride=(1, 1, 1))
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTransposeNd, ConvTranspose1d):
    """A `ConvTranspose1d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConvTranspose1d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5))
    >>> layer
    ConvTranspose1d(3, 4, kernel_size=(2,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTransposeNd, ConvTranspose2d):
    """A `ConvTranspose2d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConvTranspose2d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5, 5))
    >>> layer
    ConvTranspose2d(3, 4, kernel_size=(2, 2), stride=(1, 1))
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTransposeNd, ConvTranspose3d):
    """A `ConvTranspose3d` whose in_channels its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyConvTranspose3d(4, 2)
    >>> y = layer(Tensor.ones(2, 3, 5, 5, 5))
    >>> layer
    ConvTranspose3d(3, 4, kernel_size=(2, 2, 2), stride=(1, 1, 1))
    """

    cls_to_become = ConvTranspose3d


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """A `BatchNorm1d` whose num_features its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyBatchNorm1d()
    >>> y = layer(Tensor.ones(2, 3, 5))
    >>> layer
    BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """A `BatchNorm2d` whose num_features its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyBatchNorm2d()
    >>> y = layer(Tensor.ones(2, 3, 5, 5))
    >>> layer
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """A `BatchNorm3d` whose num_features its first input tells; see
    `LazyModuleMixin`.

    >>> layer = LazyBatchNorm3d()
    >>> y = layer(Tensor.ones(2, 3, 5, 5, 5))
    >>> layer
    BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """A `InstanceNorm1d` whose num_features its first input tells and `affine` and
    `track_running_stats` are True by default; see
    `LazyModuleMixin`.

    >>> layer = LazyInstanceNorm1d()
    >>> y = layer(Tensor.ones(2, 3, 5))
    >>> layer
    InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """A `InstanceNorm2d` whose num_features its first input tells and `affine` and
    `track_running_stats` are True by default; see
    `LazyModuleMixin`.

    >>> layer = LazyInstanceNorm2d()
    >>> y = layer(Tensor.ones(2, 3, 5, 5))
    >>> layer
    InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """A `InstanceNorm3d` whose num_features its first input tells and `affine` and
    `track_running_stats` are True by default; see
    `LazyModuleMixin`.

    >>> layer = LazyInstanceNorm3d()
    >>> y = layer(Tensor.ones(2, 3, 5, 5, 5))
    >>> layer
    InstanceNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    cls_to_become = InstanceNorm3d
