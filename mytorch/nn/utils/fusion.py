"""A batch norm put into the layer before it, for evaluation."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

from mytorch.nn.module import Module
from mytorch.nn.parameter import Parameter
from mytorch.ops import ones_like, zeros_like
from mytorch.tensor import Tensor

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval"]
__all__ += ["fuse_linear_bn_weights"]

M = TypeVar("M", bound=Module)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Tensor, Tensor]:
    """The weight and bias of a convolution (`transpose`: a transposed one) that does in evaluation
    what the convolution and the batch norm behind it do."""
    bias = zeros_like(bn_rm) if conv_b is None else conv_b
    scale = (ones_like(bn_rm) if bn_w is None else bn_w) * (bn_rv + bn_eps).rsqrt()
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    along = [1, -1] if transpose else [-1, 1]
    weight = conv_w * scale.reshape(*along, *[1] * (conv_w.ndim - 2))
    shifted = (bias - bn_rm) * scale + shift
    flags = conv_w.requires_grad, conv_w.requires_grad if conv_b is None else conv_b.requires_grad
    return Parameter(weight.detach(), flags[0]), Parameter(shifted.detach(), flags[1])


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Tensor, Tensor]:
    """As `fuse_conv_bn_weights`, of a linear layer."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """A copy of a convolution that does in evaluation what it and the batch norm behind it do.
    Raises RuntimeError unless both are in evaluation.

    >>> from mytorch import nn
    >>> conv, norm = nn.Conv1d(1, 2, 1).eval(), nn.BatchNorm1d(2).eval()
    >>> type(fuse_conv_bn_eval(conv, norm)).__name__
    'Conv1d'
    """
    return _fused(conv, bn, transpose)


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """As `fuse_conv_bn_eval`, of a linear layer.

    >>> from mytorch import nn
    >>> layer, norm = nn.Linear(1, 2).eval(), nn.BatchNorm1d(2).eval()
    >>> type(fuse_linear_bn_eval(layer, norm)).__name__
    'Linear'
    """
    layer: Any = linear
    if bn.num_features not in (layer.out_features, 1):
        raise RuntimeError(
            f"fuse_linear_bn_eval: expected a batch norm of {layer.out_features} features, got "
            f"{bn.num_features}"
        )
    return _fused(linear, bn, False)


def _fused(layer: M, bn: Any, transpose: bool) -> M:
    if layer.training or bn.training or bn.running_mean is None:
        raise RuntimeError(
            "fusing a batch norm: expected both layers in evaluation and running statistics; call "
            "eval() first"
        )
    fused: Any = deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight,
        fused.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
    )
    return fused  # type: ignore[no-any-return]
