"""Anomaly mode names the operation and the line where the first NaN or infinity appeared."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

import mytorch
from mytorch import Tensor
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
        with pytest.raises(RuntimeError):
            zero().log()
    assert len(found) == 1
    zero().log()
    mytorch.autograd.set_detect_anomaly(True)
    with pytest.raises(RuntimeError):
        zero().log()
    mytorch.autograd.set_detect_anomaly(False)
    zero().log()


def test_it_stays_on_after_backward() -> None:
    with mytorch.autograd.detect_anomaly():
        (zero() * 2).sum().backward()
        with pytest.raises(RuntimeError):
            zero().log()


def test_no_grad_is_watched_too() -> None:
    with (
        pytest.raises(RuntimeError, match="Log"),
        mytorch.autograd.detect_anomaly(),
        mytorch.no_grad(),
    ):
        zero().log()
