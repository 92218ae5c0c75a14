"""Random draws are drawn anew by each replay, from the same generators, in eager's order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.random import standard_normal

import mytorch
from mytorch import Tensor, nn, optim
from tests.compiler.trainings import batch

STEPS = 50


def states(*generators: Any) -> list[bytes]:
    found = [np.random.get_state()[1].tobytes(), repr(np.random.get_state()[2:])]
    for generator in generators:
        if isinstance(generator, mytorch.Generator):
            found.append(generator.get_state().data.tobytes())
        else:
            found.append(repr(generator.bit_generator.state))
    return found


def compare(make: Callable[[], tuple[Callable[..., Any], list[Any]]], replayed: int) -> Any:
    """Runs what `make` makes, plain and compiled, from the same seed."""
    found = []
    for compiled in (False, True):
        mytorch.manual_seed(0)
        step, generators = make()
        step = mytorch.compile(step) if compiled else step
        losses = [step(*batch(number)).data.tobytes() for number in range(STEPS)]
        found.append((losses, states(*generators)))
    assert found[0] == found[1]
    assert step.counts.replayed >= replayed
    assert not step.counts.eager
    return step


@pytest.mark.parametrize("make_optimizer", [optim.SGD, optim.Adam])
def test_dropout_trains_as_without_compile(make_optimizer: Any) -> None:
    def make() -> Any:
        layers = [nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2)]
        model = nn.Sequential(*layers).to(np.float32)
        optimizer, loss_of = make_optimizer(model.parameters(), lr=0.01), nn.CrossEntropyLoss()

        def step(x: Any, y: Any) -> Tensor:
            optimizer.zero_grad()
            loss = loss_of(model(Tensor(x)), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, []

    compare(make, STEPS - 4)


def test_training_and_evaluation_in_turn() -> None:
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2)).to(np.float32)
    run = mytorch.compile(model)
    with mytorch.no_grad():
        for number in range(24):
            model.train(number % 3 == 0)
            x = Tensor(batch(number)[0])
            mytorch.manual_seed(number)
            expected = model(x).data.tobytes()
            mytorch.manual_seed(number)
            assert run(x).data.tobytes() == expected
    assert run.counts.replayed >= 18


DRAWS: dict[str, Callable[..., Any]] = {
    "randn": lambda x, g, h: x + Tensor.randn(32, 4),
    "rand_like": lambda x, g, h: x * mytorch.rand_like(x),
    "randn of a generator": lambda x, g, h: x + mytorch.randn(32, 4, generator=h),
    "bernoulli": lambda x, g, h: x * mytorch.bernoulli(mytorch.sigmoid(x), generator=h),
    "multinomial": lambda x, g, h: x[mytorch.multinomial(x.exp(), 3, True, generator=h)[:, 0]],
    "normal": lambda x, g, h: mytorch.normal(x, x.exp()) + x.clone().normal_(1, 2),
    "uniform_": lambda x, g, h: x + x.detach().clone().uniform_(-1, 1, generator=h),
    "randperm": lambda x, g, h: x[mytorch.randperm(32)],
    "randint": lambda x, g, h: x[mytorch.randint(0, 32, (32,), generator=h)],
    "numpy": lambda x, g, h: x * np.random.uniform(0.5, 1.5, (32, 1)),
    "numpy, by name": lambda x, g, h: x * standard_normal((32, 1)).astype(np.float32),
    "a generator": lambda x, g, h: x + Tensor(g.normal(0, 2, size=(32, 4))),
    "chosen": lambda x, g, h: x[Tensor(g.choice(32, 32, replace=False))],
    "numbers": lambda x, g, h: x * np.random.rand() + g.random() - np.random.normal(),
    "an integer": lambda x, g, h: x * Tensor(g.integers(3, size=1)),
    "two in turn": lambda x, g, h: (
        x * np.random.rand(32, 1) + Tensor(g.random((32, 4))) + Tensor.randn(32, 4)
    ),
    "of arrays": lambda x, g, h: x + Tensor(np.random.normal(x.data, 0.5)),
    "a condition": lambda x, g, h: x * 2 if np.random.rand() < 0.5 else x + Tensor.randn(32, 4),
    "a condition after": lambda x, g, h: (
        x + Tensor.randn(32, 4) if (Tensor(g.random(4)) < 0.8).data.all() else x
    ),
    "shuffled": lambda x, g, h: shuffled(x, g),
}


def shuffled(x: Tensor, generator: Any) -> Tensor:
    y = x.data.copy()
    generator.shuffle(y)
    return Tensor(y)


@pytest.mark.parametrize("name", DRAWS)
def test_draws_of_all_kinds(name: str) -> None:
    def make() -> Any:
        g, h = np.random.default_rng(5), mytorch.Generator().manual_seed(7)
        model = nn.Linear(4, 2).to(np.float32)

        def step(x: Any, y: Any) -> Tensor:
            loss = (DRAWS[name](Tensor(x), g, h) @ model.weight.T).sum()
            model.weight.grad = None
            loss.backward()
            return loss

        return step, [g, h]

    compare(make, STEPS - 12)


def test_a_failed_check_puts_the_generators_back() -> None:
    def run(x: Tensor, places: Any) -> Tensor:
        noise = Tensor.randn(4) + mytorch.rand(4)
        return (x + noise)[places + (noise > 9).to(int)]

    found = []
    for function in (run, mytorch.compile(run)):
        mytorch.manual_seed(0)
        x, places = Tensor(np.zeros(4)), Tensor([0, 3, 1, 2])
        for _ in range(6):
            function(x, places)
        with pytest.raises(IndexError):
            function(x, places + 9)
        found.append(states())
    assert function.counts.replayed == 4
    assert found[0] == found[1]


def test_a_generator_that_is_seeded_inside_runs_as_it_is() -> None:
    def run(x: Tensor) -> Tensor:
        mytorch.manual_seed(3)
        return x + Tensor.randn(2)

    compiled = mytorch.compile(run)
    with pytest.warns(UserWarning, match="seed"):
        found = {compiled(Tensor([0.0, 0.0])).data.tobytes() for _ in range(5)}
    assert len(found) == 1


def test_numpy_is_as_before_after_a_recording() -> None:
    before = {name: getattr(np.random, name) for name in ("rand", "normal", "random_sample")}
    mytorch.compile(lambda x: x + Tensor.randn(1))(Tensor([0.0]))
    assert {name: getattr(np.random, name) for name in before} == before
    assert type(mytorch.default_generator.numpys) is np.random.RandomState


def test_the_global_generator_by_its_state() -> None:
    run = mytorch.compile(lambda x: x + Tensor.randn(3))
    for _ in range(4):
        mytorch.manual_seed(1)
        found = run(Tensor(np.zeros(3)))
    mytorch.manual_seed(1)
    assert found.tolist() == Tensor.randn(3).tolist()
