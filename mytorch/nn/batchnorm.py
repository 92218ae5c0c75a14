"""Batch normalisation of features (write-up 2.4, Appendix C) and images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mytorch._checks import option
from mytorch._device import DeviceLike
from mytorch._kernels.constants import number
from mytorch.dtypes import DTypeLike
from mytorch.errors import ShapeError
from mytorch.nn.functional import batch_norm
from mytorch.nn.module import Module
from mytorch.nn.parameter import fill, unset
from mytorch.ops import empty
from mytorch.tensor import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "NormBase"]


class NormBase(Module):
    """What layers have that normalise channels and may keep running statistics."""

    _version = 2

    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = option(name, "affine", affine)
        self.track_running_stats = tracked = option(
            name, "track_running_stats", track_running_stats
        )
        shifting = option(name, "bias", bias) and self.affine

        weight = unset(num_features, device=device, dtype=dtype) if self.affine else None
        self.register_parameter("weight", weight)
        shift = unset(num_features, device=device, dtype=dtype) if shifting else None
        self.register_parameter("bias", shift)
        mean, var = (
            empty(num_features, device=device, dtype=dtype) if tracked else None for _ in range(2)
        )
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("num_batches_tracked", Tensor(np.array(0)) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Sets the running statistics back to mean 0 and variance 1 over no batches."""
        if self.track_running_stats:
            fill(self.running_mean, 0)
            fill(self.running_var, 1)
            fill(self.num_batches_tracked, 0)

    def reset_parameters(self) -> None:
        """Resets the running statistics, gamma to 1 and beta to 0."""
        self.reset_running_stats()
        if self.affine:
            fill(self.weight, 1)
            fill(self.bias, 0)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Mapping[str, Any], *rest: Any
    ) -> None:
        # States from before version 2, and those without one, may lack the count.
        if local_metadata.get("version", 1) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(prefix + "num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(NormBase):
    @property
    def gamma(self) -> Tensor | None:
        """The scale (num_features,), the write-up's name for `weight`."""
        return self.weight

    @gamma.setter
    def gamma(self, value: Tensor | None) -> None:
        self.weight = value

    @property
    def beta(self) -> Tensor | None:
        """The shift (num_features,), the write-up's name for `bias`."""
        return self.bias

    @beta.setter
    def beta(self, value: Tensor | None) -> None:
        self.bias = value

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """The input, normalised. Raises ShapeError for another number of axes."""
        self._check_input_dim(input)
        training = self.training
        count = None
        if training:
            tracked = self.track_running_stats
            mean, var = (self.running_mean, self.running_var) if tracked else (None, None)
            count = self.num_batches_tracked if tracked else None
        else:
            mean, var = self.running_mean, self.running_var
        momentum: Any = self.momentum
        if momentum is None:
            momentum = 0.0 if count is None else 1 / (count.data + 1.0)
        output = batch_norm(
            input,
            mean,
            var,
            self.weight,
            self.bias,
            training or (mean is None and var is None),
            momentum,
            self.eps,
        )
        if count is not None:
            data = count._data
            data += number(1, data.dtype)
            count._touch()
        return output


class BatchNorm1d(_BatchNorm):
    """Normalises each of `num_features` channels over the batch, then scales and shifts it.

    In training by the batch's mean and biased variance, while the running statistics follow:
    running = (1 - momentum) * running + momentum * batch, the variance unbiased (equations 3 to
    9 with alpha = 1 - momentum); in evaluation mode by the running statistics.

    Arguments beside the number of channels:
        eps: added to the variance.
        momentum: as above; None takes the mean over all batches so far.
        affine: False leaves gamma and beta out: they are None; `bias=False` beta alone.
        track_running_stats: False leaves the running statistics out, and evaluation mode too
            normalises by the batch's own. Set to False later, it keeps them as they are.

    Attributes: `gamma` and `beta` (parameters, by PyTorch's names `weight` and `bias`, which
    `state_dict` uses), `running_mean`, `running_var` and `num_batches_tracked` (buffers).

    Source: Ioffe and Szegedy, "Batch Normalization", 2015.

    >>> layer = BatchNorm1d(1)
    >>> y = layer(Tensor([[1.0], [3.0]]))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if not 2 <= input.ndim <= 3:
            raise ShapeError(
                f"BatchNorm1d: expected an input of shape (N, C) or (N, C, L), got {input.shape}"
            )


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` of an input (N, C, H, W): each channel over the batch and all places.

    >>> layer = BatchNorm2d(1)
    >>> y = layer(Tensor([1.0, 3.0]).reshape(2, 1, 1, 1))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim != 4:
            raise ShapeError(
                f"BatchNorm2d: expected an input of shape (N, C, H, W), got {input.shape}"
            )


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` of an input (N, C, D, H, W): each channel over the batch and all places.

    >>> layer = BatchNorm3d(1)
    >>> y = layer(Tensor([1.0, 3.0]).reshape(2, 1, 1, 1, 1))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim != 5:
            raise ShapeError(
                f"BatchNorm3d: expected an input of shape (N, C, D, H, W), got {input.shape}"
            )
