"""Collation: a batch of samples becomes tensors with one more axis in front."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array, get_default_dtype
from mytorch.errors import ShapeError
from mytorch.ops.joining import stack
from mytorch.tensor import Tensor

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples as one: tensors, arrays and numbers are stacked along a new first axis,
    strings stay in a list; in mappings, named tuples, tuples (which become lists) and other
    sequences, each entry is collated by itself.

    Raises ShapeError for samples of different shapes or lengths, KeyError for a key that a sample
    lacks, TypeError for anything else; each says at which key and place.

    >>> default_collate([{"x": 1.5, "y": "a"}, {"x": 2.5, "y": "b"}])
    {'x': tensor([1.5, 2.5]), 'y': ['a', 'b']}
    >>> default_collate([(1, [0.5]), (2, [1.5])])
    [tensor([1, 2]), [tensor([0.5, 1.5])]]
    """
    return _collated(batch, "")


def _collated(batch: Sequence[Any], place: str) -> Any:
    if not len(batch):
        raise IndexError("default_collate: expected at least one sample, got an empty batch")
    first = batch[0]
    if isinstance(first, Tensor):
        return _stacked(batch, place)
    if isinstance(first, np.ndarray):
        if first.dtype.kind not in "biuf":
            raise _refusal(f"an array of dtype {first.dtype}", place)
        plain = [*map(type, batch)].count(np.ndarray) == len(batch)
        whole = _joined(batch) if plain else None
        if whole is not None:
            return whole
        return _stacked(
            [part if isinstance(part, Tensor) else Tensor(part) for part in batch], place
        )
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, (bool, int, float, np.generic)):
        for number, part in enumerate(batch):
            if not isinstance(part, (bool, int, float, np.generic)):
                raise TypeError(
                    f"default_collate: expected numbers{_at(place)}, got {kind_of(part, Tensor)} "
                    f"in sample {number} of the batch"
                )
        # Python's floats are float64 whatever the default is, unless another number comes first.
        double = isinstance(first, float) and not isinstance(first, np.generic)
        numbers = np.array(batch, np.float64 if double else None)
        if not double and numbers.dtype.kind == "f":
            floats = [part for part in batch if isinstance(part, (float, np.floating))]
            own = {part.dtype if isinstance(part, np.generic) else None for part in floats}
            numbers = numbers.astype(np.result_type(*(kind or get_default_dtype() for kind in own)))
        return Tensor(numbers)
    if isinstance(first, Mapping):
        return _like(
            first,
            {key: _collated(_entries(batch, key, place), f"{place}[{key!r}]") for key in first},
        )
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        columns = zip(first._fields, zip(*batch, strict=True), strict=True)
        return type(first)(*[_collated(column, f"{place}.{name}") for name, column in columns])
    if isinstance(first, Sequence):
        lengths = [len(sample) for sample in batch]
        if len(set(lengths)) > 1:
            raise ShapeError(
                f"default_collate: expected sequences of one length{_at(place)}, got the lengths "
                f"{_first_two(lengths)}; {CURE}"
            )
        parts = [
            _collated(column, f"{place}[{number}]")
            for number, column in enumerate(zip(*batch, strict=True))
        ]
        return parts if isinstance(first, tuple) else _like(first, parts)
    raise _refusal(kind_of(first, Tensor), place)


SHAPE, DTYPE = attrgetter("shape"), attrgetter("dtype")
CURE = "give the DataLoader a collate_fn, which may pad them"


def _refusal(got: str, place: str) -> TypeError:
    return TypeError(
        "default_collate: expected tensors, arrays, numbers, strings, or mappings and sequences of "
        f"them{_at(place)}, got {got}; convert it in the dataset, or give the DataLoader a "
        "collate_fn"
    )


def _stacked(batch: Sequence[Any], place: str) -> Tensor:
    for number, part in enumerate(batch):
        if not isinstance(part, Tensor):
            raise TypeError(
                f"default_collate: expected Tensors{_at(place)}, got {kind_of(part, Tensor)} in "
                f"sample {number} of the batch"
            )
    if not any(part.requires_grad for part in batch):
        whole = _joined([part.data for part in batch])
        if whole is not None:
            return whole
    shapes = [part.shape for part in batch]
    if len(set(shapes)) > 1:
        raise ShapeError(
            f"default_collate: expected samples of one shape{_at(place)}, got {_first_two(shapes)};"
            f" {CURE}"
        )
    return stack([*batch])


def _joined(arrays: Sequence[Array]) -> Tensor | None:
    """The arrays stacked, without history; None unless all have one shape and dtype."""
    count, shape = len(arrays), arrays[0].shape
    alike = all([*map(of, arrays)].count(of(arrays[0])) == count for of in (SHAPE, DTYPE))
    if not alike:
        return None
    return Tensor(np.concatenate(arrays).reshape(count, *shape) if shape else np.array(arrays))


def _entries(batch: Sequence[Any], key: Any, place: str) -> list[Any]:
    try:
        return [sample[key] for sample in batch]
    except KeyError:
        raise KeyError(
            f"default_collate: a sample of the batch has no key {key!r}{_at(place)}, the first has"
        ) from None


def _first_two(found: Sequence[Any]) -> str:
    """The first of the batch, and the first that is another."""
    other = next(number for number, entry in enumerate(found) if entry != found[0])
    return f"{found[0]} in sample 0 of the batch and {found[other]} in sample {other}"


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _like(original: Any, parts: Any) -> Any:
    """The parts in a mapping or sequence of the original's class, if they can be: with whatever
    else the original has."""
    try:
        if isinstance(original, (MutableMapping, MutableSequence)):
            twin: Any = copy.copy(original)
            if isinstance(original, MutableMapping):
                twin.update(parts)
            else:
                for place, part in enumerate(parts):  # a deque has no slices
                    twin[place] = part
            return twin
        return type(original)(parts)
    except TypeError:
        return parts


def default_convert(data: Any) -> Any:
    """A sample with Tensors in place of NumPy's arrays and numbers, also in mappings and sequences;
    anything else as it is. What a DataLoader does with `batch_size=None`.

    >>> import numpy as np
    >>> default_convert({"x": np.ones(2), "y": 3})
    {'x': tensor([1., 1.]), 'y': 3}
    """
    if isinstance(data, (np.ndarray, np.generic)):
        is_text = data.dtype.kind in "SaUO"
        return data if is_text else Tensor(data)
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        parts = [default_convert(part) for part in data]
        return parts if isinstance(data, tuple) else _like(data, parts)
    return data
