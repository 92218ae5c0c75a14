"""Operands of two dtypes, as tensors, 0-d tensors, Python's and NumPy's numbers: values and dtypes
as PyTorch's, and no warning of NumPy's."""

import pickle
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch.errors import DtypeError

REFUSED = (RuntimeError, TypeError, ValueError, NotImplementedError, AttributeError)
# Of each dtype a vector; its second element is the 0-d tensor and the number.
VECTORS = {
    name: np.array(values, name)
    for name, values in {
        "bool": [True, True, False],
        "uint8": [100, 3, 255],
        "int8": [100, 3, -7],
        "int16": [300, 7, -2],
        "int32": [5, 7, -70000],
        "int64": [2**40, 2, -3],
        "float16": [1e-3, 2.5, -6e4],
        "float32": [1e-3, 0.3, -6e4],
        "float64": [1e-3, 0.1, -6e4],
    }.items()
}
# What a small dtype cannot hold, though it may be able to hold the result.
LARGE = [("int64", 256), ("int16", 300), ("float64", 1e6), ("float64", 65536.0), ("int64", 70000)]
# fmt: off
FORMS = [
    "x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "x == y", "x < y", "x >= y",
    "x & y", "T.where(T.tensor([True, False, True]), x, y)", "T.maximum(x, y)", "T.minimum(x, y)",
    "T.clamp(x, y)", "T.clamp(x, max=y)", "T.add(x, y, alpha=2)", "T.cat([x, y])",
    "T.div(x, y, rounding_mode='trunc')", "x.clone().add_(y)", "x.clone().sub_(y)",
    "x.clone().mul_(y)", "x.clone().div_(y)", "x.clone().floor_divide_(y)",
    "x.clone().remainder_(y)", "x.clone().pow_(y)", "x.clone().copy_(y)",
    "x.masked_fill(T.tensor([True, False, True]), y)",
]
# fmt: on


def as_operand(kind: str, values: np.ndarray) -> tuple[Any, Any]:
    """An operand for MyTorch and the same for PyTorch."""
    if kind == "vector":
        return mytorch.tensor(values), torch.from_numpy(values.copy())
    if kind == "0-d":
        return mytorch.tensor(values[1]), torch.tensor(values[1].item()).to(
            torch.from_numpy(values).dtype
        )
    number = values[1].item()
    return (values[1] if kind == "NumPy" else number), number


def result(library: Any, form: str, x: Any, y: Any) -> np.ndarray | str:
    try:
        return np.asarray(eval(form, {"T": library, "x": x, "y": y}).numpy())
    except REFUSED as error:
        return type(error).__name__


def pairs() -> Iterator[tuple[str, Any, str, Any]]:
    kinds = ("vector", "0-d", "Python", "NumPy")
    for (a, b), first, second in product(product(VECTORS, VECTORS), kinds, kinds):
        if first in kinds[:2] or second in kinds[:2]:
            yield first, VECTORS[a], second, VECTORS[b]
    for (dtype, number), other, kind in product(LARGE, VECTORS, kinds):
        yield "vector", VECTORS[other], kind, np.full(3, number, dtype)


def differs_on_purpose(form: str, x: np.ndarray, y: np.ndarray, first: str, second: str) -> bool:
    """What the docstrings say is not as in PyTorch."""
    for number, kind, other in ((x, first, y), (y, second, x)):
        if kind in ("Python", "NumPy") and number.dtype.kind in "iu" and other.dtype.kind in "iu":
            limits = np.iinfo(other.dtype)
            if not limits.min <= number[1] <= limits.max:
                # Compared by value; refused but in +, - and *.
                return form not in ("x + y", "x - y", "x * y", "x / y")
    if "**" in form or "pow" in form:
        # A negative power of integers, or one of booleans, is refused; a float too large is not.
        return (
            (y.min() < 0 and x.dtype.kind != "f")
            or (x.dtype.kind == y.dtype.kind == "b")
            or (np.float16 in (x.dtype, y.dtype) and second in ("Python", "NumPy"))
        )
    if "clamp" in form and second in ("Python", "NumPy"):
        # A bound too large for float16 is infinite; PyTorch has no clamp of booleans by one.
        return x.dtype == np.float16 or x.dtype.kind == y.dtype.kind == "b"
    if "div" in form or form in ("x * y", "x / y", "x // y"):
        # PyTorch casts a first operand to float16, even if it is too large for it.
        return y.dtype == np.float16 and first != "vector"
    return False


def nearly_equal(ours: np.ndarray, theirs: np.ndarray, ulps: int) -> bool:
    if ours.dtype.kind != "f":
        return np.array_equal(ours, theirs)
    with np.errstate(all="ignore"):
        near = abs(ours - theirs) <= ulps * np.finfo(ours.dtype).eps * abs(theirs)
    return bool((near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))).all())


@pytest.mark.parametrize("form", FORMS)
def test_operands_of_two_dtypes(form: str) -> None:
    compared = 0
    for first, a, second, b in pairs():
        if differs_on_purpose(form, a, b, first, second):
            continue
        (x, their_x), (y, their_y) = as_operand(first, a), as_operand(second, b)
        ours, theirs = result(mytorch, form, x, y), result(torch, form, their_x, their_y)
        if isinstance(theirs, str) or isinstance(ours, str):
            same = isinstance(theirs, str) and isinstance(ours, str)
        else:
            compared += 1
            same = ours.dtype == theirs.dtype and nearly_equal(
                ours, theirs, 4 if "*" in form else 1
            )
        assert same, f"{form} for {first} {a!r} and {second} {b!r}: {ours!r}, PyTorch: {theirs!r}"
    assert compared > 100


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("T.tensor([1e-3], dtype=T.float16) * 1e6", 1000.5),
        ("T.tensor(1e-3, dtype=T.float16) * 1e6", 1000.5),
        ("T.tensor([6e4], dtype=T.float16) / 1e6", 0.06),
        ("T.tensor([0.5], dtype=T.float16) * T.tensor(65536)", 32768),
        ("1e5 / T.tensor([5e4], dtype=T.float16)", 2),
        ("T.tensor(1e5) / T.tensor([5e4], dtype=T.float16)", 2),
    ],
)
def test_float16_beside_a_number_that_it_cannot_hold(form: str, expected: float) -> None:
    found = eval(form, {"T": mytorch})
    assert found.dtype == np.float16
    assert found.item() == np.float16(expected)


def test_gradients_beside_a_number_that_float16_cannot_hold() -> None:
    for shape in ((), (2,)):
        x = mytorch.tensor(np.full(shape, 1e-3, np.float16), requires_grad=True)
        (x * 1e6 / 100).sum().backward()
        assert x.grad.dtype == np.float16
        np.testing.assert_allclose(x.grad.data, 1e4, rtol=1e-3)


@pytest.mark.parametrize("number", [300, np.int64(300), np.uint16(300), -1, np.int8(-1)])
def test_an_integer_that_the_dtype_cannot_hold(number: Any) -> None:
    """NumPy's are refused, or compared by value, where Python's are."""
    x = mytorch.tensor([100, 200], dtype=np.uint8)
    assert (x < number).tolist() == [number > 0] * 2
    assert (x == number).tolist() == [False, False]
    assert (x + number).tolist() == [(v + int(number)) % 256 for v in (100, 200)]
    for refuse in (
        lambda: x // number,
        lambda: x % number,
        lambda: x & number,
        lambda: x.clamp(max=number),
        lambda: mytorch.where(x > 100, x, number),
        lambda: x.masked_fill(x > 100, number),
        lambda: x.masked_fill(x > 100, mytorch.tensor(int(number))),
        lambda: x.fill_(number),
    ):
        with pytest.raises(DtypeError, match=f"the number {number} does not fit into the .*uint8"):
            refuse()


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("number", [1e5, 1e-7, 3])
def test_a_dtype_that_was_pickled_is_promoted_like_any_other(name: str, number: float) -> None:
    forms = (
        "x * n", "n * x", "x / n", "n / x", "x + n", "x - n", "x ** 2.5", "x < n", "x.clamp(max=n)",
        "x * T.tensor(n)", "x / T.tensor([n])", "T.where(x > 0, x, n)",
    )  # fmt: skip
    for array in (VECTORS[name], VECTORS[name][1]):
        array = np.asarray(array)
        other = pickle.loads(pickle.dumps(array))
        for form in forms:
            results = []
            for data in (array, other):
                try:
                    result = eval(form, {"T": mytorch, "x": mytorch.Tensor(data), "n": number})
                except DtypeError as error:
                    results.append(str(error))
                else:
                    results.append((result.data.tobytes(), str(result.dtype)))
            assert results[0] == results[1], form


def test_sums_over_one_number_and_over_a_stack_keep_narrow_dtypes() -> None:
    half = mytorch.Tensor(np.array(2.0, np.float16))
    for function, expected in ((mytorch.softmax, 1.0), (mytorch.log_softmax, 0.0)):
        found = function(half, 0)
        assert (found.dtype, found.item()) == (np.float16, expected)
    short = mytorch.Tensor(np.ones((2, 2, 2), np.int16))
    found = mytorch.addbmm(short[0], short, short)
    assert (found.dtype, found.tolist()) == (np.int16, [[5, 5], [5, 5]])


def test_rates_and_counts_in_half_precision_are_compared_without_a_warning() -> None:
    zeros = mytorch.Tensor(np.zeros(3, np.float16))
    for found in (mytorch.poisson(zeros), mytorch.binomial(zeros, zeros)):
        assert (found.dtype, found.tolist()) == (np.float16, [0, 0, 0])
