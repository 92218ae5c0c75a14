"""Anomaly mode names the operation and the line where the first NaN or infinity appeared."""

import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F


def zero() -> Tensor:
    return Tensor([0.0, 1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (lambda: zero().log(), r"Log: its forward made the first infinity"),
        (lambda: (zero() - 1).sqrt() + 1, r"Sqrt: its forward made the first NaN"),
        (lambda: (zero() / 0).sum(), r"Div: its forward made the first NaN"),
        (lambda: zero().sqrt().sum().backward(), r"Sqrt: its backward made the first infinity"),
        (lambda: (zero() ** 0.5 * 2).sum().backward(), r"Pow: its backward .* infinity"),
    ],
)
def test_the_first_one_is_named(attempt: Callable[[], Any], says: str) -> None:
    with pytest.raises(RuntimeError, match=says) as error, mytorch.autograd.detect_anomaly():
        attempt()
    line = attempt.__code__.co_firstlineno
    assert re.search(rf"test_anomaly\.py:{line}: .*zero\(\)", str(error.value))
    attempt()


def test_numbers_that_were_not_finite_before_are_let_through() -> None:
    with mytorch.autograd.detect_anomaly():
        x = Tensor([float("-inf"), 0.0], requires_grad=True)
        assert (x + 1).data[0] == float("-inf")
        F.softmax(x, dim=0).sum().backward()
        assert x.grad.data.tolist() == [0, 0]


def test_a_forward_outside_of_the_block() -> None:
    y = zero().sqrt().sum()
    with (
        pytest.raises(RuntimeError, match=r"(?s)Sqrt: .* move the forward pass inside"),
        mytorch.autograd.detect_anomaly(),
    ):
        y.backward()


def test_it_is_off_again_and_on_in_one_thread_only() -> None:
    zero().log()
    found = []
    with mytorch.autograd.set_detect_anomaly(True):
        with mytorch.autograd.detect_anomaly():
            pass
        with mytorch.autograd.set_detect_anomaly(False):
            zero().log()
        thread = threading.Thread(target=lambda: found.append(zero().log()))
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="Log: its forward"):
            zero().log()
    assert len(found) == 1
    zero().log()
    mytorch.autograd.set_detect_anomaly(True)
    with pytest.raises(RuntimeError, match="Log: its forward"):
        zero().log()
    mytorch.autograd.set_detect_anomaly(False)
    zero().log()


def test_another_threads_backward_is_not_watched() -> None:
    def quotient() -> Tensor:
        x = zero()
        (x.sqrt() * 0).sum().backward()
        assert x.grad is not None
        return x.grad

    found = []
    with mytorch.autograd.set_detect_anomaly(True):
        for _ in range(2):
            thread = threading.Thread(target=lambda: found.append(quotient()))
            thread.start()
            thread.join()
        with pytest.raises(RuntimeError, match="Sqrt: its backward"):
            quotient()
    assert np.isnan(found[0].data[0])
    assert np.isnan(found[1].data[0])


def test_it_stays_on_after_backward() -> None:
    with mytorch.autograd.detect_anomaly():
        (zero() * 2).sum().backward()
        with pytest.raises(RuntimeError, match="Log: its forward"):
            zero().log()


def test_no_grad_is_watched_too() -> None:
    with (
        pytest.raises(RuntimeError, match="Log"),
        mytorch.autograd.detect_anomaly(),
        mytorch.no_grad(),
    ):
        zero().log()


def spoilt(value: float) -> Tensor:
    return Tensor([[1.0, value, 0.0], [1.0, 2.0, 3.0]])


def network(value: float = 1.0) -> nn.Sequential:
    mytorch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    model[2].weight.data[1, 0] = value
    return model


NAN, INFINITY = float("nan"), float("inf")
LABELS = Tensor([0, 1])


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (
            lambda: F.cross_entropy(network()(spoilt(NAN)), LABELS).backward(),
            r"Linear: its forward met the first NaN.* argument 0, data, of shape \(2, 3\)",
        ),
        (
            lambda: F.cross_entropy(network(NAN)(spoilt(0.0)), LABELS).backward(),
            r"Linear: .* first NaN.* argument 1, a leaf that requires a gradient.* \(2, 4\)",
        ),
        (
            lambda: F.cross_entropy(nn.Linear(3, 2)(spoilt(INFINITY)), LABELS).backward(),
            r"CrossEntropy: its forward made the first NaN.*out of infinite ones.*\n.*\n"
            r"Linear: its forward met the first infinity.* argument 0, data, of shape \(2, 3\)",
        ),
        (
            lambda: F.mse_loss(nn.Linear(3, 2)(spoilt(INFINITY)), spoilt(0.0)[:, :2]).backward(),
            r"backward made the first infinity.*out of numbers that were not finite before.*\n.*\n"
            r"Linear: its forward met the first infinity.* argument 0, data, of shape \(2, 3\)",
        ),
        (
            lambda: F.mse_loss(network()(spoilt(0.0)), spoilt(NAN)[:, :2]).backward(),
            r"Index: its forward met the first NaN.* argument 0, data, of shape \(2, 3\)",
        ),
        (
            lambda: (zero() * 2).backward(Tensor([NAN, 1.0])),
            r"Mul: its backward made the first NaN.*a gradient that had NaN when backward began",
        ),
        (
            lambda: (zero() * 0).backward(Tensor([INFINITY, 1.0])),
            r"Mul: its backward made the first NaN.*a gradient that had infinity when backward",
        ),
    ],
)
def test_what_came_in_is_told_where_it_is_first_met(attempt: Callable[[], Any], says: str) -> None:
    with pytest.raises(RuntimeError, match=says) as error, mytorch.autograd.detect_anomaly():
        attempt()
    lines = set(re.findall(r"test_anomaly\.py:(\d+)", str(error.value)))
    assert lines == {str(attempt.__code__.co_firstlineno)}
    attempt()


def test_what_came_in_outside_of_the_block() -> None:
    loss = F.cross_entropy(network()(spoilt(NAN)), LABELS)
    with (
        pytest.raises(RuntimeError, match=r"(?s)NaN.*not finite before.* move the forward pass"),
        mytorch.autograd.detect_anomaly(),
    ):
        loss.backward()


def test_infinities_of_masks_and_nans_that_are_replaced_are_let_through() -> None:
    x = Tensor(np.ones((2, 2)), requires_grad=True)
    mask = Tensor([[False, True], [False, False]])
    with mytorch.autograd.detect_anomaly():
        F.softmax(x.masked_fill(mask, -INFINITY), dim=1)[:, 0].sum().backward()
        bare = Tensor([NAN, 1.0], requires_grad=True)
        mytorch.where(bare.isnan(), 0.0, bare).sum().backward()
    assert bare.grad.tolist() == [0, 1]


def test_an_infinity_of_one_block_is_not_told_of_in_another() -> None:
    with mytorch.autograd.detect_anomaly():
        assert (Tensor([INFINITY]) + 1).item() == INFINITY
    with (
        pytest.raises(RuntimeError, match="argument 1, data") as error,
        mytorch.autograd.detect_anomaly(),
    ):
        (Tensor([1.0]) * Tensor([-INFINITY])) - (Tensor([1.0]) * Tensor([-INFINITY]))
    assert "Add" not in str(error.value)
