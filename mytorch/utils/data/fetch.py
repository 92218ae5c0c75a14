"""How the samples of one batch are taken from a dataset, here and in workers alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.random import mtrand

from mytorch.utils.data.collate import default_collate
from mytorch.utils.data.dataset import Gather, IterableDataset, gather_of, samples_of

__all__: list[str] = []

# The number of a batch in its epoch, and the indices of its samples.
Fetch = Callable[[int, Any], Any]


@dataclass(frozen=True)
class Source:
    """A dataset, and what a DataLoader makes of its samples."""

    dataset: Any
    collate_fn: Callable[[Any], Any]
    batched: bool
    drop_last: bool

    def fetch(self) -> Fetch:
        """A function that gives the batch with these indices, or the sample; of an IterableDataset,
        from its beginning, the next of this size. It raises StopIteration when that is used up."""
        dataset = self.dataset
        if isinstance(dataset, IterableDataset):
            return self._from_stream(iter(dataset))
        if not self.batched:
            return _without_stops(lambda number, index: self.collate_fn(dataset[index]))
        several = _without_stops(
            lambda number, indices: self.collate_fn(samples_of(dataset, _as_list(indices)))
        )
        gather = self._gather()
        if gather is None:
            return several

        def at_once(number: int, indices: Any) -> Any:
            if type(indices) is not np.ndarray:
                rows = np.asarray(indices)
                if rows.dtype.kind not in "iu" or rows.ndim != 1:
                    return several(number, indices)
                return gather(rows)
            return gather(indices)

        return at_once

    def _gather(self) -> Gather | None:
        if self.batched and self.collate_fn is default_collate:
            return gather_of(self.dataset)
        return None

    def may_draw(self) -> bool:
        """Whether code of the user's own makes the batch of some indices, which may draw random
        numbers."""
        return not isinstance(self.dataset, IterableDataset) and self._gather() is None

    def _from_stream(self, samples: Any) -> Fetch:
        def following(number: int, size: int | None) -> Any:
            if size is None:
                return self.collate_fn(next(samples))
            found = [*islice(samples, size)]
            if not found or (self.drop_last and len(found) < size):
                raise StopIteration
            return self.collate_fn(found)

        return following


def seed_batch(epoch: int, number: int) -> None:
    """Gives a batch random numbers of its own, whoever makes it."""
    random.seed(number << 64 | epoch)
    # NumPy is quick with a seed of one word. The factor, a prime, keeps epochs apart.
    np.random.seed((number * 2654435761 + epoch) % 2**32)


def with_own_draws(fetch: Fetch, epoch: int) -> Fetch:
    """`fetch` of the batch of a number, with the random numbers that it has in a worker. Those of
    the program are left as they are."""
    own = np.random.MT19937()

    def fetched(number: int, indices: Any) -> Any:
        python, numpys = random.getstate(), mtrand.get_bit_generator()
        # Not by NumPy's `get_state`, which copies all of the state.
        mtrand.set_bit_generator(own)
        try:
            seed_batch(epoch, number)
            return fetch(number, indices)
        finally:
            mtrand.set_bit_generator(numpys)
            random.setstate(python)

    return fetched


def forget_half_pairs() -> None:
    """Drops the normal draw that NumPy keeps of each second pair; `with_own_draws` does so, too."""
    mtrand.set_bit_generator(mtrand.get_bit_generator())


def _without_stops(fetch: Fetch) -> Fetch:
    """The same, but a StopIteration of the user's is an error: it would end the epoch unseen."""

    def fetched(number: int, indices: Any) -> Any:
        try:
            return fetch(number, indices)
        except StopIteration as error:
            raise RuntimeError(
                "DataLoader: the dataset (or collate_fn) raised StopIteration, which would end the "
                "loop in the middle; raise an IndexError, or make it an IterableDataset"
            ) from error

    return fetched


def _as_list(indices: Any) -> Any:
    return indices.tolist() if type(indices) is np.ndarray else indices
