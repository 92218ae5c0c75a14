"""MyTorch, as a PyTorch user writes a training loop."""

from collections.abc import Callable
from itertools import cycle, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mytorch
from benchmarks.workloads import (
    ADAM_EPS,
    BETAS,
    BLOCK,
    LEARNING_RATE,
    MOMENTUM,
    Task,
    block_task,
)
from mytorch import Tensor, nn
from mytorch.nn import functional as F

NAME = "MyTorch eager"

Step = Callable[[NDArray[Any]], Tensor]


def model_of(task: Task) -> nn.Sequential:
    network = task.network
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(network.sizes):
        if layers:
            layers += [nn.BatchNorm1d(inputs)] if network.batch_norm else []
            layers += [nn.ReLU()]
        layers += [nn.Linear(inputs, outputs)]
    model = nn.Sequential(*layers).to(np.float32)
    model.load_state_dict(task.state_dict(), strict=False)
    return model


def step_of(task: Task) -> Step:
    """A training step on the images of some rows."""
    images, labels = Tensor(task.images), task.labels
    model = model_of(task)
    criterion = nn.CrossEntropyLoss()
    lr = LEARNING_RATE[task.network.optimizer]
    optimizer: mytorch.optim.Optimizer
    if task.network.optimizer == "SGD":
        optimizer = mytorch.optim.SGD(model.parameters(), lr=lr, momentum=MOMENTUM)
    else:
        optimizer = mytorch.optim.Adam(model.parameters(), lr=lr, betas=BETAS, eps=ADAM_EPS)

    def step(rows: NDArray[Any]) -> Tensor:
        optimizer.zero_grad()
        loss = criterion(model(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        return loss

    return step


def with_batches(step: Step, task: Task) -> Callable[[], Any]:
    batches = cycle(task.batches)
    return lambda: step(next(batches))


def with_inputs(model: Callable[[Tensor], Tensor], task: Task) -> Callable[[], NDArray[Any]]:
    inputs = cycle(np.split(task.images[:200], 200))

    def infer() -> NDArray[Any]:
        with mytorch.no_grad():
            return model(Tensor(next(inputs))).data

    return infer


def training(task: Task) -> Callable[[], Any]:
    return with_batches(step_of(task), task)


def inference(task: Task) -> Callable[[], NDArray[Any]]:
    return with_inputs(model_of(task).eval(), task)


def product(*arrays: NDArray[Any]) -> Callable[[], NDArray[Any]]:
    *operands, seed = [Tensor(array) for array in arrays]
    for operand in operands:
        operand.requires_grad = True
    multiply = F.linear if len(operands) == 3 else mytorch.matmul

    def run() -> NDArray[Any]:
        for operand in operands:
            operand.grad = None
        multiply(*operands).backward(seed)
        return operands[1].grad.data

    return run


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        width = BLOCK.width
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, BLOCK.hidden), nn.Linear(BLOCK.hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        heads = (batch, length, BLOCK.heads, width // BLOCK.heads)
        qkv = self.qkv(self.before_attention(x)).chunk(3, -1)
        q, k, v = (part.view(heads).transpose(1, 2) for part in qkv)
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(found.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.before_layers(x))))


def transformer_step() -> Callable[[Tensor, Tensor], Tensor]:
    block = Block().to(np.float32)
    block.load_state_dict(block_task()[0])
    lr = LEARNING_RATE["Adam"]
    optimizer = mytorch.optim.Adam(block.parameters(), lr=lr, betas=BETAS, eps=ADAM_EPS)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(block(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def with_sequences(step: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], Any]:
    batches = cycle([(Tensor(x), Tensor(y)) for x, y in block_task()[1]])
    return lambda: step(*next(batches))


def transformer() -> Callable[[], Any]:
    return with_sequences(transformer_step())


def record(length: int) -> tuple[Tensor, Tensor]:
    weight = mytorch.tensor([0.5], np.float32, requires_grad=True)
    bias = mytorch.tensor([0.5], np.float32, requires_grad=True)
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


def ladder(length: int) -> tuple[Tensor, Tensor]:
    x = y = mytorch.tensor([1.0], np.float32, requires_grad=True)
    for _ in range(length):
        y = y + y
    return y, x
