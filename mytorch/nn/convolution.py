"""The layers of convolutions over one, two and three axes, and of transposed ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod, sqrt
from typing import Any, ClassVar, Literal

import numpy as np

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import RangeError, ShapeError
from mytorch.grad_mode import no_grad
from mytorch.nn import functional
from mytorch.nn.functional.convolutions import Numbers
from mytorch.nn.module import Module
from mytorch.nn.parameter import unset
from mytorch.ops._arguments import explained
from mytorch.tensor import Tensor

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What the layers have in common: options, weight and bias."""

    # Over how many axes, and whether turned round.
    __axes__: ClassVar[int]
    __turned__: ClassVar[bool]
    # With numbers; "same" and "valid" are those of a convolution alone.
    padding: Any
    weight: Tensor
    bias: Tensor | None

    @explained
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers,
        padding: Numbers | str,
        dilation: Numbers,
        output_padding: Numbers,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: DeviceLike | None,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if groups <= 0 or in_channels % groups or out_channels % groups:
            raise RangeError(
                f"{name}: expected a positive number of groups that divides the channels, got "
                f"{groups} groups of {in_channels} and {out_channels} channels"
            )
        if padding_mode not in _MODES:
            raise RangeError(f"{name}: expected one of {_MODES} as padding_mode: {padding_mode!r}")
        self.in_channels, self.out_channels = in_channels, out_channels
        axes = self.__axes__
        self.kernel_size, self.stride = _each(axes, kernel_size), _each(axes, stride)
        self.padding = padding if isinstance(padding, str) else _each(axes, padding)
        self.dilation, self.output_padding = _each(axes, dilation), _each(axes, output_padding)
        self.groups, self.padding_mode, self.transposed = groups, padding_mode, self.__turned__
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise RangeError(
                    f'{name}: expected "same", "valid" or numbers as padding, got {padding!r}'
                )
            if padding == "same" and set(self.stride) != {1}:
                raise RangeError(f'{name}: padding="same" needs a stride of 1, got {stride}')
        first, last = (in_channels, out_channels)[:: 1 if self.transposed else -1]
        self.weight = unset(first, last // groups, *self.kernel_size, device=device, dtype=dtype)
        shifting = option(name, "bias", bias)
        shift = unset(out_channels, device=device, dtype=dtype) if shifting else None
        self.register_parameter("bias", shift)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, uniformly within 1 / sqrt(n) of 0, where n numbers of the
        weight make one of the output."""
        size = prod(self.weight.shape[1:])
        bound = 1 / sqrt(size) if size else 0.0
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                with no_grad():
                    parameter.copy_(Tensor(np.random.uniform(-bound, bound, parameter.shape)))

    def extra_repr(self) -> str:
        """The options that are not PyTorch's defaults."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        for name, default in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            if set(given := getattr(self, name)) - {default}:
                text += f", {name}={given}"
        text += f", groups={self.groups}" if self.groups != 1 else ""
        text += ", bias=False" if self.bias is None else ""
        return text + (
            f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else ""
        )


class _ConvNd(_Convolution):
    __turned__ = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        # fmt: off
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, 0,
                         groups, bias, padding_mode, device, dtype)
        # fmt: on

    def forward(self, input: Tensor) -> Tensor:
        """The convolution. Raises ShapeError for an input of another number of axes or channels,
        or smaller than the windows."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, _borders(self), self.padding_mode)
            padding = 0
        return _WAYS[self.__axes__](
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


_WAYS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


class Conv1d(_ConvNd):
    """The convolution over the last axis, of an input (N, C, L) or (C, L): `functional.conv1d` with
    a weight and a bias of the layer's own.

    Arguments:
        kernel_size: how many places a window has.
        padding_mode: what stands around the input, see `functional.pad`; zeros by default.

    The others are those of `functional.conv1d`. Attributes: `weight` (out_channels, in_channels /
    groups, kernel_size) and `bias` (out_channels,), or None without, drawn as PyTorch's.

    >>> Conv1d(2, 4, kernel_size=3, padding="same")(Tensor.ones(5, 2, 7)).shape
    (5, 4, 7)
    """

    __axes__ = 1


class Conv2d(_ConvNd):
    """The convolution over the last two axes, of an input (N, C, H, W) or (C, H, W); see `Conv1d`.
    Options are a number, or one for each axis.

    >>> Conv2d(3, 8, 3, stride=2, padding=1)(Tensor.ones(1, 3, 8, 8)).shape
    (1, 8, 4, 4)
    """

    __axes__ = 2


class Conv3d(_ConvNd):
    """The convolution over the last three axes, of an input (N, C, D, H, W) or (C, D, H, W); see
    `Conv1d`.

    >>> Conv3d(1, 2, (1, 2, 3))(Tensor.ones(1, 3, 3, 3)).shape
    (2, 3, 2, 1)
    """

    __axes__ = 3


class _ConvTransposeNd(_Convolution):
    __turned__ = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        if padding_mode != "zeros":
            raise RangeError(
                f'{type(self).__name__}: expected "zeros" as padding_mode, got {padding_mode!r}'
            )
        # fmt: off
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation,
                         output_padding, groups, bias, padding_mode, device, dtype)
        # fmt: on

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The transposed convolution. With a stride several sizes of an output have the input's
        size as that of their convolution: `output_size` chooses, in place of the layer's
        output_padding. Raises ShapeError for shapes and sizes that do not fit."""
        more = self.output_padding
        if output_size is not None:
            more = _padding_for(self, input, output_size)
        spread = (
            functional.conv_transpose1d,
            functional.conv_transpose2d,
            functional.conv_transpose3d,
        )[self.__axes__ - 1]
        # fmt: off
        return spread(input, self.weight, self.bias, self.stride, self.padding,
                      more, self.groups, self.dilation)
        # fmt: on


class ConvTranspose1d(_ConvTransposeNd):
    """The transposed convolution over the last axis, of an input (N, C, L) or (C, L):
    `functional.conv_transpose1d` with a weight and a bias of the layer's own.

    Attributes: `weight` (in_channels, out_channels / groups, kernel_size) and `bias`
    (out_channels,), or None without, drawn as PyTorch's.

    >>> ConvTranspose1d(2, 4, kernel_size=3, stride=2)(Tensor.ones(5, 2, 7)).shape
    (5, 4, 15)
    """

    __axes__ = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The transposed convolution over the last two axes, of an input (N, C, H, W) or (C, H, W); see
    `ConvTranspose1d`.

    >>> layer = ConvTranspose2d(3, 8, 3, stride=2, padding=1)
    >>> x = Tensor.ones(1, 3, 4, 4)
    >>> layer(x).shape, layer(x, output_size=(8, 8)).shape
    ((1, 8, 7, 7), (1, 8, 8, 8))
    """

    __axes__ = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The transposed convolution over the last three axes, of an input (N, C, D, H, W) or
    (C, D, H, W); see `ConvTranspose1d`.

    >>> ConvTranspose3d(1, 2, (1, 2, 3))(Tensor.ones(1, 3, 3, 3)).shape
    (2, 3, 4, 5)
    """

    __axes__ = 3


def _each(axes: int, numbers: Numbers) -> tuple[int, ...]:
    """A number for each axis."""
    return tuple(numbers) if isinstance(numbers, Iterable) else (numbers,) * axes


def _borders(layer: _ConvNd) -> list[int]:
    """How many elements are added before and after the last axis, then the last but one ..."""
    if layer.padding == "same":
        reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size, strict=True)]
        pairs = [(n // 2, n - n // 2) for n in reach]
    else:
        given = layer.padding
        pairs = [(n, n) for n in (_each(layer.__axes__, 0) if given == "valid" else given)]
    return [number for pair in pairs[::-1] for number in pair]


def _padding_for(
    layer: _ConvTransposeNd, input: Tensor, output_size: Sequence[int]
) -> tuple[int, ...]:
    """The output_padding that gives a size of the output."""
    wanted = tuple(output_size)
    if len(wanted) == input.ndim:
        wanted = wanted[-layer.__axes__ :]
    # fmt: off
    least = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1
        for n, s, p, d, k in zip(input.shape[-layer.__axes__ :], layer.stride, layer.padding,
                                 layer.dilation, layer.kernel_size, strict=True)
    )
    # fmt: on
    if len(wanted) != layer.__axes__ or any(
        not 0 <= size - low < step
        for size, low, step in zip(wanted, least, layer.stride, strict=True)
    ):
        raise ShapeError(
            f"{type(layer).__name__}: expected sizes from {least} on, and less than the stride "
            f"{layer.stride} above, as output_size for an input of shape {input.shape}, got "
            f"{wanted}"
        )
    return tuple(size - low for size, low in zip(wanted, least, strict=True))
