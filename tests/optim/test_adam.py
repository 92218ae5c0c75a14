"""Adam and AdamW: PyTorch's updates, step by step, and what they refuse."""

import numpy as np
import pytest
import torch

from mytorch import Tensor
from mytorch.optim import Adam, AdamW

SHAPES = [(4, 3), (5,), (), (2, 1, 2)]

both = pytest.mark.parametrize("optimizer", [Adam, AdamW])


def parameter(*values: float) -> Tensor:
    return Tensor(list(values), is_parameter=True)


def pairs(dtype: type = np.float64) -> list[tuple[Tensor, torch.Tensor]]:
    """The same parameters for us and for PyTorch."""
    generator = np.random.default_rng(0)
    arrays = [generator.normal(size=shape).astype(dtype) for shape in SHAPES]
    return [
        (Tensor(array, is_parameter=True), torch.tensor(array, requires_grad=True))
        for array in arrays
    ]


def set_gradients(parameters: list[tuple[Tensor, torch.Tensor]], step: int, skip: bool) -> None:
    """Gradients of very different sizes; with `skip`, each parameter misses some steps."""
    generator = np.random.default_rng(step)
    for position, (ours, theirs) in enumerate(parameters):
        gradient = generator.normal(size=ours.shape) * 10.0 ** (position - 2)
        gradient = np.asarray(gradient, ours.dtype)
        absent = skip and step % (position + 2) == 0
        ours.grad = None if absent else Tensor(gradient)
        theirs.grad = None if absent else torch.tensor(gradient)


@both
@pytest.mark.parametrize("skip", [False, True], ids=["every step", "steps missing"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3},
        {"lr": 0.1, "betas": (0.0, 0.0)},
        {"lr": 0.05, "weight_decay": 0.0},
        {"lr": 0.05, "weight_decay": 0.3},
    ],
    ids=str,
)
def test_100_steps_are_pytorchs(optimizer, skip: bool, options: dict) -> None:
    parameters = pairs()
    ours = optimizer([mine for mine, _ in parameters], **options)
    theirs = getattr(torch.optim, optimizer.__name__)([p for _, p in parameters], **options)
    for step in range(100):
        ours.lr = theirs.param_groups[0]["lr"] = options.get("lr", 1e-3) * (1 + step % 7)
        set_gradients(parameters, step, skip)
        ours.step()
        theirs.step()
        for mine, other in parameters:
            np.testing.assert_allclose(mine.data, other.detach().numpy(), rtol=0, atol=1e-10)


@both
def test_single_precision_stays_and_follows_pytorch(optimizer) -> None:
    parameters = pairs(np.float32)
    ours = optimizer([mine for mine, _ in parameters], lr=0.01)
    theirs = getattr(torch.optim, optimizer.__name__)([p for _, p in parameters], lr=0.01)
    for step in range(100):
        set_gradients(parameters, step, skip=True)
        ours.step()
        theirs.step()
    for mine, other in parameters:
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine.data, other.detach().numpy(), rtol=0, atol=1e-5)


@both
def test_large_gradients_do_not_overflow(optimizer) -> None:
    p = Tensor(np.ones(1, np.float32), is_parameter=True)
    p.grad = Tensor(np.full(1, 1e20, np.float32))
    optimizer([p], lr=0.1, weight_decay=0.0).step()
    np.testing.assert_allclose(p.data, [0.9], rtol=1e-6)


@both
def test_a_mixture_of_dtypes(optimizer) -> None:
    single = Tensor(np.ones(2, np.float32), is_parameter=True)
    double = parameter(1.0)
    single.grad, double.grad = Tensor(np.ones(2, np.float32)), Tensor([1.0])
    optimizer([single, double], lr=0.5, weight_decay=0.0).step()
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single.data, [0.5, 0.5])
    np.testing.assert_allclose(double.data, [0.5])


@both
def test_step_writes_into_the_parameter_and_nothing_else(optimizer) -> None:
    p = parameter(1.0, 2.0)
    (p * p).backward()
    data, gradient = p.data, p.grad
    before = gradient.data.copy()
    optimizer([p], lr=0.1, weight_decay=0.1).step()
    assert p.data is data
    assert p.grad is gradient
    np.testing.assert_array_equal(gradient.data, before)
    assert (p.is_leaf, p.grad_fn, p.requires_grad) == (True, None, True)


@both
def test_a_step_between_forward_and_backward_is_noticed(optimizer) -> None:
    p = parameter(1.0)
    p.grad = Tensor([1.0])
    loss = p * p
    optimizer([p]).step()
    with pytest.raises(RuntimeError, match="in place"):
        loss.backward()


@both
def test_parameters_without_a_gradient_stay_and_do_not_count(optimizer) -> None:
    p, q = parameter(1.0), parameter(1.0)
    p.grad = Tensor([1.0])
    ours = optimizer([p, q], lr=0.5, weight_decay=0.1)
    ours.step()
    assert q.item() == 1
    assert ours.steps.tolist() == [1, 0]


@both
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"lr": -1}, "lr >= 0"),
        ({"lr": float("nan")}, "lr >= 0"),
        ({"eps": -1e-8}, "eps >= 0"),
        ({"weight_decay": -1}, "weight_decay >= 0"),
        ({"betas": (1.0, 0.999)}, r"betas in \[0, 1\)"),
        ({"betas": (0.9, -0.1)}, r"betas in \[0, 1\)"),
        ({"betas": (0.9, float("nan"))}, r"betas in \[0, 1\)"),
        ({"betas": (0.9,)}, "two betas"),
    ],
)
def test_refusals(optimizer, options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        optimizer([parameter(1.0)], **options)
    assert str(raised.value).startswith(f"{optimizer.__name__}:")


@both
def test_a_rate_in_a_tensor_and_amsgrad_from_now_on(optimizer) -> None:
    p, q = parameter(1.0), parameter(1.0)
    rate = Tensor(np.array(0.5))
    one, other = optimizer([p], lr=rate), optimizer([q], lr=0.5)
    for number, gradient in enumerate((3.0, 1.0, 0.5, 0.25)):
        if number == 1:
            one.amsgrad = other.amsgrad = True
        if number == 2:
            rate.fill_(0.25)
            other.lr = 0.25
        p.grad = q.grad = Tensor([gradient])
        one.step()
        other.step()
        assert p.item() == q.item()
    peak = one.state[p]["max_exp_avg_sq"].item()
    assert peak >= one.state[p]["exp_avg_sq"].item() > 0
