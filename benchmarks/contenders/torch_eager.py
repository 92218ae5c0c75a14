"""PyTorch, as its tutorials write a training loop."""

from collections.abc import Callable
from itertools import cycle, pairwise
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.machine import threads
from benchmarks.workloads import ADAM_EPS, BETAS, LEARNING_RATE, MOMENTUM, Network, Task

NAME = "PyTorch eager"

torch.set_num_threads(threads())


def model_of(network: Network, task: Task) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(network.sizes):
        if layers:
            layers += [nn.BatchNorm1d(inputs)] if network.batch_norm else []
            layers += [nn.ReLU()]
        layers += [nn.Linear(inputs, outputs)]
    model = nn.Sequential(*layers)
    state = {name: torch.from_numpy(array) for name, array in task.state_dict().items()}
    model.load_state_dict(state, strict=False)
    return model


def training(task: Task) -> Callable[[], Any]:
    images, labels = torch.from_numpy(task.images), torch.from_numpy(task.labels)
    batches = cycle([torch.from_numpy(rows) for rows in task.batches])
    model = model_of(task.network, task)
    criterion = nn.CrossEntropyLoss()
    lr = LEARNING_RATE[task.network.optimizer]
    optimizer: torch.optim.Optimizer
    if task.network.optimizer == "SGD":
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=MOMENTUM)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=BETAS, eps=ADAM_EPS)

    def step() -> torch.Tensor:
        rows = next(batches)
        optimizer.zero_grad()
        loss = criterion(model(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        return loss

    return step


def inference(task: Task) -> Callable[[], NDArray[Any]]:
    inputs = cycle(torch.from_numpy(task.images[:200]).split(1))
    model = model_of(task.network, task).eval()

    def infer() -> NDArray[Any]:
        with torch.no_grad():
            return model(next(inputs)).numpy()

    return infer


def record(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    weight = torch.tensor([0.5], requires_grad=True)
    bias = torch.tensor([0.5], requires_grad=True)
    y = bias
    for _ in range(length // 2):
        y = y * weight
        y = y + bias
    return y, weight


def chain(length: int) -> Callable[[], Any]:
    def run() -> Any:
        y, weight = record(length)
        y.backward()
        return weight.grad

    return run


def ladder(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = y = torch.tensor([1.0], requires_grad=True)
    for _ in range(length):
        y = y + y
    return y, x
