"""How often calls are recorded: what leads to nothing takes a small part of the calls."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import mytorch
from mytorch import Tensor
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
    assert "different in each" in message
    assert compiled.counts.recorded <= FIRST + AGAIN
    assert sum(compiled.counts) == 1000
    assert told(run) == []


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
