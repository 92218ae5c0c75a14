"""How often calls are recorded: what leads to nothing takes a small part of the calls."""

import linecache
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import mytorch
from mytorch import Tensor
from mytorch.compiler import kinds
from mytorch.compiler.kinds import AGAIN, FIRST, PRICE
from tests.compiler.trainings import Training, batch

X = Tensor([1.0])


class Settings:
    name = ""


def told(run: Callable[[], Any]) -> list[str]:
    """The warnings of a run."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run()
    return [str(warning.message) for warning in found]


def test_what_always_changes_is_seldom_recorded_and_told_once() -> None:
    settings = Settings()
    compiled = mytorch.compile(lambda x: x * 2 if settings.name else -x)

    def run() -> None:
        for number in range(1000):
            settings.name = f"run {number}"
            assert compiled(X).item() == 2

    (message,) = told(run)
    assert ".name" in message
    assert compiled.counts.recorded <= FIRST + AGAIN
    assert sum(compiled.counts) == 1000
    assert told(run) == []


@pytest.mark.parametrize("what", ["text", "shape"])
def test_what_is_new_each_time_is_not_recorded_to_find_that_out_again(what: str) -> None:
    """Though the first two runs of a training differ in more than that."""
    training, settings = Training(), Settings()

    @mytorch.compile
    def step(x: Any, y: Any) -> Tensor:
        return training.step(x, y) if settings.name else Tensor(x)

    def run() -> None:
        for number in range(100):
            settings.name = str(number * (what == "text"))
            step(*(part[: 2 + number % 7 if what == "shape" else 8] for part in batch(0)))

    (message,) = told(run)
    match = r"\.name .* was '0', then '1'" if what == "text" else r"x0 was an array of shape \(2,"
    assert re.search(match, message), message
    assert step.counts == (2, 0, 98)


def test_an_entry_that_was_new_each_time_may_be_gone() -> None:
    names = ["0", "a"]
    compiled = mytorch.compile(lambda x: x * 2 if names[-1] else -x)

    def run() -> None:
        for names[:] in (["0", "a"], ["1", "b"], ["c"], ["d", "e"], ["f", "g"]):
            assert compiled(X).item() == 2

    assert len(told(run)) == 1


def test_three_shapes_in_turn_are_found() -> None:
    training = Training()
    step = mytorch.compile(training.step)

    def run() -> None:
        for _ in range(20):
            for rows in (8, 3, 5):
                step(*(part[:rows] for part in batch(0)))

    assert told(run) == []
    assert step.counts.replayed > 30


def test_a_value_read_where_the_run_adds_to_a_list_is_recorded_once() -> None:
    losses: list[float] = []

    @mytorch.compile
    def step(x: Tensor) -> Tensor:
        losses.append((x * x).sum().item())
        return x * 2

    assert len(told(lambda: [step(X) for _ in range(100)])) == 1
    assert step.counts == (1, 0, 99)


def test_what_settles_late_is_found() -> None:
    settings = Settings()
    compiled = mytorch.compile(lambda x: x * 2 if settings.name else -x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(500):
            settings.name = f"run {number}"
            compiled(X)
    for _ in range(2 * PRICE):
        assert compiled(X).item() == 2
    assert compiled.counts.replayed


def test_two_kinds_of_batches_in_turn_are_found_among_the_first_recordings() -> None:
    """Of each the first finds no gradients: what has led to one program may lead to more."""
    training = Training()
    step = mytorch.compile(training.step)
    for _ in range(50):
        step(*batch(0))
        step(*(part[:2] for part in batch(1)))
    assert step.counts.recorded == FIRST + 1
    assert step.counts.eager == 0


def test_three_kinds_of_calls_in_turn_are_found() -> None:
    """Two batches, and the evaluation of the first."""
    training = Training()

    @mytorch.compile
    def step(x: Any, y: Any) -> Tensor:
        if training.model.training:
            return training.step(x, y)
        with mytorch.no_grad():
            return training.model(Tensor(x))

    def run() -> None:
        for _ in range(100):
            for rows, mode in ((8, True), (3, True), (8, False)):
                training.model.train(mode)
                step(*(part[:rows] for part in batch(0)))

    assert told(run) == []
    assert step.counts.recorded < 10
    assert step.counts.replayed > 200


def test_what_is_replayed_in_turn_with_what_always_changes() -> None:
    settings = Settings()

    def function(x: Tensor) -> Tensor:
        return x * 2 if settings.name else -x

    compiled = mytorch.compile(function)
    settings.name = "usual"
    for _ in range(3):
        compiled(X)

    def run() -> None:
        for number in range(500):
            settings.name = f"run {number}" if number % 2 else "usual"
            compiled(X)

    assert told(run) == []
    assert compiled.counts.recorded < 16
    assert compiled.counts.replayed == 251


def test_a_value_read_in_the_first_steps_alone_is_no_hindrance_later() -> None:
    training = Training()
    settings = Settings()

    @mytorch.compile
    def step(x: Any, y: Any) -> Tensor:
        loss: Tensor = training.step(x, y)
        if settings.name:
            loss.item()
        return loss

    settings.name = "loud"
    assert len(told(lambda: [step(*batch(0)) for _ in range(3)])) == 1
    assert step.counts == (1, 0, 2)
    settings.name = ""
    assert told(lambda: [step(*batch(0)) for _ in range(1100)]) == []
    assert step.counts.replayed > 90


def test_runs_that_raise_are_seldom_recorded() -> None:
    def function(x: Tensor) -> Tensor:
        raise KeyError(x.shape)

    compiled = mytorch.compile(function)
    for _ in range(300):
        with pytest.raises(KeyError):
            compiled(X)
    assert compiled.counts == (FIRST, 0, 300 - FIRST)


def test_many_sizes_are_recorded_by_and_by() -> None:
    compiled = mytorch.compile(lambda x: x * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(9000):
            compiled(Tensor([1.0] * (1 + number % 5)))
    assert compiled.counts.recorded == 10
    assert compiled.counts.replayed > 5000


class Step:
    factor, name = 2.0, ""

    def run(self, x: Tensor, rng: Any) -> Tensor:
        if self.factor > 0:  # decides
            x = x * 2
        if self.name:  # names
            x = x + 1
        return x + Tensor(rng())


CHANGES: dict[str, tuple[Callable[[Step, int], Any], str, str]] = {
    "number": (lambda s, n: setattr(s, "factor", (-1.0) ** n), r"\.factor", "decides"),
    "text": (lambda s, n: setattr(s, "name", str(n)), r"\.name .* was '\d+', then '\d+'", "names"),
    "shape": (lambda s, n: n + 1, r"x0\._data was an array of shape \(\d,\).*padding", ""),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_is_named_with_its_line_and_the_cure(name: str, monkeypatch: Any) -> None:
    change, match, line = CHANGES[name]
    monkeypatch.setattr(kinds, "FIRST", 4)
    thing = Step()
    compiled = mytorch.compile(lambda x: thing.run(x, lambda: 1.0))

    def run() -> None:
        for number in range(12):
            size = change(thing, number) or 1
            compiled(Tensor([1.0] * size))

    messages = told(run)
    if name == "number":  # found to be one of two
        assert compiled.counts.replayed or messages
        return
    (message,) = messages
    assert re.search(match, message), message
    if line:
        number = int(re.search(r"test_pace\.py, line (\d+)\)", message)[1])  # type: ignore[index]
        assert f"# {line}" in linecache.getline(__file__, number)
