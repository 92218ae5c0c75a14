"""Arrays as the trace tells them: all numbers of small ones, of larger ones what they are like.

What a page is made with, this file among it, needs no engine: the homework's grader uses it, too.
"""

from __future__ import annotations

import json
from math import inf, isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHORTER", "Summary", "as_json", "first_bad", "number", "shrunk"]

Array = NDArray[Any]

# Of a larger array: the sides of the tile of means, and how many of the largest elements.
TILE, SOME = 8, 16
# Where a page would be too large: what is told more shortly, one after the other.
SHORTER = ("numbers", "tiles", "arrays")
MOST_IN_SHORT = 16


class Summary:
    """Makes values of arrays: up to `most` numbers whole, others as statistics; with most = 0 shape
    and dtype alone."""

    def __init__(self, most: int) -> None:
        self.most = most

    def of(self, array: Array) -> dict[str, Any]:
        """The value `{"s": shape, "t": dtype, "d": numbers}`, of a larger array `q` for `d`."""
        value: dict[str, Any] = {"s": list(array.shape), "t": array.dtype.name}
        if array.size <= self.most:
            value["d"] = [number(x) for x in array.reshape(-1).tolist()]
        elif self.most:
            value["q"] = _statistics(array)
        return value


def as_json(trace: dict[str, Any]) -> str:
    """The trace, or a part of it, as text, the same for the same run."""
    return json.dumps(trace, sort_keys=True, separators=(",", ":"), allow_nan=False)


def shrunk(value: dict[str, Any], level: str) -> dict[str, Any]:
    """A value in fewer characters: statistics for more than 16 numbers; of statistics a tile of
    half the side and a quarter of the elements; or of larger arrays the shape alone."""
    if level == "numbers":
        if len(value.get("d", ())) <= MOST_IN_SHORT:
            return value
        words = {"NaN": np.nan, "Inf": inf, "-Inf": -inf}
        array = np.array([words.get(x, x) for x in value["d"]], np.float64).reshape(value["s"])
        return {"s": value["s"], "t": value["t"], "q": _statistics(array)}
    if "q" not in value:
        return value
    if level == "arrays":
        return {"s": value["s"], "t": value["t"]}
    q = value["q"]
    tile = _tile(np.array(q["tile"], np.float64), TILE // 2)
    return {**value, "q": {**q, "tile": tile, "some": q["some"][: SOME // 4]}}


def number(x: float) -> float | int | str:
    """A number of seven digits at most, which no platform writes in another way."""
    if isinstance(x, (bool, int)):
        return int(x)
    if isnan(x):
        return "NaN"
    if not isfinite(x):
        return "Inf" if x == inf else "-Inf"
    return float(f"{x:.7g}")


def first_bad(array: Array) -> dict[str, Any] | None:
    """The kind and index of the first NaN of an array, or else of its first infinity."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    for kind, mask in (("NaN", np.isnan(array)), ("Inf", np.isinf(array))):
        if mask.any():
            return {"kind": kind, "index": [int(i) for i in np.argwhere(mask)[0]]}
    return None


def _statistics(array: Array) -> dict[str, Any]:
    wide = array.astype(np.float64)
    finite = np.isfinite(wide)
    kept = wide[finite]
    found: dict[str, Any] = {
        "nan": int(np.isnan(wide).sum()),
        "posinf": int(np.isposinf(wide).sum()),
        "neginf": int(np.isneginf(wide).sum()),
        "zeros": int((wide == 0).sum()),
        "tile": _tile(np.where(finite, wide, 0.0)),
        "some": _largest(np.where(finite, np.abs(wide), inf), array),
    }
    if kept.size:
        with np.errstate(over="ignore", invalid="ignore"):
            measures = {
                "min": kept.min(),
                "max": kept.max(),
                "mean": kept.mean(),
                "std": kept.std(),
            }
        found |= {name: number(float(measure)) for name, measure in measures.items()}
    return found


def _tile(array: Array, side: int = TILE) -> list[list[float | int | str]]:
    """The means of blocks, of the array as a matrix with its last axis for columns."""
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    for axis in (0, 1):
        size = matrix.shape[axis]
        if size > side:
            starts = [size * i // side for i in range(side)]
            lengths = np.diff([*starts, size]).reshape((-1, 1) if axis == 0 else (1, -1))
            matrix = np.add.reduceat(matrix, starts, axis) / lengths
    return [[number(x) for x in row] for row in matrix.tolist()]


def _largest(sizes: Array, array: Array) -> list[dict[str, Any]]:
    """The elements of largest size, the first of equal ones first."""
    order = np.argsort(-sizes.reshape(-1), kind="stable")[:SOME]
    return [
        {"i": [int(i) for i in np.unravel_index(place, array.shape)], "v": number(x)}
        for place, x in zip(order, array.reshape(-1)[order].tolist(), strict=True)
    ]
