"""Muon: matrices that move by their momentum, made orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from mytorch.optim.arena import Array, Group
from mytorch.optim.elementwise import ElementwiseOptimizer
from mytorch.optim.options import as_number, at_least_0, number, option
from mytorch.tensor import gradient_of

__all__ = ["Muon"]


def _three_numbers(optimizer: str, option: str, value: Any) -> None:
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        raise ValueError(f"{optimizer}: expected three {option}, got {value!r}")
    for one in value:
        number(optimizer, f"each of {option}", one)


def _below_100(optimizer: str, option: str, value: Any) -> None:
    if not number(optimizer, option, value) < 100:
        raise ValueError(f"{optimizer}: expected {option} < 100, got {value}")


def _name(optimizer: str, option: str, value: Any) -> None:
    if value not in (None, "original", "match_rms_adamw"):
        raise ValueError(
            f"{optimizer}: expected {option} None, 'original' or 'match_rms_adamw', got {value!r}"
        )


class Muon(ElementwiseOptimizer):
    """For each parameter W, a matrix (A, B), with gradient g:

        b = momentum * b + (1 - momentum) * g
        d = momentum * b + (1 - momentum) * g    with nesterov, else b
        X = d / max(|d|, eps), |d| by the root of its sum of squares
        ns_steps times, by ns_coefficients p, q, r:
            G = X X^T
            X = p X + (q G + r G G) X
        W = W - lr * weight_decay * W - lr * c * X

    which brings all singular values of X near 1. c is sqrt(max(1, A / B)), or with
    `adjust_lr_fn="match_rms_adamw"` 0.2 * sqrt(max(A, B)). `state` has b by PyTorch's name,
    "momentum_buffer". For what is no matrix (biases) or should not be orthogonal (embeddings, the
    last layer) take another optimizer.

    As in PyTorch X has the eight digits of bfloat16, of two, whatever W has: each product is of
    float32 and then rounded. Long sums are added in another order than PyTorch's, so that a number
    of X may be its neighbour there.

    Raises ValueError for a parameter that is no matrix, ns_steps from 100 on, other than three
    coefficients and another adjust_lr_fn.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; Liu et
    al., "Muon is Scalable for LLM Training", 2025 (match_rms_adamw).

    >>> from mytorch import Tensor
    >>> w = Tensor([[1.0, -2.0], [0.0, 1.0]], is_parameter=True)
    >>> optimizer = Muon([w], lr=0.1, weight_decay=0.0)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(2)
    array([[ 0.94, -1.95],
           [-0.08,  0.94]])
    """

    lr: float = option(at_least_0, default=1e-3)
    weight_decay: float = option(at_least_0, default=0.1)
    momentum: float = option(at_least_0, default=0.95)
    nesterov: bool = option(default=True)
    ns_coefficients: tuple[float, float, float] = option(
        _three_numbers, default=(3.4445, -4.7750, 2.0315)
    )
    eps: float = option(number, default=1e-7)
    ns_steps: int = option(_below_100, default=5)
    adjust_lr_fn: str | None = option(_name, default=None)
    counts = ("_step",)
    remembers: ClassVar = {"momentum_buffer": "params"}

    def _verify(self, groups: Iterable[Group]) -> None:
        groups = list(groups)
        super()._verify(groups)
        for group in groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(
                        f"Muon: expected parameters of 2 dimensions, got one of shape "
                        f"{param.shape}; give it to another optimizer"
                    )

    def _run(self, arena: Any, i: int | None = None) -> None:
        group, buffers = arena.group, arena.arrays["momentum_buffer"].parts
        lr = as_number("Muon: expected lr", group["lr"])
        keep = 1 - lr * group["weight_decay"]
        for j in range(len(arena.params)) if i is None else (i,):
            param, buffer = arena.params[j], buffers[j]
            rows, columns = param.shape
            ratio = sqrt(max(1, rows / columns))
            if group["adjust_lr_fn"] == "match_rms_adamw":
                ratio = 0.2 * sqrt(max(rows, columns))
            change = self._direction(group, gradient_of(param), buffer) * (lr * ratio)
            data = param._data
            data *= keep
            data -= change
            arena.counts[0][j] = 1

    def _direction(self, group: Group, gradient: Array, buffer: Array) -> Array:
        """X; moves the buffer."""
        momentum = group["momentum"]
        _mix(buffer, gradient, 1 - momentum, buffer)
        direction = buffer
        if group["nesterov"]:
            direction = _mix(gradient, buffer, momentum, np.empty_like(buffer))
        # Of float32, but as float64: the sums below are rounded once.
        p, q, r = np.array(group["ns_coefficients"], np.float32).astype(np.float64)
        x = _rounded(direction)
        is_tall = x.shape[0] > x.shape[1]
        if is_tall:
            x = x.T
        size = _rounded(np.sqrt(np.sum(x * x, dtype=np.float64)))
        x = _rounded(x / np.maximum(size, _rounded(np.float64(group["eps"]))))
        for _ in range(group["ns_steps"]):
            square = _rounded(np.dot(x, x.T))
            polynomial = _rounded(square * q + np.dot(square, square) * r)
            x = _rounded(x * p + np.dot(polynomial, x))
        return (x.T if is_tall else x).astype(buffer.dtype)

    def _absorb(self, arena: Any, i: int, entries: dict[str, Any]) -> bool:
        said = super()._absorb(arena, i, entries)
        arena.counts[0][i] = said
        return said


def _mix(start: Array, end: Array, weight: float, out: Array) -> Array:
    """The point between two, `weight` of the way from start to end, from the nearer one."""
    away = end - start
    if weight < 0.5:
        return np.add(start, away * weight, out)
    return np.subtract(end, away * (1 - weight), out)


def _rounded(array: Any) -> Array:
    """Float32 numbers that bfloat16 has, too: the nearest, of two as near the even one."""
    bits = array.astype(np.float32).view(np.uint32)
    bits += (bits >> 16 & 1) + 0x7FFF
    bits &= 0xFFFF0000
    rounded: Array = bits.view(np.float32)
    return rounded
