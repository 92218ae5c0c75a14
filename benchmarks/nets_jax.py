"""The CNN of `benchmarks.nets` in JAX: pure functions, the whole step compiled by jax.jit."""

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

import jax
import jax.numpy as jnp

import mytorch
from benchmarks.nets import RATE, Net, made

BETAS, EPS = (0.9, 0.999), 1e-8


def forward(params: dict[str, Any], x: Any) -> Any:
    for number in (0, 3):
        x = jax.lax.conv_general_dilated(x, params[f"{number}.weight"], (1, 1), "SAME")
        x = jax.nn.relu(x + params[f"{number}.bias"][:, None, None])
        window = (1, 1, 2, 2)
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
    return x.reshape(len(x), -1) @ params["7.weight"].T + params["7.bias"]


def loss_of(params: dict[str, Any], x: Any, labels: Any) -> Any:
    logits = jax.nn.log_softmax(forward(params, x))
    return -jnp.take_along_axis(logits, labels[:, None], 1).mean()


@partial(jax.jit, donate_argnums=(0, 1))
def step(params: Any, state: Any, x: Any, labels: Any) -> Any:
    """One of Adam."""
    count, first, second = state
    loss, gradients = jax.value_and_grad(loss_of)(params, x, labels)
    count = count + 1
    first = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETAS[0]), first, gradients)
    second = jax.tree.map(lambda v, g: v * BETAS[1] + g * g * (1 - BETAS[1]), second, gradients)
    size, root = RATE / (1 - BETAS[0] ** count), jnp.sqrt(1 - BETAS[1] ** count)
    params = jax.tree.map(
        lambda p, m, v: p - size * m / (jnp.sqrt(v) / root + EPS), params, first, second
    )
    return params, (count, first, second), loss


def running(net: Net) -> Callable[[], Any]:
    """What a training step calls."""
    model = made(mytorch, net)
    params = {name: jnp.array(p.data) for name, p in model.named_parameters()}
    zeros = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
    state = (jnp.float32(0), *zeros)
    pairs = cycle([(jnp.array(x), jnp.array(y)) for x, y in net.data()])

    def run() -> Any:
        nonlocal params, state
        params, state, loss = step(params, state, *next(pairs))
        return loss

    return run
