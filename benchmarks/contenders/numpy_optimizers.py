"""SGD and Adam over lists of arrays, for the contenders that bring no optimizers."""

from typing import Any

import numpy as np

from benchmarks.workloads import ADAM_EPS, BETAS, LEARNING_RATE, MOMENTUM, Network


class SGD:
    """As PyTorch's, in place."""

    def __init__(self, params: list[Any], lr: float) -> None:
        self.params, self.lr = params, lr
        self.momentums = [np.zeros_like(param) for param in params]

    def step(self, gradients: list[Any]) -> None:
        for param, momentum, g in zip(self.params, self.momentums, gradients, strict=True):
            momentum *= MOMENTUM
            momentum += g
            param -= self.lr * momentum


class Adam:
    """As PyTorch's, in place."""

    def __init__(self, params: list[Any], lr: float) -> None:
        self.params, self.lr, self.count = params, lr, 0
        self.moments = [(np.zeros_like(param), np.zeros_like(param)) for param in params]

    def step(self, gradients: list[Any]) -> None:
        self.count += 1
        beta1, beta2 = BETAS
        rate = self.lr / (1 - beta1**self.count)
        correction = (1 - beta2**self.count) ** 0.5
        for param, (mean, square), g in zip(self.params, self.moments, gradients, strict=True):
            mean *= beta1
            mean += (1 - beta1) * g
            square *= beta2
            square += (1 - beta2) * g**2
            param -= rate * mean / (np.sqrt(square) / correction + ADAM_EPS)


def optimizer_of(params: list[Any], network: Network) -> SGD | Adam:
    """The network's optimizer for these arrays, which it changes."""
    kind = SGD if network.optimizer == "SGD" else Adam
    return kind(params, LEARNING_RATE[network.optimizer])
