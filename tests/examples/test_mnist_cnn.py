"""examples/mnist_cnn.py at a small size."""

import numpy as np

import mytorch
from examples.mnist_cnn import accuracy, as_images, network, train
from mytorch import Tensor


def test_it_learns() -> None:
    """Digits that are bars at ten places, in noise."""
    mytorch.manual_seed(0)
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 10, 320)
    rows = draw.random((320, 28, 28)) / 2
    rows[np.arange(320), :, 2 * labels + 4] += 0.5
    images, labels = as_images(rows), Tensor(labels)
    model = network()
    assert accuracy(model, images, labels) < 0.4
    assert train(model, images, labels, epochs=2, batch=16) < 0.5
    assert accuracy(model, images, labels) > 0.95
