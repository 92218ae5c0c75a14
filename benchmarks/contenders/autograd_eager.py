"""HIPS autograd: NumPy functions and `value_and_grad`. It keeps no running statistics."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import autograd.numpy as np
from autograd import grad, value_and_grad

from benchmarks.contenders.numpy_optimizers import optimizer_of
from benchmarks.workloads import BATCH_NORM_EPS, Task

NAME = "HIPS autograd"


def layers_of(task: Task) -> list[Any]:
    layers = []
    for number, (weight, bias) in enumerate(task.weights):
        layer = [weight.T.copy(), bias.copy()]
        if task.network.batch_norm and number < len(task.weights) - 1:
            layer += [np.ones_like(bias), np.zeros_like(bias)]
        layers.append(layer)
    return layers


def forward(layers: list[Any], x: Any) -> Any:
    for weight, bias, *affine in layers[:-1]:
        x = np.dot(x, weight) + bias
        if affine:
            gamma, beta = affine
            centred = x - np.mean(x, axis=0)
            variance = np.mean(centred * centred, axis=0)
            x = centred / np.sqrt(variance + BATCH_NORM_EPS) * gamma + beta
        x = np.maximum(x, 0)
    weight, bias = layers[-1]
    return np.dot(x, weight) + bias


def loss_of(layers: list[Any], x: Any, labels: Any) -> Any:
    logits = forward(layers, x)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_sums = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_sums - shifted[np.arange(len(labels)), labels])


def training(task: Task) -> Callable[[], Any]:
    layers = layers_of(task)
    batches = cycle(task.batches)
    params = [param for layer in layers for param in layer]
    optimizer = optimizer_of(params, task.network)
    gradient = value_and_grad(loss_of)

    def step() -> Any:
        rows = next(batches)
        loss, gradients = gradient(layers, task.images[rows], task.labels[rows])
        optimizer.step([g for layer in gradients for g in layer])
        return loss

    return step


def chain(length: int) -> Callable[[], Any]:
    def end(pair: Any) -> Any:
        weight, bias = pair
        y = bias
        for _ in range(length // 2):
            y = y * weight
            y = y + bias
        return y[0]

    gradient = grad(end)
    start = np.array([0.5], np.float32)
    return lambda: gradient((start, start))[0]
