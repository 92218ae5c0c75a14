"""SGD: the write-up's update, step by step, and what the optimizer refuses."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.optim import SGD, Optimizer


def parameter(*values: float) -> Tensor:
    return Tensor(list(values), is_parameter=True)


def test_plain_step() -> None:
    p = parameter(1.0, 2.0)
    p.grad = Tensor([10.0, -10.0])
    SGD([p], lr=0.1).step()
    np.testing.assert_allclose(p.data, [0, 3])


def test_momentum_is_the_write_ups_at_a_constant_lr() -> None:
    p = parameter(1.0)
    optimizer = SGD([p], lr=0.1, momentum=0.9)
    w, change = 1.0, 0.0
    for step in range(5):
        p.grad = Tensor([float(step + 1)])
        change = 0.9 * change - 0.1 * (step + 1)
        w += change
        optimizer.step()
        assert (p.item(), optimizer.momentums[0].item()) == (w, change)


@pytest.mark.parametrize("rates", [(1.0, 0.1, 0.1), (0.0, 0.0, 1e-9, 0.5), (0.3, 0.0, 0.0, 0.2)])
@pytest.mark.parametrize("wrap", [float, np.float64, np.array, Tensor, "one array"])
def test_a_change_of_lr_carries_over_what_is_remembered(rates, wrap) -> None:
    p, q = parameter(0.0), torch.tensor([0.0], dtype=torch.float64, requires_grad=True)
    held = np.array(rates[0])
    ours = SGD([p], lr=held if wrap == "one array" else wrap(rates[0]), momentum=0.5)
    theirs = torch.optim.SGD([q], lr=rates[0], momentum=0.5)
    for lr in rates:
        theirs.param_groups[0]["lr"] = lr
        if wrap == "one array":
            held[...] = lr
        else:
            ours.param_groups[0]["lr"] = wrap(lr)
        p.grad, q.grad = Tensor([1.0]), torch.tensor([1.0], dtype=torch.float64)
        before = ours.momentums[0].item()
        assert ours.momentums[0].item() == before  # looking does not carry over
        ours.step()
        theirs.step()
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12)


def test_momentums_can_be_changed_in_place() -> None:
    p, q = parameter(1.0), parameter(1.0, 2.0)
    optimizer = SGD([p, q], lr=0.5, momentum=0.5)
    for change in optimizer.momentums:
        change[...] = 8.0
    p.grad, q.grad = Tensor([2.0]), Tensor([2.0, 4.0])
    optimizer.step()
    np.testing.assert_array_equal(p.data, [4])
    np.testing.assert_array_equal(q.data, [4, 4])


def test_defaults_and_fields() -> None:
    p = parameter(1.0)
    optimizer = SGD(iter([p]))
    assert (optimizer.lr, optimizer.momentum) == (0.001, 0.0)
    assert optimizer.params == [p]
    assert optimizer.state == {}
    assert len(optimizer.momentums) == 1
    assert isinstance(optimizer, Optimizer)


def test_step_leaves_gradients_and_the_graph_alone() -> None:
    p = parameter(1.0, 2.0)
    (p * p).backward()
    gradient = p.grad
    before = gradient.data.copy()
    SGD([p], lr=0.1, momentum=0.5).step()
    assert p.grad is gradient
    np.testing.assert_array_equal(gradient.data, before)
    assert p.is_leaf
    assert p.grad_fn is None
    assert p.requires_grad


def test_parameters_without_a_gradient_stay() -> None:
    p, q = parameter(1.0), parameter(1.0)
    p.grad = Tensor([1.0])
    SGD([p, q], lr=0.5).step()
    assert (p.item(), q.item()) == (0.5, 1.0)


def test_zero_grad() -> None:
    p = parameter(1.0)
    p.grad = Tensor([1.0])
    SGD([p]).zero_grad()
    assert p.grad is None


def test_a_step_between_forward_and_backward_is_noticed() -> None:
    p = parameter(1.0)
    p.grad = Tensor([1.0])
    loss = p * p
    SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="in place"):
        loss.backward()


def test_single_precision_stays() -> None:
    p = Tensor(np.ones(2, np.float32), is_parameter=True)
    p.grad = Tensor(np.ones(2, np.float32))
    optimizer = SGD([p], lr=0.1, momentum=0.9)
    optimizer.step()
    assert p.dtype == np.float32
    assert optimizer.momentums[0].dtype == np.float32


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: SGD([]), ValueError, "no parameters"),
        (lambda: SGD([np.ones(2)]), TypeError, "ndarray"),
        (lambda: SGD(parameter(1.0)), TypeError, "iterable"),
        (lambda: SGD([parameter(1.0) * 2]), ValueError, "leaves"),
        (lambda: SGD([parameter(1.0)] * 2), ValueError, "twice"),
        (lambda: SGD([parameter(1.0)], lr=-1), ValueError, "lr >= 0"),
        (lambda: SGD([parameter(1.0)], momentum=float("nan")), ValueError, "momentum >= 0"),
        (lambda: Optimizer([parameter(1.0)]).step(), NotImplementedError, "step"),
    ],
)
def test_refusals(make, error, says: str) -> None:
    with pytest.raises(error, match=says):
        make()


def test_a_model_learns() -> None:
    mytorch.manual_seed(0)
    x = np.random.uniform(-1, 1, (64, 2))
    labels = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(200):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(Tensor(x)), labels).backward()
        optimizer.step()
    assert (model(Tensor(x)).data.argmax(1) == labels).mean() > 0.95
