"""A small convolutional network learns to read digits.

Run it by `python examples/mnist_cnn.py`: two epochs of MNIST, which lies in `data/`, take about
a minute and give an accuracy of more than 98.5 % on the images for tests.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import mytorch
from data.mnist import load_mnist, load_mnist_test
from mytorch import Tensor, nn, optim
from mytorch.optim import lr_scheduler

DATA = Path(__file__).resolve().parent.parent / "data"


def network() -> nn.Sequential:
    """Two convolutions, each with half the pixels of the one before, and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    ).float()


def as_images(rows: np.ndarray) -> Tensor:
    """Images (N, 1, 28, 28) of rows of pixels in [0, 1], about their mean."""
    return Tensor((rows.reshape(-1, 1, 28, 28) - 0.13).astype(np.float32))


@mytorch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of the images that the model reads right."""
    model.eval()
    right = sum(
        int((model(images[i : i + 500]).argmax(1) == labels[i : i + 500]).sum().item())
        for i in range(0, len(images), 500)
    )
    model.train()
    return right / len(images)


def train(model: nn.Module, images: Tensor, labels: Tensor, epochs: int, batch: int = 64) -> float:
    """Trains the model; returns the last loss."""
    steps = epochs * (len(images) // batch)
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    schedule = lr_scheduler.OneCycleLR(optimizer, max_lr=0.005, total_steps=steps + 1)
    criterion = nn.CrossEntropyLoss()

    @mytorch.compile
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    draw = np.random.default_rng(0)
    for _ in range(epochs):
        order = draw.permutation(len(images))
        for start in range(0, len(order) - batch + 1, batch):
            chosen = order[start : start + batch]
            loss = step(images[chosen], labels[chosen])
            schedule.step()
    return loss.item()


def main(images: int = 55_000, epochs: int = 2) -> float:
    """Trains on some images; prints and returns the accuracy on the images for tests."""
    mytorch.manual_seed(0)
    train_x, train_y, *_ = load_mnist(DATA)
    test_x, test_y = load_mnist_test(DATA)
    model = network()
    start = time.perf_counter()
    loss = train(model, as_images(train_x[:images]), Tensor(train_y[:images]), epochs)
    seconds = time.perf_counter() - start
    found = accuracy(model, as_images(test_x), Tensor(test_y))
    print(f"{epochs} epochs of {images:,} images in {seconds:.0f} s: last loss {loss:.3f}")
    print(f"accuracy on {len(test_y):,} images for tests: {found:.2%}")
    return found


if __name__ == "__main__":
    main()
