"""What cannot be compiled is refused, or runs as it is."""

import binascii
import copy
import hashlib
import io
import linecache
import operator
import pickle
import re
import struct
import sys
import warnings
import zlib
from array import array as array_of_python
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary, finalize

import numpy as np
import pytest

import mytorch
from mytorch import CompileError, Tensor, nn, no_grad, optim
from mytorch.compiler.recording import recording_threads
from tests.compiler.trainings import Training, batch, replayed

READS = pytest.mark.parametrize(
    "read",
    [
        lambda t: t.item(),
        lambda t: float(t),
        lambda t: int(t),
        lambda t: bool(t > 0),
        lambda t: repr(t),
        lambda t: f"{t}",
        lambda t: t.tolist(),
        lambda t: np.asarray(t.data),
        lambda t: np.array(t.detach()),
        lambda t: float(t.data),
        lambda t: int(t.data),
        lambda t: np.zeros(1).__setitem__(0, t.data),
        lambda t: [1, 2][Tensor(np.array(0)) + (t > 9).to(int)],
        lambda t: np.ascontiguousarray(t.data),
        lambda t: copy.deepcopy(t.data),
        lambda t: pickle.dumps(t.data),
        lambda t: bytes(t.data),
    ],
)


@READS
def test_reading_a_value_is_refused_and_state_is_as_before(read) -> None:
    training = Training()
    reads = False

    @mytorch.compile(fullgraph=True)
    def step(x, y):
        loss = training.step(x, y)
        if reads:
            read(loss.detach())
        return loss

    for number in range(5):
        step(*batch(number))
    before = training.state()
    reads = True
    for _ in range(2):
        with pytest.raises(CompileError, match="outside"):
            step(*batch(5))
        assert training.state() == before
        assert all(type(p.data) is np.ndarray for p in training.model.parameters())
    reads = False
    step(*batch(5))
    eager = Training()
    for number in range(6):
        eager.step(*batch(number))
    assert training.state() == eager.state()


@READS
def test_a_step_that_reads_a_value_runs_as_it_is_with_one_warning(read) -> None:
    compiled, eager = Training(), Training()

    def stepped(training, x, y):
        loss = training.step(x, y)
        found = read(loss.detach())
        training.optimizer.lr *= 0.5
        return repr(found), loss

    step = mytorch.compile(stepped)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(4):
            found, expected = step(compiled, *batch(number)), stepped(eager, *batch(number))
            assert found[0] == expected[0]
            assert found[1].item() == expected[1].item()
            assert (found[1].grad_fn is None) == (expected[1].grad_fn is None)
            assert compiled.state() == eager.state()
            assert all(type(p.data) is np.ndarray for p in compiled.model.parameters())
    (warning,) = told
    assert "cannot be read" in str(warning.message)
    assert f"({__file__}, line " in str(warning.message)
    assert step.counts[1:] == (0, 3)


def test_a_schedule_that_reads_the_loss_inside_is_told_of() -> None:
    training = Training()
    schedule = optim.lr_scheduler.ReduceLROnPlateau(training.optimizer)

    def stepped(x, y):
        loss = training.step(x, y)
        schedule.step(loss)
        return loss

    step = mytorch.compile(stepped)
    with pytest.warns(UserWarning, match="reads the values of an array.*outside"):
        [step(*batch(number)) for number in range(6)]


# What C code does with an array, and with no stand-in.
OF_C: dict[str, Callable[[Any], Any]] = {
    "memoryview": lambda array: memoryview(array)[0],
    "bytearray": lambda array: bytearray(array)[6],
    "crc32": lambda array: zlib.crc32(array),
    "hexlify": lambda array: binascii.hexlify(array),
    "sha1": lambda array: hashlib.sha1(array).digest(),
    "unpack": lambda array: struct.unpack("d", array),
    "join": lambda array: b"".join([array]),
    "frombytes": lambda array: array_of_python("B").frombytes(array.view(np.uint8)),
    "file": lambda array: io.BytesIO(array).read(),
    "index": lambda array: [*range(9)][array.astype(int)[0]],
    "range": lambda array: sum(range(array.astype(int)[0])),
    "round": lambda array: round(array[0]),
    "key": lambda array: {1.5: 2}.get(array[0]),
    "str": lambda array: str(array[0]),
    "method of a number": lambda array: array[0].is_integer(),
}


@pytest.mark.parametrize("name", OF_C)
def test_what_c_code_does_with_an_array_it_does(name: str) -> None:
    read = OF_C[name]
    log: list[float] = []
    total = Tensor(np.zeros(1))

    def step(x):
        log.append(1.0)
        total.add_(x)
        return read(x.data)

    compiled = mytorch.compile(step)
    arrays = [np.array([number + 1.5]) for number in range(4)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = [compiled(Tensor(array)) for array in arrays]
    assert found == [read(array) for array in arrays]
    assert (log, total.item()) == ([1.0] * 4, 12.0)
    (warning,) = told
    assert re.search("while it is recorded|cannot be read|cannot be rec", str(warning.message))
    assert f"({__file__}, line " in str(warning.message)
    assert compiled.counts[1:] == (0, 3)


def test_an_error_of_a_stand_in_is_refused_and_state_is_as_before() -> None:
    total = Tensor(np.zeros(1))

    @mytorch.compile(fullgraph=True)
    def step(x):
        total.add_(x)
        return zlib.crc32(x.data)

    for _ in range(2):
        with pytest.raises(CompileError, match="while it is recorded"):
            step(Tensor([1.0]))
        assert total.item() == 0


@pytest.mark.parametrize("fullgraph", [False, True])
def test_a_users_error_is_raised_as_it_is(fullgraph: bool) -> None:
    """The run is repeated to see whose it is, unless it has been seen outside."""
    log: list[float] = []
    said: list[str] = []

    def step(x, name):
        log.append(1.0)
        if name == "say":
            sys.audit("tests.compiler", said.append("said"))
        raise ValueError(name)

    compiled = mytorch.compile(step, fullgraph=fullgraph)
    for number, name in enumerate(["be silent", "say"]):
        with pytest.raises(ValueError, match=name):
            compiled(Tensor([1.0]), name)
        assert len(log) == number + 1
    assert said == ["said"]


def test_whether_another_object_is_alive_is_not_watched() -> None:
    class Thing:
        pass

    things = [Thing()]
    end = finalize(things[0], int)
    step = mytorch.compile(lambda x: x * 2 if end.alive else x * 3)
    with pytest.warns(UserWarning, match="finalize cannot be watched"):
        found = [step(Tensor([1.0])).item() for _ in range(4)]
    things.clear()
    assert [*found, step(Tensor([1.0])).item()] == [2, 2, 2, 2, 3]


class Aside:
    """What NumPy's arrays leave operations to."""

    def __init__(self, **attributes) -> None:
        self.factor = 2.0
        vars(self).update(attributes)

    def __rmul__(self, other):
        return other * self.factor

    def __rpow__(self, other):
        return other + self.factor

    def __gt__(self, other):
        return other - self.factor


class Apart(Aside):
    __array_ufunc__ = None


@pytest.mark.parametrize("operand", [Apart(), Aside(__array_priority__=3)])
def test_arrays_leave_operations_to_an_operand_as_in_eager_runs(operand, recordings) -> None:
    def run(x):
        return Tensor(x.data * operand), Tensor(x.data**operand), Tensor(x.data < operand)

    compiled = mytorch.compile(run)
    for number in range(8):
        operand.factor = 2.0 if number < 5 else 3.0
        x = Tensor([number + 0.5, 2.0])
        for found, expected in zip(compiled(x), run(x), strict=True):
            assert found.tolist() == expected.tolist()
    assert recordings.replays


class Moving:
    """A key that is not found any more where its hash has changed."""

    number = 1

    def __hash__(self) -> int:
        return self.number


def test_a_dict_is_as_before_whose_key_has_another_hash() -> None:
    key = Moving()
    held = {key: 2.0}
    compiled = mytorch.compile(lambda x: x * held.get(key, 5.0))
    x = Tensor([1.0])
    assert [compiled(x).item() for _ in range(4)] == [2.0] * 4
    key.number = 2
    assert [compiled(x).item() for _ in range(4)] == [5.0] * 4
    assert [*held.values()] == [2.0]


def test_what_is_written_past_a_read_is_there_as_in_eager_runs() -> None:
    @mytorch.compile
    def compute(x):
        plain = np.asarray(x.data)
        plain[0] = 5.0
        return x * 2

    x = Tensor([1.0, 2.0])
    with pytest.warns(UserWarning, match="converting it to a NumPy array"):
        assert compute(x).tolist() == [10, 4]
    assert x.tolist() == [5, 2]


def test_a_refusal_is_not_lost_where_the_function_catches_it() -> None:
    @mytorch.compile(fullgraph=True)
    def compute(x):
        try:
            return x * x.sum().item()
        except RuntimeError:
            return x

    with pytest.raises(CompileError):
        compute(Tensor([2.0]))


def test_an_array_that_decides_is_asked_again() -> None:
    @mytorch.compile
    def compute(x):
        return x * 2 if (x.data > 0).all() else -x

    for value in (1.0, 1.0, 1.0, -1.0, 2.0, -3.0, -3.0, -3.0, 1.0):
        assert compute(Tensor([value])).item() == (2 * value if value > 0 else -value)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("swapped", [False, True])
def test_numbers_from_arrays_that_are_compared_are_asked_again(name: str, swapped: bool) -> None:
    compare = getattr(operator, name)

    def eager(x):
        number = x.data[x.data.argmax()]
        truth = compare(2, number) if swapped else compare(number, 2)
        return x * 2 if truth else -x

    compute = mytorch.compile(eager)
    for value in (1, 1, 1, 2, 3, 2, 1, np.nan, 3, 3, 1, 2):
        x = Tensor([0.5, value])
        np.testing.assert_array_equal(compute(x).data, eager(x).data)


def test_a_label_out_of_range_raises_in_replays_too() -> None:
    eager, compiled = Training(), Training()
    step = mytorch.compile(compiled.step)
    for number in range(8):
        x, y = batch(number)
        if number == 6:
            for wrong in (-1, 2):
                bad = y.copy()
                bad[3] = wrong
                for training, run in ((eager, eager.step), (compiled, step)):
                    with pytest.raises(IndexError, match=f"label {wrong}"):
                        run(x, bad)
                    training.model.zero_grad()
        assert step(x, y).item() == eager.step(x, y).item()
        assert compiled.state() == eager.state()


@pytest.mark.parametrize("rows", [5, 500], ids=["few", "many"])
def test_places_are_those_of_each_run(rows: int, recordings: list[int]) -> None:
    def step(table, places):
        table.grad = None
        out = nn.functional.embedding(places, table)
        (out.gather(1, places[:, None] % 4) * out).sum().backward()
        return table.grad

    compiled = mytorch.compile(step)
    rng = np.random.default_rng(0)
    table = Tensor(rng.standard_normal((7, 4)).astype(np.float32), requires_grad=True)

    def both() -> None:
        places = Tensor(rng.integers(0, 7, rows))
        found = compiled(table, places).data.tobytes()
        assert found == step(table, places).data.tobytes()

    replayed(recordings, both)


def test_an_exception_leaves_what_eager_leaves() -> None:
    training = Training()

    @mytorch.compile
    def step(x, y):
        training.step(x, y)
        raise KeyError("mine")

    eager = Training()
    with pytest.raises(KeyError, match="mine"):
        step(*batch(0))
    eager.step(*batch(0))
    assert training.state() == eager.state()
    assert all(type(p.data) is np.ndarray for p in training.model.parameters())
    assert not recording_threads


def falls_back(function, *args, match: str):
    """The compiled function after it gave up, with one warning."""
    compiled = mytorch.compile(function)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for _ in range(5):
            compiled(*args)
    assert len(found) == 1
    assert re.search(match, str(found[0].message))
    assert found[0].filename == __file__
    assert linecache.getline(__file__, found[0].lineno).strip() == "compiled(*args)"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(*args)
    return compiled


class Drawer:
    def __init__(self, inner: dict[int, Tensor]) -> None:
        self.inner = inner


def test_a_list_that_grows_falls_back() -> None:
    seen: list[Tensor] = []

    def compute(x):
        y = x * 2
        seen.append(y)
        return y

    falls_back(compute, Tensor([1.0]), match="adds")
    assert [y.item() for y in seen] == [2.0] * 6
    assert all(type(y.data) is np.ndarray for y in seen)


class Room:
    pass


@pytest.mark.parametrize(
    "change",
    [
        lambda table, room, y: table.update({len(table): y}),
        lambda table, room, y: table.popitem(),
        lambda table, room, y: setattr(room, f"y{len(vars(room))}", y),
        lambda table, room, y: delattr(room, next(iter(vars(room)))),
    ],
    ids=["entry", "no entry", "attribute", "no attribute"],
)
def test_dicts_and_attributes_that_come_or_go_fall_back(change) -> None:
    def make():
        table = dict.fromkeys(range(9), 1.0) | dict.fromkeys(range(9, 12))
        room = Room()
        vars(room).update({f"x{number}": value for number, value in table.items()})

        def run(x, read=False):
            y = x * 2
            change(table, room, y)
            if read:
                y.item()
            return y

        return table, room, run

    def seen(value):
        return value.tolist() if isinstance(value, Tensor) else value

    def held(table, room):
        return [{key: seen(value) for key, value in d.items()} for d in (table, vars(room))]

    table, room, run = make()
    falls_back(run, Tensor([1.0]), match="adds to or removes from")
    mine = held(table, room)
    table, room, run = make()
    before = held(table, room)
    for _ in range(6):
        run(Tensor([1.0]))
    assert held(table, room) == mine != before
    table, room, run = make()
    with pytest.raises(CompileError, match="cannot be read"):
        mytorch.compile(run, fullgraph=True)(Tensor([1.0]), True)
    assert held(table, room) == before


@pytest.mark.filterwarnings("ignore:compile. mark runs uncompiled:UserWarning")
def test_an_attribute_that_an_argument_gets_falls_back() -> None:
    @mytorch.compile
    def mark(x):
        x.note = 1
        return x * 2

    for _ in range(6):
        x = Tensor([1.0])
        mark(x)
        assert x.note == 1
    assert mark.counts.replayed == 0


def test_a_result_with_attributes_falls_back() -> None:
    def marked(x):
        y = x * 2
        y.note = 1
        return y

    compiled = falls_back(marked, Tensor([1.0]), match=r"attributes \(note\)")
    assert compiled(Tensor([1.0])).note == 1


def test_a_result_that_no_replay_can_make_falls_back() -> None:
    falls_back(lambda x: (x * 2, object()), Tensor([1.0]), match="of type object cannot be made")
    falls_back(lambda x: (x * 2, {1, 2}), Tensor([1.0]), match="of type set cannot be made")

    def leaf(x):
        return Tensor((x * 2).data, requires_grad=True)

    compiled = falls_back(leaf, Tensor([1.0]), match="new leaf")
    assert compiled(Tensor([1.0])).requires_grad


@pytest.mark.parametrize("value", [1.5, float("nan"), -0.0, 1, True, None, "a", np.float32(2)])
def test_a_plain_value_is_returned_by_replays(value: object, recordings) -> None:
    compiled = mytorch.compile(lambda x: (x * 2, [value]))
    _, (found,) = replayed(recordings, lambda: compiled(Tensor([1.0])))
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_a_result_with_its_graph_falls_back() -> None:
    model = nn.Linear(2, 1)
    compiled = falls_back(model, Tensor([[1.0, 2.0]]), match="no_grad")
    compiled(Tensor([[1.0, 2.0]])).sum().backward()
    assert model.weight.grad is not None


def test_an_array_kept_out_of_sight_falls_back() -> None:
    drawer: dict[int, Tensor] = {}
    alive = Drawer(drawer)
    places = WeakValueDictionary({0: alive})

    def compute(x):
        y = x * 2
        places[0].inner[0] = y
        return y

    compiled = falls_back(compute, Tensor([0.0]), match="keeps an array")
    for number in range(5):
        compiled(Tensor([float(number)]))
        assert drawer[0].item() == 2 * number
    del alive


def test_a_plain_array_that_is_written_to_falls_back() -> None:
    def compute(x):
        total = np.zeros(2)
        total += x.data
        total *= 2
        return Tensor(total)

    compiled = falls_back(compute, Tensor([1.0, 2.0]), match="plain array")
    assert compiled(Tensor([2.0, 3.0])).data.tolist() == [4, 6]


def test_a_plain_array_that_changes_unseen_falls_back() -> None:
    def compute(x):
        plain = np.zeros(2)
        y = x + plain
        plain[0] = 5.0
        return y + plain

    compiled = falls_back(compute, Tensor([1.0, 2.0]), match="was changed during the run, unseen")
    assert compiled(Tensor([2.0, 3.0])).tolist() == [7, 3]


def test_a_refused_read_is_told_with_its_line() -> None:
    def read(x):
        return (x * 2).sum().item()  # here

    line = next(n for n, text in enumerate(linecache.getlines(__file__), 1) if "# here" in text)
    with pytest.raises(CompileError, match=re.escape(f"({__file__}, line {line})")):
        mytorch.compile(read, fullgraph=True)(Tensor([1.0]))


def test_what_cannot_be_recorded_falls_back() -> None:
    def compute(x):
        return Tensor(np.linalg.eigvalsh(x.data))

    compiled = falls_back(compute, Tensor([[2.0]]), match=r"np\.eigvalsh cannot be recorded")
    assert compiled(Tensor([[4.0]])).item() == 4.0


def test_layers_that_change_places_in_each_run_fall_back() -> None:
    class Swapping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            mytorch.manual_seed(0)
            self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

        def forward(self, x):
            self.layers = self.layers[::-1]
            return self.layers[0](x)

    eager, module = Swapping(), Swapping()
    x = Tensor([[1.0, 2.0]])
    with no_grad():
        falls_back(module, x, match="layers")
        for _ in range(6):
            eager(x)
        for _ in range(4):
            assert module(x).data.tobytes() == eager(x).data.tobytes()


def test_a_module_that_falls_back_with_a_graph_is_compiled_without(recordings) -> None:
    model = nn.Linear(2, 1)
    compiled = mytorch.compile(model)
    x = Tensor([[1.0, 2.0]])
    with pytest.warns(UserWarning, match="graph"):
        compiled(x).sum().backward()
    with no_grad():
        assert replayed(recordings, lambda: compiled(x)).item() == model(x).item()


@pytest.mark.parametrize("norm", [nn.utils.weight_norm, nn.utils.spectral_norm])
def test_a_weight_that_an_eager_step_has_computed_is_computed_anew(norm, recordings) -> None:
    """What backward has gone through stands in no replay's way, nor in a later eager step's."""
    x = Tensor([[1.0, 2.0], [3.0, -1.0]])

    def training(compiled: bool) -> list[bytes]:
        mytorch.manual_seed(0)
        layer = norm(nn.Linear(2, 3))
        optimizer = mytorch.optim.SGD(layer.parameters(), lr=0.1)

        def step(x: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = layer(x).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        run = mytorch.compile(step) if compiled else step
        losses = [step(x), *(run(x) for _ in range(6)), step(x), *(run(x) for _ in range(3))]
        if compiled:
            assert run.counts.replayed >= 4
            assert not run.counts.eager
        return [loss.data.tobytes() for loss in losses]

    assert training(compiled=True) == training(compiled=False)


def test_a_state_is_cut_from_the_graph_that_backward_has_gone_through() -> None:
    model, state = nn.RNNCell(2, 3), {"h": mytorch.zeros(1, 3)}

    def step(x: Tensor) -> Tensor:
        state["h"] = model(x, state["h"].detach())
        loss = state["h"].sum()
        loss.backward()
        return loss

    x = Tensor([[1.0, 2.0]])
    step(x)
    compiled = mytorch.compile(step)
    for _ in range(6):
        before = state["h"].detach().clone()
        assert compiled(x).item() == model(x, before).sum().item()
    assert compiled.counts.eager == 0
    assert compiled.counts.replayed > 2


def test_what_has_a_graph_falls_back() -> None:
    weight = mytorch.ones(2, requires_grad=True)
    doubled = weight * 2
    falls_back(lambda x: (doubled * x).detach(), Tensor([1.0, 2.0]), match=r"detach\(\) it first")
