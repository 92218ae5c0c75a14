"""LayerNorm, RMSNorm and GroupNorm, and the corners of the functions behind them."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F
from tests.peak_memory import peak_bytes


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_half_precision_does_not_overflow(name: str) -> None:
    data = (1000 * draw(3, 4)).astype(np.float16)
    x, other = Tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    y = getattr(F, name)(x, (4,))
    expected = getattr(torch.nn.functional, name)(other, (4,))
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.data, expected.detach(), rtol=1e-3)
    weights = draw(3, 4, seed=1).astype(np.float16)
    y.backward(Tensor(weights))
    expected.backward(torch.tensor(weights))
    np.testing.assert_allclose(x.grad.data, other.grad, rtol=0.02, atol=2e-6)


@pytest.mark.parametrize("shape", [(100_000, 2), (1000, 2, 100)], ids=str)
@pytest.mark.parametrize(("dtype", "digits"), [(np.float32, 1e-6), (np.float16, 2e-3)])
def test_a_large_batch_keeps_its_digits(shape: Any, dtype: Any, digits: float) -> None:
    data = (draw(*shape) + 5).astype(dtype)
    axes = (0, *range(2, len(shape)))
    exact = data.astype(np.float64)
    deviations = exact - exact.mean(axes, keepdims=True)
    expected = deviations / np.sqrt((deviations**2).mean(axes, keepdims=True) + 1e-5)
    layer = nn.BatchNorm1d(2).to(dtype)
    y = layer(Tensor(data, requires_grad=True))
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, expected, rtol=digits, atol=5 * digits)
    weights = draw(*shape, seed=1).astype(dtype)
    y.backward(Tensor(weights))
    total = weights.sum(axes, dtype=np.float64)
    np.testing.assert_allclose(layer.bias.grad.data, total, rtol=digits, atol=digits)


@pytest.mark.parametrize(
    "form",
    [
        "F.layer_norm(x, (3,))",
        "F.rms_norm(x, (3,))",
        "F.rms_norm(x, (3,), eps=0.0)",
        "F.group_norm(x, 1)",
        "F.batch_norm(x, None, None, training=True)",
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e100, 1e-200, 0.0])
def test_special_values(form: str, value: float) -> None:
    """One special row among others, silently and as PyTorch: value and gradient."""
    data = np.array([[1.0, 2.0, -1.0], [value, 0.5, 2.0], [value, value, value]])
    results = []
    for library, x in (
        (mytorch, Tensor(data, requires_grad=True)),
        (torch, torch.tensor(data, requires_grad=True)),
    ):
        y = eval(form, {"F": library.nn.functional, "x": x})
        (y * y * (y - 1)).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for mine, expected in zip(*results, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-7, atol=1e-9)


def test_an_offset_costs_no_accuracy() -> None:
    x = draw(2, 1000)
    moved, still = (F.layer_norm(Tensor(values), (1000,)).data for values in (x + 1e6, x))
    np.testing.assert_allclose(moved, still, atol=1e-8)


def test_batch_norm_over_an_empty_batch_changes_no_statistics() -> None:
    layer = nn.BatchNorm1d(3)
    y = layer(Tensor(np.zeros((0, 3)), requires_grad=True))
    y.backward()
    assert y.shape == (0, 3)
    assert layer.running_mean.data.tolist() == [0, 0, 0]
    assert layer.running_var.data.tolist() == [1, 1, 1]
    assert layer.weight.grad.data.tolist() == [0, 0, 0]


def test_running_statistics_equal_pytorch() -> None:
    x = draw(4, 3, 2, 2) + 1
    ours = Tensor.zeros(3), Tensor.ones(3)
    theirs = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    F.batch_norm(Tensor(x), *ours, training=True, momentum=0.3)
    torch.nn.functional.batch_norm(torch.tensor(x), *theirs, training=True, momentum=0.3)
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.data, expected.numpy(), rtol=1e-13)


def test_mixed_precision_is_promoted() -> None:
    x = Tensor(draw(2, 3).astype(np.float32), requires_grad=True)
    for layer in (nn.LayerNorm(3), nn.RMSNorm(3), nn.GroupNorm(1, 3), nn.BatchNorm1d(3)):
        y = layer(x)
        assert y.dtype == np.float64
        x.grad = None
        y.sum().backward()
        assert x.grad.dtype == np.float32


@pytest.mark.filterwarnings("ignore:batch_norm. the input has dtype float")
@pytest.mark.parametrize(
    ("rows", "training"), [(1, False), (2, False), (4, False), (2, True), (4, True)]
)
def test_batch_norm_is_promoted_for_any_number_of_rows(rows: int, training: bool) -> None:
    kinds = np.float16, np.float32, np.float64
    digits = {2: 2e-3, 4: 2e-6, 8: 1e-13}
    data, values = draw(rows, 2), ([0.5, 0.25], [1.5, 2.0], [2.0, -1.0], [3.0, 0.5])
    for of_x, of_statistics, of_weight, of_bias in product(kinds, repeat=4):
        mean, var = (Tensor(v).to(of_statistics) for v in values[:2])
        weight, bias = Tensor(values[2]).to(of_weight), Tensor(values[3]).to(of_bias)
        x = data.astype(of_x)
        y = F.batch_norm(Tensor(x), mean, var, weight, bias, training)
        expected = F.batch_norm(Tensor(x.astype(np.float64)), *map(Tensor, values), training)
        used = (of_x, of_weight, of_bias) if training else (of_x, of_weight, of_bias, of_statistics)
        assert y.dtype == np.result_type(*used)
        rtol = digits[min(np.dtype(kind).itemsize for kind in used)]
        np.testing.assert_allclose(y.data, expected.data, rtol=rtol, atol=rtol)
        assert mean.dtype == var.dtype == of_statistics


def test_sums_of_gradients_in_half_precision_do_not_overflow() -> None:
    x = Tensor(draw(1000, 2).astype(np.float16), requires_grad=True)
    F.batch_norm(x, None, None, training=True).backward(np.full(x.shape, 100, np.float16))
    np.testing.assert_allclose(x.grad.data, np.zeros(x.shape), atol=0.1)


@pytest.mark.parametrize(
    ("dtype", "far"),
    [(np.float32, 1), (np.float32, 100), (np.float64, 2), (np.float64, 100), (np.float16, 1)],
)
def test_many_images_are_normalised_in_parts(dtype: Any, far: float) -> None:
    """Also where the mean is far from 0, beside the deviations from it."""
    shape = (9, 3, 40, 41)
    data, weights = (draw(*shape) + far).astype(dtype), draw(*shape, seed=1).astype(dtype)
    ours, theirs = nn.BatchNorm2d(3).to(dtype), torch.nn.BatchNorm2d(3)
    theirs.to(getattr(torch, np.dtype(dtype).name))
    digits = {2: 2e-2, 4: 1e-4, 8: 1e-9}[np.dtype(dtype).itemsize]
    for training in (True, False):
        found = []
        for library, layer in ((mytorch, ours), (torch, theirs)):
            layer.train(training)
            x = library.tensor(data, requires_grad=True)
            y = layer(x)
            layer.zero_grad()
            y.backward(library.tensor(weights))
            gradients = [x.grad, layer.weight.grad, layer.bias.grad]
            found.append([y.detach(), layer.running_mean, layer.running_var, *gradients])
        for mine, expected in zip(*found, strict=True):
            assert mine.numpy().dtype == dtype
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), digits, 10 * digits)
    if dtype == np.float64:
        for training in (False, True):
            x, layer = Tensor(data, requires_grad=True), ours.train(training)
            inputs = (x, layer.weight, layer.bias)
            recorded = mytorch.grad(layer(x), inputs, Tensor(weights), create_graph=True)
            bare = mytorch.grad(layer(x), inputs, Tensor(weights))
            for mine, expected in zip(bare, recorded, strict=True):
                np.testing.assert_allclose(mine.data, expected.data, 1e-9, 1e-9)


def test_many_images_leave_no_copy_of_themselves() -> None:
    x = Tensor(draw(4, 8, 64, 64).astype(np.float32), requires_grad=True)
    layer = nn.BatchNorm2d(8).float()
    with_gradient = peak_bytes(lambda: layer(x))
    assert with_gradient < 1.5 * x.data.nbytes


def test_statistics_of_instances_are_their_means() -> None:
    x = draw(4, 3, 2, 2) + 1
    ours = Tensor.zeros(3), Tensor.ones(3)
    theirs = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    F.instance_norm(Tensor(x), *ours, momentum=0.3)
    torch.nn.functional.instance_norm(torch.tensor(x), *theirs, momentum=0.3)
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.data, expected.numpy(), rtol=1e-13)


def test_channels_that_do_not_matter_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="InstanceNorm1d: the input has 3 channels, not 2"):
        nn.InstanceNorm1d(2)(Tensor(draw(2, 3, 4)))
