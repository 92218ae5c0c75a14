"""Results that programs write over what a kernel has made."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
import mytorch.nn.functional as F
from mytorch import Tensor

SHAPE = 8, 4, 32, 32
WEIGHT = Tensor(np.random.default_rng(0).normal(size=(4, 4, 3, 3)))
STACK = Tensor(np.random.default_rng(1).normal(size=(2, *SHAPE)))


def convolved(x: Tensor) -> Tensor:
    """A large result of a kernel."""
    return F.conv2d(x, WEIGHT, padding=1)


def buffer_bytes(function: Callable[[Tensor], tuple[Tensor, ...]]) -> int:
    """How much memory a program of the function keeps; it gives the same, to the bit."""
    compiled = mytorch.compile(function)
    x = Tensor(np.zeros(SHAPE))
    for seed in range(6):
        x.data[...] = np.random.default_rng(seed).normal(size=SHAPE)
        with mytorch.no_grad():
            expected = [part.data.tobytes() for part in function(x)]
            assert [part.data.tobytes() for part in compiled(x)] == expected
    assert compiled.counts.replayed > 2
    (size,) = re.findall(r"buffers +\d+ arrays, ([\d,]+) bytes", compiled.explain())
    return int(size.replace(",", ""))


def one_by_one(x: Tensor) -> tuple[Tensor, ...]:
    y = F.relu(convolved(x)) - 1
    return ((y * y).reshape(8, -1).sum(1),)


def test_a_result_takes_the_memory_of_what_nobody_needs() -> None:
    assert buffer_bytes(one_by_one) < np.zeros(SHAPE).nbytes


def needed(x: Tensor) -> tuple[Tensor, ...]:
    y = convolved(x)
    return ((F.relu(y) * y).sum(1),)


def needed_as_a_view(x: Tensor) -> tuple[Tensor, ...]:
    y = convolved(x)
    rows = y.reshape(32, -1)
    return ((F.relu(y) - 1).sum(1), rows.sum(1))


def seen(x: Tensor) -> tuple[Tensor, ...]:
    y = convolved(x)
    return (F.relu(y) - 1).sum(1), y


def seen_as_a_view(x: Tensor) -> tuple[Tensor, ...]:
    y = convolved(x)
    return (F.relu(y) - 1).sum(1), y[0]


def changed_in_place(x: Tensor) -> tuple[Tensor, ...]:
    y = F.relu(convolved(x))
    y *= 3
    return ((y - convolved(x)).sum(1),)


def repeated(x: Tensor) -> tuple[Tensor, ...]:
    return ((convolved(x) + STACK).sum(1),)


def of_another_dtype(x: Tensor) -> tuple[Tensor, ...]:
    return ((convolved(x) > 0).sum(1),)


@pytest.mark.parametrize(
    "function",
    [
        needed,
        needed_as_a_view,
        seen,
        seen_as_a_view,
        changed_in_place,
        repeated,
        of_another_dtype,
    ],
)
def test_what_is_needed_is_left_alone(function: Any) -> None:
    assert buffer_bytes(function) >= np.prod(SHAPE)
