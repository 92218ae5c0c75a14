"""No library: forward and backward written out in NumPy, plainly, as in a textbook."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contenders.numpy_optimizers import optimizer_of
from benchmarks.workloads import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, Task

NAME = "NumPy by hand"


class Layer:
    """x W + b, and unless it is the last one batch norm (or none) and ReLU."""

    def __init__(self, weight: Any, bias: Any, batch_norm: bool, last: bool) -> None:
        self.batch_norm, self.last = batch_norm and not last, last
        self.params = [weight.T.copy(), bias.copy()]
        if self.batch_norm:
            self.params += [np.ones_like(bias), np.zeros_like(bias)]
            self.mean, self.var = np.zeros_like(bias), np.ones_like(bias)

    def forward(self, x: Any) -> Any:
        self.x = x
        out = x @ self.params[0] + self.params[1]
        if self.batch_norm:
            centred = out - out.mean(0)
            var = (centred * centred).mean(0)
            rate, size = BATCH_NORM_MOMENTUM, len(x)
            self.mean = (1 - rate) * self.mean + rate * out.mean(0)
            self.var = (1 - rate) * self.var + rate * var * (size / (size - 1))
            self.scale = 1 / np.sqrt(var + BATCH_NORM_EPS)
            self.normal = centred * self.scale
            out = self.normal * self.params[2] + self.params[3]
        if not self.last:
            out = np.maximum(out, 0)
        self.out = out
        return out

    def infer(self, x: Any) -> Any:
        out = x @ self.params[0] + self.params[1]
        if self.batch_norm:
            normal = (out - self.mean) / np.sqrt(self.var + BATCH_NORM_EPS)
            out = normal * self.params[2] + self.params[3]
        return out if self.last else np.maximum(out, 0)

    def backward(self, g: Any) -> list[Any]:
        """The gradients of the parameters; that of the layer's sum is left in `self.g`."""
        affine = []
        if not self.last:
            g = g * (self.out > 0)
        if self.batch_norm:
            size = len(g)
            g_gamma, g_beta = (g * self.normal).sum(0), g.sum(0)
            scale = self.params[2] * self.scale
            g = scale * (g - (g_beta + self.normal * g_gamma) / size)
            affine = [g_gamma, g_beta]
        self.g = g
        return [self.x.T @ g, g.sum(0), *affine]


def layers_of(task: Task) -> list[Layer]:
    last = len(task.weights) - 1
    return [
        Layer(weight, bias, task.network.batch_norm, number == last)
        for number, (weight, bias) in enumerate(task.weights)
    ]


def gradients_of(layers: list[Layer], x: Any, labels: Any) -> tuple[Any, list[Any]]:
    for layer in layers:
        x = layer.forward(x)
    rows = np.arange(len(labels))
    shifted = x - x.max(1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(1, keepdims=True)
    loss = (np.log(sums[:, 0]) - shifted[rows, labels]).mean()
    g = exponentials / sums
    g[rows, labels] -= 1
    g /= len(labels)
    gradients = layers[-1].backward(g)
    for layer, after in zip(layers[-2::-1], layers[:0:-1], strict=True):
        gradients = layer.backward(after.g @ after.params[0].T) + gradients
    return loss, gradients


def training(task: Task) -> Callable[[], Any]:
    layers = layers_of(task)
    batches = cycle(task.batches)
    params = [param for layer in layers for param in layer.params]
    optimizer = optimizer_of(params, task.network)

    def step() -> Any:
        rows = next(batches)
        loss, gradients = gradients_of(layers, task.images[rows], task.labels[rows])
        optimizer.step(gradients)
        return loss

    return step


def inference(task: Task) -> Callable[[], NDArray[Any]]:
    layers = layers_of(task)
    inputs = cycle(np.split(task.images[:200], 200))

    def infer() -> NDArray[Any]:
        x = next(inputs)
        for layer in layers:
            x = layer.infer(x)
        return x

    return infer
