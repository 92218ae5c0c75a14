"""Converters of pooling, of linear maps along axes, and of the norms of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mytorch._kernels.links import Along
from mytorch._kernels.windows import Window, Windows, neighbourhood
from mytorch.nn.functional.average_pooling import averaging
from mytorch.onnx.graph import Converter, Graph, Operand, SlidingWindow, Value, integers, refuse

__all__ = ["CONVERTERS"]


def _batched(g: Graph, a: Value, windows: Windows, make: Callable[[Operand], str]) -> str:
    """What is made of a batch; an example without the batch's axis is one."""
    if a.ndim == len(windows) + 2:
        return make(a)
    return g.node("Squeeze", make(g.node("Unsqueeze", a, integers(0))), integers(0))


def _overhang(window: Window | SlidingWindow) -> int:
    """How far the last window reaches beyond the axis, or may."""
    if isinstance(window, SlidingWindow):
        return window.padding
    return max(int(window.stops[-1]) - window.before, 0)


def _options(windows: Windows) -> dict[str, Any]:
    """The operator's attributes; the padding behind is so large that no rounding is needed."""
    kernels, strides, paddings, dilations, _ = zip(
        *(window.options for _, window in windows if window.options), strict=True
    )
    ends = [_overhang(window) for _, window in windows]
    options = {"kernel_shape": kernels, "strides": strides, "pads": [*paddings, *ends]}
    return options | ({"dilations": dilations} if set(dilations) != {1} else {})


def _slide(windows: Windows) -> bool:
    return all(window.options is not None for _, window in windows)


def _is_free(windows: Windows) -> bool:
    return any(isinstance(window, SlidingWindow) for _, window in windows)


def _max_pool(g: Graph, a: Value, windows: Windows) -> str:
    if _slide(windows):
        return _batched(g, a, windows, lambda x: g.node("MaxPool", x, **_options(windows)))
    out = a.name
    for axis, window in windows:
        ends = zip(window.starts.tolist(), window.stops.tolist(), strict=True)
        parts = [
            g.node("Slice", out, integers(start), integers(stop), integers(axis))
            for start, stop in ends
        ]
        largest = [g.node("ReduceMax", part, integers(axis), keepdims=1) for part in parts]
        out = g.node("Concat", *largest, axis=axis)
    return out


def _places(g: Graph, a: Value, windows: Windows) -> str:
    if not _slide(windows) or _is_free(windows):
        raise refuse(
            "the places of the largest numbers in windows that are not of one size, or along an "
            "axis that dynamic_axes leaves free"
        )
    out = _batched(g, a, windows, lambda x: g.second("MaxPool", x, **_options(windows)))
    # The operator counts through all planes.
    return g.node("Mod", out, integers(int(np.prod([window.before for _, window in windows]))))


def _avg_pool(g: Graph, a: Value, windows: Windows, padded: bool, divisor: int | None) -> str:
    full = [_overhang(window) <= window.padding for _, window in windows]
    if divisor is not None and _is_free(windows):
        raise refuse("divisor_override beside an axis that dynamic_axes leaves free")
    if divisor is not None or (padded and not all(full)):
        return _linked(g, a, averaging(windows, padded, divisor))
    options = {**_options(windows), "count_include_pad": int(padded)}
    return _batched(g, a, windows, lambda x: g.node("AveragePool", x, **options))


def _linked(g: Graph, a: Value, maps: Along) -> str:
    return _mapped(g, a.name, a, maps)


def _mapped(g: Graph, out: str, like: Value, maps: Along) -> str:
    """What is called `out`, of the shape and dtype of another, after maps along axes."""
    for axis, links in maps:
        matrix = np.ascontiguousarray(links.matrix().astype(like.dtype).T)
        if axis == like.ndim - 1:
            out = g.node("MatMul", out, matrix)
        else:
            order = [*(i for i in range(like.ndim) if i != axis), axis]
            product = g.node("MatMul", g.node("Transpose", out, perm=order), matrix)
            out = g.node("Transpose", product, perm=np.argsort(order).tolist())
    return out


def _instance_norm(g: Graph, x: Value, weight: Value | None, bias: Value | None, eps: float) -> str:
    channels = x.shape[1]
    scale: Operand = np.ones(channels, x.dtype) if weight is None else g.cast(weight)
    shift: Operand = np.zeros(channels, x.dtype) if bias is None else g.cast(bias)
    return g.node("InstanceNormalization", g.cast(x), scale, shift, epsilon=eps)


def _response_norm(g: Graph, x: Value, size: int, alpha: float, beta: float, k: float) -> str:
    if size % 2 and x.ndim == 4:  # the operator knows no other
        return g.node("LRN", x, size=size, alpha=float(alpha), beta=float(beta), bias=float(k))
    maps = ((1, neighbourhood(x.shape[1], size)),)
    means = _mapped(g, g.node("Mul", x, x), x, maps)
    total = g.node("Add", g.node("Mul", means, g.number(alpha)), g.number(k))
    return g.node("Div", x, g.node("Pow", total, g.number(beta)))


def _grid_sample(g: Graph, x: Value, grid: Value, mode: str, padding: str, align: bool) -> str:
    if x.ndim != 4:
        raise refuse("grid_sample of three axes, which the operator of this opset does not know")
    options = {"mode": mode, "padding_mode": padding, "align_corners": int(align)}
    return g.node("GridSample", x, grid, **options)


def _places_of_all(g: Graph, at: Value, axes: int, size: int) -> str:
    planes = integers(*range(int(np.prod(at.shape[: at.ndim - axes], dtype=int))))
    along = (planes * size).reshape(*at.shape[: at.ndim - axes], *(1,) * axes)
    return g.node("Reshape", g.node("Add", at, along), integers(-1))


def _store(g: Graph, a: Value, places: Any, shape: tuple[int, ...]) -> str:
    if not isinstance(places, Value) or len(shape) != 1:
        raise refuse("an assignment to places of several axes")
    return g.node("ScatterElements", np.zeros(shape, a.dtype), places, a, axis=0)


CONVERTERS: dict[str, Converter] = {
    "MaxPool": _max_pool,
    "MaxPoolPlaces": _places,
    "AvgPool": _avg_pool,
    "GridSample": _grid_sample,
    "InstanceNorm": _instance_norm,
    "Linked": _linked,
    "LocalResponseNorm": _response_norm,
    "PlacesOfAll": _places_of_all,
    "Store": _store,
}
