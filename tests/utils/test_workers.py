"""Workers: the same batches for any number of them, and no process is left whatever happens."""

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import mytorch
from mytorch import Tensor
from mytorch.utils.data import DataLoader, Dataset, TensorDataset, get_worker_info
from tests.utils.drawing import Drawing
from tests.utils.test_datasets import plain

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="workers are forked"),
    # From Python 3.12 on, of BLAS's own threads.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    gc.collect()
    assert multiprocessing.active_children() == []


def batches_of(workers: int, **options: Any) -> Any:
    """Two epochs, and what the program draws beside and afterwards."""
    mytorch.manual_seed(5)
    random.seed(5)
    loader = DataLoader(Drawing(), 3, shuffle=True, num_workers=workers, **options)
    epochs = [[(batch, mytorch.randn(1)) for batch in loader] for _ in "ab"]
    return plain([epochs, np.random.random(), random.random()])


def test_batches_are_the_same_for_any_number_of_workers() -> None:
    expected = batches_of(0)
    assert expected[0][0] != expected[0][1]
    for workers in (1, 2, 4):
        assert batches_of(workers) == expected
    assert batches_of(2, persistent_workers=True, prefetch_factor=1) == expected
    assert batches_of(2, timeout=60, multiprocessing_context=multiprocessing.get_context("fork"))


def test_spawned_workers_give_the_same() -> None:
    assert batches_of(1, multiprocessing_context="spawn", persistent_workers=True) == batches_of(0)


def test_in_memory_and_by_samples() -> None:
    x = Tensor(np.arange(10.0).reshape(5, 2))
    expected = plain(list(DataLoader(TensorDataset(x, x), 2)))
    assert plain(list(DataLoader(TensorDataset(x, x), 2, num_workers=2))) == expected
    assert plain(list(DataLoader([{"a": 1}], None, num_workers=1))) == [{"a": 1}]
    (batch,) = DataLoader(TensorDataset(x), 5, num_workers=1)
    batch[0].data[0] = 7  # it is writable


class Ordered(Dataset[int]):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> int:
        if index == 0:
            time.sleep(0.2)
        return index


def test_batches_may_come_as_they_are_done() -> None:
    found = [batch.item() for batch in DataLoader(Ordered(), num_workers=2, in_order=False)]
    assert sorted(found) == [*range(6)]
    assert found[0] != 0
    assert [batch.item() for batch in DataLoader(Ordered(), num_workers=2)] == [*range(6)]


def stream(library: Any) -> Any:
    """Each worker has its own part."""

    def iterate(self: Any) -> Iterator[int]:
        info = library.utils.data.get_worker_info()
        if info is None:
            return iter(range(10))
        assert (info.dataset, info.num_workers) == (self, 2)
        return iter(range(info.id, 10 if info.id else 4, info.num_workers))

    return type("Stream", (library.utils.data.IterableDataset,), {"__iter__": iterate})()


@pytest.mark.parametrize("options", [{}, {"batch_size": None}, {"drop_last": True}])
@pytest.mark.parametrize("persistent", [False, True])
def test_streams_are_shared_out_as_in_pytorch(options: Any, persistent: bool) -> None:
    found = []
    for library in (mytorch, torch):
        options = {"batch_size": 3, "num_workers": 2, "persistent_workers": persistent, **options}
        loader = library.utils.data.DataLoader(stream(library), **options)
        found.append([sorted(plain(list(loader)), key=str) for _ in "ab"])
        del loader
    assert found[0] == found[1]


class Told(Dataset[Any]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert info is not None
        return info.id, info.num_workers, info.seed - mytorch.initial_seed(), random.random()


def begin(id: int) -> None:
    random.seed(40 + id)


def test_a_worker_is_told_which_it_is() -> None:
    loader = DataLoader(Told(), num_workers=2, worker_init_fn=begin)
    batches = plain(list(loader))
    drawn = [[random.Random(40 + id).random()] for id in (0, 1)]
    # Who seeds by himself gets what he seeded.
    assert batches[:2] == [[[id], [2], [0], drawn[id]] for id in (0, 1)]
    assert batches[2][:3] == batches[0][:3]
    assert get_worker_info() is None


class Failing(Dataset[int]):
    """Sample 2 does something bad in a worker."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.do = do

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> int:
        if index == 2:
            self.do()
        return index


class TwoWordsError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first, second)


def raise_(error: BaseException) -> Callable[[], Any]:
    def do() -> Any:
        raise error

    return do


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("bad sample"), ValueError),
        (KeyError("bad sample"), KeyError),
        (TwoWordsError("bad", "sample"), RuntimeError),
        (type("Local", (ValueError,), {})("bad sample"), RuntimeError),
        (mytorch.ShapeError("bad sample"), mytorch.ShapeError),
        (StopIteration("bad sample"), RuntimeError),
    ],
)
def test_what_raises_in_a_worker_raises_here(error: Exception, kind: type[Exception]) -> None:
    batches = iter(DataLoader(Failing(raise_(error)), num_workers=2))
    assert [next(batches).item() for _ in "ab"] == [0, 1]
    with pytest.raises(kind) as raised:
        next(batches)
    said = str(raised.value)
    assert "in DataLoader worker process 0." in said
    assert "Original Traceback (most recent call last):" in said
    assert "self.do()" in said
    assert "bad" in said
    # As in one process, the loop can go on.
    assert [batch.item() for batch in batches] == [3, 4, 5]


def test_who_keeps_the_error_keeps_no_worker() -> None:
    loader = DataLoader(Failing(raise_(ValueError("bad sample"))), num_workers=2)
    with pytest.raises(ValueError, match="bad sample") as kept:
        list(loader)
    assert multiprocessing.active_children() == []
    assert kept.tb is not None


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


DEATHS: list[tuple[Callable[[], Any], str]] = [
    (kill, r"worker 0 \(pid \d+\) exited unexpectedly, by SIGKILL, as a system that runs out of"),
    (raise_(SystemExit(3)), "exited unexpectedly, with code 3"),
    (lambda: time.sleep(600), "timed out after 0.5 seconds: no batch came from worker 0"),
    (lambda: os.kill(os.getpid(), signal.SIGSTOP), "timed out after 0.5 seconds"),
]


@pytest.mark.parametrize(("do", "said"), DEATHS)
@pytest.mark.parametrize("persistent", [False, True])
def test_a_worker_that_dies_or_hangs_is_one_error(
    do: Callable[[], Any], said: str, persistent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mytorch.utils.data.worker.GRACE", 0.1)
    options: Any = {"timeout": 0.5, "persistent_workers": persistent, "prefetch_factor": 1}
    loader = DataLoader(Failing(do), num_workers=2, **options)
    batches = iter(loader)
    assert [next(batches).item() for _ in "ab"] == [0, 1]
    with pytest.raises(RuntimeError, match=said):
        next(batches)
    assert multiprocessing.active_children() == []
    with pytest.raises(RuntimeError, match="its workers were stopped; begin another loop"):
        next(batches)
    assert next(iter(loader)).item() == 0


def test_a_batch_that_cannot_be_sent_is_an_error() -> None:
    loader = DataLoader([1], collate_fn=lambda batch: lambda: batch, num_workers=1)
    with pytest.raises(Exception, match="worker process 0"):
        next(iter(loader))


def test_an_error_at_the_beginning() -> None:
    def init(id: int) -> None:
        raise ValueError("no beginning")

    with pytest.raises(ValueError, match=r"(?s)worker process.*no beginning"):
        next(iter(DataLoader([1, 2], num_workers=2, worker_init_fn=init)))
    with pytest.raises(Exception, match="pickle") as raised:
        iter(
            DataLoader(
                [1], num_workers=1, collate_fn=lambda batch: batch, multiprocessing_context="spawn"
            )
        )
    assert "no lambdas" in raised.value.__notes__[0]


def test_breaking_out_of_a_loop_ends_the_workers() -> None:
    for _ in DataLoader(range(100), num_workers=2):
        break
    gc.collect()
    assert multiprocessing.active_children() == []
    loader = DataLoader(range(9), 2, num_workers=2, persistent_workers=True)
    left = iter(loader)
    first = next(left).tolist()
    assert next(iter(loader)).tolist() == first
    assert len(multiprocessing.active_children()) == 2
    with pytest.raises(RuntimeError, match="another loop over it has begun"):
        next(left)


def test_a_loop_goes_on_from_its_place() -> None:
    def run(interrupted: bool) -> Any:
        mytorch.manual_seed(1)
        loader = DataLoader(Drawing(), 2, shuffle=True, num_workers=2)
        batches = iter(loader)
        seen = [next(batches), next(batches)]
        if interrupted:
            state, ours = loader.state_dict(), mytorch.get_rng_state()
            mytorch.seed()
            loader.load_state_dict(state)
            mytorch.set_rng_state(ours)
            batches = iter(loader)
        return plain([*seen, *batches, *loader, mytorch.rand(1)])

    assert run(True) == run(False)


def test_workers_multiply_while_the_program_has_threads_of_blas() -> None:
    wide = np.ones((600, 600))
    wide @ wide
    loader = DataLoader(
        [wide, wide], collate_fn=lambda batch: (batch[0] @ wide).sum().item(), num_workers=2
    )
    assert list(loader) == [600.0**3] * 2


def test_what_the_program_does_when_it_is_terminated_or_forks_is_its_own(tmp_path: Path) -> None:
    done = tmp_path / "done"
    before = signal.signal(signal.SIGTERM, lambda *_: done.write_text("by a worker"))
    try:
        batches: Any = iter(DataLoader(Failing(lambda: time.sleep(600)), num_workers=1))
        assert next(batches).item() == 0
        # A fork that lets go of the workers does not end them.
        fork = multiprocessing.get_context("fork").Process(target=batches._workers.stop)
        fork.start()
        fork.join()
        assert next(batches).item() == 1
        del batches
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not done.exists()


def test_numpys_generator_may_be_another() -> None:
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        runs = [plain(list(DataLoader(Drawing(), 4, num_workers=workers))) for workers in (0, 1)]
    finally:
        np.random.set_bit_generator(before)
    assert [batch[0] for batch in runs[0]] == [batch[0] for batch in runs[1]]


PROGRAM = """
import os, signal, sys, time
from mytorch.utils.data import DataLoader, Dataset
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored in the background
class Slow(Dataset):
    def __len__(self): return 100
    def __getitem__(self, index):
        if index > 1: time.sleep(600)
        return index
batches = iter(DataLoader(Slow(), num_workers=2, persistent_workers={persistent}))
next(batches)
print(*[child.pid for child in __import__("multiprocessing").active_children()], flush=True)
{end}
"""
ENDS = {
    "the program ends": ("", 0),
    "an error": ("1 / 0", 1),
    "sys.exit": ("sys.exit(3)", 3),
    "os._exit": ("os._exit(4)", 4),
    "it is killed": ("os.kill(os.getpid(), signal.SIGKILL)", -9),
    "it is terminated": ("os.kill(os.getpid(), signal.SIGTERM)", -15),
    "Ctrl-C": ("next(batches); next(batches)", -2),
}


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("name", ENDS)
def test_no_process_outlives_the_program(name: str) -> None:
    end, code = ENDS[name]
    text = PROGRAM.format(end=end, persistent=name == "an error")
    program = subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    workers = [int(pid) for pid in program.stdout.readline().split()]
    assert len(workers) == 2
    if name == "Ctrl-C":
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does
    _, errors = program.communicate(timeout=60)
    assert program.returncode == code
    if name == "Ctrl-C":
        assert errors.count("Traceback") == 1
    deadline = time.monotonic() + 20
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
