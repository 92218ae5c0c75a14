"""Samplers: in which order the samples are taken, and which make a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from mytorch._checks import flag, kind_of
from mytorch._dtypes import Array
from mytorch.errors import RangeError, ShapeError
from mytorch.random import Generator, draw
from mytorch.tensor import Tensor

__all__ = [
    "BatchSampler",
    "DistributedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T = TypeVar("T")
Order = Array | range


class Sampler(Generic[T]):
    """The base of samplers: a subclass has `__iter__`, which gives indices of samples (or lists of
    them, as `batch_sampler`), and should have `__len__`.

    >>> class Backwards(Sampler):
    ...     def __init__(self, data):
    ...         self.data = data
    ...     def __iter__(self):
    ...         return iter(range(len(self.data) - 1, -1, -1))
    ...     def __len__(self):
    ...         return len(self.data)
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")


class _Ordered(Sampler[int]):
    """A sampler that knows all its indices at once."""

    def _order(self) -> Order:
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        order = self._order()
        return iter(order if isinstance(order, range) else order.tolist())


class SequentialSampler(_Ordered):
    """The indices from 0 on, in this order.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def _order(self) -> Order:
        return range(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_Ordered):
    """All indices in random order; with `replacement` each drawn by itself. `num_samples` (as many
    as there are) may be fewer, or more: then the indices come again, in another order.

    Raises ValueError unless there is a sample to draw, TypeError for a `replacement` that is no
    flag.

    >>> sorted(RandomSampler("abcd"))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = flag("RandomSampler", "replacement", replacement)
        self._num_samples = num_samples
        self.generator = generator
        _positive("RandomSampler", "num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices there will be."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def _order(self) -> Order:
        size, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return draw(self.generator, "randint", 0, size, wanted, np.int64)
        rounds = [draw(self.generator, "permutation", size) for _ in range(-(-wanted // size))]
        return (rounds[0] if len(rounds) == 1 else np.concatenate(rounds))[:wanted]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(_Ordered):
    """These indices, in random order.

    >>> sorted(SubsetRandomSampler([5, 3, 8]))
    [3, 5, 8]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        places = draw(self.generator, "permutation", len(self.indices)).tolist()
        return (self.indices[place] for place in places)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_Ordered):
    """`num_samples` indices drawn by their weights, which need not add up to 1; without
    `replacement` none twice.

    Raises ValueError for weights that are no vector, a number of samples below 1 and a
    `replacement` that is no flag.

    >>> list(WeightedRandomSampler([0, 3, 0], 4))
    [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float] | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _positive("WeightedRandomSampler", "num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise RangeError(
                "WeightedRandomSampler: expected True or False as replacement, got "
                f"{kind_of(replacement)} {replacement!r}"
            )
        data = weights.data if isinstance(weights, Tensor) else weights
        self.weights = Tensor(np.array(data, np.float64))
        if self.weights.ndim != 1:
            raise ShapeError(
                f"WeightedRandomSampler: expected a vector of weights, got shape "
                f"{self.weights.shape}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def _order(self) -> Order:
        options: Any = {"generator": self.generator}
        chosen = self.weights.multinomial(self.num_samples, self.replacement, **options)
        return chosen.data

    def __len__(self) -> int:
        return self.num_samples


class DistributedSampler(_Ordered):
    """Every `num_replicas`-th index from `rank` on: the share of one of the processes that train
    together. Each gets as many: the first indices come again at the end, or with `drop_last` the
    last are left out. With `shuffle` the order is that of `seed` and the epoch, which `set_epoch`
    tells; without it each epoch has the same.

    Nothing is known here of other processes, so both numbers have to be given. Raises ValueError
    for a rank that is none of them.

    >>> [list(DistributedSampler("abcde", 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "DistributedSampler: expected num_replicas and rank, how many processes there are "
                "and which this is; there is no package here that could be asked for them"
            )
        _positive("DistributedSampler", "num_replicas", num_replicas)
        if not 0 <= rank < num_replicas:
            raise RangeError(
                f"DistributedSampler: expected a rank from 0 to {num_replicas - 1}, got {rank}"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        self.epoch = 0
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Says which epoch is next, the order of which all processes shall shuffle alike."""
        self.epoch = epoch

    def _order(self) -> Order:
        size = len(self.dataset)
        generator = Generator().manual_seed(self.seed + self.epoch)
        order = draw(generator, "permutation", size) if self.shuffle else np.arange(size)
        return np.resize(order, self.total_size)[self.rank :: self.num_replicas]

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` indices of another sampler, or of any iterable. The last is shorter if
    they do not come out even, or with `drop_last` left out.

    Raises ValueError for a size below 1, and for a `drop_last` that is no flag.

    >>> list(BatchSampler(SequentialSampler("abcde"), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        _positive("BatchSampler", "batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise RangeError(
                f"BatchSampler: expected True or False as drop_last, got {kind_of(drop_last)} "
                f"{drop_last!r}"
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := [*islice(indices, self.batch_size)]:
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        size: int = len(self.sampler)  # type: ignore[arg-type]
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)


def batches_of(sampler: Iterable[Any]) -> Iterator[Any]:
    """What a sampler gives: each list of a BatchSampler as an array, where the samplers are those
    of this file, and no array of the user's."""
    inner = getattr(sampler, "sampler", None)
    if (
        isinstance(sampler, BatchSampler)
        and type(sampler).__iter__ is BatchSampler.__iter__
        and isinstance(inner, _Ordered)
        and type(inner).__iter__ is _Ordered.__iter__
    ):
        order, size = inner._order(), sampler.batch_size
        end = len(order) // size * size if sampler.drop_last else len(order)
        starts = range(0, end, size)
        if isinstance(order, range):
            return (np.arange(start, min(start + size, end)) for start in starts)
        return (order[start : start + size] for start in starts)
    return (batch.tolist() if isinstance(batch, np.ndarray) else batch for batch in sampler)


def _positive(where: str, name: str, value: Any) -> None:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value <= 0:
        raise RangeError(f"{where}: expected a positive integer as {name}, got {value!r}")
