"""Every row of the table against finite differences and against PyTorch."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.operations import OPERATIONS, Operation

each_operation = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)

# Rounding: some operations in a row, each correct to the last bit or two.
TOLERANCE = {np.float64: 1e-12, np.float32: 2e-5}


def layouts(array: np.ndarray) -> dict[str, np.ndarray]:
    """The same values in other memory: Fortran order, every second element, read backwards."""
    if array.ndim == 0:
        return dict.fromkeys(("fortran", "spaced", "backwards"), array)
    spaced = np.repeat(array, 2, axis=-1)[..., ::2]
    backwards = array[..., ::-1].copy()[..., ::-1]
    return {"fortran": np.asfortranarray(array), "spaced": spaced, "backwards": backwards}


def mytorch_run(row: Operation, arrays: list[np.ndarray], start_seed: int) -> list[np.ndarray]:
    """Value, gradients, and gradients of a function of the gradients."""
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    out = row.ours(*leaves)
    start = Tensor(np.random.default_rng(start_seed).uniform(-1, 1, out.shape).astype(out.dtype))
    first = mytorch.grad(out, leaves, start, create_graph=True)
    total = sum(((part * part).sum() for part in first), start=Tensor(0.0))
    second = (
        mytorch.grad(total, leaves, allow_unused=True)
        if total.requires_grad
        else [None] * len(leaves)
    )
    return [
        result.data if result is not None else np.zeros_like(leaf.data)
        for result, leaf in zip((out, *first, *second), (out, *leaves, *leaves), strict=True)
    ]


def torch_run(row: Operation, arrays: list[np.ndarray], start_seed: int) -> list[np.ndarray]:
    """The same by PyTorch."""
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    out = row.theirs(*leaves)
    start = np.random.default_rng(start_seed).uniform(-1, 1, tuple(out.shape))
    start = torch.tensor(start).to(out.dtype)
    first = torch.autograd.grad(out, leaves, start, create_graph=True)
    total = sum((part * part).sum() for part in first)
    second = (
        torch.autograd.grad(total, leaves, allow_unused=True)
        if total.requires_grad
        else [None] * len(leaves)
    )
    return [
        (result if result is not None else torch.zeros_like(leaf)).numpy(force=True)
        for result, leaf in zip((out, *first, *second), (out, *leaves, *leaves), strict=True)
    ]


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray], dtype: type) -> None:
    for mine, expected in zip(ours, theirs, strict=True):
        assert mine.shape == expected.shape
        assert mine.dtype == expected.dtype
        scale = max(1.0, np.abs(expected).max(initial=0.0))
        np.testing.assert_allclose(mine, expected, rtol=0, atol=TOLERANCE[dtype] * scale)


@each_operation
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_derivatives_equal_pytorch(row: Operation, dtype: type) -> None:
    for seed in range(3):
        arrays = row.inputs(seed, dtype)
        assert_same(mytorch_run(row, arrays, seed), torch_run(row, arrays, seed), dtype)


@each_operation
def test_memory_layout_does_not_matter(row: Operation) -> None:
    arrays = row.inputs(0)
    expected = torch_run(row, arrays, 0)
    for kind in ("fortran", "spaced", "backwards"):
        others = [layouts(array)[kind] for array in arrays]
        before = [other.copy() for other in others]
        assert_same(mytorch_run(row, others, 0), expected, np.float64)
        for other, copy in zip(others, before, strict=True):
            np.testing.assert_array_equal(other, copy)


@each_operation
def test_gradients_equal_finite_differences(row: Operation) -> None:
    leaves = [Tensor(array, requires_grad=True) for array in row.inputs(7)]
    assert mytorch.gradcheck(row.ours, leaves, atol=1e-7, rtol=1e-6)


@each_operation
def test_second_derivatives_equal_finite_differences(row: Operation) -> None:
    leaves = [Tensor(array, requires_grad=True) for array in row.inputs(7)]
    assert mytorch.gradgradcheck(row.ours, leaves, atol=1e-6, rtol=1e-5)


def test_what_the_caller_changes_afterwards_does_no_harm() -> None:
    index, condition = np.array([0, 0, 2]), np.array([True, False, True])
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = x[index].sum() + mytorch.where(condition, x, 0.0).sum() + x[condition].sum()
    index[:] = 1
    condition[:] = False
    out.backward()
    assert x.grad.data.tolist() == [4, 0, 3]


@each_operation
def test_gradients_without_a_graph_are_the_same_and_share_no_memory(row: Operation) -> None:
    """Where nothing is recorded, some operations compute on arrays: same numbers, own memory."""
    arrays = row.inputs(3)
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    out = row.ours(*leaves)
    start = Tensor(np.random.default_rng(3).uniform(-1, 1, out.shape))
    recorded = mytorch.grad(out, leaves, start, create_graph=True)
    out.backward(start)
    held = [start.data, out.data, *arrays]
    for leaf, expected in zip(leaves, recorded, strict=True):
        found = leaf.grad
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-12, atol=1e-12)
        assert found.grad_fn is None
        assert found.data.flags.writeable
        assert not any(np.shares_memory(found.data, other) for other in held)
        held.append(found.data)
