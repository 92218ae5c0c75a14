"""MyGrad, with its own layers and loss; it has no optimizers, and keeps no running statistics."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import relu
from mygrad.nnet.layers import batchnorm
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.contenders.numpy_optimizers import optimizer_of
from benchmarks.workloads import BATCH_NORM_EPS, Task

NAME = "MyGrad"

Layer = tuple[mg.Tensor, ...]


def layers_of(task: Task) -> list[Layer]:
    layers = []
    for number, (weight, bias) in enumerate(task.weights):
        arrays = [weight.T.copy(), bias.copy()]
        if task.network.batch_norm and number < len(task.weights) - 1:
            arrays += [np.ones_like(bias), np.zeros_like(bias)]
        layers.append(tuple(mg.tensor(array) for array in arrays))
    return layers


def forward(layers: list[Layer], x: Any) -> mg.Tensor:
    for weight, bias, *affine in layers[:-1]:
        x = mg.matmul(x, weight) + bias
        if affine:
            gamma, beta = affine
            x = batchnorm(x, gamma=gamma, beta=beta, eps=BATCH_NORM_EPS)
        x = relu(x)
    weight, bias = layers[-1]
    return mg.matmul(x, weight) + bias


def training(task: Task) -> Callable[[], Any]:
    layers = layers_of(task)
    batches = cycle(task.batches)
    params = [param for layer in layers for param in layer]
    optimizer = optimizer_of([param.data for param in params], task.network)

    def step() -> mg.Tensor:
        rows = next(batches)
        loss = softmax_crossentropy(forward(layers, task.images[rows]), task.labels[rows])
        loss.backward()
        optimizer.step([param.grad for param in params])
        return loss

    return step


def chain(length: int) -> Callable[[], Any]:
    def run() -> Any:
        weight = mg.tensor([0.5], dtype=np.float32)
        bias = mg.tensor([0.5], dtype=np.float32)
        y = bias
        for _ in range(length // 2):
            y = y * weight
            y = y + bias
        y.backward()
        return weight.grad

    return run
