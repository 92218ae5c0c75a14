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

# Products of more than two axes, forward and backward: the shapes of the operands.
PRODUCTS = {
    "linear-3d": ((32, 64, 64), (192, 64), (192,)),
    "matmul-broadcast": ((16, 1, 64, 64), (8, 64, 32)),
}

# What is timed beside the training of these networks.
WORKLOADS = (*NETWORKS, "overhead", "inference", *PRODUCTS, "transformer")


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


@cache
def operands(name: str) -> list[NDArray[Any]]:
    """The operands of one of the PRODUCTS, and last the gradient of its result."""
    generator = np.random.default_rng(0)
    shapes = PRODUCTS[name]
    if name == "linear-3d":
        out = (*shapes[0][:-1], shapes[1][0])
    else:
        batch = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
        out = (*batch, shapes[0][-2], shapes[1][-1])
    return [generator.standard_normal(shape, np.float32) for shape in (*shapes, out)]


@dataclass(frozen=True)
class Block:
    """One block of a transformer: causal attention, then two layers with GELU between them, each
    behind a layer norm and added to what it had; trained to foretell the next of its inputs."""

    width: int = 64
    heads: int = 4
    hidden: int = 256
    batch: int = 32
    length: int = 64


BLOCK = Block()


@cache
def block_task() -> tuple[dict[str, NDArray[Any]], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """The block's weights by their names, and pairs of inputs and targets."""
    generator = np.random.default_rng(0)
    width, hidden = BLOCK.width, BLOCK.hidden
    sizes = {
        "qkv": (3 * width, width),
        "out": (width, width),
        "up": (hidden, width),
        "down": (width, hidden),
    }
    weights = {}
    for name, (outputs, inputs) in sizes.items():
        bound = inputs**-0.5
        for kind, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
            array = generator.uniform(-bound, bound, shape)
            weights[f"{name}.{kind}"] = array.astype(np.float32)
    for name in ("before_attention", "before_layers"):
        weights[f"{name}.weight"] = np.ones(width, np.float32)
        weights[f"{name}.bias"] = np.zeros(width, np.float32)
    # Each input is near the one before: there is something to foretell.
    steps = generator.standard_normal((8, BLOCK.batch, BLOCK.length + 1, width), np.float32)
    walks = steps.cumsum(2) * np.float32(BLOCK.length**-0.5)
    return weights, [(walk[:, :-1].copy(), walk[:, 1:].copy()) for walk in walks]
