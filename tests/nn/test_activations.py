"""The layers of activations, dropout and embedding beside PyTorch's, and what the table of
operations cannot say of their functions."""

import re
import warnings

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("Hardtanh(2, 1)", "Hardtanh: min_val 2 must be below max_val 1"),
        ("Hardtanh(1, 1)", "Hardtanh: min_val 1 must be below max_val 1"),
        ("Dropout(1.5)", "Dropout: expected a probability from 0 to 1, got 1.5"),
        ("Dropout(-0.1)", "Dropout: expected a probability from 0 to 1, got -0.1"),
        ("Dropout(float('nan'))", "Dropout: expected a probability from 0 to 1, got nan"),
        ("Embedding(3, 2, 3)", "embedding: padding_idx 3 is out of range for a weight of 3 rows"),
        ("GroupNorm(2, 3)", "channels that 2 groups can share, got 3"),
        ("GroupNorm(0, 3)", "channels that 0 groups can share, got 3"),
        ("GroupNorm(-1, 3)", "channels that -1 groups can share, got 3"),
        ("Linear(2, 1, dtype=int)", "expected a floating dtype for parameters, got int64"),
    ],
)
def test_what_cannot_be_made(made: str, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(says)):
        eval(made, vars(nn))


@pytest.mark.parametrize("function", [F.mish, F.softsign, F.selu, F.celu])
def test_the_error_names_the_function(function) -> None:
    with pytest.raises(TypeError, match=rf"^{function.__name__}: "):
        function(Tensor([True]))


def test_celu_divides_by_alpha() -> None:
    with pytest.raises(RuntimeError, match="alpha must not be 0"):
        F.celu(Tensor([1.0]), 0)


@pytest.mark.parametrize(
    "made",
    ["Linear(3, -1)", "Embedding(-1, 2)", "PReLU(-1)", "BatchNorm1d(-1)", "LayerNorm(-1)"],
)
def test_layers_have_no_negative_sizes(made: str) -> None:
    for room in (nn, torch.nn):
        with pytest.raises(RuntimeError, match="-1"):
            eval(made, vars(room))


@pytest.mark.parametrize("function", [F.hardsigmoid, F.prelu, F.logsigmoid, F.gelu])
def test_derivatives_equal_finite_differences(function) -> None:
    inputs = [Tensor(np.linspace(-4, 4, 6).reshape(2, 3), requires_grad=True)]
    if function is F.prelu:
        inputs.append(Tensor([0.1, -0.2, 0.3], requires_grad=True))
    assert mytorch.gradcheck(function, inputs)
    assert mytorch.gradgradcheck(function, inputs)


@pytest.mark.parametrize(
    "name",
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "hardtanh",
        "logsigmoid",
        "hardsigmoid",
        "hardswish",
        "sigmoid",
        "tanh",
    ],
)
def test_kinks_limits_and_second_derivatives_there(name: str) -> None:
    """At every place where a formula changes, and near it, and where one of its parts is infinite;
    the gradient with and without its own graph."""
    # fmt: off
    data = np.array([
        0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 20.0, 20.5, 88.0, -88.0, 700.0, -700.0, 1e30, -1e30,
        0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.5, -3.5, 5.5, 6.5, 19.5,
    ])
    # fmt: on
    x, y = Tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = getattr(F, name)(x)
        (slope,) = mytorch.grad(out, x, create_graph=True)
        (curve,) = mytorch.grad(slope, x, allow_unused=True) if slope.requires_grad else (None,)
        (bare,) = mytorch.grad(getattr(F, name)(x), x)
    expected = getattr(torch.nn.functional, name)(y)
    (their_slope,) = torch.autograd.grad(expected.sum(), y, create_graph=True)
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-13, atol=1e-300)
    for found in (slope, bare):
        np.testing.assert_allclose(found.data, their_slope.detach().numpy(), rtol=1e-7, atol=1e-300)
    assert curve is None or np.isfinite(curve.data).all()


class TestDropout:
    def test_the_expectation_stays(self) -> None:
        mytorch.manual_seed(0)
        for p in (0.1, 0.5, 0.9):
            x = Tensor.ones(100_000)
            x.requires_grad = True
            out = F.dropout(x, p)
            assert abs(out.data.mean() - 1) < 0.02
            assert abs((out.data == 0).mean() - p) < 0.01
            np.testing.assert_allclose(np.unique(out.data), [0, 1 / (1 - p)], rtol=1e-15)
            out.backward()
            np.testing.assert_array_equal(x.grad.data, out.data)

    def test_it_is_drawn_anew_and_by_the_seed(self) -> None:
        x = Tensor.ones(50)
        mytorch.manual_seed(1)
        first, second = F.dropout(x).data, F.dropout(x).data
        assert (first != second).any()
        mytorch.manual_seed(1)
        np.testing.assert_array_equal(F.dropout(x).data, first)

    def test_evaluation_and_zero_return_the_input(self) -> None:
        x = Tensor([1.0, 2.0])
        assert nn.Dropout(0.5).eval()(x) is x
        assert F.dropout(x, 0.0) is x

    def test_single_precision_stays(self) -> None:
        assert F.dropout(Tensor(np.ones(3, np.float32)), 0.3).dtype == np.float32


class TestEmbedding:
    def test_at_first(self) -> None:
        mytorch.manual_seed(0)
        layer = nn.Embedding(1000, 10, padding_idx=-1)
        assert layer.padding_idx == 999
        assert not layer.weight.data[999].any()
        assert abs(layer.weight.data.mean()) < 0.03
        assert abs(layer.weight.data.std() - 1) < 0.03
        for made in (
            "Embedding(3, 4)",
            "Embedding(3, 4, padding_idx=-1)",
            "Embedding(3, 4, None, 2.0, 1.0, True)",
        ):
            assert repr(eval(made, vars(nn))) == repr(eval(made, vars(torch.nn)))

    def test_the_padding_is_not_trained(self) -> None:
        layer = nn.Embedding(3, 2, padding_idx=1)
        layer(Tensor([[0, 1], [0, 1]])).backward()
        assert layer.weight.grad.data.tolist() == [[2, 2], [0, 0], [0, 0]]

    def test_pretrained(self) -> None:
        table = Tensor([[1.0, 2.0], [3.0, 4.0]])
        mytorch.manual_seed(0)
        layer = nn.Embedding.from_pretrained(table)
        drawn = np.random.random()
        mytorch.manual_seed(0)
        assert np.random.random() == drawn
        assert layer(Tensor([1])).tolist() == [[3, 4]]
        assert not layer.weight.requires_grad
        assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
        with pytest.raises(ValueError, match="matrix"):
            nn.Embedding.from_pretrained(table[0])

    def test_long_rows_that_are_used_are_shortened(self) -> None:
        table = [[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]]
        layer = nn.Embedding.from_pretrained(Tensor(table), False, None, 1.0, 2.0, True)
        other = torch.nn.Embedding.from_pretrained(torch.tensor(table), False, None, 1.0, 2.0, True)
        out, expected = layer(Tensor([0, 2, 0])), other(torch.tensor([0, 2, 0]))
        np.testing.assert_allclose(out.data, expected.detach(), rtol=1e-6)
        np.testing.assert_allclose(layer.weight.data, other.weight.detach(), rtol=1e-6)
        assert layer.weight.data[1:].tolist() == table[1:]
        out.backward()
        assert layer.weight.grad.tolist() == [[1, 1], [0, 0], [1, 1]]

    def test_the_error_names_the_index_and_the_rows(self) -> None:
        with pytest.raises(IndexError, match=r"index 3 .* 3 rows"):
            nn.Embedding(3, 2)(Tensor([0, 3]))

    def test_changing_the_indices_afterwards_does_no_harm(self) -> None:
        layer, indices = nn.Embedding(3, 1), np.array([0, 2])
        out = layer(Tensor(indices))
        indices[:] = 1
        out.backward()
        assert layer.weight.grad.tolist() == [[1], [0], [1]]


@pytest.mark.parametrize(
    "function",
    [
        F.gelu,
        F.mish,
        F.softplus,
        F.hardsigmoid,
        lambda x: F.pad(F.pad(x, (1, 2)), (1, 1), "reflect"),
        lambda x: F.embedding(Tensor([[2, 0], [2, 1]]), x, padding_idx=1),
        lambda x: F.cosine_similarity(x, x[:1]),
    ],
)
def test_compiled_steps_equal_eager_ones(function) -> None:
    def step(leaf: Tensor) -> Tensor:
        out = function(leaf)
        (gradient,) = mytorch.grad((out * out).sum(), leaf)
        return gradient

    compiled = mytorch.compile(step)
    for seed in range(4):
        data = np.random.default_rng(seed).normal(size=(3, 4))
        leaf = Tensor(data, requires_grad=True)
        np.testing.assert_array_equal(compiled(leaf).data, step(leaf).data)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_relu_passes_any_gradient_or_none(dtype) -> None:
    """At each special number, for each special gradient, as PyTorch."""
    values = [1.0, -1.0, 0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, np.finfo(dtype).tiny / 4]
    data, gradient = (grid.astype(dtype) for grid in np.meshgrid(values, values))
    x, other = Tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    F.relu(x).backward(Tensor(gradient))
    torch.relu(other).backward(torch.tensor(gradient))
    np.testing.assert_array_equal(x.grad.data, other.grad.numpy())


def test_relu_keeps_the_layout() -> None:
    data = np.random.default_rng(0).normal(size=(2, 3, 4)).transpose(2, 0, 1)
    assert F.relu(Tensor(data)).stride() == torch.relu(torch.tensor(data)).stride() == (1, 12, 4)


def test_relu_of_many_numbers() -> None:
    """They are compared with one 0, fewer with as many."""
    data = np.random.default_rng(0).normal(size=(300, 301))
    np.testing.assert_array_equal(F.relu(Tensor(data)).data, data * (data > 0))


@pytest.mark.parametrize("name", ["hardshrink", "softshrink"])
def test_nothing_comes_through_what_is_shrunk_to_0(name: str) -> None:
    """Neither an infinite gradient nor that of NaN. In single precision PyTorch takes 16 at once,
    of fewer NaN has a gradient."""
    values = np.array([np.nan, -0.5, 0.5, 0.0, -0.0, 1.0, -2.0, np.inf] * 4, np.float32)
    for slope in (1.0, np.inf, np.nan):
        both = []
        for library in (mytorch, torch):
            x = library.tensor(values, requires_grad=True)
            y = getattr(library.nn.functional, name)(x)
            y.backward(library.full_like(y, slope))
            both.append([np.asarray(x.grad.numpy()), y.detach().numpy()])
        for ours, theirs in zip(*both, strict=True):
            np.testing.assert_array_equal(ours, theirs)
