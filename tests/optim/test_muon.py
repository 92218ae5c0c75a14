"""Muon: what its products promise, rounding, and matrices large and laid out otherwise."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, optim
from mytorch.optim.muon import _rounded


def test_rounding_is_bfloat16s() -> None:
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=1000) * 10.0 ** generator.integers(-40, 38, 1000)
    halves = np.arange(1.0, 2.0, 2.0**-8)  # half of them lie between two
    for array in (numbers, halves, -halves, np.array([0.0, -0.0, np.inf, -np.inf])):
        expected = torch.tensor(array).to(torch.bfloat16).to(torch.float32).numpy()
        np.testing.assert_array_equal(_rounded(array), expected)


@pytest.mark.parametrize("shape", [(40, 10), (10, 40), (20, 20)])
def test_an_update_is_nearly_orthogonal(shape) -> None:
    param = Tensor.zeros(*shape)
    param.requires_grad = True
    param.grad = Tensor(np.random.default_rng(0).normal(size=shape))
    optim.Muon([param], lr=1.0, weight_decay=0.0, nesterov=False).step()
    sizes = np.linalg.svd(param.data, compute_uv=False) / max(1, shape[0] / shape[1]) ** 0.5
    assert sizes.max() < 1.3
    assert np.median(sizes) > 0.6
    u, _, v = np.linalg.svd(param.grad.data, full_matrices=False)
    assert np.sum(-param.data * (u @ v)) > 0.9 * np.linalg.norm(param.data) * min(shape) ** 0.5


@pytest.mark.parametrize("layout", ["C", "F"])
def test_a_large_matrix_is_pytorchs_but_for_last_digits(layout) -> None:
    generator = np.random.default_rng(0)
    array, gradient = generator.normal(size=(2, 300, 260))
    ours = Tensor(np.array(array, order=layout), is_parameter=True)
    theirs = torch.tensor(array, requires_grad=True)
    ours.grad, theirs.grad = Tensor(gradient), torch.tensor(gradient)
    optim.Muon([ours], lr=1.0).step()
    torch.optim.Muon([theirs], lr=1.0).step()
    away = np.abs(ours.data - theirs.detach().numpy())
    assert away.max() < 0.01
    assert np.mean(away < 1e-12) > 0.5


def test_a_compiled_step_is_the_same_to_the_bit() -> None:
    def train(wrap) -> list[float]:
        mytorch.manual_seed(0)
        model = mytorch.nn.Linear(3, 4, bias=False)
        optimizer = optim.Muon(model.parameters(), lr=0.1)

        def step(x: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = (model(x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        run = wrap(step)
        generator = np.random.default_rng(0)
        return [run(Tensor(generator.normal(size=(5, 3)))).item() for _ in range(6)]

    assert train(mytorch.compile) == train(lambda step: step)
