"""JAX: pure functions, the whole step compiled by jax.jit, its state donated."""

from collections.abc import Callable
from functools import cache, partial
from itertools import cycle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import (
    ADAM_EPS,
    BATCH_NORM_EPS,
    BATCH_NORM_MOMENTUM,
    BETAS,
    LEARNING_RATE,
    MOMENTUM,
    Network,
    Task,
)

NAME = "JAX jit"


def first_layers(task: Task) -> tuple[list[Any], list[Any]]:
    """Parameters and running statistics."""
    params: list[Any] = []
    stats: list[Any] = []
    for number, (weight, bias) in enumerate(task.weights):
        layer = {"weight": jnp.asarray(weight.T), "bias": jnp.asarray(bias)}
        if task.network.batch_norm and number < len(task.weights) - 1:
            layer |= {"gamma": jnp.ones(len(bias)), "beta": jnp.zeros(len(bias))}
            stats.append({"mean": jnp.zeros(len(bias)), "var": jnp.ones(len(bias))})
        params.append(layer)
    return params, stats


def forward(params: list[Any], stats: list[Any], x: Any, train: bool) -> tuple[Any, list[Any]]:
    new_stats = []
    for number, layer in enumerate(params):
        x = x @ layer["weight"] + layer["bias"]
        if number == len(params) - 1:
            break
        if stats:
            running = stats[number]
            if train:
                size = len(x)
                mean, var = x.mean(0), x.var(0)
                rate = BATCH_NORM_MOMENTUM
                new_stats.append(
                    {
                        "mean": (1 - rate) * running["mean"] + rate * mean,
                        "var": (1 - rate) * running["var"] + rate * var * (size / (size - 1)),
                    }
                )
            else:
                mean, var = running["mean"], running["var"]
            x = (x - mean) * jax.lax.rsqrt(var + BATCH_NORM_EPS)
            x = x * layer["gamma"] + layer["beta"]
        x = jax.nn.relu(x)
    return x, new_stats


def loss_of(params: list[Any], stats: list[Any], x: Any, labels: Any) -> tuple[Any, list[Any]]:
    logits, stats = forward(params, stats, x, train=True)
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
    return -picked.mean(), stats


def first_memory(params: list[Any], network: Network) -> Any:
    zeros = jax.tree.map(jnp.zeros_like, params)
    return zeros if network.optimizer == "SGD" else (zeros, jax.tree.map(jnp.copy, zeros), 0)


def update(params: list[Any], gradients: list[Any], memory: Any, network: Network) -> Any:
    lr = LEARNING_RATE[network.optimizer]
    if network.optimizer == "SGD":
        memory = jax.tree.map(lambda m, g: MOMENTUM * m + g, memory, gradients)
        return jax.tree.map(lambda p, m: p - lr * m, params, memory), memory
    means, squares, count = memory
    count += 1
    beta1, beta2 = BETAS
    means = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, means, gradients)
    squares = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, squares, gradients)
    rate = lr / (1 - beta1**count)
    correction = jnp.sqrt(1 - beta2**count)
    params = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) / correction + ADAM_EPS),
        params,
        means,
        squares,
    )
    return params, (means, squares, count)


@cache
def train_of(network: Network) -> Callable[..., tuple[Any, Any]]:
    """The compiled step of a network: once for all its trainings."""

    @partial(jax.jit, donate_argnums=0)
    def train(state: Any, images: Any, labels: Any, rows: Any) -> tuple[Any, Any]:
        params, stats, memory = state
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, stats), gradients = gradient(params, stats, images[rows], labels[rows])
        params, memory = update(params, gradients, memory, network)
        return (params, stats, memory), loss

    return train


def training(task: Task) -> Callable[[], Any]:
    images, labels = jnp.asarray(task.images), jnp.asarray(task.labels)
    batches = cycle([jnp.asarray(rows) for rows in task.batches])
    params, stats = first_layers(task)
    state = params, stats, first_memory(params, task.network)
    train = train_of(task.network)

    def step() -> Any:
        nonlocal state
        state, loss = train(state, images, labels, next(batches))
        return loss

    return step


def inference(task: Task) -> Callable[[], NDArray[Any]]:
    params, stats = first_layers(task)
    inputs = cycle(np.split(task.images[:200], 200))

    @jax.jit
    def logits(params: list[Any], stats: list[Any], x: Any) -> Any:
        return forward(params, stats, x, train=False)[0]

    return lambda: np.asarray(logits(params, stats, next(inputs)))
