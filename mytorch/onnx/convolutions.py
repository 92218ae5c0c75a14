"""Converters of convolutions."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from mytorch._dtypes import Array
from mytorch.onnx.graph import Converter, Graph, Operand, Size, Value, Varying, refuse

__all__ = ["CONVERTERS"]


def _convolution(
    g: Graph, x: Operand, weight: Operand, bias: Operand, geometry: Any, turned: bool = False
) -> str:
    groups, stride, before, dilation, sizes, taps, places = geometry
    # fmt: off
    after = [
        # More than the last window needs is not seen, but how much may depend on the size.
        b if s > 1 and not turned else s * (_first(n) - 1) + d * (k - 1) - b - _first(size) + 1
        for s, b, d, size, k, n in zip(stride, before, dilation, sizes, taps, places, strict=True)
    ]
    # fmt: on
    options = {
        "strides": stride,
        "dilations": dilation,
        "group": groups,
        "pads": [*before, *[max(n, 0) for n in after]],
    }
    if turned:
        options["output_padding"] = more = [max(-n, 0) for n in after]
        if any(n >= s for n, s in zip(more, stride, strict=True)):
            raise refuse(
                f"an output_padding that is larger than the padding by the stride {stride}"
            )
    operands = [g.cast(a) if isinstance(a, Value) else a for a in (x, weight, bias)]
    return g.node("ConvTranspose" if turned else "Conv", *operands, **options)


def _first(size: Size) -> int:
    return size.first if isinstance(size, Varying) else size


def _unfold(g: Graph, x: Value, geometry: Any) -> str:
    """The convolution with windows that see one place each."""
    taps, count = geometry[-2], x.sizes[1]
    if isinstance(count, Varying):
        raise refuse("unfold with a number of channels that dynamic_axes leaves free")
    rows = _convolution(g, x, _each_tap(g, count, taps), None, (count, *geometry[1:]))
    return g.node("Reshape", rows, np.array([0, count * prod(taps), -1]))


def _fold(g: Graph, columns: Value, geometry: Any) -> str:
    taps, places = geometry[-2:]
    rows = columns.sizes[1]
    if isinstance(rows, Varying) or any(isinstance(size, Varying) for size in places):
        raise refuse("fold with sizes that dynamic_axes leaves free")
    count = rows // prod(taps)
    image = g.node("Reshape", columns, np.array([0, rows, *places]))
    return _convolution(g, image, _each_tap(g, count, taps), None, (count, *geometry[1:]), True)


def _each_tap(g: Graph, count: int, taps: tuple[int, ...]) -> Array:
    """The weight (count * taps, 1, *taps) of windows that see one place each."""
    one = np.eye(prod(taps), dtype=g.out.dtype).reshape(-1, 1, *taps)
    return np.concatenate([one] * count)


CONVERTERS: dict[str, Converter] = {
    "Convolution": _convolution,
    "Unfold": _unfold,
    "Fold": _fold,
}
