"""The expected answers: the write-up's layers by hand, in plain NumPy."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Layer(Protocol):
    """What a Network chains. `backward` leaves one gradient per parameter in `grads`."""

    params: list[Array]
    grads: list[Array]

    def forward(self, x: Array) -> Array: ...

    def backward(self, grad: Array) -> Array: ...


class Affine:
    """x W^T + b (problem 2.1)."""

    def __init__(self, weight: Array, bias: Array) -> None:
        self.params = [weight, bias]
        self.grads: list[Array] = []

    def forward(self, x: Array) -> Array:
        self.x = x
        weight, bias = self.params
        return x @ weight.T + bias

    def backward(self, grad: Array) -> Array:
        self.grads = [grad.T @ self.x, grad.sum(axis=0)]
        return grad @ self.params[0]


class Rectify:
    """max(x, 0), with gradient 0 at 0 (problem 2.2)."""

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []

    def forward(self, x: Array) -> Array:
        self.positive = x > 0
        return np.where(self.positive, x, 0.0)

    def backward(self, grad: Array) -> Array:
        return np.where(self.positive, grad, 0.0)


class Normalize:
    """Batch normalization, equations 3 to 9 (problem 2.4)."""

    EPSILON = 1e-5
    ALPHA = 0.9

    def __init__(self, gamma: Array, beta: Array) -> None:
        self.params = [gamma, beta]
        self.grads: list[Array] = []
        self.running_mean = np.zeros_like(gamma)
        self.running_var = np.ones_like(gamma)

    def forward(self, x: Array) -> Array:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = x.var(axis=0, ddof=1)
        self.running_mean = self.ALPHA * self.running_mean + (1 - self.ALPHA) * mean
        self.running_var = self.ALPHA * self.running_var + (1 - self.ALPHA) * unbiased
        self.deviation: Array = np.sqrt(var + self.EPSILON)
        self.normal: Array = (x - mean) / self.deviation
        gamma, beta = self.params
        out: Array = gamma * self.normal + beta
        return out

    def backward(self, grad: Array) -> Array:
        self.grads = [(grad * self.normal).sum(axis=0), grad.sum(axis=0)]
        inner = grad * self.params[0]
        along = (inner * self.normal).mean(axis=0)
        centred: Array = inner - inner.mean(axis=0) - self.normal * along
        return centred / self.deviation

    def evaluate(self, x: Array) -> Array:
        """The forward pass outside training."""
        gamma, beta = self.params
        deviation: Array = np.sqrt(self.running_var + self.EPSILON)
        return gamma * ((x - self.running_mean) / deviation) + beta


class Network:
    """Layers in a row."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad: Array) -> Array:
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    @property
    def params(self) -> list[Array]:
        return [param for layer in self.layers for param in layer.params]

    @property
    def grads(self) -> list[Array]:
        return [grad for layer in self.layers for grad in layer.grads]


class Descent:
    """Gradient descent with the write-up's momentum (problems 2.3 and 2.6)."""

    def __init__(self, params: list[Array], lr: float, momentum: float = 0.0) -> None:
        self.params = params
        self.lr = lr
        self.momentum = momentum
        self.moves = [np.zeros_like(param) for param in params]

    def step(self, grads: list[Array]) -> None:
        """Move every parameter, in place."""
        for param, move, grad in zip(self.params, self.moves, grads, strict=True):
            move *= self.momentum
            move -= self.lr * grad
            param += move


def half_squares(out: Array, target: Array) -> tuple[float, Array]:
    """Half the sum of the squared differences, and its gradient with respect to `out`."""
    return 0.5 * float(((out - target) ** 2).sum()), out - target


def cross_entropy(logits: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
    """The mean loss of a batch and its gradient with respect to the logits (Appendix B)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(log_probabilities)
    gradient[rows, labels] -= 1.0
    return -float(log_probabilities[rows, labels].mean()), gradient / len(labels)
