"""The DataLoader: batches of a dataset, epoch by epoch."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, cycle, islice, repeat
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

import numpy as np

from mytorch._checks import kind_of, option
from mytorch.errors import RangeError
from mytorch.random import Generator, default_generator, draw
from mytorch.utils.data.collate import default_collate, default_convert
from mytorch.utils.data.dataset import IterableDataset
from mytorch.utils.data.fetch import Fetch, Source, forget_half_pairs, with_own_draws
from mytorch.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    batches_of,
)
from mytorch.utils.data.worker import End, Failure, Workers

__all__ = ["DataLoader"]

T = TypeVar("T")
FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


class DataLoader(Generic[T]):
    """The batches of a dataset; each loop over it is an epoch.

    Of a dataset with samples by number, `batch_size` (1) of them make a batch, `shuffle`d in each
    epoch anew or in the order of a `sampler`; or a `batch_sampler` gives the lists of their
    numbers. `collate_fn` (`default_collate`) makes a batch of their list. With `batch_size=None`
    the samples come one by one, through `default_convert`. Of an IterableDataset the samples are
    taken as they come. If a TensorDataset, or what Subset, ConcatDataset and StackDataset make of
    one, is collated as it is by default, a batch is one `take` from each tensor.

    `num_workers` processes make up to `prefetch_factor` (2) batches each in advance. They are
    started for each epoch, unless `persistent_workers` are kept; `worker_init_fn(id)` runs first
    in each. No batch in `timeout` seconds (0: never) is a RuntimeError, as is a worker that died;
    what raises in one raises here, with its traceback in the message. Then, and when the iterator
    or the program ends, no process is left. `multiprocessing_context` is "fork", "spawn" or a
    context. `in_order=False` gives batches as they are done.

    The order of the samples is the same for any number of workers. So are, in a dataset with
    samples by number and without a `worker_init_fn`, the numbers that the global generators of
    MyTorch, NumPy and Python draw: each batch has its own, and leaves the program's as they are. In
    PyTorch each number of workers gives others.

    `generator` draws the order and the seeds of the workers. `pin_memory` and
    `pin_memory_device` have no effect.

    Raises ValueError for options that do not go together, as PyTorch does.

    >>> from mytorch import Generator, arange
    >>> from mytorch.utils.data import TensorDataset
    >>> data = TensorDataset(arange(5))
    >>> loader = DataLoader(data, batch_size=2, shuffle=True, generator=Generator().manual_seed(0))
    >>> len(loader), sorted(number for (batch,) in loader for number in batch.tolist())
    (3, [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _require(num_workers >= 0, f"num_workers of at least 0, got {num_workers}")
        _require(timeout >= 0, f"a timeout of at least 0, got {timeout}")
        if num_workers == 0:
            for name, given in (
                ("prefetch_factor", prefetch_factor is not None),
                ("persistent_workers", persistent_workers),
                ("multiprocessing_context", multiprocessing_context is not None),
                ("timeout", timeout > 0),
            ):
                _require(not given, f"num_workers of at least 1 beside {name}, got 0")
        elif prefetch_factor is None:
            prefetch_factor = 2
        _require(
            prefetch_factor is None or prefetch_factor >= 1,
            f"a prefetch_factor of at least 1, got {prefetch_factor}",
        )
        shuffled = shuffle is not None and option("DataLoader", "shuffle", shuffle)
        streams = isinstance(dataset, IterableDataset)
        if streams:
            for name, given in (
                ("shuffle", shuffled),
                ("sampler", sampler is not None),
                ("batch_sampler", batch_sampler is not None),
            ):
                _require(
                    not given,
                    f"no {name} beside an IterableDataset, which gives its samples in its own "
                    "order",
                )
        _require(
            not (shuffled and sampler is not None),
            "either shuffle=True or a sampler, which gives the order itself",
        )
        if batch_sampler is not None:
            _require(
                batch_size == 1 and not shuffled and sampler is None and not drop_last,
                "a batch_sampler, which gives the batches itself, without batch_size, shuffle, "
                "sampler and drop_last",
            )
            batch_size = None
        elif batch_size is None:
            _require(not drop_last, "no drop_last beside batch_size=None, which makes no batches")
        if sampler is None and not streams:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffled
                else SequentialSampler(dataset)
            )
        batched = batch_size is not None or batch_sampler is not None
        if batch_size is not None:
            # Of a stream it only looks at the size, and at drop_last.
            batch_sampler = BatchSampler(() if sampler is None else sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_collate if batched else default_convert
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context)
        self.generator = generator
        self.prefetch_factor = prefetch_factor
        self.in_order = in_order
        self._workers: Workers | None = None
        self._place: _Place | None = None
        self._resumed: _Place | None = None
        self.persistent_workers = persistent_workers

    def __setattr__(self, name: str, value: Any) -> None:
        # The last one that `__init__` sets.
        if name in FIXED and "persistent_workers" in self.__dict__:
            raise ValueError(
                f"DataLoader: {name} cannot be changed; make another DataLoader, which costs little"
            )
        super().__setattr__(name, value)

    @property
    def _batched(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _indices(self) -> Any:
        """What gives the indices of an epoch: of batches, or of samples."""
        return self.batch_sampler if self._batched else self.sampler

    def __len__(self) -> int:
        """How many batches there are in an epoch; of an IterableDataset, by its own length."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._indices)
        size: int = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return size
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def __iter__(self) -> Iterator[T]:
        generators, resumed = self._generators(), self._resumed
        now = [generator.numpys.get_state(legacy=False) for generator in generators]
        self._resumed = None
        self._place = place = _Place(now) if resumed is None else resumed
        behind = place.batches
        for generator, state in zip(generators, place.states, strict=True):
            if resumed is not None:
                generator.numpys.set_state(state)
        seed = int(draw(self.generator, "randint", 0, 2**63 - 1, None, np.int64))
        batches: Iterator[tuple[int, Any]]
        if isinstance(self.dataset, IterableDataset):
            batches = enumerate(repeat(self.batch_size))
            iterator = self._iterator(place, seed, batches)
            for _ in range(behind):
                next(iterator, None)
        else:
            batches = enumerate(batches_of(self._indices))
            for _ in range(behind):
                next(batches, None)
            # The sampler draws now, as it does for workers, from the state that the place has.
            ahead = [*islice(batches, 1)]
            iterator = self._iterator(place, seed, chain(ahead, batches))
        if resumed is not None:
            # What the program draws goes on from where it is.
            default_generator.numpys.set_state(now[0])
        return iterator

    def _iterator(
        self, place: _Place, seed: int, batches: Iterator[tuple[int, Any]]
    ) -> Iterator[Any]:
        source = Source(self.dataset, self.collate_fn, self._batched, self.drop_last)
        draws = source.may_draw()
        if not self.num_workers:
            fetch = source.fetch()
            return _InProcess(place, batches, with_own_draws(fetch, seed) if draws else fetch)
        workers = self._workers
        if workers is None or not workers.stop.alive:
            context = self.multiprocessing_context or multiprocessing.get_context()
            count, init = self.num_workers, self.worker_init_fn
            workers = Workers(context, count, source, init, self.timeout)
            if self.persistent_workers:
                self._workers = workers
        return _FromWorkers(place, batches, workers, workers.begin(seed), draws, self)

    def _generators(self) -> list[Generator]:
        """All that may decide the order of an epoch: the global one, the loader's own, and what the
        samplers hold, and the samplers in these."""
        found = [default_generator, self.generator]
        waiting, seen = [self.sampler, self.batch_sampler], set()
        while waiting:
            sampler = waiting.pop(0)
            if id(sampler) not in seen:
                seen.add(id(sampler))
                parts = getattr(sampler, "__dict__", {}).values()
                found += parts
                waiting += [part for part in parts if isinstance(part, Sampler)]
        return [*dict.fromkeys(part for part in found if isinstance(part, Generator))]

    def state_dict(self) -> dict[str, Any]:
        """The place in the present epoch, as a dict of numbers and Tensors: how many batches the
        loop has got, and from which random states the epoch began. Between two epochs, and before
        the first, that of an epoch's beginning. (In PyTorch it is torchdata's StatefulDataLoader
        that has this.)

        Raises RuntimeError for workers with `in_order=False`.
        """
        if self.num_workers and not self.in_order:
            raise RuntimeError(
                "DataLoader.state_dict: batches that come as they are done (in_order=False) have "
                "no place in the epoch; give in_order=True"
            )
        place = self._place if self._resumed is None else self._resumed
        if place is None or place.finished:
            place = _Place([])
        states = []
        for state in place.states:
            twin = Generator()
            twin.numpys.set_state(state)
            states.append(twin.get_state())
        return {"batches": place.batches, "states": states, **self._kind()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Lets the next loop go on with the batch after the last one of the loop that `state_dict`
        was called in, of the same dataset and options.

        A dataset and a sampler of the user's own are read again up to there. What the program
        draws beside is its own matter: see `mytorch.set_rng_state`. Raises ValueError for the state
        of another DataLoader.

        >>> from mytorch import arange, get_rng_state, set_rng_state
        >>> from mytorch.utils.data import TensorDataset
        >>> loader = DataLoader(TensorDataset(arange(6)), batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first, state = next(batches), loader.state_dict()
        >>> others = [batch.tolist() for (batch,) in batches]
        >>> loader.load_state_dict(state)
        >>> [batch.tolist() for (batch,) in loader] == others
        True
        """
        states, count = state_dict["states"], len(self._generators())
        wanted, got = self._kind(), {name: state_dict[name] for name in self._kind()}
        if wanted != got:
            raise RangeError(
                f"DataLoader.load_state_dict: the state is that of a loader with {got}, this one "
                f"has {wanted}: in another order its place means nothing"
            )
        if len(states) not in (0, count):
            raise RangeError(
                f"DataLoader.load_state_dict: the state has {len(states)} random states, this "
                f"loader {count} generators (the global one, its own, its samplers')"
            )
        loaded = [Generator().set_state(state).numpys.get_state(legacy=False) for state in states]
        self._resumed = _Place(loaded, state_dict["batches"]) if states else None
        self._place = None

    def _kind(self) -> dict[str, Any]:
        """What has to be the same where the place is loaded."""
        samples: Any = self.dataset if self.sampler is None else self.sampler
        return {
            "batch_size": self.batch_size,
            "samples": len(samples) if hasattr(samples, "__len__") else None,
        }


@dataclass
class _Place:
    """How many batches of an epoch were taken, and the states of the generators at its
    beginning."""

    states: list[dict[str, Any]]
    batches: int = 0
    finished: bool = False


class _InProcess:
    """The batches of an epoch, made in this process."""

    def __init__(
        self,
        place: _Place,
        batches: Iterator[tuple[int, Any]],
        fetch: Fetch,
    ) -> None:
        self._place = place
        self._batches = batches
        self._fetch = fetch

    def __iter__(self) -> _InProcess:
        return self

    def __next__(self) -> Any:
        try:
            number, indices = next(self._batches)
            batch = self._fetch(number, indices)
        except StopIteration:
            self._place.finished = True
            raise
        self._place.batches = number + 1
        return batch


class _FromWorkers:
    """The batches of an epoch, made by workers."""

    def __init__(
        self,
        place: _Place,
        batches: Iterator[tuple[int, Any]],
        workers: Workers,
        epoch: int,
        draws: bool,
        loader: DataLoader[Any],
    ) -> None:
        self._place = place
        self._batches = batches
        self._workers = workers
        self._epoch = epoch
        self._draws = draws
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._active = {*range(loader.num_workers)}
        self._turns = cycle(range(loader.num_workers))
        # The numbers of the batches that were asked for, and of whom.
        self._pending: deque[tuple[int, int]] = deque()
        for _ in range(loader.num_workers * (loader.prefetch_factor or 0)):
            self._ask()

    def _ask(self) -> None:
        task = next(self._batches, None) if self._active else None
        if task is not None:
            if self._in_order:
                id = next(id for id in self._turns if id in self._active)
            else:
                asked = [id for _, id in self._pending]
                id = min(self._active, key=asked.count)
            self._workers.ask(id, *task)
            self._pending.append((task[0], id))

    def __iter__(self) -> _FromWorkers:
        return self

    def __next__(self) -> Any:
        if self._workers.epoch != self._epoch:
            raise RuntimeError(
                "DataLoader: another loop over it has begun, which has its persistent workers now"
            )
        while self._pending:
            ids = [self._pending[0][1]] if self._in_order else {id for _, id in self._pending}
            id, number, content = self._workers.receive(ids)
            self._pending.remove((number, id))
            if isinstance(content, End):
                self._active.discard(id)
            self._ask()
            if isinstance(content, End):
                continue
            self._place.batches = number + 1
            if self._draws:
                forget_half_pairs()
            if isinstance(content, Failure):
                error = content.raised()
                # Whoever keeps the error, and with it this frame, must not keep the workers.
                del self
                raise error
            return content
        self._place.finished = True
        if not self._persistent:
            self._workers.stop()
        raise StopIteration


def _context(given: str | BaseContext | None) -> BaseContext | None:
    if given is None or isinstance(given, BaseContext):
        return given
    if not isinstance(given, str):
        raise TypeError(
            "DataLoader: expected a start method or a context of multiprocessing as "
            f"multiprocessing_context, got {kind_of(given)}"
        )
    methods = multiprocessing.get_all_start_methods()
    _require(given in methods, f"a multiprocessing_context of {', '.join(methods)}, got {given!r}")
    return multiprocessing.get_context(given)


def _require(holds: bool, expected: str) -> None:
    if not holds:
        raise RangeError(f"DataLoader: expected {expected}")
