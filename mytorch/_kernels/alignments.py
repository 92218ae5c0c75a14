"""The alignments of labels with steps in time, all of them at once, in logarithms (Graves et al.,
2006).

T is the number of steps, N of examples, S of states: the labels of an example with a blank before,
between and after them. From a state a step leads to itself, to the next, and past a blank between
two different labels, as `skips` (N, S) says of the state that is arrived at. All is in float64.
"""

from __future__ import annotations

import numpy as np

from mytorch._dtypes import Array
from mytorch._kernels.elementwise import kernel

__all__ = ["forwards", "occupied", "summed"]


def summed(logs: Array, axis: int) -> Array:
    """log(sum(exp(logs))) along the axis; -inf where all are that."""
    largest = np.maximum(logs.max(axis, keepdims=True), np.finfo(logs.dtype).min)
    total = np.log(np.exp(logs - largest).sum(axis, keepdims=True))
    found: Array = (total + largest).squeeze(axis)
    return found


@kernel
def forwards(emitted: Array, skips: Array) -> Array:
    """For each step and state (T, N, S) the logarithm of the probability of all ways that are there
    then, from those of what each state emits."""
    # Two columns stand before the first state.
    at = _impossible(emitted)
    skipping = _log(skips)
    found = np.empty_like(emitted)
    found[0, :, :2], found[0, :, 2:] = emitted[0, :, :2], -np.inf
    for step in range(1, len(emitted)):
        at[:, 2:] = found[step - 1]
        ways = np.stack([at[:, 2:], at[:, 1:-1], at[:, :-2] + skipping])
        found[step] = summed(ways, 0) + emitted[step]
    return found


def backwards(emitted: Array, skips: Array, ends: Array, lasts: Array) -> Array:
    """For each step and state (T, N, S) the logarithm of the probability of all ways from there to
    a state of `ends` (N, S) at the step `lasts` (N,); -inf after that."""
    # Two columns stand after the last state, also of what leads to the state before by a skip.
    at, skipping, states = _impossible(emitted), _impossible(emitted), emitted.shape[2]
    skipping[:, :states] = _log(skips)
    final = _log(ends)
    found = np.empty_like(emitted)
    for step in range(len(emitted) - 1, -1, -1):
        ways = np.stack([at[:, :-2], at[:, 1:-1], at[:, 2:] + skipping[:, 2:]])
        found[step] = np.where((lasts == step)[:, None], final, summed(ways, 0))
        at[:, :states] = found[step] + emitted[step]
    return found


def _impossible(emitted: Array) -> Array:
    _, examples, states = emitted.shape
    return np.full((examples, states + 2), -np.inf, emitted.dtype)


def _log(mask: Array) -> Array:
    return np.where(mask, 0.0, -np.inf)


@kernel
def occupied(
    emitted: Array, skips: Array, ends: Array, lasts: Array, alphas: Array, total: Array
) -> Array:
    """For each step and state (T, N, S) the probability that the way is there then, given the
    labels; `alphas` and `total` are those of `forwards`, the latter at the end."""
    found: Array = np.exp(alphas + backwards(emitted, skips, ends, lasts) - total[:, None])
    return found
