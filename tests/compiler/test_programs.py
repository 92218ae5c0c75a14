"""Training loops as people write them, eager and with one line more: the same bits, and all that a
loop keeps beside them, with replays, or with the one warning that is due."""

import copy
import functools
import math
import random
import re
import warnings
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import mytorch as torch
import mytorch.nn.functional as F
from mytorch import Tensor, nn, optim

STEPS = 12


def draw(*shape: int) -> Tensor:
    return Tensor(np.random.randn(*shape))


def labels(count: int, classes: int) -> Tensor:
    return Tensor(np.random.randint(0, classes, count))


def mlp(*sizes: int) -> nn.Sequential:
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


@dataclass
class Config:
    lr: float = 0.01
    clip: float = 1.0


class Trainer:
    """Its loop keeps a history and counts beside the step, which reads neither."""

    def __init__(self, compiled, inside: bool, clip) -> None:
        self.config = Config()
        self.model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.2))
        self.optimizer = optim.AdamW(self.model.parameters(), lr=self.config.lr)
        self.scheduler = optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 50)
        self.inside, self.clip = inside, clip
        self.history: list[float] = []
        self.epoch, self.best = 0, math.inf
        self.compiled_step = compiled(self.train_step)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(self.model(batch["x"]), batch["y"])
        loss.backward()
        self.clip(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        if self.inside:
            self.scheduler.step()
        return {"loss": loss.detach()}

    def __call__(self, number: int):
        found = self.compiled_step({"x": draw(5, 4), "y": draw(5, 6)})
        if not self.inside:
            self.scheduler.step()
        self.history.append(found["loss"].item())
        self.best = min(self.best, self.history[-1])
        self.epoch += 1
        return found, self.history, self.epoch, self.best


def trainer_clips_norm(compiled):
    trainer = Trainer(compiled, False, nn.utils.clip_grad_norm_)
    return trainer, [trainer.model, trainer.optimizer, trainer.scheduler]


def trainer_clips_values(compiled):
    trainer = Trainer(compiled, True, nn.utils.clip_grad_value_)
    return trainer, [trainer.model, trainer.optimizer, trainer.scheduler]


def gan(compiled):
    """The generator's loss adds to the critic's gradients after the critic's update."""
    generator, critic = mlp(3, 5, 4), mlp(4, 5, 1)
    first = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    second = optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))

    def penalty(real, fake):
        alpha = torch.rand(len(real), 1)
        between = (alpha * real + (1 - alpha) * fake).detach().requires_grad_(True)
        out = critic(between)
        (slope,) = torch.autograd.grad(out, between, torch.ones_like(out), create_graph=True)
        return ((slope.norm(2, dim=1) - 1) ** 2).mean()

    @compiled
    def step(real, train_generator):
        second.zero_grad()
        fake = generator(torch.randn(len(real), 3))
        loss = critic(fake.detach()).mean() - critic(real).mean()
        (loss + 10 * penalty(real, fake.detach())).backward()
        second.step()
        for weight in critic.parameters():
            weight.detach().clamp_(-0.5, 0.5)
        if train_generator:
            first.zero_grad()
            (-critic(fake).mean()).backward()
            first.step()
        return loss.detach()

    return lambda i: step(draw(4, 4), i % 3 == 0), [generator, critic, first, second]


def dqn(compiled):
    policy = mlp(4, 6, 2)
    target = copy.deepcopy(policy)
    optimizer = optim.RMSprop(policy.parameters(), lr=1e-3)
    memory: deque[Any] = deque(maxlen=20)

    @compiled
    def learn(state, action, reward, after):
        chosen = policy(state).gather(1, action)
        with torch.no_grad():
            best = target(after).max(1)[0]
        loss = F.smooth_l1_loss(chosen, (reward + 0.9 * best).unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(policy.parameters(), 1)
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), policy.parameters(), strict=True):
                slow.mul_(0.9).add_(0.1 * fast)
        return loss.detach()

    def act(state):
        if random.random() < 0.3:
            return random.randrange(2)
        with torch.no_grad():
            return int(policy(Tensor(state)).argmax().item())

    def loop(number: int):
        for _ in range(4):
            state = np.random.randn(4)
            memory.append((state, [act(state)], random.random(), np.random.randn(4)))
        return learn(*(Tensor(np.array(part)) for part in zip(*random.sample(memory, 4))))  # noqa: B905

    return loop, [policy, target, optimizer]


def language_model(compiled):
    """A recurrent cell by hand, whose state goes on from batch to batch."""
    embedding, gates, head = nn.Embedding(7, 4), nn.Linear(4 + 5, 4 * 5), nn.Linear(5, 7)
    modules = nn.ModuleList([embedding, gates, head])
    optimizer = optim.SGD(modules.parameters(), lr=0.5)
    text = np.random.randint(0, 7, (3, 60))

    @compiled
    def step(words, following, state):
        hidden, cell = (part.detach() for part in state)
        optimizer.zero_grad()
        loss = 0
        for t in range(words.shape[1]):
            seen = torch.cat([embedding(words[:, t]), hidden], dim=-1)
            take, forget, new, out = gates(seen).chunk(4, dim=-1)
            cell = forget.sigmoid() * cell + take.sigmoid() * new.tanh()
            hidden = out.sigmoid() * cell.tanh()
            loss = loss + F.cross_entropy(head(hidden), following[:, t])
        loss.backward()
        nn.utils.clip_grad_norm_(modules.parameters(), 0.25)
        optimizer.step()
        return loss.detach(), (hidden.detach(), cell.detach())

    state = (torch.zeros(3, 5), torch.zeros(3, 5))

    def loop(number: int):
        nonlocal state
        t = 3 * number
        loss, state = step(Tensor(text[:, t : t + 3]), Tensor(text[:, t + 1 : t + 4]), state)
        return loss, state

    return loop, [modules, optimizer]


def variational_autoencoder(compiled):
    encoder, decoder = mlp(6, 5, 4), mlp(2, 5, 6)
    optimizer = optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-2)

    @compiled
    def step(x, weight):
        mean, log_variance = encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        likeness = F.binary_cross_entropy(decoder(z).sigmoid(), x, reduction="sum")
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum()
        optimizer.zero_grad()
        (likeness + weight * divergence).backward()
        optimizer.step()
        return likeness.detach(), divergence.detach()

    return lambda i: step(Tensor(np.random.rand(4, 6)), min(1.0, i / 9)), [encoder, optimizer]


def mixup(compiled):
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

    @compiled
    def step(x, y):
        share = np.random.beta(0.4, 0.4)
        order = torch.randperm(x.size(0))
        out = model(share * x + (1 - share) * x[order])
        loss = share * criterion(out, y) + (1 - share) * criterion(out, y[order])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach(), (out.argmax(1) == y).sum()

    return lambda i: step(draw(6, 4), labels(6, 3)), [model, optimizer]


def meta_learning(compiled):
    model = mlp(1, 5, 1)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)

    @compiled
    def step(tasks):
        outer = 0
        for x, y in tasks:
            weights = list(model.parameters())
            for _ in range(2):
                hidden = torch.tanh(F.linear(x, weights[0], weights[1]))
                loss = F.mse_loss(F.linear(hidden, *weights[2:]), y)
                slopes = torch.autograd.grad(loss, weights, create_graph=True)
                weights = [w - 0.1 * s for w, s in zip(weights, slopes, strict=True)]
            outer = outer + loss
        optimizer.zero_grad()
        outer.backward()
        optimizer.step()
        return outer.detach()

    return lambda i: step([(draw(3, 1), draw(3, 1)) for _ in range(2)]), [model, optimizer]


def averaged_weights(compiled):
    model = mlp(4, 5, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    average = optim.swa_utils.AveragedModel(model)

    def generic(model, optimizer, criterion, x, y, *, scale=1.0):
        loss = scale * criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(model)
        return loss.detach()

    step = compiled(functools.partial(generic, model, optimizer, F.mse_loss, scale=0.5))
    return lambda i: step(draw(4, 4), draw(4, 1)), [model, average, optimizer]


def updates_by_hand(compiled):
    """Accumulated gradients, a decay and counts that the step keeps itself, layers that freeze."""
    model = mlp(4, 5, 5, 1)
    shadow = {name: p.data.copy() for name, p in model.named_parameters()}
    seen, running = 0, 0.0

    @compiled
    def step(x, y, rate, update):
        nonlocal seen, running
        loss = F.mse_loss(model(x), y)
        loss.backward()
        seen += len(x)
        running = 0.9 * running + 0.1 * loss.detach()
        if update:
            with torch.no_grad():
                for name, p in model.named_parameters():
                    if p.grad is not None:
                        p -= rate * p.grad
                    shadow[name] = 0.9 * shadow[name] + 0.1 * p.data
            model.zero_grad()
        return loss.detach(), running / seen

    def loop(number: int):
        if number == 8:
            model[0].requires_grad_(False)
        return step(draw(4, 4), draw(4, 1), 0.1 * 0.9**number, number % 2 == 1), seen, shadow

    return loop, [model]


def metrics(compiled):
    model = mlp(4, 5, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    correct, losses = 0, []

    @compiled
    def step(x, y):
        nonlocal correct
        optimizer.zero_grad()
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        optimizer.step()
        correct += (out.argmax(1) == y).sum().item()
        losses.append(loss.item())

    return lambda i: (step(draw(4, 4), labels(4, 3)), correct, losses), [model, optimizer]


def teacher_forcing(compiled):
    cell, head = nn.Linear(1 + 4, 4), nn.Linear(4, 1)
    optimizer = optim.Adam([*cell.parameters(), *head.parameters()], lr=1e-2)

    @compiled
    def step(sequence):
        hidden, given, loss = torch.zeros(3, 4), sequence[:, :1], 0
        for t in range(1, 4):
            hidden = torch.tanh(cell(torch.cat([given, hidden], 1)))
            out, true = head(hidden), sequence[:, t : t + 1]
            loss = loss + F.mse_loss(out, true)
            given = true if random.random() < 0.5 else out.detach()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return lambda i: step(draw(3, 4)), [cell, head, optimizer]


PROGRAMS: dict[Any, str | None] = {
    trainer_clips_norm: None,
    trainer_clips_values: None,
    gan: None,
    dqn: None,
    language_model: None,
    variational_autoencoder: None,
    mixup: None,
    meta_learning: None,
    averaged_weights: None,
    updates_by_hand: None,
    metrics: r"item\(\).*test_programs.py, line",
    teacher_forcing: r"Random.random.*test_programs.py, line",
}


def plain(thing: Any) -> Any:
    """What can be compared of all that a loop returns or keeps; a result has its graph in eager."""
    if isinstance(thing, Tensor):
        return type(thing), thing.dtype, thing.shape, thing.data.tobytes()
    if isinstance(thing, np.ndarray):
        return thing.dtype, thing.shape, thing.tobytes()
    if isinstance(thing, nn.Module):
        grads = [p.grad for p in thing.parameters()]
        return thing.training, plain(thing.state_dict()), plain(grads)
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing), [plain(part) for part in thing]
    return plain(thing.state_dict()) if hasattr(thing, "state_dict") else (type(thing), thing)


def run(program, compiled) -> list[Any]:
    random.seed(0)
    torch.manual_seed(0)
    loop, state = program(compiled)
    found = []
    for number in range(STEPS):
        found.append((plain(loop(number)), plain(state)))
    return [found, random.random(), np.random.rand()]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_training_loop_of_a_public_program(program) -> None:
    made: list[Any] = []

    def compiled(step):
        made.append(torch.compile(step))
        return made[-1]

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = run(program, compiled)
    expected = run(program, lambda step: step)
    for number, pair in enumerate(zip(found[0], expected[0], strict=True)):
        assert pair[0] == pair[1], f"step {number}"
    assert found == expected
    (step,) = made
    warning = PROGRAMS[program]
    if warning is None:
        assert not told
        assert step.counts.replayed >= 3
    else:
        (one,) = told
        assert re.search(warning, str(one.message))
        assert step.counts.replayed == 0
