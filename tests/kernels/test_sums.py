"""Sums of many numbers: as exact as PyTorch's, wherever an operand was repeated."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch._kernels import sums
from mytorch._kernels.sums import add_up

ROWS = 2**17

# Operations whose second operand, a row, is repeated; its gradient is the sum over all rows.
BROADCAST: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda lib, x, b: x + b,
    "sub": lambda lib, x, b: x - b,
    "mul": lambda lib, x, b: x * b,
    "div": lambda lib, x, b: x / b,
    "pow": lambda lib, x, b: x**b,
    "where": lambda lib, x, b: lib.where(x > 0, b, x),
    "maximum": lambda lib, x, b: lib.maximum(x, b),
    "minimum": lambda lib, x, b: lib.minimum(x, b + 9),
    "clamp": lambda lib, x, b: x.clamp(b, b + 9),
    "remainder": lambda lib, x, b: lib.remainder(x, b),
    "expand": lambda lib, x, b: x * 2 + b.expand(ROWS, 3),
    "linear": lambda lib, x, b: lib.nn.functional.linear(x, lib.eye(3, dtype=x.dtype), b),
    "linear of a stack": lambda lib, x, b: lib.nn.functional.linear(
        x.reshape(64, -1, 3), lib.eye(3, dtype=x.dtype), b
    ).reshape(ROWS, 3),
    "addmm": lambda lib, x, b: lib.addmm(b, x, lib.eye(3, dtype=x.dtype)),
    "layer_norm": lambda lib, x, b: lib.nn.functional.layer_norm(x, (3,), b, b),
    "batch_norm": lambda lib, x, b: lib.nn.functional.batch_norm(
        x, lib.zeros(3, dtype=x.dtype), lib.ones(3, dtype=x.dtype), b, b, False
    ),
}


def row_gradient(library: Any, function: Any, arrays: tuple[Any, ...], dtype: Any) -> Any:
    x, b, gradient = (library.tensor(array.astype(dtype)) for array in arrays)
    b.requires_grad = True
    function(library, x, b).backward(gradient)
    return np.asarray(b.grad.detach().numpy(), np.float64)


@pytest.mark.parametrize("name", BROADCAST)
def test_gradients_of_repeated_operands_lose_no_digits(name: str) -> None:
    generator = np.random.default_rng(0)
    arrays = generator.random((ROWS, 3)) + 0.5, np.ones(3) * 0.9, generator.random((ROWS, 3))
    arrays = tuple(array.astype(np.float32) for array in arrays)
    exact = row_gradient(torch, BROADCAST[name], arrays, np.float64)
    ours = row_gradient(mytorch, BROADCAST[name], arrays, np.float32)
    np.testing.assert_allclose(ours, exact, rtol=4e-7)


def test_a_gradient_of_ones_is_counted_exactly() -> None:
    b = Tensor(np.zeros(2, np.float32), requires_grad=True)
    (mytorch.zeros(20_000_000, 1, dtype=np.float32).expand(-1, 2) + b).sum().backward()
    assert b.grad.tolist() == [20_000_000, 20_000_000]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_over_a_long_axis_loses_no_digits(name: str, dim: int) -> None:
    generator = np.random.default_rng(0)
    x, gradient = generator.random((2, ROWS, 3)).transpose(0, 1 + dim, 2 - dim).astype(np.float32)

    def run(library: Any, dtype: Any) -> list[Any]:
        leaf = library.tensor(x.astype(dtype))
        leaf.requires_grad = True
        out = getattr(library.nn.functional, name)(leaf, dim=dim)
        out.backward(library.tensor(gradient.astype(dtype)))
        return [np.asarray(part.detach().numpy(), np.float64) for part in (out, leaf.grad)]

    for ours, exact in zip(run(mytorch, np.float32), run(torch, np.float64), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-6, atol=1e-6 * np.abs(exact).max())


@pytest.mark.parametrize(
    "function",
    [lambda x: x.amax(0), lambda x: x.amin(0), lambda x: x.norm(float("inf"), 0)],
    ids=["amax", "amin", "norm"],
)
def test_equal_elements_are_counted_exactly(function: Callable[[Any], Any]) -> None:
    # Halves count to 2048.
    x = Tensor(np.ones((5000, 2), np.float16), requires_grad=True)
    function(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, np.full((5000, 2), 1 / 5000, np.float16))


def test_the_norm_that_counts_counts_exactly() -> None:
    ones = Tensor(np.broadcast_to(np.float32(1), (17_000_001, 1)))
    assert ones.expand(-1, 2).norm(0, 0).tolist() == [17_000_000] * 2


def arrays_of_all_layouts() -> list[Any]:
    generator = np.random.default_rng(0)
    whole = generator.random((6, 40, 30, 4), np.float32) * 1000
    return [
        whole,
        whole.transpose(2, 0, 3, 1),
        whole[::-1, :, ::2],
        np.broadcast_to(whole[:, :1], whole.shape),
        np.broadcast_to(whole[:1, :, :, 1:2], whole.shape).transpose(3, 1, 0, 2),
        np.broadcast_to(np.float32(0.1), (3, 5000)),
        generator.random((3, 5001), np.float32),
        generator.random((5001, 3), np.float32),
        generator.random((2, 4001, 2), np.float32),
        generator.random((1, 1, 9000), np.float32),
        generator.random(70_001, np.float32),
        generator.random((2, 0, 3), np.float32),
    ]


@pytest.mark.parametrize("number", range(len(arrays_of_all_layouts())))
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_sums_over_all_axes(number: int, dtype: Any) -> None:
    array = arrays_of_all_layouts()[number]
    array = array if dtype is np.float32 else array.astype(dtype)
    for mask in range(2**array.ndim):
        axes = tuple(axis for axis in range(array.ndim) if mask >> axis & 1)
        for order in (axes, axes[::-1]):
            for keepdims in (False, True):
                exact = array.astype(np.float64).sum(order, keepdims=keepdims)
                out = add_up(array, order, keepdims)
                assert out.shape == exact.shape
                np.testing.assert_allclose(out, exact, rtol=1e-14 if dtype is np.float64 else 4e-7)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(50, 3), (1000, 3), (3, 1000), (30, 40, 3)])
def test_small_sums_are_rounded_once(shape: tuple[int, ...], dtype: Any) -> None:
    array = np.random.default_rng(0).uniform(1, 2, shape).astype(dtype)
    for axes in (None, *range(array.ndim)):
        exact = array.astype(np.float64).sum(axes)
        found = Tensor(array).sum(axes).data
        assert found.dtype == dtype
        few = 1 if dtype is np.float16 else 16
        np.testing.assert_array_max_ulp(found, exact.astype(dtype), few)


@pytest.mark.parametrize("shape", [(200_000,), (500, 400), (400, 500), (20, 200, 50)])
def test_sums_are_as_exact_as_pytorch(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).random(shape, np.float32)
    for axes in [None, *range(len(shape))]:
        exact = array.astype(np.float64).sum(axes)
        theirs = torch.tensor(array).sum(axes) if axes is not None else torch.tensor(array).sum()
        ours = Tensor(array).sum(axes)
        error, bound = (np.abs(out.numpy() / exact - 1) for out in (ours, theirs))
        assert np.sqrt(np.mean(error**2)) <= max(np.sqrt(np.mean(bound**2)), 8e-8)


@pytest.mark.parametrize("axes", [None, (0,), (1,), (0, 1)])
def test_infinities_and_nans_stay_where_they_are(axes: Any) -> None:
    array = np.ones((300, 400), np.float32)
    array[3, 5], array[7, 9], array[11, 13] = np.inf, -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        expected = array.sum(axes)
    np.testing.assert_array_equal(add_up(array, axes), expected)


def test_few_rows_of_a_small_array_lose_no_digits() -> None:
    array = np.random.default_rng(0).random((sums.FEW // 2, 2), np.float32)
    for a, axis in ((array, 0), (array.T, 1)):
        np.testing.assert_allclose(add_up(a, (axis,)), a.astype(np.float64).sum(axis), rtol=2e-7)


def test_sums_of_a_compiled_step_are_those_of_an_eager_one() -> None:
    generator = np.random.default_rng(0)
    x = Tensor(generator.random((900, 50), np.float32))
    b = Tensor(np.zeros(50, np.float32), requires_grad=True)

    def step() -> Any:
        b.grad = None
        ((x + b).sin() * x).backward()
        return (x + b).detach().sum(0), x.sum(1), x.mean(), x.var(0)

    eager = [part.numpy().copy() for part in step()] + [b.grad.numpy().copy()]
    compiled = mytorch.compile(step)
    for _ in range(4):
        found = [part.numpy() for part in compiled()] + [b.grad.numpy()]
        for one, other in zip(eager, found, strict=True):
            np.testing.assert_array_equal(one, other)
