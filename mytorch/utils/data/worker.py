"""Workers: processes that make the batches, each with a copy of the dataset.

Each has a connection of its own, and nothing is shared, so that a killed one does no harm to the
others and the parent. It gets tasks, (number, indices), and answers each with (number, batch), or a
`Failure` or `End` in the batch's place. An `Epoch` starts the dataset anew, None ends the worker.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, NoReturn
from weakref import finalize

import numpy as np
from numpy.random import mtrand

from mytorch.random import manual_seed
from mytorch.utils.data.dataset import IterableDataset
from mytorch.utils.data.fetch import Fetch, Source, seed_batch

__all__ = ["WorkerInfo", "get_worker_info"]

# How long a worker may take to end by itself.
GRACE = 5.0


@dataclass(frozen=True)
class WorkerInfo:
    """What `get_worker_info` tells: the worker's number, how many there are, the seed of this one,
    and its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a DataLoader what it has to know to take its part of an IterableDataset, else
    None.

    >>> get_worker_info() is None
    True
    """
    return _info


@dataclass(frozen=True)
class Epoch:
    """The dataset from its beginning, with random numbers of this seed."""

    seed: int


@dataclass(frozen=True)
class Failure:
    """An exception of a worker, to be raised in the parent."""

    kind: type[BaseException]
    message: str

    def raised(self) -> BaseException:
        """The exception; a RuntimeError if its class wants other arguments than a text."""
        try:
            return self.kind(_Text(self.message))
        except Exception:
            return RuntimeError(self.message)


class _Text(str):
    """A text that KeyError shows as it is."""

    def __repr__(self) -> str:
        return str(self)


class End:
    """The answer of a worker whose IterableDataset has no more."""


def work(
    link: connection.Connection,
    id: int,
    count: int,
    source: Source,
    init: Callable[[int], Any] | None,
) -> None:
    """The life of a worker."""
    # Ctrl-C goes to all processes of a terminal. The parent says what comes of it. What it would
    # do itself when it is terminated, a worker that was forked must not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What is done is sent by another thread, so that the next batch is made in the meantime.
    done: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_send, args=(link, done), daemon=True).start()

    def answer(number: int | None, content: Any) -> None:
        try:
            done.put(pickle.dumps((number, content), pickle.HIGHEST_PROTOCOL))
        except Exception:
            done.put(pickle.dumps((number, _failure(id))))

    fetch: Fetch | None = None
    # Whoever has his own function for the beginning may have seeded there.
    seeded = init is not None or isinstance(source.dataset, IterableDataset)
    for task in _tasks(link):
        try:
            if isinstance(task, Epoch):
                epoch = task.seed
                if get_worker_info() is None:
                    _begin(WorkerInfo(id, count, epoch + id, source.dataset), init)
                fetch = source.fetch()
            elif fetch is None:
                answer(task[0], End())
            else:
                number, indices = task
                if not seeded:
                    seed_batch(epoch, number)
                answer(number, fetch(number, indices))
        except StopIteration:
            fetch = None
            answer(number, End())
        except Exception:
            answer(None if isinstance(task, Epoch) else number, _failure(id))


def _begin(info: WorkerInfo, init: Callable[[int], Any] | None) -> None:
    global _info
    _info = info
    random.seed(info.seed)
    mtrand.set_bit_generator(np.random.MT19937())  # the program may have another, without seeds
    manual_seed(info.seed)
    if init is not None:
        init(info.id)


def _tasks(link: connection.Connection) -> Iterable[Any]:
    with suppress(EOFError, OSError):
        while (task := link.recv()) is not None:
            yield task


def _send(link: connection.Connection, done: SimpleQueue[bytes]) -> None:
    with suppress(OSError):
        while True:
            link.send_bytes(done.get())


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _failure(id: int) -> Failure:
    """The exception that is being handled, with its traceback."""
    kind = sys.exc_info()[0] or RuntimeError
    message = (
        f"Caught {kind.__name__} in DataLoader worker process {id}.\n"
        f"Original {traceback.format_exc()}"
    )
    try:
        pickle.dumps(kind)
    except Exception:  # a class inside of a function
        kind = RuntimeError
    return Failure(kind, message)


@dataclass
class _Worker:
    process: BaseProcess
    link: connection.Connection
    unanswered: int = 0


class Workers:
    """The workers of a DataLoader, as the parent sees them. They end when the last reference to
    this object is gone, with the program, and after any error of theirs but one of a batch."""

    def __init__(
        self,
        context: BaseContext,
        count: int,
        source: Source,
        init: Callable[[int], Any] | None,
        timeout: float,
    ) -> None:
        self.epoch = 0
        self._timeout = timeout
        self._crew: list[_Worker] = []
        self.stop = finalize(self, _stop, self._crew, os.getpid())
        try:
            for id in range(count):
                link, theirs = context.Pipe()
                process = context.Process(  # type: ignore[attr-defined]
                    target=work, args=(theirs, id, count, source, init), daemon=True
                )
                with theirs:
                    process.start()
                self._crew.append(_Worker(process, link))
        except BaseException as error:
            self.stop()
            if isinstance(error, (AttributeError, TypeError, pickle.PicklingError)):
                error.add_note(
                    "DataLoader: unless workers are forked, the dataset, collate_fn and "
                    "worker_init_fn are pickled: define them at the top of a module, no lambdas"
                )
            raise

    def begin(self, seed: int) -> int:
        """Starts an epoch, and gives its number. What was asked for before, and not taken, is
        thrown away."""
        self.epoch += 1
        for id, worker in enumerate(self._crew):
            while worker.unanswered:
                self.receive([id])
            self._send(id, Epoch(seed))
        return self.epoch

    def ask(self, id: int, number: int, indices: Any) -> None:
        """Gives a worker a task."""
        self._send(id, (number, indices))
        self._crew[id].unanswered += 1

    def receive(self, ids: Iterable[int]) -> tuple[int, int, Any]:
        """The first answer of one of these workers: its id, the number of the task, the batch, End
        or Failure. Raises RuntimeError if one of them has died, or none answers in time."""
        self._require_running()
        try:
            return self._received({self._crew[id].link: id for id in ids})
        except KeyboardInterrupt:
            self.stop()
            raise

    def _received(self, ids: Mapping[connection.Connection, int]) -> tuple[int, int, Any]:
        sentinels: dict[Any, int] = {self._crew[id].process.sentinel: id for id in ids.values()}
        ready = connection.wait([*ids, *sentinels], self._timeout or None)
        if not ready:
            self.stop()
            raise RuntimeError(
                f"DataLoader timed out after {self._timeout} seconds: no batch came from worker "
                f"{' or '.join(map(str, ids.values()))}, and all workers were stopped; give a "
                "larger timeout, or look for what hangs with num_workers=0"
            )
        for link in ids.keys() & {*ready}:
            # A dead one's link is ready, too, and what it sent before is still to be had.
            with suppress(EOFError, OSError):
                number, content = pickle.loads(link.recv_bytes())
                self._crew[ids[link]].unanswered -= number is not None
                if number is None:
                    self.stop()
                    raise content.raised()
                return ids[link], number, content
            self._died(ids[link])
        return self._died(next(sentinels[sentinel] for sentinel in ready))

    def _send(self, id: int, task: Any) -> None:
        self._require_running()
        try:
            self._crew[id].link.send(task)
        except OSError:
            self._died(id)

    def _require_running(self) -> None:
        if not self.stop.alive:
            raise RuntimeError("DataLoader: its workers were stopped; begin another loop over it")

    def _died(self, id: int) -> NoReturn:
        process = self._crew[id].process
        process.join(GRACE)
        code = process.exitcode or 0
        how = f"with code {code}"
        if code < 0:
            name = signal.Signals(-code).name
            how = f"by {name}"
            if code == -signal.SIGKILL:
                how += ", as a system that runs out of memory ends processes"
        self.stop()
        raise RuntimeError(
            f"DataLoader worker {id} (pid {process.pid}) exited unexpectedly, {how}; all workers "
            "were stopped. With num_workers=0 the same happens in this process, where a debugger "
            "sees it"
        )


def _stop(crew: list[_Worker], owner: int) -> None:
    """Ends workers: those that wait for a task by themselves, those at work at once."""
    if os.getpid() != owner:  # a fork of the parent
        return
    for worker in crew:
        if worker.unanswered:
            worker.process.terminate()
        else:
            with suppress(OSError):
                worker.link.send(None)
    for worker in crew:
        worker.process.join(GRACE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.link.close()
