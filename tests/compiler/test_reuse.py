"""Results that programs write over operands that are not needed any more."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
import mytorch.nn.functional as F
from mytorch import Tensor, nn
from mytorch._kernels.elementwise import WRITING
from tests.compiler.trainings import programs

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


# Of several blocks.
IMAGES = 36, 4, 32, 32
FACTORS = Tensor(np.random.default_rng(2).normal(size=IMAGES))


def kernels_that_write_over(function: Callable[..., tuple[Tensor, ...]]) -> set[str]:
    """The kernels whose results are written over their operands in a program of the function, for
    images near 0 and far from it; it gives the same, to the bit."""
    compiled = mytorch.compile(function)
    x = Tensor(np.zeros(IMAGES), requires_grad=True)
    norm = nn.BatchNorm2d(4)
    for seed in range(8):
        x.data[...] = np.random.default_rng(seed).normal(size=IMAGES) + 9 * (seed // 2)
        expected = [part.data.tobytes() for part in function(x, norm)]
        assert [part.data.tobytes() for part in compiled(x, norm)] == expected
    assert compiled.counts.replayed > 2
    (program,) = programs(compiled)
    steps, values = program.plan.steps, program.plan.values
    kernels = [step for step in steps if step.function in WRITING]
    return {
        step.function.__name__
        for step in kernels
        if any(values[index].over is not None for index in step.made())
    }


def normalized(x: Tensor, norm: nn.BatchNorm2d) -> tuple[Any, ...]:
    x.grad = None
    y = norm(x * 2)
    (y * y * y).sum().backward()
    return (x.grad,)


def waiting(x: Tensor, norm: nn.BatchNorm2d) -> tuple[Any, ...]:
    """The result lies in a buffer, and is needed after others have been made in such."""
    x.grad = None
    z = x * 2
    other, y = z.tanh(), norm(z)
    ((y * FACTORS).sum() + (other * other * other).sum()).backward()
    return (x.grad,)


@pytest.mark.parametrize("function", [normalized, waiting])
def test_a_kernel_writes_over_a_gradient_that_nobody_needs(function: Any) -> None:
    assert kernels_that_write_over(function) == {"without_moments"}


def with_a_way_past(x: Tensor, norm: nn.BatchNorm2d) -> tuple[Any, ...]:
    x.grad = None
    y = x * 2
    y = norm(y) + y
    (y * y * y).sum().backward()
    return (x.grad,)


def with_its_gradient(x: Tensor, norm: nn.BatchNorm2d) -> tuple[Any, ...]:
    x.grad = None
    caught: list[Tensor] = []
    y = norm(x * 2)
    y.register_hook(caught.append)
    (y * y * y).sum().backward()
    return x.grad, caught[0]


def in_one_memory(x: Tensor, norm: nn.BatchNorm2d) -> tuple[Any, ...]:
    x.grad = None
    y = x * 2
    norm(y[:-1]).backward(y.detach()[1:])
    return (x.grad,)


@pytest.mark.parametrize("function", [with_a_way_past, with_its_gradient, in_one_memory])
def test_a_kernel_leaves_alone_what_is_needed(function: Any) -> None:
    assert not kernels_that_write_over(function)
