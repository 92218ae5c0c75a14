"""NaN, infinities, zeros of both signs, subnormal and huge numbers: PyTorch's answers.

One number at a time, so that one NaN hides no other: value, first and second derivative.
"""

import itertools

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.operations import Case, Operation
from tests.ops.oracles import run

# fmt: off
VALUES = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30,
    1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 88.0, -88.0, 710.0, -710.0,
]

FUNCTIONS = [
    "abs", "ceil", "cos", "exp", "expm1", "floor", "log", "log10", "log1p", "log2", "reciprocal",
    "relu", "round", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square", "tanh", "trunc",
]
# fmt: on
UNARY = [
    *(f"x.{name}()" for name in FUNCTIONS),
    "-x",
    "1 / x",
    *(f"x ** {exponent}" for exponent in (0, 1, 2, 3, -1, -2, 0.5, 1.5, -0.5)),
    *(f"{base} ** x" for base in (0, 1, 2, 0.5)),
]
BINARY = [
    *("x + y", "x - y", "x * y", "x / y", "x ** y", "x % y", "x.detach() // y.detach()"),
    *(f"x.div(y, rounding_mode='{mode}')" for mode in ("trunc", "floor")),
]
ROWS = [
    "x.softmax(1)",
    "x.log_softmax(1)",
    "x.max()",
    "x.min()",
    "x.amax(1)",
    "x.amin(1)",
    "x.max(1).values",
    "x.var(1)",
    "x.mean(1)",
    "x.sum(1)",
]


def assert_equal_to_pytorch(form: str, arrays: list[np.ndarray], rtol: float) -> None:
    case = Case(Operation(form, (form,)), form, tuple(array.shape for array in arrays))
    ours = run(mytorch, case, arrays, 2)
    inputs = str([array.tolist() for array in arrays])  # NumPy's own text takes long
    for mine, expected in zip(ours, run(torch, case, arrays, 2), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=rtol, atol=0, err_msg=inputs)


@pytest.mark.parametrize("form", UNARY)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_one_operand(form: str, dtype: type, rtol: float) -> None:
    for value in VALUES:
        with np.errstate(over="ignore"):
            array = np.array([value], dtype)
        assert_equal_to_pytorch(form, [array], rtol)


@pytest.mark.parametrize("form", BINARY)
def test_two_operands(form: str) -> None:
    for pair in itertools.product(VALUES, repeat=2):
        assert_equal_to_pytorch(form, [np.array([value]) for value in pair], 1e-12)


@pytest.mark.parametrize("form", ROWS)
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
def test_rows(form: str, values: list[float]) -> None:
    assert_equal_to_pytorch(form, [np.array([values])], 1e-11)


def test_the_comparison_can_fail() -> None:
    with pytest.raises(AssertionError):
        assert_equal_to_pytorch("x.exp() if T.__name__ == 'torch' else x.tanh()", [np.ones(1)], 0.1)


def test_the_callers_numpy_settings_do_not_matter() -> None:
    x = mytorch.Tensor([np.inf, 0.0, 1e308], requires_grad=True)
    with np.errstate(all="raise"):
        y = (x - x) * 10 + x / 0 + x.log() + x**-2 + 2**x + x % 0
        y.backward()
    assert np.geterr()["over"] == "warn"


def test_sums_at_places_may_overflow() -> None:
    values = Tensor([np.inf, -np.inf, 1e308, 1e308])
    found = Tensor.zeros(2).index_add(0, Tensor([0, 0, 1, 1]), values)
    np.testing.assert_array_equal(found.data, [np.nan, np.inf])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_triangles_keep_what_they_choose_in_every_float(dtype: type) -> None:
    values = np.full((3, 3), np.inf, dtype)
    values[1, 0] = dtype(1) / 3
    for name in ("tril", "triu"):
        found = getattr(Tensor(values), name)().data
        assert found.dtype == dtype
        chosen = getattr(np, name)(np.ones((3, 3), bool))
        np.testing.assert_array_equal(found, np.where(chosen, values, 0))
