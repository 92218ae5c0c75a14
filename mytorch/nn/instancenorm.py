"""Normalisation of each channel of each example by itself."""

from __future__ import annotations

import warnings
from typing import Any

from mytorch._device import DeviceLike
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.nn.batchnorm import NormBase
from mytorch.nn.functional import instance_norm
from mytorch.tensor import Tensor

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(
            num_features,
            eps,
            momentum,
            affine,
            track_running_stats,
            bias=bias,
            device=device,
            dtype=dtype,
        )

    def _get_no_batch_dim(self) -> int:
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """The input, normalised. Raises ShapeError for another number of axes or channels."""
        kind, axes = type(self).__name__, self._get_no_batch_dim()
        shape = input.shape
        if len(shape) not in (axes, axes + 1):
            raise ShapeError(
                f"{kind}: expected an input of {axes} axes, or {axes + 1} with the batch's, got "
                f"shape {shape}"
            )
        channels = shape[-axes]
        if channels != self.num_features:
            if self.affine:
                raise ShapeError(
                    f"{kind}: expected {self.num_features} channels, got an input of shape {shape}"
                )
            warnings.warn(
                f"{kind}: the input has {channels} channels, not {self.num_features}, which is not "
                "used without affine",
                stacklevel=2,
            )
        momentum: Any = 0.0 if self.momentum is None else self.momentum
        out = instance_norm(
            input if len(shape) > axes else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            momentum,
            self.eps,
        )
        return out if len(shape) > axes else out.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each example of an input (N, C, L) or (C, L);
    see `instance_norm`.

    Arguments and attributes are those of `BatchNorm1d`, but weight, bias and running statistics are
    left out unless `affine` and `track_running_stats` are True; in evaluation those that are kept
    normalise.

    >>> InstanceNorm1d(1, eps=1e-12)(Tensor([1.0, 3.0]).reshape(1, 2)).flatten()
    tensor([-1.,  1.])
    """

    def _get_no_batch_dim(self) -> int:
        return 2


class InstanceNorm2d(_InstanceNorm):
    """Normalises each channel of each example of an input (N, C, H, W) or (C, H, W);
    see `instance_norm` and `InstanceNorm1d`.

    >>> InstanceNorm2d(1, eps=1e-12)(Tensor([1.0, 3.0]).reshape(1, 2, 1)).flatten()
    tensor([-1.,  1.])
    """

    def _get_no_batch_dim(self) -> int:
        return 3


class InstanceNorm3d(_InstanceNorm):
    """Normalises each channel of each example of an input (N, C, D, H, W) or (C, D, H, W);
    see `instance_norm` and `InstanceNorm1d`.

    >>> InstanceNorm3d(1, eps=1e-12)(Tensor([1.0, 3.0]).reshape(1, 2, 1, 1)).flatten()
    tensor([-1.,  1.])
    """

    def _get_no_batch_dim(self) -> int:
        return 4
