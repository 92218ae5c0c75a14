"""Runs as people have them, to be watched: their pages stay small and quick."""

import threading
from collections.abc import Callable

import mytorch
from mytorch import Tensor, nn, optim

__all__ = ["RUNS"]


class Block(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x).relu())


def mnist_step() -> None:
    net = nn.Sequential(nn.Linear(784, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 10))
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    labels = mytorch.randint(0, 10, (100,))
    nn.CrossEntropyLoss()(net(mytorch.rand(100, 784)), labels).backward()
    optimizer.step()


def hundred_steps() -> None:
    net = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 3))
    optimizer, criterion = optim.Adam(net.parameters(), lr=0.01), nn.CrossEntropyLoss()
    x = mytorch.randn(16, 10)
    y = x[:, :3].argmax(1)
    for _ in range(100):
        optimizer.zero_grad()
        criterion(net(x), y).backward()
        optimizer.step()


def residual_net() -> None:
    net = nn.Sequential(*[Block(8) for _ in range(6)], nn.Linear(8, 2))
    nn.MSELoss()(net(mytorch.randn(4, 8)), mytorch.randn(4, 2)).backward()


def recurrence() -> None:
    into, over = (mytorch.randn(size, 32).requires_grad_() for size in (16, 8))
    h = c = mytorch.zeros(4, 8)
    for x in mytorch.randn(30, 4, 16):
        i, f, g, o = (x @ into + h @ over).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    (h * h).sum().backward()


def three_hundred_operations() -> None:
    y = x = mytorch.randn(5).requires_grad_()
    for place in range(200):
        y = (y * 1.01).sin() if place % 2 else y + x
    y.sum().backward()


def second_derivative() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    assert x.grad is not None
    (x.grad * x.grad).sum().backward()


def two_threads() -> None:
    other = threading.Thread(target=residual_net)
    other.start()
    second_derivative()
    other.join()


def lstm() -> None:
    net, head = nn.LSTM(8, 16, num_layers=2, batch_first=True), nn.Linear(16, 3)
    out, _ = net(mytorch.randn(4, 12, 8))
    nn.CrossEntropyLoss()(head(out[:, -1]), mytorch.randint(0, 3, (4,))).backward()


def convolutional_net() -> None:
    net = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * 7 * 7, 10)),
    )
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    labels = mytorch.randint(0, 10, (8,))
    nn.CrossEntropyLoss()(net(mytorch.rand(8, 1, 28, 28)), labels).backward()
    optimizer.step()


def transformer() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    net = nn.TransformerEncoder(layer, 12)
    net(mytorch.randn(2, 6, 16)).square().mean().backward()


RUNS: tuple[Callable[[], None], ...] = (
    *(mnist_step, hundred_steps, residual_net, recurrence, three_hundred_operations),
    *(second_derivative, two_threads, lstm, convolutional_net, transformer),
)
