"""The DataLoader in one process: beside PyTorch's, and one gather in memory."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import mytorch
import mytorch.utils.data
from mytorch import Tensor
from mytorch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
)
from tests.utils.drawing import Drawing
from tests.utils.test_datasets import LIBRARIES, plain


class Numbers:
    """Samples of many kinds, for either library."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> Any:
        return {"number": index, "pair": (index / 2, np.full(2, index)), "name": f"n{index}"}


def counting(library: Any, size: int = 7, length: bool = True) -> Any:
    def iterate(self: Any) -> Iterator[int]:
        return iter(range(size))

    members = {"__iter__": iterate}
    if length:
        members["__len__"] = lambda self: size
    return type("Counting", (library.utils.data.IterableDataset,), members)()


ALIKE = """
    D.DataLoader(numbers)
    D.DataLoader(numbers, 3)
    D.DataLoader(numbers, batch_size=3, drop_last=True)
    D.DataLoader(numbers, batch_size=None)
    D.DataLoader(numbers, 2, collate_fn=len)
    D.DataLoader(numbers, sampler=[5, 1, 2], batch_size=2)
    D.DataLoader(numbers, batch_sampler=[[5], [1, 2], [3]])
    D.DataLoader(numbers, batch_sampler=D.BatchSampler(range(3), 2, True))
    D.DataLoader(numbers, batch_size=None, sampler=[3, 1])
    D.DataLoader(numbers, sampler=D.SubsetRandomSampler([2]))
    D.DataLoader({"a": 1, "b": 2}, sampler=["b", "a"])
    D.DataLoader([], 3)
    D.DataLoader(range(5), 2)
    D.DataLoader(x, 3)
    D.DataLoader(D.TensorDataset(x), 3, drop_last=True)
    D.DataLoader(D.TensorDataset(x), batch_sampler=[[0, -1], []])
    D.DataLoader(D.TensorDataset(x), sampler=[9])
    D.DataLoader(D.TensorDataset(x), sampler=[True])
    D.DataLoader(D.TensorDataset(x), batch_size=None)
    D.DataLoader(D.Subset(D.TensorDataset(x), [3, 0, 1]), 2)
    D.DataLoader(D.StackDataset(D.TensorDataset(x), range(4)), 3)
    D.DataLoader(D.StackDataset(a=D.TensorDataset(x), b=D.TensorDataset(x, x)), 3)
    D.DataLoader(D.ConcatDataset([D.TensorDataset(x), D.TensorDataset(x + 9)]), 3)
    D.DataLoader(D.ConcatDataset([D.TensorDataset(x), D.TensorDataset(x[:, 0])]), 3)
    D.DataLoader(counting(T), 3)
    D.DataLoader(counting(T), 3, drop_last=True)
    D.DataLoader(counting(T), batch_size=None)
    D.DataLoader(counting(T) + counting(T), 3)
    D.DataLoader(counting(T, 0), 3)
    D.DataLoader(counting(T), 2, collate_fn=sum)
    D.DataLoader(counting(T), shuffle=False)
    D.DataLoader(counting(T), shuffle=True)
    D.DataLoader(counting(T), sampler=[1])
    D.DataLoader(counting(T), batch_sampler=[[1]])
    D.DataLoader(numbers, num_workers=-1)
    D.DataLoader(numbers, timeout=-1)
    D.DataLoader(numbers, prefetch_factor=2)
    D.DataLoader(numbers, persistent_workers=True)
    D.DataLoader(numbers, multiprocessing_context="fork")
    D.DataLoader(numbers, num_workers=1, multiprocessing_context="thread")
    D.DataLoader(numbers, num_workers=1, multiprocessing_context=3)
    D.DataLoader(numbers, num_workers=1, prefetch_factor=-1)
    D.DataLoader(numbers, shuffle=True, sampler=[1])
    D.DataLoader(numbers, batch_sampler=[[1]], batch_size=2)
    D.DataLoader(numbers, batch_sampler=[[1]], shuffle=True)
    D.DataLoader(numbers, batch_sampler=[[1]], sampler=[1])
    D.DataLoader(numbers, batch_sampler=[[1]], drop_last=True)
    D.DataLoader(numbers, batch_size=None, drop_last=True)
    D.DataLoader(numbers, batch_size=0)
    D.DataLoader(numbers, drop_last=1)
    D.DataLoader([], shuffle=True)
    D.DataLoader([None])
"""


def outcome(library: Any, form: str) -> Any:
    """The lengths and batches of two epochs, or what is raised."""
    names = {"D": library.utils.data, "T": library, "numbers": Numbers(), "counting": counting}
    names["x"] = library.arange(8, dtype=library.float64).reshape(4, 2)
    try:
        loader = eval(form.strip(), names)
        return plain([len(loader), list(loader), list(loader)])
    except Exception as error:
        return error


@pytest.mark.parametrize("form", ALIKE.strip().splitlines())
def test_both_libraries_agree(form: str) -> None:
    ours, theirs = (outcome(library, form) for library in LIBRARIES)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), repr(ours)
        assert (
            "DataLoader" in str(ours) or not isinstance(ours, ValueError) or "Sampler" in str(ours)
        )
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "form",
    [
        *("len(loader(shuffle=True))", "loader().batch_size", "loader(batch_size=None).batch_size"),
        *("loader(drop_last=True).drop_last", "loader(num_workers=2).prefetch_factor"),
        *("loader().prefetch_factor", "loader(shuffle=True).sampler", "loader().sampler"),
        *("loader().batch_sampler", "loader(batch_size=None).batch_sampler", "loader().generator"),
        *("loader().collate_fn", "loader(batch_size=None).collate_fn", "loader().timeout"),
        *("loader(batch_sampler=[[1]]).batch_size", "loader().num_workers", "loader().in_order"),
        *("loader(pin_memory=True).pin_memory", "loader().worker_init_fn", "loader().dataset"),
    ],
)
def test_attributes(form: str) -> None:
    dataset, found = Numbers(), []
    for library in LIBRARIES:

        def loader(library: Any = library, **options: Any) -> Any:
            return library.utils.data.DataLoader(dataset, **options)

        value = eval(form, {"loader": loader})
        kind = type(value).__name__
        found.append(getattr(value, "__name__", kind) if "at 0x" in repr(value) else value)
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["batch_size", "sampler", "dataset", "persistent_workers"])
def test_what_makes_the_order_is_fixed(name: str) -> None:
    loader = DataLoader(range(3))
    loader.collate_fn = sum
    with pytest.raises(ValueError, match=f"{name} cannot be changed; make another"):
        setattr(loader, name, None)


X = np.arange(24.0).reshape(8, 3)
Y = np.arange(8)
PARTS = TensorDataset(Tensor(X), Tensor(Y))


class Own(TensorDataset):
    def __getitem__(self, index: Any) -> Any:
        x, y = super().__getitem__(index)
        return x * 2, y


class AtOnce(Dataset[Any]):
    """PyTorch's hook."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __getitems__(self, indices: list[int]) -> Any:
        self.asked.append(indices)
        return [(X[index], index) for index in indices]

    def __len__(self) -> int:
        return 8


GATHERED: dict[str, Callable[[], Any]] = {
    "tensors": lambda: PARTS,
    "subset": lambda: Subset(PARTS, [7, -1, 0, 3, 2]),
    "subset of a subset": lambda: Subset(Subset(PARTS, range(6)), np.array([5, 0, 1])),
    "stack": lambda: StackDataset(PARTS, TensorDataset(Tensor(-X))),
    "named stack": lambda: StackDataset(a=PARTS, b=Subset(PARTS, range(8))),
    "joined": lambda: ConcatDataset([PARTS, Subset(PARTS, []), PARTS, Subset(PARTS, [3])]),
    "joined stacks": lambda: ConcatDataset([StackDataset(a=PARTS)] * 2),
    "split": lambda: mytorch.utils.data.random_split(PARTS, [0.5, 0.5])[1],
}
BY_SAMPLES: dict[str, Callable[[], Any]] = {
    "its own samples": lambda: Own(Tensor(X), Tensor(Y)),
    "a subset of such": lambda: Subset(Own(Tensor(X), Tensor(Y)), [1, 2]),
    "two dtypes": lambda: ConcatDataset([PARTS, TensorDataset(Tensor(X), Tensor(X[:, 0]))]),
    "a list": lambda: StackDataset(PARTS, "abcdefgh"),
}


@pytest.mark.parametrize("name", [*GATHERED, *BY_SAMPLES])
@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"sampler": [0, -1, 1]}])
def test_a_gathered_batch_is_the_collated_one(name: str, options: Any) -> None:
    dataset = (GATHERED | BY_SAMPLES)[name]()
    runs = []
    for collate_fn in (None, lambda batch: default_collate(batch)):
        mytorch.manual_seed(0)
        loader = DataLoader(dataset, 2, collate_fn=collate_fn, **options)
        runs.append(plain(list(loader)))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("name", GATHERED)
@pytest.mark.parametrize("index", [99, -99])
def test_no_other_sample_is_gathered_for_one_that_is_not_there(name: str, index: int) -> None:
    dataset = GATHERED[name]()
    with pytest.raises(IndexError, match=r"out of (range|bounds)"):
        list(DataLoader(dataset, 2, sampler=[0, index]))


@pytest.mark.parametrize("name", GATHERED)
def test_no_sample_is_made_where_a_batch_is_gathered(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = GATHERED[name]()

    item = Tensor.__getitem__

    def refuse(*arguments: Any) -> Any:
        if isinstance(arguments[-1], np.ndarray):
            return item(*arguments)
        raise AssertionError("a sample was made")

    monkeypatch.setattr(Tensor, "__getitem__", refuse)
    monkeypatch.setattr(mytorch.utils.data.collate, "stack", refuse)
    batch = next(iter(DataLoader(dataset, 3, shuffle=True)))
    monkeypatch.undo()
    while not isinstance(batch, Tensor):
        batch = next(iter(batch.values() if isinstance(batch, dict) else batch))
    assert batch.shape == (3, 3)
    assert not np.shares_memory(batch.data, X)


def test_a_subset_follows_the_list_of_its_indices() -> None:
    part = Subset(PARTS, [0, 1, 2])
    loader = DataLoader(part, 3)
    assert next(iter(loader))[1].tolist() == [0, 1, 2]
    part.indices[1] = 7
    assert next(iter(loader))[1].tolist() == [0, 7, 2]
    part.indices = range(3, 6)
    assert next(iter(loader))[1].tolist() == [3, 4, 5]


def test_the_hook_for_several_samples_is_called_once_for_each_batch() -> None:
    data = AtOnce()
    batches = list(DataLoader(Subset(data, range(1, 8)), 3))
    assert data.asked == [[1, 2, 3], [4, 5, 6], [7]]
    assert all(type(index) is int for asked in data.asked for index in asked)
    assert batches[1][1].tolist() == [4, 5, 6]
    arrays: Any = type("Arrays", (), {"__getitems__": lambda self, at: (X[at], Y[at])})()
    rows = BatchSampler(range(8), 5, False)
    x, y = next(iter(DataLoader(arrays, batch_sampler=rows, collate_fn=lambda batch: batch)))
    assert (x.tolist(), y.tolist()) == (X[:5].tolist(), Y[:5].tolist())


def test_an_error_of_one_sample_does_not_end_the_loop() -> None:
    class Holes(Dataset[int]):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> int:
            return [0, 1][index] if index < 4 else index

    batches = iter(DataLoader(Holes(), 2))
    assert next(batches).tolist() == [0, 1]
    with pytest.raises(IndexError):
        next(batches)
    assert [batch.tolist() for batch in batches] == [[4, 5]]


def test_a_stop_of_the_users_does_not_end_the_epoch_unseen() -> None:
    class Stops(Dataset[int]):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> int:
            return next(iter([]))

    for batch_size in (2, None):
        with pytest.raises(RuntimeError, match="raised StopIteration, which would end the loop"):
            list(DataLoader(Stops(), batch_size))


def test_what_a_dataset_draws_leaves_the_programs_numbers_as_they_are() -> None:
    def numbers(dataset: Any) -> Any:
        mytorch.manual_seed(0)
        random.seed(0)
        loader = DataLoader(dataset, 3, shuffle=True)
        orders = [[batch[0].tolist() for batch in loader] for _ in "ab"]
        return orders, mytorch.rand(2).tolist(), random.random()

    assert numbers(Drawing()) == numbers([(index, 0) for index in range(11)])
    batches = [plain(list(DataLoader(Drawing(), 6))) for _ in "ab"]
    assert batches[0] != batches[1]
    assert batches[0][0][1:] != batches[0][1][1:]


SKIPPED: dict[str, Callable[[Any], Any]] = {
    "in memory": lambda g: DataLoader(PARTS, 3, shuffle=True),
    "its own generator": lambda g: DataLoader(PARTS, 3, shuffle=True, generator=g),
    "a sampler's": lambda g: DataLoader(PARTS, 2, sampler=RandomSampler(PARTS, True, 9, g)),
    "a sampler's of a sampler": lambda g: DataLoader(
        PARTS, batch_sampler=BatchSampler(RandomSampler(PARTS, generator=g), 3, False)
    ),
    "one that samplers share": lambda g: DataLoader(PARTS, 2, sampler=Halves(g)),
    "samples": lambda g: DataLoader(Drawing(), 3, shuffle=True, generator=g),
    "no batches": lambda g: DataLoader(Drawing(), None, shuffle=True),
    "a stream": lambda g: DataLoader(counting(mytorch), 2),
    "sampler of its own": lambda g: DataLoader(PARTS, 2, sampler=Lazy()),
}


class Halves(Sampler[int]):
    """Another sampler, whose generator it draws from, too."""

    def __init__(self, generator: mytorch.Generator) -> None:
        self.first, self.draws = RandomSampler(range(4), generator=generator), generator

    def __iter__(self) -> Iterator[int]:
        yield from self.first
        yield from (mytorch.randperm(4, generator=self.draws) + 4).tolist()


class Lazy:
    """Draws when the first index is asked for."""

    def __iter__(self) -> Iterator[int]:
        yield from np.random.permutation(8).tolist()


@pytest.mark.parametrize("name", SKIPPED)
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_a_loop_goes_on_from_its_place(name: str, taken: int) -> None:
    def run(interrupted: bool) -> Any:
        generator = mytorch.Generator()
        mytorch.manual_seed(4)
        loader = SKIPPED[name](generator)
        seen, batches = [list(loader)], iter(loader)
        for _ in range(taken):
            seen.append(next(batches))
            mytorch.rand(1)  # as training does
        if interrupted:
            state, ours = loader.state_dict(), mytorch.get_rng_state()
            generator.manual_seed(9)
            mytorch.manual_seed(9)
            loader = SKIPPED[name](generator)
            loader.load_state_dict(state)
            assert plain(loader.state_dict()) == plain(state)
            mytorch.set_rng_state(ours)
            batches = iter(loader)
        seen += [*batches, mytorch.rand(1)]
        assert loader.state_dict()["batches"] == 0
        return plain([*seen, list(loader), mytorch.rand(1)])

    assert run(True) == run(False)


@pytest.mark.parametrize("name", ["in memory", "sampler of its own", "one that samplers share"])
def test_the_order_is_drawn_when_the_loop_begins(name: str) -> None:
    """As it is by workers, who are asked in advance: so it goes on with any number of them."""
    orders = []
    for late in (3, 7):
        mytorch.manual_seed(4)
        loader = SKIPPED[name](mytorch.default_generator)
        batches = iter(loader)
        state = loader.state_dict()
        mytorch.manual_seed(late)
        orders.append(plain(next(batches)))
        loader = SKIPPED[name](mytorch.default_generator)
        loader.load_state_dict(state)
        orders.append(plain(next(iter(loader))))
    assert orders[1:] == orders[:-1]


def test_a_state_says_whose_it_is() -> None:
    loader = DataLoader(PARTS, 3, shuffle=True)
    next(iter(loader))
    state = loader.state_dict()
    for other, said in (
        (DataLoader(PARTS, 4), r"'batch_size': 3.*this one has .*'batch_size': 4"),
        (DataLoader(range(9), 3), "'samples': 8.*this one has .*'samples': 9"),
        (DataLoader(PARTS, 3, generator=mytorch.Generator()), "1 random states, this loader 2"),
    ):
        with pytest.raises(ValueError, match=said):
            other.load_state_dict(state)
    late = DataLoader(range(4), num_workers=1, in_order=False)
    with pytest.raises(RuntimeError, match="in_order=True"):
        late.state_dict()


def test_a_state_outlives_a_file(tmp_path: Any) -> None:
    loader = DataLoader(PARTS, 3, shuffle=True)
    batches = iter(loader)
    next(batches)
    mytorch.save({"loader": loader.state_dict(), "rng": mytorch.get_rng_state()}, tmp_path / "c.pt")
    left = plain(list(batches))
    kept = mytorch.load(tmp_path / "c.pt")
    mytorch.set_rng_state(kept["rng"])
    loader.load_state_dict(kept["loader"])
    assert plain(list(loader)) == left


def test_a_stream_of_the_users_own_is_read_as_it_comes() -> None:
    class Stream(IterableDataset[int]):
        def __iter__(self) -> Iterator[int]:
            yield from (3, 1)
            yield 2

    loader = DataLoader(Stream(), 2)
    assert [batch.tolist() for batch in loader] == [[3, 1], [2]]
    with pytest.raises(TypeError, match="len"):
        len(loader)
