"""Datasets: what has samples by number, or one after the other."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np

from mytorch._checks import kind_of
from mytorch._dtypes import Array
from mytorch.errors import DatasetError
from mytorch.ops.joining import cat
from mytorch.random import Generator, default_generator, draw
from mytorch.tensor import Tensor, wrap

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T = TypeVar("T")
Gather = Callable[[Array], Any]


class Dataset(Generic[T]):
    """The base of datasets that have their samples by number, or another key: a subclass has
    `__getitem__`, for most samplers `__len__` too, and, if several samples at once are cheaper,
    `__getitems__(indices)`, which gives a list of them.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> Squares()[3], len(Squares() + Squares())
    (9, 10)
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(
            f"{type(self).__name__} has no __getitem__: a Dataset gives a sample by its number; "
            "one that gives them one after the other is an IterableDataset"
        )

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T], Iterable[T]):
    """The base of datasets that give their samples one after the other: a subclass has `__iter__`.

    In each worker of a DataLoader there is a copy, which gives all samples unless it asks
    `get_worker_info` which part is its own.

    >>> class Squares(IterableDataset):
    ...     def __iter__(self):
    ...         return (number**2 for number in range(3))
    >>> list(Squares())
    [0, 1, 4]
    """

    def __add__(self, other: Dataset[T]) -> ChainDataset[T]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Sample i is the tuple of what the tensors have in place i of their first axis.

    Raises DatasetError (an AssertionError) unless the tensors have as many places.

    >>> TensorDataset(Tensor([[1.0], [2.0]]), Tensor([7, 8]))[1]
    (tensor([2.]), tensor(8))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    f"TensorDataset: expected Tensors, got {kind_of(tensor, Tensor)}; wrap arrays "
                    "in Tensor(...), which does not copy them"
                )
        shapes = [tensor.shape for tensor in tensors]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise DatasetError(
                "TensorDataset: expected tensors of the same size in the first axis, got shapes "
                f"{', '.join(map(str, shapes)) or 'of no tensors'}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def _gather(self) -> Gather:
        tensors = self.tensors
        if any(tensor.requires_grad for tensor in tensors):
            return lambda rows: [tensor[rows] for tensor in tensors]
        return lambda rows: [wrap(tensor.data.take(rows, 0)) for tensor in tensors]


class StackDataset(Dataset[Any]):
    """Datasets side by side: a sample is the tuple of theirs, or with named datasets the dict.

    Raises ValueError (DatasetError) unless they have as many samples, for datasets of both kinds
    and for none.

    >>> StackDataset(image=["a", "b"], label=[0, 1])[1]
    {'image': 'b', 'label': 1}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise DatasetError(
                "StackDataset: expected datasets that all have names, or all have none, got "
                f"{len(args)} without and {len(kwargs)} with"
            )
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in self._parts()]
        if len(set(lengths)) > 1:
            raise DatasetError(f"StackDataset: expected datasets of one length, got {lengths}")
        self._length = lengths[0]

    def _parts(self) -> Sequence[Any]:
        datasets = self.datasets
        return datasets if isinstance(datasets, tuple) else [*datasets.values()]

    def _sample(self, parts: Iterable[Any]) -> Any:
        return (
            tuple(parts)
            if isinstance(self.datasets, tuple)
            else dict(zip(self.datasets, parts, strict=True))
        )

    def __getitem__(self, index: Any) -> Any:
        return self._sample([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices: Sequence[Any]) -> list[Any]:
        columns = [samples_of(dataset, indices) for dataset in self._parts()]
        for dataset, column in zip(self._parts(), columns, strict=True):
            if len(column) != len(indices):
                raise DatasetError(
                    f"StackDataset: expected {len(indices)} samples of __getitems__ of "
                    f"{type(dataset).__name__}, got {len(column)}"
                )
        return [self._sample(parts) for parts in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return self._length

    def _gather(self) -> Gather | None:
        gathers, datasets = _gathers(self._parts()), self.datasets
        if gathers is None:
            return None
        if isinstance(datasets, tuple):
            return lambda rows: [gather(rows) for gather in gathers]
        named = dict(zip(datasets, gathers, strict=True))
        return lambda rows: {name: gather(rows) for name, gather in named.items()}


class ConcatDataset(Dataset[T]):
    """Datasets one after the other; `a + b` makes one.

    Raises DatasetError (an AssertionError) for none, and for an IterableDataset.

    >>> ConcatDataset([["a", "b"], ["c"]])[-1]
    'c'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise DatasetError("ConcatDataset: expected at least one dataset, got none")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise DatasetError(
                "ConcatDataset: expected datasets with samples by number, got an IterableDataset; "
                "see ChainDataset"
            )
        self.cumulative_sizes = list(accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> T:
        if not -len(self) <= idx < len(self):
            # PyTorch's for a negative one. IndexError ends a loop over the dataset.
            kind = ValueError if idx < 0 else IndexError
            raise kind(f"ConcatDataset: index {idx} is out of range for {len(self)} samples")
        place = idx % len(self)
        part = bisect_right(self.cumulative_sizes, place)
        sample: T = self.datasets[part][place - (self.cumulative_sizes[part - 1] if part else 0)]
        return sample

    def _gather(self) -> Gather | None:
        gathers, none = _gathers(self.datasets), np.empty(0, np.int64)
        if gathers is None or any(
            _form(gather(none)) != _form(gathers[0](none)) for gather in gathers
        ):
            return None
        starts = np.array([0, *self.cumulative_sizes])
        return lambda rows: _concatenated(gathers, starts, rows)


class ChainDataset(IterableDataset[T]):
    """IterableDatasets one after the other. Raises DatasetError (an AssertionError), when it comes
    to them, for others.

    >>> class Numbers(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([1, 2])
    >>> list(ChainDataset([Numbers(), Numbers()]))
    [1, 2, 1, 2]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise DatasetError(
                    f"ChainDataset: expected IterableDatasets, got {kind_of(dataset)}; see "
                    "ConcatDataset"
                )
            yield dataset

    def __iter__(self) -> Iterator[T]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())


class Subset(Dataset[T]):
    """The samples of a dataset that have these indices, in this order.

    Raises NotImplementedError for a subclass that overrides `__getitem__` and not `__getitems__`,
    which a DataLoader calls.

    >>> list(Subset(["a", "b", "c"], [2, 0]))
    ['c', 'a']
    """

    _kept: tuple[list[Any], Array] | None = None

    def __init__(self, dataset: Any, indices: Sequence[Any]) -> None:
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ and own.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__, which a DataLoader "
                "calls; add\n"
                "    def __getitems__(self, indices):\n"
                "        return [self[index] for index in indices]"
            )
        self.dataset = dataset
        self.indices = indices

    def _rows(self) -> Array:
        """The indices as an array, made again only if the list has changed."""
        indices = self.indices
        if not isinstance(indices, list):
            return np.asarray(indices)
        if self._kept is None or self._kept[0] != indices:
            self._kept = [*indices], np.array(indices, None if indices else np.int64)
        return self._kept[1]

    def _gather(self) -> Gather | None:
        inner, chosen = gather_of(self.dataset), self._rows()
        if inner is None or chosen.dtype.kind not in "iu" or chosen.ndim != 1:
            return None
        return lambda rows: inner(chosen.take(rows))

    def __getitem__(self, idx: Any) -> T:
        chosen = [self.indices[i] for i in idx] if isinstance(idx, list) else self.indices[idx]
        sample: T = self.dataset[chosen]
        return sample

    def __getitems__(self, indices: Sequence[int]) -> list[T]:
        return samples_of(self.dataset, [self.indices[index] for index in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any,
    lengths: Sequence[int | float],
    generator: Generator | None = default_generator,
) -> list[Subset[Any]]:
    """Subsets of these lengths, in random order and without a sample in common. Lengths that add up
    to 1 are fractions, which are rounded down; the samples that are left go to the first subsets,
    one to each.

    Raises ValueError unless the lengths add up to that of the dataset or to 1, and for fractions
    below 0. Warns of a subset that is left empty.

    >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    total, whole = sum(lengths), len(dataset)
    sizes = [*lengths]
    if math.isclose(total, 1) and total <= 1:
        if any(not 0 <= fraction <= 1 for fraction in lengths):
            raise ValueError(f"random_split: expected fractions from 0 to 1, got {[*lengths]}")
        sizes = [math.floor(whole * fraction) for fraction in lengths]
        left = whole - sum(sizes)
        sizes = [size + (left + len(sizes) - 1 - i) // len(sizes) for i, size in enumerate(sizes)]
        for place, size in enumerate(sizes):
            if not size:
                warnings.warn(
                    f"random_split: of {whole} samples none is left for part {place}, the "
                    f"fraction {lengths[place]}",
                    stacklevel=2,
                )
    if sum(sizes) != whole or any(size < 0 or size != int(size) for size in sizes):
        raise DatasetError(
            f"random_split: expected lengths that add up to the {whole} samples, or fractions that "
            f"add up to 1, got {[*lengths]}, which add up to {total}"
        )
    order = draw(generator, "permutation", whole).tolist()
    ends = accumulate(map(int, sizes))
    return [
        Subset(dataset, order[end - int(size) : end]) for end, size in zip(ends, sizes, strict=True)
    ]


def samples_of(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """The samples with these indices, at once if the dataset has `__getitems__`."""
    at_once = getattr(dataset, "__getitems__", None)
    if at_once is not None:
        samples: list[Any] = at_once(indices)
        return samples
    return [dataset[index] for index in indices]


def gather_of(dataset: Any) -> Gather | None:
    """A function of indices that gives what `default_collate` makes of the samples, without making
    the samples: one `take` from each tensor. None where the dataset is of another class, or the
    user's own by one of its methods."""
    kind = type(dataset)
    for known in (TensorDataset, StackDataset, ConcatDataset, Subset):
        if (
            isinstance(dataset, known)
            and kind.__getitem__ is known.__getitem__
            and getattr(kind, "__getitems__", None) is getattr(known, "__getitems__", None)
        ):
            return dataset._gather()
    return None


def _gathers(datasets: Sequence[Any]) -> list[Gather] | None:
    found = [gather for gather in map(gather_of, datasets) if gather is not None]
    return found if len(found) == len(datasets) else None


def _concatenated(gathers: Sequence[Gather], starts: Array, rows: Array) -> Any:
    """What each dataset has of the rows, put back into their order."""
    size = starts[-1]
    if ((rows < -size) | (rows >= size)).any():
        raise IndexError(f"ConcatDataset: indices {rows} are out of range for {size} samples")
    rows = rows % size
    owners = starts.searchsorted(rows, "right") - 1
    order = owners.argsort(kind="stable")
    bounds = owners[order].searchsorted(np.arange(len(gathers) + 1))
    found = [
        (gather(rows[places] - start), places)
        for gather, start, first, end in zip(
            gathers, starts[:-1], bounds[:-1], bounds[1:], strict=True
        )
        if len(places := order[first:end])
    ]
    return _joined(*zip(*found, strict=True)) if found else gathers[0](rows)


def _joined(parts: Sequence[Any], places: Sequence[Array]) -> Any:
    """One batch of parts, each of which has its own places in it."""
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: _joined([part[name] for part in parts], places) for name in first}
    if not isinstance(first, Tensor):
        return [_joined(column, places) for column in zip(*parts, strict=True)]
    if any(part.requires_grad for part in parts):
        return cat(parts)[np.concatenate(places).argsort()]
    joined = np.empty((sum(map(len, places)), *first.shape[1:]), first.dtype)
    for part, at in zip(parts, places, strict=True):
        joined[at] = part.data
    return wrap(joined)


def _form(batch: Any) -> Any:
    if isinstance(batch, Tensor):
        return batch.dtype, batch.shape[1:]
    if isinstance(batch, Mapping):
        return {name: _form(part) for name, part in batch.items()}
    return [_form(part) for part in batch]
