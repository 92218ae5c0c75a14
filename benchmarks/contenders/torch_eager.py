"""PyTorch, as its tutorials write a training loop."""

from collections.abc import Callable
from itertools import cycle, pairwise
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from benchmarks.machine import threads
from benchmarks.workloads import (
    ADAM_EPS,
    BETAS,
    BLOCK,
    LEARNING_RATE,
    MOMENTUM,
    Network,
    Task,
    block_task,
)

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


def product(*arrays: NDArray[Any]) -> Callable[[], NDArray[Any]]:
    *operands, seed = [torch.from_numpy(array) for array in arrays]
    for operand in operands:
        operand.requires_grad_()
    multiply = F.linear if len(operands) == 3 else torch.matmul

    def run() -> NDArray[Any]:
        for operand in operands:
            operand.grad = None
        multiply(*operands).backward(seed)
        return operands[1].grad.numpy()

    return run


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        width = BLOCK.width
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, BLOCK.hidden), nn.Linear(BLOCK.hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        heads = (batch, length, BLOCK.heads, width // BLOCK.heads)
        qkv = self.qkv(self.before_attention(x)).chunk(3, -1)
        q, k, v = (part.view(heads).transpose(1, 2) for part in qkv)
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(found.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.before_layers(x))))


def transformer() -> Callable[[], Any]:
    weights, pairs = block_task()
    batches = cycle([(torch.from_numpy(x), torch.from_numpy(y)) for x, y in pairs])
    block = Block()
    block.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    lr = LEARNING_RATE["Adam"]
    optimizer = torch.optim.Adam(block.parameters(), lr=lr, betas=BETAS, eps=ADAM_EPS)

    def step() -> torch.Tensor:
        x, y = next(batches)
        optimizer.zero_grad()
        loss = F.mse_loss(block(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


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
