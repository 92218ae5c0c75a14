"""Training loops as people write them, eager and with one line more: what they share is a network,
what they differ in is what changes between the steps.

Each loop is a generator: it gets `compiled`, which makes a step of a function, and yields after
each step what that one computed.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

import mytorch
from mytorch import Tensor, nn, no_grad, optim
from mytorch.nn.utils import clip_grad_norm_
from mytorch.optim import lr_scheduler

Wrapper = Callable[..., Any]

STEPS = 1000
ROWS, BATCH = 512, 32


@dataclass(frozen=True)
class Loop:
    """A loop, and the most that a compiled step of it may take, in units of an eager one: of the
    steps after the first 1,000, and, with what it takes to record, of these."""

    name: str
    run: Callable[[Wrapper], Iterator[Any]]
    most: float
    most_at_first: float = 1.1


def data() -> tuple[Tensor, Tensor]:
    """Inputs and labels."""
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(ROWS, 4)).astype(np.float32)
    wrong = generator.random(ROWS) < 0.1
    return Tensor(inputs), Tensor(((inputs.sum(1) > 0) ^ wrong).astype(np.int64))


def network(*after: nn.Module) -> nn.Sequential:
    """Linear layers 4-32-32-2 with ReLU, and what is to come before the last."""
    mytorch.manual_seed(0)
    hidden = [nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU()]
    return nn.Sequential(*hidden, *after, nn.Linear(32, 2)).to(np.float32)


def training(model: nn.Module, optimizer: optim.Optimizer, before: Any = None) -> Any:
    """A training step; `before` is called before the update."""
    criterion = nn.CrossEntropyLoss()

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        if before is not None:
            before()
        optimizer.step()
        return loss

    return step


def batches(epochs: int | None = None, size: int = BATCH) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of shuffled epochs, the last of an epoch smaller unless it fits."""
    x, y = data()
    generator = np.random.default_rng(1)
    epoch = 0
    while epochs is None or epoch < epochs:
        order = generator.permutation(ROWS)
        for start in range(0, ROWS, size):
            chosen = order[start : start + size]
            yield x[chosen], y[chosen]
        epoch += 1


def constant_rate(compiled: Wrapper) -> Iterator[Any]:
    model = network()
    step = compiled(training(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9)))
    for x, y in batches():
        yield step(x, y)


def rate_per_epoch(compiled: Wrapper) -> Iterator[Any]:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.99)
    step = compiled(training(model, optimizer))
    while True:
        for x, y in batches(1):
            yield step(x, y)
        schedule.step()


def rate_per_step(compiled: Wrapper) -> Iterator[Any]:
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=0.001)
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=3 * STEPS)
    step = compiled(training(model, optimizer))
    for x, y in batches():
        yield step(x, y)
        schedule.step()


def with_dropout(compiled: Wrapper) -> Iterator[Any]:
    model = network(nn.Dropout(0.2))
    step = compiled(training(model, optim.Adam(model.parameters(), lr=0.001)))
    for x, y in batches():
        yield step(x, y)


def with_clipping(compiled: Wrapper) -> Iterator[Any]:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    step = compiled(training(model, optimizer, lambda: clip_grad_norm_(model.parameters(), 1.0)))
    for x, y in batches():
        yield step(x, y)


def last_batch_smaller(compiled: Wrapper) -> Iterator[Any]:
    model = network()
    step = compiled(training(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9)))
    for x, y in batches(size=BATCH - 2):
        yield step(x, y)


def train_and_eval(compiled: Wrapper) -> Iterator[Any]:
    model = network(nn.BatchNorm1d(32))
    step = compiled(training(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9)))
    predict = compiled(model)
    while True:
        model.train()
        for x, y in batches(1):
            yield step(x, y)
        model.eval()
        for x, _ in batches(1):
            with no_grad():
                found = predict(x)
            yield found


def dqn(compiled: Wrapper) -> Iterator[Any]:
    """Of each game's step one action of one state, and one update on a batch that is remembered."""
    policy, target = network(), network()
    target.load_state_dict(policy.state_dict())
    optimizer = optim.Adam(policy.parameters(), lr=0.001)
    criterion = nn.SmoothL1Loss()

    def update(states: Any, actions: Any, rewards: Any, following: Any, ended: Any) -> Tensor:
        values = policy(states).gather(1, actions).squeeze(1)
        with no_grad():
            best = target(following).max(1).values
        loss = criterion(values, rewards + 0.99 * best * (1 - ended))
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(policy.parameters(), 10.0)
        optimizer.step()
        return loss

    act, update = compiled(policy), compiled(update)
    generator = np.random.default_rng(1)
    state = np.zeros(4, np.float32)
    memory: list[Any] = []
    for number in range(100 * STEPS):
        if generator.random() < 0.1:
            action = int(generator.integers(2))
        else:
            with no_grad():
                action = int(act(Tensor(state[None])).argmax(1).item())
        following = (0.9 * state + (2 * action - 1) * 0.1).astype(np.float32)
        following += generator.normal(size=4).astype(np.float32) * 0.1
        reward, ended = float(1 - abs(following).max()), float(number % 50 == 49)
        memory = [*memory[-255:], (state, action, reward, following, ended)]
        state = np.zeros(4, np.float32) if ended else following
        chosen = [memory[i] for i in generator.integers(0, len(memory), BATCH)]
        states, actions, rewards, followings, ends = map(np.array, zip(*chosen, strict=True))
        yield update(
            Tensor(states),
            Tensor(actions[:, None]),
            Tensor(rewards.astype(np.float32)),
            Tensor(followings),
            Tensor(ends.astype(np.float32)),
        )
        if number % 100 == 99:
            target.load_state_dict(policy.state_dict())


def another_branch_each_time(compiled: Wrapper) -> Iterator[Any]:
    """What cannot be replayed: what is computed hangs on an attribute that is always new."""
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    inner = training(model, optimizer)
    state = {"name": ""}

    def step(x: Tensor, y: Tensor) -> Tensor:
        return inner(x, y) if state["name"] else -inner(x, y)

    step = compiled(step)
    for number, (x, y) in enumerate(batches()):
        state["name"] = f"step {number}"
        yield step(x, y)


def value_read(compiled: Wrapper) -> Iterator[Any]:
    """What cannot be replayed: the step reads its loss."""
    model = network()
    inner = training(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
    losses: list[float] = []

    def step(x: Tensor, y: Tensor) -> Tensor:
        loss: Tensor = inner(x, y)
        losses[:] = [*losses[-9:], loss.item()]
        return loss

    step = compiled(step)
    for x, y in batches():
        yield step(x, y)


def another_size_each_time(compiled: Wrapper) -> Iterator[Any]:
    """Batches of any of 64 sizes."""
    model = network()
    step = compiled(training(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9)))
    generator = np.random.default_rng(2)
    for x, y in batches(size=64):
        size = int(generator.integers(1, 65))
        yield step(x[:size], y[:size])


LOOPS = [
    Loop("a constant rate", constant_rate, 0.6),
    Loop("a rate per epoch", rate_per_epoch, 0.6),
    Loop("OneCycleLR, a rate per step", rate_per_step, 0.6),
    Loop("dropout", with_dropout, 0.6),
    Loop("clipped gradients", with_clipping, 0.6),
    Loop("the last batch smaller", last_batch_smaller, 0.6),
    Loop("training and evaluation in turn", train_and_eval, 0.6),
    Loop("DQN with a target net", dqn, 0.6),
    Loop("batches of any size up to 64", another_size_each_time, 1.1),
    Loop("another attribute each time", another_branch_each_time, 1.1),
    Loop("the loss read inside", value_read, 1.1),
]


def as_it_is(function: Any) -> Any:
    """The step of an eager loop."""
    return function


def count() -> int:
    """How many loops there are."""
    return len(LOOPS)


def measure(number: int, rounds: int, wanted: float) -> dict[str, Any]:
    """The seconds of a step of the loop of this number, eager and compiled, of the first 1,000
    and of 1,000 more: the shortest of some rounds, in which the two take turns of `wanted`
    seconds or less."""
    loop = LOOPS[number]
    shortest: dict[str, list[float]] = {}
    for _ in range(rounds):
        turns = {"eager": as_it_is, "compiled": mytorch.compile}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            running = {way: loop.run(wrapper) for way, wrapper in turns.items()}
            found = {way: [0.0, 0.0] for way in turns}
            for part in (0, 1):
                for _ in range(STEPS // 50):
                    for way, steps in running.items():
                        start = time.perf_counter()
                        for _ in islice(steps, 50):
                            pass
                        found[way][part] += (time.perf_counter() - start) / STEPS
        for way, times in found.items():
            shortest[way] = list(map(min, shortest.get(way, times), times))
    ratios = [c / e for c, e in zip(shortest["compiled"], shortest["eager"], strict=True)]
    return {"loop": loop.name, **shortest, "at_first": ratios[0], "later": ratios[1]}
