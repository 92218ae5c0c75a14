"""Trials: a program is proven by one call that is replayed and run beside it."""

import warnings
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, no_grad, optim
from mytorch.compiler import trial
from mytorch.compiler.recording import Recording
from tests.compiler.trainings import Training, batch


@pytest.fixture
def recorded(monkeypatch) -> list[Any]:
    """The recordings that were made."""
    found: list[Any] = []
    run = Recording.run

    def noted(self: Recording) -> Any:
        found.append(self)
        return run(self)

    monkeypatch.setattr(Recording, "run", noted)
    return found


def test_a_training_is_recorded_twice_and_then_tried(recorded) -> None:
    training = Training()
    step = mytorch.compile(training.step)
    for _ in range(6):
        step(*batch(0))
    assert len(recorded) == 2
    assert step.counts == (3, 3, 0)


def test_what_is_given_another_number_each_time_is_recorded_again(recorded) -> None:
    scaled = mytorch.compile(lambda x, by: x * by)
    for number in range(5):
        assert scaled(Tensor([1.0]), 0.5 + number).item() == 0.5 + number
    assert len(recorded) == 2


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam])
def test_a_trial_leaves_what_the_run_leaves(optimizer) -> None:
    """Draws, warnings, buffers, gradients, counts and what the optimizer remembers."""
    found = []
    for compiles in (True, False):
        mytorch.manual_seed(1)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
        optimization = optimizer(model.parameters(), lr=0.1)
        x = Tensor(np.random.default_rng(0).normal(size=(8, 3)))

        def step(x: Tensor) -> Tensor:
            optimization.zero_grad()  # noqa: B023
            loss = model(x).square().mean()  # noqa: B023
            loss.backward()
            optimization.step()  # noqa: B023
            return loss

        run = mytorch.compile(step) if compiles else step
        losses = [run(x).data.tobytes() for _ in range(3)]
        state = [value.data.tobytes() for value in model.state_dict().values()]
        entries = optimization.state_dict()["state"].values()
        kept = [np.asarray(getattr(v, "data", v)).tobytes() for e in entries for v in e.values()]
        grads = [np.asarray(param.grad).tobytes() for param in model.parameters()]
        found.append([losses, state, kept, grads, np.random.random()])
    assert found[0] == found[1]


def test_floating_point_warnings_of_a_trial_come_once() -> None:
    compiled = mytorch.compile(lambda x: np.log(x.data))
    x = Tensor([0.0])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        compiled(x)
        del told[:]
        assert compiled(x).item() == -np.inf
    assert len(told) == 1


def test_a_run_that_does_something_else_is_the_one_that_counts(monkeypatch, recorded) -> None:
    """As if the program had not been the recorded run's."""
    total = Tensor([0.0])

    def add(x: Tensor) -> Tensor:
        total.data[...] += x.data
        return total * 1.0

    class Wrong(trial.Program):
        def __init__(self, plan: Any) -> None:
            super().__init__(plan)
            run = self.run

            def another(x: Tensor) -> Any:
                run(x)
                return run(x)

            self.run = another

    monkeypatch.setattr(trial, "Program", Wrong)
    compiled = mytorch.compile(add)
    with no_grad():
        found = [compiled(Tensor([1.0])).item() for _ in range(6)]
    assert found == [1, 2, 3, 4, 5, 6]
    assert len(recorded) == 2
    assert compiled.counts == (3, 3, 0)


def test_an_error_in_a_trial_is_the_runs_own() -> None:
    rows, total = Tensor([1.0, 2.0]), Tensor([0.0])

    def take(i: Any) -> Tensor:
        total.data[...] += 1
        return rows[i]

    compiled = mytorch.compile(take)
    with no_grad():
        compiled(np.array([0]))
        with pytest.raises(IndexError):
            compiled(np.array([2]))
        assert total.item() == 2
        assert compiled(np.array([1])).item() == 2


def test_what_is_compiled_inside_is_a_part_of_a_trial() -> None:
    inner = mytorch.compile(lambda x: x * 2)
    outer = mytorch.compile(lambda x: inner(x) + 1)
    for _ in range(4):
        assert outer(Tensor([1.0])).item() == 3
    assert outer.counts == (2, 2, 0)
    assert inner.counts == (0, 0, 0)


def test_a_program_for_other_shapes_is_not_tried(monkeypatch) -> None:
    tried: list[Any] = []
    replay = trial.Trial.replay

    def noted(self: trial.Trial, values: tuple[Any, ...]) -> bool:
        tried.append(values)
        return replay(self, values)

    monkeypatch.setattr(trial.Trial, "replay", noted)
    double = mytorch.compile(lambda x: x * 2)
    for size in (1, 2):
        double(Tensor([1.0] * size))
    assert not tried
    double(Tensor([1.0] * 2))
    assert len(tried) == 1
