"""Clipping gradients as PyTorch does."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn

GRADIENTS = [np.array([[3.0, -4.0], [0.5, 12.0]]), np.array(-2.0), np.zeros((0, 3))]


def parameters(library: ModuleType, scale: float) -> list[Any]:
    found = [library.tensor(g * 0, requires_grad=True) for g in (*GRADIENTS, np.ones(2))]
    for parameter, gradient in zip(found, GRADIENTS, strict=False):
        parameter.grad = library.tensor(gradient * scale)
    return found


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, float("inf")])
@pytest.mark.parametrize("scale", [1.0, 1e-3, float("inf"), float("nan")])
def test_clip_grad_norm_equals_pytorch(norm_type: float, scale: float) -> None:
    results = []
    for library in (mytorch, torch):
        leaves = parameters(library, 1.0)[:2]
        for leaf in leaves:
            leaf.grad[...] = leaf.grad * scale
        total = library.nn.utils.clip_grad_norm_(leaves, 1.5, norm_type)
        results.append([total.numpy(), *(leaf.grad.numpy() for leaf in leaves)])
    for mine, expected in zip(*results, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)


@pytest.mark.parametrize("norm_type", [2.0, "inf"])
def test_a_norm_that_is_known_clips_as_pytorch(norm_type: Any) -> None:
    results = []
    for library in (mytorch, torch):
        leaves = parameters(library, 1.0)[:2]
        utils = library.nn.utils
        norms = [utils.get_total_norm([leaf.grad for leaf in leaves], norm_type)]
        norms += [utils.get_total_norm(leaves[0].grad), utils.get_total_norm(iter([leaves[0] + 1]))]
        assert not any(norm.requires_grad for norm in norms)
        assert utils.clip_grads_with_norm_(iter(leaves), 1.5, norms[0]) is None
        utils.clip_grads_with_norm_(parameters(library, 1.0)[-1], 1.5, norms[0])
        with pytest.raises(RuntimeError):
            utils.get_total_norm([library.tensor(np.inf)], error_if_nonfinite=True)
        results.append([value.numpy() for value in (*norms, *(leaf.grad for leaf in leaves))])
    for mine, expected in zip(*results, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)
    assert nn.utils.get_total_norm([]).item() == 0
    for wrong, error in ((5.0, TypeError), (Tensor([5.0]), RuntimeError)):
        with pytest.raises(error, match="total_norm"):
            nn.utils.clip_grads_with_norm_([], 1.0, wrong)


def test_empty_gradients_missing_ones_and_one_tensor() -> None:
    leaves = parameters(mytorch, 1.0)
    assert nn.utils.clip_grad_norm_(leaves, 1.0).item() == pytest.approx(13.2, abs=0.05)
    assert leaves[-1].grad is None
    nn.utils.clip_grad_norm_(leaves[0], 0.1)
    assert np.linalg.norm(leaves[0].grad.data) == pytest.approx(0.1, rel=1e-4)
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0


def test_the_norm_of_no_gradients_has_the_default_dtype() -> None:
    before = mytorch.get_default_dtype()
    mytorch.set_default_dtype(np.float32)
    try:
        assert nn.utils.clip_grad_norm_([], 1.0).dtype == np.float32
    finally:
        mytorch.set_default_dtype(before)


def test_clip_grad_value_equals_pytorch() -> None:
    ours, theirs = parameters(mytorch, 1.0), parameters(torch, 1.0)
    nn.utils.clip_grad_value_(ours, 2.5)
    torch.nn.utils.clip_grad_value_(theirs, 2.5)
    for mine, expected in zip(ours[:3], theirs[:3], strict=True):
        np.testing.assert_array_equal(mine.grad.data, expected.grad.numpy())


VALUES = [[3.0, 4.0], [np.inf, 1.0], [np.nan, 1.0], [6e4, 6e4], [1e30, 1e30], [1e200, 1.0]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("values", [*VALUES, [0.0, 0.0], [-np.inf, np.inf], [1e-30, 0.0]], ids=str)
def test_no_warning_leaks_and_norms_overflow_no_sooner_than_the_dtype(
    dtype: str, values: list[float]
) -> None:
    with np.errstate(over="ignore"):
        gradient = np.array(values).astype(dtype)
    tolerance = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-12}[dtype]
    atol = 1e-7 if dtype == "float16" else 0  # its last place
    for norm_type in (2.0, 1.0, 0.5, 0.0, np.inf, -np.inf, "inf"):
        # PyTorch's half precision has no reciprocal of a small norm and makes NaN of it.
        for most in (1.0,) if dtype == "float16" else (1.0, 1e6, 0.0, 1e-8):
            found = []
            # Squares of 1e30 leave PyTorch's single precision, where the norm would fit.
            wide = gradient.astype("float64" if dtype == "float32" else dtype)
            for library, gradients in ((mytorch, gradient), (torch, wide)):
                leaf = library.zeros(2, dtype=getattr(library, gradients.dtype.name))
                leaf.requires_grad_().grad = library.tensor(gradients)
                total = library.nn.utils.clip_grad_norm_([leaf], most, norm_type)
                clipped = leaf.grad.numpy().copy()
                leaf.grad = library.tensor(gradients)
                library.nn.utils.clip_grad_value_(iter([leaf]), min(most, 6e4))
                found.append((total.numpy(), clipped, leaf.grad.numpy()))
            for mine, expected in zip(*found, strict=True):
                assert mine.dtype == dtype
                with np.errstate(over="ignore", under="ignore"):
                    expected = expected.astype(dtype)
                np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=atol)


def test_limits_that_the_dtype_cannot_hold() -> None:
    w = Tensor(np.zeros(2, np.float16), requires_grad=True)
    w.grad = Tensor(np.array([np.inf, 1.0], np.float16))
    nn.utils.clip_grad_value_([w], 1e6)
    assert w.grad.tolist() == [np.inf, 1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("norm_type", [2.0, np.inf])
def test_a_norm_that_is_not_finite(value: float, norm_type: float) -> None:
    for library in (mytorch, torch):
        w = library.tensor([1.0], requires_grad=True)
        w.grad = library.tensor([value])
        with pytest.raises(RuntimeError):
            library.nn.utils.clip_grad_norm_([w], 1.0, norm_type, error_if_nonfinite=True)
        np.testing.assert_array_equal(w.grad.numpy(), [value])
    w = Tensor([1.0], requires_grad=True)
    w.grad = Tensor([value])
    with pytest.raises(RuntimeError, match=f"{abs(value)}; look for its cause") as raised:
        nn.utils.clip_grad_norm_([w], 1.0, norm_type, error_if_nonfinite=True)
    assert "error_if_nonfinite=False" in str(raised.value)


@pytest.mark.parametrize("clip", ["clip_grad_norm_", "clip_grad_value_"])
@pytest.mark.filterwarnings("ignore:Using backward")
def test_a_gradient_that_is_needed_again_is_not_changed_unnoticed(clip: str) -> None:
    for library in (mytorch, torch):
        x = library.tensor([3.0], requires_grad=True)
        (x**3).sum().backward(create_graph=True)
        penalty = (x.grad**2).sum()
        with library.no_grad():
            getattr(library.nn.utils, clip)([x], 0.5)
        with pytest.raises(RuntimeError, match=r"in place|inplace"):
            penalty.backward()


@pytest.mark.parametrize("most", [[1.5], (0.5, 0.5), "a", None])
def test_a_bound_that_is_no_number_scales_nothing(most: object) -> None:
    w = Tensor([1.0, 1.0], requires_grad=True)
    w.grad = Tensor([3.0, 4.0])
    with pytest.raises(TypeError, match=r"^clip_grad_norm_: max_norm: expected a number, got"):
        nn.utils.clip_grad_norm_([w], most)
    with pytest.raises(TypeError, match=r"max_norm: expected a number"):
        nn.utils.clip_grads_with_norm_([w], most, Tensor(5.0))
    np.testing.assert_array_equal(w.grad.data, [3.0, 4.0])
