"""Runs as people have them: their pages stay small, and say what they leave out."""

import threading
from collections.abc import Callable

import pytest

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.watcher import watch
from mytorch.watcher.page import page
from mytorch.watcher.trace import trace_of

LARGEST = 1_500_000


class Block(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x).relu())


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


def large_layers() -> None:
    net = nn.Sequential(nn.Linear(784, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 10))
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    labels = mytorch.randint(0, 10, (100,))
    nn.CrossEntropyLoss()(net(mytorch.rand(100, 784)), labels).backward()
    optimizer.step()


def two_threads() -> None:
    other = threading.Thread(target=residual_net)
    other.start()
    second_derivative()
    other.join()


@pytest.mark.parametrize(
    "run",
    [
        *(residual_net, recurrence, three_hundred_operations),
        *(second_derivative, large_layers, two_threads),
    ],
)
def test_its_page_is_small(run: Callable[[], None]) -> None:
    with watch() as tape:
        run()
    trace = trace_of(tape._recorder)
    assert trace["truncated"] is None
    assert not [step for step in trace["steps"] if "disagrees" in step]
    assert len(page([trace]).encode()) < LARGEST


def test_the_iteration_in_which_nan_appears_is_kept() -> None:
    with watch() as tape:
        w = nn.Parameter(Tensor([1.0]))
        optimizer = optim.SGD([w], lr=0.1)
        for step in range(16):
            optimizer.zero_grad()
            (w * (float("nan") if step == 6 else 1.0)).sum().backward()
            optimizer.step()
    assert [one["i"] for one in trace_of(tape._recorder)["iterations"]] == [1, 7, 10, 16]


def test_iterations_that_are_asked_for() -> None:
    for wanted, kept in ([2, 5], [2, 5]), ([3, "last"], [3, 9]):
        with watch(iterations=wanted) as tape:
            w = nn.Parameter(Tensor([1.0]))
            optimizer = optim.SGD([w], lr=0.1)
            for _ in range(9):
                (w * 2.0).sum().backward()
                optimizer.step()
        assert [one["i"] for one in trace_of(tape._recorder)["iterations"]] == kept
