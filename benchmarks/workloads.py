"""The work that every contender does: networks, first weights, data and the order of batches."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEARNING_RATE = {"SGD": 0.1, "Adam": 1e-3}
MOMENTUM = 0.9
BETAS = (0.9, 0.999)
ADAM_EPS = 1e-8
BATCH_NORM_EPS = 1e-5
BATCH_NORM_MOMENTUM = 0.1

# The operations of one `overhead` chain.
CHAIN = 1000


@dataclass(frozen=True)
class Network:
    """Linear layers between `sizes`, after each but the last batch norm (or none) and ReLU, and
    how it is trained."""

    sizes: tuple[int, ...]
    batch: int
    batch_norm: bool = True
    optimizer: str = "SGD"


NETWORKS = {
    "seed": Network((784, 20, 10), 100),
    "wide": Network((784, 512, 512, 10), 128),
    "tiny-1-sgd": Network((4, 32, 32, 2), 1, batch_norm=False),
    "tiny-32-sgd": Network((4, 32, 32, 2), 32, batch_norm=False),
    "tiny-1-adam": Network((4, 32, 32, 2), 1, batch_norm=False, optimizer="Adam"),
    "tiny-32-adam": Network((4, 32, 32, 2), 32, batch_norm=False, optimizer="Adam"),
}

# What is timed beside the training of these networks.
WORKLOADS = (*NETWORKS, "overhead", "inference")


@dataclass(frozen=True)
class Task:
    """A network with everything that decides its losses, in single precision."""

    network: Network
    weights: list[tuple[NDArray[Any], NDArray[Any]]]
    images: NDArray[Any]
    labels: NDArray[Any]
    batches: list[NDArray[Any]]

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """The weights by their names in a Sequential of the network's layers."""
        block = 3 if self.network.batch_norm else 2
        return {
            f"{block * number}.{kind}": array
            for number, pair in enumerate(self.weights)
            for kind, array in zip(("weight", "bias"), pair, strict=True)
        }


@cache
def task(name: str) -> Task:
    """The same arrays in every process."""
    network = NETWORKS[name]
    generator = np.random.default_rng(0)
    features, classes = network.sizes[0], network.sizes[-1]
    # More images than the caches hold, as in a real data set: gathering them is part of the work.
    images = generator.random((20_000, features), np.float32)
    scores = (images - 0.5) @ generator.standard_normal((features, classes), np.float32)
    labels = scores.argmax(1)
    # One label in ten is wrong: gradients that vanish would end in slow, denormal numbers.
    wrong = generator.random(len(labels)) < 0.1
    labels[wrong] = generator.integers(0, classes, wrong.sum())
    weights = [
        (
            generator.uniform(-bound, bound, (outputs, inputs)).astype(np.float32),
            generator.uniform(-bound, bound, outputs).astype(np.float32),
        )
        for inputs, outputs in pairwise(network.sizes)
        for bound in [inputs**-0.5]
    ]
    batches = [generator.integers(0, len(images), network.batch) for _ in range(200)]
    return Task(network, weights, images, labels, batches)
