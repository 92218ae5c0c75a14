"""Only what a run can have read is guarded, and all of that."""

import functools
import gc
import operator
import sys
from types import CodeType, SimpleNamespace
from typing import Any
from weakref import ref

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, no_grad, optim
from mytorch.compiler import kinds, recording
from mytorch.compiler.reads import DECLARED, Reads, watched
from mytorch.compiler.recording import Changing, Recording
from mytorch.compiler.stand_in import SETS_EVENTS, Recorded
from mytorch.compiler.state import Place, walk
from mytorch.compiler.tape import Tape
from mytorch.compiler.understood import SIGNS
from mytorch.nn import functional as F
from tests.compiler.trainings import Training, batch

X = Tensor(np.array([1.0, 2.0]))


class Scaling:
    """Multiplies by `factor`, which it finds in one way or another."""

    __match_args__ = ("factor",)

    def __init__(self) -> None:
        self.factor = 1.0
        self.epoch = 0

    def step(self, x: Tensor) -> Tensor:
        return x * self.factor


def by_getattr(self: Scaling, x: Tensor) -> Tensor:
    return x * getattr(self, "fac" + "tor")


def by_its_dict(self: Scaling, x: Tensor) -> Tensor:
    return x * self.__dict__["factor"]


def by_vars(self: Scaling, x: Tensor) -> Tensor:
    return x * vars(self)["factor"]


def by_a_method_of_object(self: Scaling, x: Tensor) -> Tensor:
    return x * object.__getattribute__(self, "fac" + "tor")


def by_map(self: Scaling, x: Tensor) -> Tensor:
    (factor,) = map(getattr, [self], ["fac" + "tor"])
    return x * factor


read = operator.attrgetter("factor")


def by_a_reader(self: Scaling, x: Tensor) -> Tensor:
    return x * read(self)


look = getattr


def by_getattr_of_another_name(self: Scaling, x: Tensor) -> Tensor:
    return x * look(self, "fac" + "tor")


lookup = functools.partial(getattr)


def by_a_partial(self: Scaling, x: Tensor) -> Tensor:
    return x * lookup(self, "fac" + "tor")


def by_a_pattern(self: Scaling, x: Tensor) -> Tensor:
    match self:
        case Scaling(factor):
            return x * factor
    raise AssertionError


FACTORS = {"1.0": 1.0, "3.0": 3.0}


def by_a_format(self: Scaling, x: Tensor) -> Tensor:
    return x * FACTORS["{0.factor}".format(self)]  # noqa: UP030, UP032


def by_a_property(self: Scaling, x: Tensor) -> Tensor:
    return x * self.twice


def by_a_generator(self: Scaling, x: Tensor) -> Tensor:
    return x * next(this.factor for this in [self])


class Plain:
    """An object with these attributes."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Sought(Scaling):
    @property
    def twice(self) -> float:
        return self.factor * 2


WAYS = [
    Scaling.step,
    by_getattr,
    by_its_dict,
    by_vars,
    by_a_method_of_object,
    by_map,
    by_a_reader,
    by_getattr_of_another_name,
    by_a_partial,
    by_a_pattern,
    by_a_format,
    by_a_property,
    by_a_generator,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_was_read_is_guarded_in_whatever_way(way, recordings) -> None:
    scaling = Sought()
    step = mytorch.compile(lambda x: way(scaling, x))
    with no_grad():
        for _ in range(3):
            step(X)
        assert len(recordings) == 2
        before = step(X).data
        scaling.factor = 3.0
        np.testing.assert_array_equal(step(X).data, 3 * before)


def test_what_was_not_read_may_change(recordings) -> None:
    scaling = Scaling()
    step = mytorch.compile(scaling.step)
    with no_grad():
        for epoch in range(5):
            scaling.epoch = epoch
            assert step(X).tolist() == [1, 2]
    assert len(recordings) == 2


def test_where_somebody_profiles_all_is_guarded(recordings, monkeypatch) -> None:
    monkeypatch.setattr(kinds, "FIRST", 6)
    scaling = Scaling()
    step = mytorch.compile(scaling.step)
    calls: list[str] = []

    def profile(frame, event, argument) -> None:
        calls.append(event)

    sys.setprofile(profile)
    try:
        with no_grad():
            for epoch in "abcde":
                scaling.epoch = epoch
                step(X)
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    assert step.counts == (2, 0, 3)
    assert calls


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad])
def test_the_library_reads_attributes_by_their_names(optimizer: type) -> None:
    """In a training step of its own, else every step would have all its attributes guarded: a
    function that uses `getattr` and its kin has to be declared, with the names it reads."""
    training, criterion = Training(make=functools.partial(optimizer, lr=0.1)), nn.CrossEntropyLoss()
    norm, schedule = nn.LayerNorm(2), optim.lr_scheduler.StepLR(training.optimizer, 5)

    def step(x: np.ndarray, y: np.ndarray) -> None:
        training.optimizer.zero_grad()
        training.model.steps = len(x)
        out = F.dropout(norm(training.model(Tensor(x))), 0.5)
        loss = criterion(out, y) + out.softmax(dim=1).max(dim=-1)[0].clone().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
        nn.utils.clip_grad_value_(training.model.parameters(), 0.5)
        training.optimizer.step()
        schedule.step()

    step(*batch(0))
    noted = Reads()
    with noted:
        step(*batch(1))
    ran = [code for code in noted._codes.values() if not SIGNS.isdisjoint(code.co_names)]
    assert {code.co_qualname for code in ran} <= DECLARED
    assert noted.names is not None
    assert "in_features" not in noted.names


def test_the_profile_function_is_taken_away_after_an_error() -> None:
    def fail(x: Tensor) -> Tensor:
        raise KeyError(x)

    with pytest.raises(KeyError):
        mytorch.compile(fail)(X)
    assert sys.getprofile() is None


def test_the_users_function_inside_a_recorded_call_is_seen_and_the_tape_is_not() -> None:
    codes: list[CodeType] = []

    def double(value: float) -> float:
        codes.append(sys._getframe().f_code)
        return value * 2

    call: Any = np.frompyfunc(double, 1, 1)
    record = Recording(lambda x: (call(x.data), x + 1)[1], (X,), {}, Changing())
    record.run()
    assert codes
    assert {*map(id, codes)} <= (record.reads.ran or set())
    method: Any = Recorded.__array_ufunc__
    assert id(method.__code__) in record.reads._rooms
    for inner in (Tape.call, Tape._call):
        assert (id(inner.__code__) in record.reads._rooms) == SETS_EVENTS


def test_a_recording_ends_with_its_last_reference() -> None:
    """It holds arrays: no cycle may keep them until garbage is collected."""
    record = Recording(lambda x: x * 2, (X,), {}, Changing())
    tape, reach = ref(record.tape), ref(record.reach)
    gc.disable()
    try:
        record.run()
        del record
        assert tape() is None
        assert reach() is None
    finally:
        gc.enable()


def test_an_optimizer_settles_before_the_one_walk_of_a_later_recording(monkeypatch: Any) -> None:
    walks: list[int] = []

    def counted(roots: list[Place]) -> Any:
        walks.append(1)
        return walk(roots)

    monkeypatch.setattr(recording, "walk", counted)
    training, changing = Training(), Changing()
    for number in range(3):
        Recording(training.step, batch(number), {}, changing).run()
    assert len(walks) == 4


def test_an_attribute_that_comes_to_hide_a_method_is_seen() -> None:
    """Also where one that nobody reads goes: there are as many as before."""

    class Doubling(Scaling):
        def change(self, x: Tensor) -> Tensor:
            return x * 2

        def step(self, x: Tensor) -> Tensor:
            return self.change(x)

    doubling = Doubling()
    step = mytorch.compile(doubling.step)
    with no_grad():
        for _ in range(3):
            assert step(X).tolist() == [2, 4]
        del doubling.epoch
        doubling.change = lambda x: x * 5
        assert step(X).tolist() == [5, 10]


def test_what_is_read_under_two_names_is_guarded_by_the_one_that_was_used(recordings) -> None:
    shared = Plain(factor=2.0)
    both = Plain(spare=shared, used=shared)
    step = mytorch.compile(lambda x: x * both.used.factor)
    with no_grad():
        for _ in range(3):
            step(X)
        both.spare = None
        step(X)
        assert len(recordings) == 2
        shared.factor = 3.0
        assert step(X).tolist() == [3, 6]
        both.used = Plain(factor=4.0)
        assert step(X).tolist() == [4, 8]


def test_what_hangs_below_something_that_nobody_reads_is_guarded_where_it_is_read(
    recordings,
) -> None:
    class Summing:
        def __init__(self) -> None:
            self.shown = self.last = Tensor(np.zeros(2))

        def step(self, x: Tensor) -> Tensor:
            self.last = self.last + x
            return self.last * 2

    eager, summing = Summing(), Summing()
    step = mytorch.compile(summing.step)
    with no_grad():
        for _ in range(6):
            summing.shown = summing.last
            assert step(X).tolist() == eager.step(X).tolist()
    assert len(recordings) < 5


def test_attributes_that_are_compared_in_c_are_guarded() -> None:
    settings, usual = SimpleNamespace(factor=1.0), SimpleNamespace(factor=1.0)
    step = mytorch.compile(lambda x: x if settings == usual else x * 2)
    with no_grad():
        for _ in range(3):
            assert step(X).tolist() == [1, 2]
        settings.factor = 3.0
        assert step(X).tolist() == [2, 4]


def test_all_is_guarded_if_else_something_would_be_missing() -> None:
    shared = Plain(factor=1.0)
    places = [*walk([Place(None, "x0", Plain(other=shared, __array_interface__=3))])]
    kept = [place.value for place in watched(places, set(), [])]
    assert shared not in kept
    assert 3 in kept
    assert watched(places, set(), [shared]) is places


def test_the_flags_of_layers_and_options_of_optimizers_are_guarded(recordings) -> None:
    mytorch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    twin = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    twin.load_state_dict(model.state_dict())
    optimizers = [optim.SGD(m.parameters(), lr=0.1, momentum=0.5) for m in (model, twin)]

    def training(m: nn.Module, optimizer: optim.SGD):
        def step(x: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = (m(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step

    eager, step = training(twin, optimizers[1]), mytorch.compile(training(model, optimizers[0]))
    x = Tensor(np.random.default_rng(0).normal(size=(4, 2)))
    changes = [
        lambda m, o: setattr(m[1], "momentum", 0.5),
        lambda m, o: setattr(m[1], "eps", 0.1),
        lambda m, o: m[1].eval(),
        lambda m, o: setattr(o, "lr", 0.01),
        lambda m, o: setattr(o, "momentum", 0.1),
        lambda m, o: setattr(m[0], "bias", None),
        lambda m, o: m[2].weight.requires_grad_(False),
    ]
    for change in [lambda m, o: None, *changes]:
        change(model, optimizers[0])
        change(twin, optimizers[1])
        for _ in range(4):
            before = len(recordings)
            assert step(x).item() == eager(x).item()
        assert len(recordings) == before  # a replay in the end
