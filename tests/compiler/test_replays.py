"""What replays cost: no memory but their results, no numbers made again, no recordings kept."""

import gc
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.compiler.buffers import _Pieces
from mytorch.compiler.program import Program
from tests.compiler.trainings import programs
from tests.peak_memory import peak_bytes


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Sigmoid, nn.Tanh])
def test_a_replayed_step_needs_no_memory_but_its_gradients(optimizer: Any, activation: Any) -> None:
    model = nn.Sequential(nn.Linear(4, 500), activation(), nn.Linear(500, 3))
    parameters = optimizer(model.parameters(), lr=0.01)
    loss = nn.CrossEntropyLoss()
    x, labels = Tensor(np.ones((200, 4))), Tensor(np.zeros(200, np.int64))

    def step() -> Tensor:
        parameters.zero_grad()
        result: Tensor = loss(model(x), labels)
        result.backward()
        parameters.step()
        return result

    compiled = mytorch.compile(step)
    for _ in range(3):
        compiled()
    assert programs(compiled)
    activations = 200 * 500 * 8
    assert peak_bytes(step) > activations > 10 * peak_bytes(compiled)


def held_bytes(step: Callable[[], Tensor]) -> int:
    """The most bytes that a call holds at once, with all that earlier calls have made and kept."""

    def run() -> None:
        for _ in range(4):
            step()
        gc.collect()
        tracemalloc.reset_peak()
        step()

    return peak_bytes(run)


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.GELU], ids=["buffers", "new arrays"])
def test_a_replay_holds_no_more_than_eager(activation: Any) -> None:
    """What no later call needs is written over, or let go of where the call makes it."""
    layers = [nn.Sequential(nn.Linear(60, 60), nn.LayerNorm(60), activation()) for _ in range(2)]
    model = nn.Sequential(*layers)
    x = Tensor(np.ones((3000, 60)))

    def step() -> Tensor:
        for parameter in model.parameters():
            parameter.grad = None
        result = model(x).sum()
        result.backward()
        return result

    compiled = mytorch.compile(step)
    assert held_bytes(compiled) < 1.1 * held_bytes(step)
    (program,) = programs(compiled)
    assert ("del " in program.source) == (activation is nn.GELU)


def test_a_recording_holds_no_more_than_eager() -> None:
    """What the run makes goes when it would go without the tape."""
    model = nn.Sequential(*(nn.Sequential(nn.Linear(60, 60), nn.Tanh()) for _ in range(6)))
    x = Tensor(np.ones((3000, 60)))

    def step() -> Tensor:
        model.zero_grad()
        result = model(x).sum()
        result.backward()
        return result

    step()
    compiled = mytorch.compile(step)
    assert peak_bytes(compiled) < 1.2 * peak_bytes(step)
    assert compiled.counts.recorded == 1


def test_arrays_that_have_the_id_of_one_that_is_gone_are_others() -> None:
    def pieces(x: Tensor) -> list[Tensor]:
        parts = []
        for i in range(20):
            y = x * i  # where the last one was
            parts.append(y[i % 3 :].sum() + y.T[1:].sum())
        return parts

    compiled = mytorch.compile(pieces)
    for seed in range(4):
        x = Tensor(np.random.default_rng(seed).random((4, 3)))
        assert [part.item() for part in compiled(x)] == [part.item() for part in pieces(x)]
    assert compiled.counts.replayed == 2


def test_a_closure_of_lbfgs_is_replayed() -> None:
    def training(compiled: bool) -> list[bytes]:
        mytorch.manual_seed(0)
        model = nn.Linear(3, 1)
        optimizer = optim.LBFGS(model.parameters(), max_iter=4, line_search_fn="strong_wolfe")
        x = mytorch.linspace(-1, 2, 12).reshape(4, 3)

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = (model(x) - x[:, :1].exp()).square().mean()
            loss.backward()
            return loss

        run = mytorch.compile(closure) if compiled else closure
        losses = [optimizer.step(run) for _ in range(4)]
        if compiled:
            assert run.counts.replayed > 6
            assert run.counts.eager == 0
        return [loss.data.tobytes() for loss in losses]

    assert training(compiled=True) == training(compiled=False)


NUMBERS: dict[str, Callable[[Tensor], Tensor]] = {
    "x * 3": lambda x: x * 3,
    "x - 0.5": lambda x: x - 0.5,
    "7 - x": lambda x: 7 - x,
    "2.5 / x": lambda x: 2.5 / x,
    "x ** 3": lambda x: x**3,
    "maximum": lambda x: mytorch.maximum(x, Tensor(0.25)),
    "clamp": lambda x: x.clamp(0.25, 0.75),
    "array": lambda x: Tensor(np.multiply(x.data, 3)),
    "array, of a scalar": lambda x: Tensor(np.add(x.data, np.float64(0.5))),
    "array, to another": lambda x: Tensor(np.subtract(x.data, 0.5, out=np.zeros_like(x.data))),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_arrays_already(name: str) -> None:
    """A ufunc would make an array of a number in each replay."""
    compiled = mytorch.compile(NUMBERS[name])
    for _ in range(3):
        compiled(Tensor(np.ones((3, 4))))
    (program,) = programs(compiled)
    assert not any(isinstance(held, (int, float)) for held in program.names.objects.values())
    assert not re.search(r"[(, ][\d.]+\b", program.source.partition("def run")[0])


FILLED: dict[str, Callable[[Tensor], Tensor]] = {
    "tril": lambda x: x.tril(),
    "triu": lambda x: x.triu(1),
    "tril of few rows": lambda x: x[:40].tril(),
    "triu of few rows": lambda x: x[:40].triu(),
    "cumsum": lambda x: x.cumsum(1),
    "outer": lambda x: x[:, :1] @ x[:1],
    "rows": lambda x: x.index_add(0, Tensor([1, 1]), x[:2]),
}


@pytest.mark.parametrize("name", FILLED)
def test_arrays_that_are_filled_are_recorded(name: str) -> None:
    compiled = mytorch.compile(FILLED[name])
    x = Tensor(np.random.default_rng(0).random((80, 80)))
    for _ in range(4):
        np.testing.assert_array_equal(compiled(x).data, FILLED[name](x).data)
        x = x + 1
    assert programs(compiled)


def sums(x: Tensor) -> Tensor:
    out = np.empty_like(x.data)
    out[:1] = x.data[:1]
    np.add(x.data[1:], x.data[:-1], out=out[1:])
    return Tensor(out)


def test_memory_that_is_to_be_filled_is_made_once() -> None:
    """And the views of it; what is returned is new."""
    inner, outer = mytorch.compile(lambda x: sums(x) * 2), mytorch.compile(sums)
    found = []
    for number in range(5):
        x = Tensor(np.full((3, 2), float(number)))
        np.testing.assert_array_equal(inner(x).data, sums(x).data * 2)
        found.append(outer(x))
        np.testing.assert_array_equal(found[-1].data, sums(x).data)
    (program,), (other,) = programs(inner), programs(outer)
    assert "empty_like" not in program.source.partition("def run")[0]
    assert "empty_like" in other.source
    assert not np.shares_memory(found[-1].data, found[-2].data)
    assert found[-2].data[0, 0] == 3


def test_recordings_are_dropped_when_they_are_a_program() -> None:
    gc.collect()
    before = sum(type(thing) is Program for thing in gc.get_objects())
    compiled = mytorch.compile(lambda x: x * 2)
    for rows in (2, 3):
        for _ in range(4):
            compiled(Tensor(np.ones(rows)))
    gc.collect()
    assert sum(type(thing) is Program for thing in gc.get_objects()) - before == 2


def test_the_latest_memory_that_is_free_is_taken_first() -> None:
    pieces = _Pieces()
    first, second, third = (pieces.take(2**13) for _ in range(3))
    for piece in (second, third, first):
        pieces.give_back(piece)
    assert [pieces.take(2**13) for _ in range(3)] == [first, third, second]


def test_networks_of_one_form_have_one_code() -> None:
    """As in a search for options, or in several runs of one training."""

    def code(rate: float) -> Any:
        w = Tensor(np.full(3, rate), requires_grad=True)
        optimizer = optim.SGD([w], lr=rate)

        def step(x: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss: Tensor = (w * x).sum()
            loss.backward()
            optimizer.step()
            return loss

        compiled = mytorch.compile(step)
        for _ in range(4):
            compiled(Tensor(np.ones(3)))
        return programs(compiled)[0].run.__code__

    assert code(0.1) is code(0.2)
