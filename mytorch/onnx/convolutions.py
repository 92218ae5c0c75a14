"""Converters of convolutions."""

from __future__ import annotations

from typing import Any

from mytorch.onnx.graph import Converter, Graph, Size, Value, Varying, refuse

__all__ = ["CONVERTERS"]


def _convolution(
    g: Graph, x: Value, weight: Value, bias: Value | None, geometry: Any, turned: bool = False
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
    operands = [None if a is None else g.cast(a) for a in (x, weight, bias)]
    return g.node("ConvTranspose" if turned else "Conv", *operands, **options)


def _first(size: Size) -> int:
    return size.first if isinstance(size, Varying) else size


CONVERTERS: dict[str, Converter] = {"Convolution": _convolution}
