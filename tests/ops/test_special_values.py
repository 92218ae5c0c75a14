"""NaN, infinities, zeros of both signs, subnormal and huge numbers: PyTorch's answers.

One number at a time, so that one NaN hides no other: value, first and second derivative.
"""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mytorch import Tensor
from tests.operations import Operation
from tests.ops.test_operations import mytorch_run, torch_run

# fmt: off
VALUES = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30,
    1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 88.0, -88.0, 710.0, -710.0,
]
# fmt: on

UNARY: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "abs": lambda x: x.abs(),
    "relu": lambda x: x.relu(),
    "sigmoid": lambda x: x.sigmoid(),
    "tanh": lambda x: x.tanh(),
    "-x": lambda x: -x,
    "1 / x": lambda x: 1 / x,
    **{f"x ** {p}": lambda x, p=p: x**p for p in (0, 1, 2, 3, -1, -2, 0.5, 1.5, -0.5)},
    **{f"{base} ** x": lambda x, base=base: base**x for base in (0, 1, 2, 0.5)},
}

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "a ** b": lambda a, b: a**b,
}

ROWS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "softmax": (lambda x: x.softmax(1), lambda x: x.softmax(1)),
    "log_softmax": (lambda x: x.log_softmax(1), lambda x: x.log_softmax(1)),
    "max": (lambda x: x.max(), lambda x: x.max()),
    "min": (lambda x: x.min(), lambda x: x.min()),
    "amax": (lambda x: x.amax(1), lambda x: x.amax(1)),
    "amin": (lambda x: x.amin(1), lambda x: x.amin(1)),
    "max(1)": (lambda x: x.max(1).values, lambda x: x.max(1).values),
    "var": (lambda x: x.var(1), lambda x: x.var(1)),
    "mean": (lambda x: x.mean(1), lambda x: x.mean(1)),
    "sum": (lambda x: x.sum(1), lambda x: x.sum(1)),
}


def assert_equal_to_pytorch(row: Operation, arrays: list[np.ndarray], rtol: float) -> None:
    with np.errstate(all="ignore"):
        ours = mytorch_run(row, arrays, 0)
    for mine, expected in zip(ours, torch_run(row, arrays, 0), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=rtol, atol=0, err_msg=str(arrays))


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_one_operand(name: str, dtype: type, rtol: float) -> None:
    for value in VALUES:
        with np.errstate(over="ignore"):
            array = np.array([value], dtype)
        assert_equal_to_pytorch(Operation(name, UNARY[name], UNARY[name]), [array], rtol)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name: str) -> None:
    for pair in itertools.product(VALUES, repeat=2):
        arrays = [np.array([value]) for value in pair]
        assert_equal_to_pytorch(Operation(name, BINARY[name], BINARY[name]), arrays, 1e-12)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    "values",
    [
        [np.nan, 1.0, 2.0],
        [np.inf, 1.0, 2.0],
        [-np.inf, 1.0, 2.0],
        [-np.inf, -np.inf, -np.inf],
        [np.inf, np.inf, 1.0],
        [1e30, -1e30, 0.0],
        [1000.0, 999.0, -1000.0],
        [3.0, 3.0, 1.0],
    ],
    ids=str,
)
def test_rows(name: str, values: list[float]) -> None:
    assert_equal_to_pytorch(Operation(name, *ROWS[name]), [np.array([values])], 1e-11)


def test_the_comparison_can_fail() -> None:
    row = Operation("wrong", lambda x: x.exp(), torch.tanh)
    with pytest.raises(AssertionError):
        assert_equal_to_pytorch(row, [np.array([1.0])], 1e-12)
    assert Tensor(1.0).exp().item() == np.e
