"""Each kind of place that a compiled function can depend on: one change, after replays, is seen."""

import collections
import enum
import functools
import itertools
import types
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

import mytorch
from mytorch import CompileError, Tensor, nn, no_grad
from tests.compiler.trainings import Runs, replayed

Step = Callable[[Tensor], Tensor]
Change = Callable[[], object]


def classes() -> Iterator[tuple[str, Step, Change]]:
    """Changes of classes alone: no instance and no argument changes."""
    for name in ("Base", "Derived"):
        for what in ("number", "method", "static", "a_class", "attribute", "special"):

            class Base:
                factor = 2.0

                def scaled(self, x: Tensor) -> Tensor:
                    return x * self.factor

                @staticmethod
                def fixed(x: Tensor) -> Tensor:
                    return x + 1

                @classmethod
                def shifted(cls, x: Tensor) -> Tensor:
                    return x - cls.factor

                @property
                def size(self) -> float:
                    return 3.0

                def __call__(self, x: Tensor) -> Tensor:
                    return x * 4

            class Derived(Base):
                pass

            thing = Derived()
            owner = {"Base": Base, "Derived": Derived}[name]
            changed = {
                "number": ("factor", 5.0),
                "method": ("scaled", lambda self, x: x * 7),
                "static": ("fixed", staticmethod(lambda x: x + 10)),
                "a_class": ("shifted", classmethod(lambda cls, x: x - 20)),
                "attribute": ("size", property(lambda self: 9.0)),
                "special": ("__call__", lambda self, x: x * 40),
            }[what]

            def run(x: Tensor, thing: Derived = thing) -> Tensor:
                return thing.scaled(x) + thing.fixed(x) + thing.shifted(x) * thing.size + thing(x)

            yield f"{what} of {name}", run, functools.partial(setattr, owner, *changed)


def functions() -> Iterator[tuple[str, Step, Change]]:
    """Changes of what functions hold."""

    def inner(x: Tensor, factor: float = 2.0, *, shift: float = 1.0) -> Tensor:
        return x * factor + shift

    yield "default", lambda x: inner(x), lambda: setattr(inner, "__defaults__", (3.0,))

    def other(x: Tensor, *, shift: float = 1.0) -> Tensor:
        return x + shift

    yield "keyword", lambda x: other(x), lambda: other.__kwdefaults__.update(shift=5.0)

    def third(x: Tensor, *, shift: float = 1.0) -> Tensor:
        return x + shift

    yield "keywords", lambda x: third(x), lambda: setattr(third, "__kwdefaults__", {"shift": 5.0})
    own = {"factor": 2.0}
    exec("def found(x): return x * factor", own)
    yield "global", own["found"], lambda: own.update(factor=3.0)
    module = types.ModuleType("settings_of_a_user")
    module.factor = 2.0
    scope = {"settings": module}
    exec("def found(x): return x * settings.factor", scope)
    yield "global of a module", scope["found"], lambda: setattr(module, "factor", 3.0)
    cell = 2.0

    def put(value: float) -> None:
        nonlocal cell
        cell = value

    yield "closure", lambda x: x * cell, lambda: put(3.0)


def containers() -> Iterator[tuple[str, Step, Change]]:
    """Changes of what holds others."""

    class Slotted:
        __slots__ = ("factor",)

    @dataclass
    class Data:
        factor: float = 2.0

    for thing in (Slotted(), Data(), types.SimpleNamespace()):
        thing.factor = 2.0
        yield (
            type(thing).__name__,
            lambda x, thing=thing: x * thing.factor,
            functools.partial(setattr, thing, "factor", 3.0),
        )
    numbers = {2.0}
    yield "set", lambda x: x * max(numbers), lambda: numbers.add(3.0)
    queue = collections.deque([2.0, 3.0])
    yield "deque", lambda x: x * queue[0], lambda: queue.rotate()
    nested = [({"a": [2.0]},)]
    yield "nested", lambda x: x * nested[0][0]["a"][0], lambda: nested[0][0]["a"].insert(0, 3.0)
    partial = functools.partial(mytorch.add, alpha=2.0)
    yield "partial", lambda x: partial(x, x), lambda: partial.keywords.update(alpha=3.0)


ALL = [*classes(), *functions(), *containers()]


@pytest.mark.parametrize(("run", "change"), [row[1:] for row in ALL], ids=[row[0] for row in ALL])
def test_one_change_after_replays_is_seen(run: Step, change: Change, recordings: Runs) -> None:
    x = Tensor([1.0, 2.0])
    compiled = mytorch.compile(run)
    before = replayed(recordings, lambda: compiled(x)).tolist()
    change()
    expected = run(x).tolist()
    assert expected != before
    assert compiled(x).tolist() == expected
    assert replayed(recordings, lambda: compiled(x)).tolist() == expected


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 1


KEYS: list[Hashable] = [
    Colour.RED,
    Level.HIGH,
    (1, "a"),
    (Colour.RED, (2.0, None)),
    int,
    Colour,
    2.5,
    -0.0,
    float("inf"),
    float("nan"),
    1j,
    b"a",
    None,
    True,
    frozenset([1]),
    np.float32(2.5),
    np.dtype(np.float32),
    pytest.param(object(), id="object"),
    "a 'b' \n",
    -1,
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_whatever_is_the_key_of_a_dict_its_value_is_watched(key: object, recordings: Runs) -> None:
    table = {key: 2.0, "other": Tensor([1.0])}
    compiled = mytorch.compile(lambda x: x * table[key] + table["other"])
    x = Tensor([1.0])
    for value in (2.0, 3.0):
        table[key] = value
        assert replayed(recordings, lambda: compiled(x)).item() == value + 1
    # Also where the run puts a value there.
    held = {key: Tensor([0.0])}

    def run(x: Tensor) -> None:
        held[key] = x * 2

    compiled = mytorch.compile(run)
    for number in range(6):
        compiled(Tensor([float(number)]))
        assert held[key].item() == 2 * number


SHAPES = [(), (1,), (2,), (1, 2), (2, 1), (1, 1), (2, 2), (1, 2, 1), (1, 1, 2), (0,), (1, 0)]


@pytest.mark.parametrize("function", [np.add, np.multiply, np.maximum], ids=lambda f: f.__name__)
@pytest.mark.parametrize("made", [False, True], ids=["given", "made"])
def test_operands_that_differ_by_axes_of_size_1(
    function: np.ufunc, made: bool, recordings: Runs
) -> None:
    def run(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        if made:
            x, y = x * 3, y - 5
        results = [function(x, y), function(y, x)]
        if made:
            x *= 2
        return [*results, function(x, y) * 1]

    compiled = mytorch.compile(run)
    compared = 0
    for shapes in itertools.product(SHAPES, SHAPES):
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            continue
        recorded = len(recordings)
        compiled.__init__(run)
        for number in range(5):
            generator = np.random.default_rng(number)
            x, y = (generator.normal(size=shape) for shape in shapes)
            expected = run(x.copy(), y.copy())
            found = compiled(x, y)
            assert [a.tolist() for a in found] == [a.tolist() for a in expected], shapes
        assert len(recordings) == recorded + 2
        compared += 1
    assert compared > 60
    assert recordings.replays == 3 * compared


def test_a_product_of_matrices_whose_result_is_as_large_as_a_factor(recordings: Runs) -> None:
    weight = Tensor(np.arange(12.0).reshape(4, 3))

    def run(x: Tensor) -> np.ndarray:
        return np.matmul(x.data, weight.data)

    compiled = mytorch.compile(run)
    x = Tensor(np.arange(16.0).reshape(2, 2, 4))
    assert replayed(recordings, lambda: compiled(x)).tolist() == run(x).tolist()


def test_whether_a_graph_is_recorded_is_a_part_of_the_signature(recordings: Runs) -> None:
    model = nn.Linear(2, 1)
    compiled = mytorch.compile(model)
    x = Tensor([[1.0, 2.0]])
    with no_grad():
        assert not replayed(recordings, lambda: compiled(x)).requires_grad
    with pytest.warns(UserWarning, match="graph"):
        assert compiled(x).requires_grad
    assert compiled(x).requires_grad
    with no_grad():
        assert not replayed(recordings, lambda: compiled(x)).requires_grad
    compiled = mytorch.compile(lambda x: x * (2 if mytorch.is_grad_enabled() else 3))
    for _ in range(2):
        assert replayed(recordings, lambda: compiled(x)).tolist() == [[2, 4]]
        with no_grad():
            assert replayed(recordings, lambda: compiled(x)).tolist() == [[3, 6]]
        assert replayed(recordings, lambda: compiled(x=x)).tolist() == [[2, 4]]
        with no_grad():
            assert replayed(recordings, lambda: compiled(x=x)).tolist() == [[3, 6]]


def test_too_many_places_fall_back() -> None:
    numbers = [float(n) for n in range(30_000)]
    compiled = mytorch.compile(lambda x: x * numbers[5])
    with pytest.warns(UserWarning, match="more than 20000 places to watch") as found:
        assert [compiled(Tensor([1.0])).item() for _ in range(5)] == [5] * 5
    assert len(found) == 1
    numbers[5] = 7.0
    assert compiled(Tensor([1.0])).item() == 7


@pytest.mark.parametrize("draws", [1, 2, 7])
def test_the_random_state_is_put_back_after_a_refused_read(draws: int) -> None:
    def run(x: Tensor) -> float:
        return (x + Tensor(np.random.standard_normal(draws)).sum()).item()

    np.random.seed(0)
    expected = np.random.standard_normal(9).tolist()
    np.random.seed(0)
    with pytest.raises(CompileError, match="cannot be read"):
        mytorch.compile(run, fullgraph=True)(Tensor([1.0]))
    assert np.random.standard_normal(9).tolist() == expected


def test_a_constant_with_nan_is_the_same_each_time(recordings: Runs) -> None:
    def run(x: Tensor) -> Tensor:
        constant = np.array([1.0, np.nan])
        return Tensor(x.data * constant + constant)

    compiled = mytorch.compile(run)
    x = Tensor([1.0, 2.0])
    np.testing.assert_array_equal(replayed(recordings, lambda: compiled(x)).data, [2, np.nan])


def test_what_is_replaced_between_calls_is_an_input(recordings: Runs) -> None:
    """As by `model.set_input(batch)` before `model.optimize()`."""
    held = types.SimpleNamespace(options={}, weight=Tensor([1.0, 2.0], requires_grad=True))

    class Model:
        def set_input(self, number: int) -> None:
            self.x = Tensor([1.0, 1.0 + number])
            held.options["mean"] = np.array([number / 2, 1.0])
            held.weight = Tensor([1.0, number / 3])

        def optimize(self) -> Tensor:
            return self.x * held.options["mean"] + held.weight

    model = Model()
    step = mytorch.compile(model.optimize)
    for number in range(10):
        model.set_input(number)
        assert step().tolist() == model.optimize().tolist()
    assert recordings.replays == 7
    model.x = held.weight.detach()
    held.options["mean"] = model.x.data
    assert step().tolist() == model.optimize().tolist()
