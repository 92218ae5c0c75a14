"""Masks of what pooling gives back, which programs take before it is placed among zeros."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
import mytorch.nn.functional as F
from mytorch import Tensor

FLOATS = [np.float16, np.float32, np.float64]
POOLS: dict[tuple[int, ...], Callable[..., Tensor]] = {
    (2, 3, 9): F.max_pool1d,
    (2, 3, 8, 6): F.max_pool2d,
    (2, 3, 9, 7): F.max_pool2d,
    (2, 1, 4, 5, 6): F.max_pool3d,
}


def numbers(shape: tuple[int, ...], seed: int, dtype: Any = np.float64) -> Any:
    """Few different numbers, so that many windows have the largest one twice; in every other set
    zeros with a sign, infinities and NaNs among them."""
    generator = np.random.default_rng(seed)
    found = generator.integers(-3, 3, shape).astype(dtype)
    if seed % 2:
        found.flat[::5], found.flat[::7], found.flat[::11] = -0.0, np.nan, np.inf
    return found


def assert_equal(step: Callable[..., Any], *arguments: Tensor) -> Any:
    """Compiled it gives the same as it is, to the bit, with ever new numbers; returns it."""
    compiled = mytorch.compile(step)
    for seed in range(6):
        for argument in arguments:
            argument.data[...] = numbers(argument.shape, seed, argument.data.dtype)
        expected = [part.data.tobytes() for part in step(*arguments)]
        assert [part.data.tobytes() for part in compiled(*arguments)] == expected
    assert compiled.counts.replayed > 2
    return compiled


def masks(compiled: Any) -> set[str]:
    """The shapes of the masks that a program makes."""
    return set(re.findall(r"bool (\(.*?\)) = astype", compiled.explain()))


def gradients_by(function: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """A step that gives the gradient of x for weighted results of a function."""

    def step(x: Tensor, weights: Tensor) -> Any:
        x.grad = None
        result, *more = function(x)
        (result * weights).sum().backward()
        return (x.grad, *(part() for part in more))

    return step


def leaf(shape: tuple[int, ...], dtype: Any = np.float64) -> Tensor:
    return Tensor(np.zeros(shape, dtype), requires_grad=True)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", POOLS, ids=str)
def test_the_mask_has_the_shape_of_what_is_pooled(shape: tuple[int, ...], dtype: Any) -> None:
    pool = POOLS[shape]
    few = pool(Tensor(np.zeros(shape)), 2).shape
    step = gradients_by(lambda x: (pool(F.relu(x), 2),))
    compiled = assert_equal(step, leaf(shape, dtype), Tensor(np.zeros(few, dtype)))
    assert masks(compiled) == {str(tuple(few))}


def catching(use: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Any]:
    """A function whose step gives what is made of the gradient before it is masked."""

    def function(x: Tensor) -> Any:
        kept = F.relu(x)
        caught: list[Tensor] = []
        kept.register_hook(caught.append)
        return F.max_pool2d(kept, 2), lambda: use(caught[0])

    return function


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (F.max_pool2d(F.relu(x) - 1, 2),),
        lambda x: (F.relu(F.max_pool2d(x, 2)),),
        catching(lambda gradient: gradient),
        catching(lambda gradient: gradient * 2),
    ],
    ids=["of other numbers", "the other way round", "seen", "used again"],
)
def test_other_masks_stay_where_they_are(function: Callable[[Tensor], Any]) -> None:
    shape = 2, 3, 6, 8
    step = gradients_by(function)
    assert_equal(step, leaf(shape), Tensor(np.zeros((2, 3, 3, 4))))
