"""Padding the borders of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch._shapes import Shape, is_list, whole
from mytorch._silence import silenced
from mytorch.autograd_engine import Function
from mytorch.engine.context import ContextManager
from mytorch.errors import DtypeError, ShapeError
from mytorch.ops._arguments import explained
from mytorch.ops._operands import data_of
from mytorch.tensor import Tensor, wrap

__all__ = ["pad"]


class Pad(Function):
    """a in the middle of an array full of `value`: `pairs` has the numbers of elements added before
    and after each axis; negative ones are taken away."""

    @staticmethod
    def forward(
        ctx: ContextManager, a: Tensor, pairs: list[tuple[int, int]], value: float
    ) -> Tensor:
        ctx.pairs = pairs
        data = a.data
        shape = tuple(n + sum(pair) for n, pair in zip(data.shape, pairs, strict=True))
        whole = np.full_like(data, value, order="C", shape=shape)
        whole[_inside(shape, pairs)] = data[_inside(data.shape, _negated(pairs))]
        return wrap(whole)

    @staticmethod
    def backward(ctx: ContextManager, grad_output: Tensor) -> tuple[Tensor, None, None]:
        return Pad.apply(grad_output, _negated(ctx.pairs), 0), None, None


def _negated(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(-before, -after) for before, after in pairs]


def _inside(shape: Shape, pairs: list[tuple[int, int]]) -> tuple[slice, ...]:
    """What is left of a shape without the elements that positive pairs count."""
    return tuple(
        slice(max(before, 0), size - max(after, 0))
        for size, (before, after) in zip(shape, pairs, strict=True)
    )


@explained
def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """The tensor with elements added at its borders, or taken away.

    Arguments:
        pad: how many elements are added before and after the last axis, then the last but one and
            so on. Negative numbers take elements away.
        mode: what the new elements are. "constant": `value`; "reflect": those mirrored at the
            border element; "replicate": the border element; "circular": those at the other end
            (of what is left).
            All but "constant" pad the last one, two or three axes of a tensor that has one or two
            more.
        value: 0 for None; only for "constant".

    Raises ShapeError for numbers that do not fit the shape, NotImplementedError for an unknown mode
    or another number of axes.

    >>> pad(Tensor([[1.0, 2.0, 3.0]]), (1, 2), mode="reflect")
    tensor([[2., 1., 2., 3., 2., 1.]])
    """
    data = data_of("pad", input)
    if not (is_list(pad) or isinstance(pad, (Tensor, np.ndarray))):
        raise TypeError(
            f"pad: expected a sequence of integers as pad, got {kind_of(pad)} {pad!r:.40}"
        )
    numbers = [whole(number, "pad") for number in pad]
    if len(numbers) % 2 or len(numbers) > 2 * data.ndim:
        raise ShapeError(
            f"pad: expected two numbers for each of the last axes of shape {data.shape}, got "
            f"{len(numbers)} numbers"
        )
    pairs = list(zip(numbers[-2::-2], numbers[::-2], strict=True))
    pairs = [(0, 0)] * (data.ndim - len(pairs)) + pairs
    if mode == "constant":
        _check_sizes(data.shape, [(min(b, 0), min(a, 0)) for b, a in pairs], smallest=0)
        return Pad.apply(input, pairs, _stored(0 if value is None else value, data.dtype))
    if mode not in _SOURCES:
        raise NotImplementedError(
            f'pad: expected mode "constant", "reflect", "replicate" or "circular", got {mode!r}'
        )
    if value:
        raise RuntimeError(f'pad: the mode "{mode}" takes no value; got {value}')
    padded = len(numbers) // 2
    if not (1 <= padded <= 3 and data.ndim - padded in (1, 2)):
        raise NotImplementedError(
            f'pad: the mode "{mode}" pads the last one, two or three axes of a tensor that has one '
            f"or two more; got {len(numbers)} numbers for the shape {data.shape}"
        )
    if mode != "circular" and 0 in data.shape[data.ndim - padded - 1 :]:
        raise ShapeError(
            f'pad: the mode "{mode}" found nothing to repeat in the shape {data.shape}'
        )
    smallest = 0 if mode == "circular" else 1
    _check_sizes(data.shape[-padded:], pairs[-padded:], smallest)
    out = input
    for axis, pair in enumerate(pairs):
        if pair != (0, 0):
            source = _SOURCES[mode](data.shape[axis], *pair)
            out = out[(*[slice(None)] * axis, source)]
    return out.clone() if out is input else out


def _check_sizes(shape: Shape, pairs: list[tuple[int, int]], smallest: int) -> None:
    """Refuses to take away more than there is."""
    for size, (before, after) in zip(shape, pairs, strict=True):
        if whole(before + after + size, "pad") < smallest:
            raise ShapeError(
                f"pad: {before} and {after} elements added to an axis of size {size} leave "
                f"{before + after + size}; expected {smallest} or more"
            )


def _stored(value: float, dtype: np.dtype[Any]) -> Any:
    """The value in a dtype, which must be able to hold it."""
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        raise DtypeError(
            f"pad: the value {value} does not fit the dtype {dtype}; convert the input"
        )
    return silenced().run(dtype.type, value)


def _reflected(size: int, before: int, after: int) -> Array:
    if max(before, after) >= size:
        raise ShapeError(
            f"pad: an axis of size {size} can be reflected by at most {size - 1} elements at each "
            f"end, got {before} and {after}"
        )
    mirrored: Array = size - 1 - np.abs(size - 1 - np.abs(np.arange(-before, size + after)))
    return mirrored


def _replicated(size: int, before: int, after: int) -> Array:
    return np.clip(np.arange(-before, size + after), 0, size - 1)


def _circular(size: int, before: int, after: int) -> Array:
    kept = np.arange(max(-before, 0), size + min(after, 0))
    if max(before, after) > (size if len(kept) else 0):
        raise ShapeError(
            f"pad: an axis of size {size} can be wrapped around by at most {size} elements at each "
            f"end, and by none if none is left; got {before} and {after}"
        )
    return kept[np.arange(-max(before, 0), len(kept) + max(after, 0)) % max(len(kept), 1)]


# Where the elements of an axis come from after padding.
_SOURCES = {"circular": _circular, "reflect": _reflected, "replicate": _replicated}
