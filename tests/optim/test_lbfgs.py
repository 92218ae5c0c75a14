"""LBFGS: where it arrives, what a failed step leaves, and what the line search promises."""

import copy
import importlib

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, optim
from mytorch.optim.line_search import Point, strong_wolfe


def valley(*params: Tensor) -> Tensor:
    """Rosenbrock's: a bent valley, whose minimum 0 is at ones."""
    x, y = params
    return (100 * (y - x * x) ** 2 + (1 - x) ** 2).sum()


def parameters(dtype=np.float64) -> list[Tensor]:
    return [Tensor(np.full(3, value, dtype), is_parameter=True) for value in (-1.2, 1.0)]


def closure_of(optimizer: optim.Optimizer, params: list[Tensor]):
    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = valley(*params)
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_finds_the_end_of_a_bent_valley(dtype) -> None:
    params = parameters(dtype)
    optimizer = optim.LBFGS(params, line_search_fn="strong_wolfe", max_iter=50)
    with mytorch.no_grad():
        first = optimizer.step(closure_of(optimizer, params))
    np.testing.assert_allclose(first.item(), 3 * 24.2, rtol=1e-6)
    for param in params:
        assert param.dtype == dtype
        np.testing.assert_allclose(param.data, np.ones(3), rtol=1e-3)
    for entries in optimizer.state_dict()["state"].values():
        assert {entry.dtype for entry in entries["old_dirs"]} == {np.dtype(dtype)}


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_closure_that_raises_leaves_all_as_before(search, at: int) -> None:
    params = parameters()
    optimizer = optim.LBFGS(params, lr=1e-3, max_iter=3, line_search_fn=search)
    closure = closure_of(optimizer, params)
    optimizer.step(closure)
    state = copy.deepcopy(optimizer.state_dict())
    values = [param.data.copy() for param in params]
    calls = 0

    def failing() -> Tensor:
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyError("in the closure")
        return closure()

    with pytest.raises(KeyError, match="in the closure"):
        optimizer.step(failing)
    for param, value in zip(params, values, strict=True):
        np.testing.assert_array_equal(param.data, value)
    assert str(optimizer.state_dict()) == str(state)
    optimizer.step(closure)


def test_a_loss_that_is_a_number_and_a_parameter_without_a_gradient() -> None:
    p, q = (Tensor([2.0], is_parameter=True) for _ in range(2))
    optimizer = optim.LBFGS([p, q])

    def closure() -> float:
        optimizer.zero_grad()
        (p * p).sum().backward()
        return (p * p).sum().item()

    assert optimizer.step(closure) == 4.0
    assert abs(p.item()) < 1e-6
    assert q.item() == 2.0


def test_what_is_remembered_of_other_parameters_is_refused() -> None:
    params = parameters()
    optimizer = optim.LBFGS(params, lr=1e-3)
    closure = closure_of(optimizer, params)
    optimizer.step(closure)
    params.append(Tensor([1.0], is_parameter=True))
    optimizer.param_groups[0]["params"].append(params.pop())
    with pytest.raises(RuntimeError, match=r"have 7 numbers, what is remembered has 6.*clear\(\)"):
        optimizer.step(closure)
    optimizer.state.clear()
    optimizer.step(closure)


def test_a_second_group_is_refused() -> None:
    optimizer = optim.LBFGS(parameters())
    with pytest.raises(ValueError, match="one group"):
        optimizer.add_param_group({"params": parameters()})
    assert len(optimizer.param_groups) == 1


def test_a_graph_notices_that_its_parameters_moved() -> None:
    params = parameters()
    optimizer = optim.LBFGS(params, lr=1e-3)
    loss = valley(*params)
    optimizer.step(closure_of(optimizer, params))
    with pytest.raises(RuntimeError, match="in place"):
        loss.backward()


@pytest.mark.parametrize("t", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_search_meets_the_wolfe_conditions_at_pytorchs_point(t: float, seed: int) -> None:
    a, b, c = np.random.default_rng(seed).uniform(0.1, 2, 3)

    def value(x):
        return a * x * x - 3 * x + c * np.sin(5 * b * x)

    def slope(x):
        return 2 * a * x - 3 + 5 * b * c * np.cos(5 * b * x)

    side = -np.sign(slope(0.0))
    tried = []

    def evaluate(t) -> Point:
        tried.append(t)
        x = side * t
        return Point(t, float(value(x)), np.array([slope(x)]), side * slope(x))

    start = evaluate(np.float64(0))
    found, tries = strong_wolfe(evaluate, start, np.float64(t), 1.0, 1e-9, 25)
    assert tries == len(tried) - 1
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= -0.9 * start.slope
    direction = torch.tensor([side], dtype=torch.float64)

    def objective(x, t, d):
        x = float(side * t)
        return float(value(x)), torch.tensor([slope(x)], dtype=torch.float64)

    search = importlib.import_module("torch.optim.lbfgs")._strong_wolfe
    loss, _, t, evaluations = search(
        objective, None, t, direction, start.loss, torch.tensor([slope(0.0)]),
        torch.tensor(start.slope), tolerance_change=1e-9,
    )  # fmt: skip
    assert tries == evaluations
    np.testing.assert_allclose([found.t, found.loss], [float(t), loss], rtol=1e-10)
