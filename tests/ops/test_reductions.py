"""What the table of operations cannot say of reductions: rounding, overflow, ties."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor


def test_rounding_errors_do_not_add_up_in_float32() -> None:
    assert Tensor(np.ones(2**25, np.float32)).sum().item() == 2**25
    tenth = float(np.float32(0.1))
    times = 2**20
    x = Tensor(np.full((times, 2), tenth, np.float32))
    for found, expected in (
        (x.sum(0), tenth * times),
        (x.mean(0), tenth),
        (x.norm(1, 0), tenth * times),
        (x.cumsum(0)[-1], tenth * times),
        (x.logsumexp(0), tenth + np.log(times)),
    ):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found.data, expected, rtol=2e-7)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("x.sum(0)", 60000),
        ("x.mean()", 20),
        ("x.var()", 0),
        ("x.norm(2, 0)", 1095),
        ("(x * 15)[:2, 0].norm()", 424.3),
        ("x.cumsum(0)[-1]", 60000),
        ("(x / 20).sum(0)", 3000),
    ],
)
def test_float16_is_added_in_a_wider_type(form: str, expected: float) -> None:
    found = eval(form, {"x": Tensor(np.full((3000, 2), 20, np.float16))})
    assert found.dtype == np.float16
    np.testing.assert_allclose(found.data.astype(float), expected, rtol=1e-3)


def test_overflow_and_opposite_infinities_are_silent() -> None:
    x = Tensor([np.inf, -np.inf, 1e308, 1e308])
    small = Tensor(np.full(70000, 3e38, np.float32))
    assert np.isnan(x.sum().item())
    assert np.isnan(x.var().item())
    assert np.isnan(x.cumsum(0)[-1].item())
    assert x[2:].prod().item() == np.inf
    assert x[2:].norm().item() == np.inf
    assert small.sum().item() == np.inf
    assert small.cumsum(0)[-1].item() == np.inf


@pytest.mark.parametrize("order", ["sort", "topk", "max"])
def test_the_first_of_equal_elements_comes_first(order: str) -> None:
    x = Tensor([2.0, 1.0, 2.0, 1.0, 2.0])
    found = {"sort": x.sort(descending=True), "topk": x.topk(3), "max": x.max(0, keepdim=True)}
    indices = found[order].indices.data
    assert indices.tolist() == [0, 2, 4, 1, 3][: len(indices)]


def test_results_are_named() -> None:
    x = Tensor([[3.0, 1.0]])
    for found in (x.max(1), x.min(1), x.sort(1), x.topk(1)):
        values, indices = found
        assert values is found.values
        assert indices is found.indices


def test_products_with_zeros_have_all_derivatives() -> None:
    for row in ([0.0, 2.0, 3.0, 4.0], [0.0, 2.0, 0.0, 4.0], [0.0, 0.0, 0.0, 4.0]):
        x = Tensor([row], requires_grad=True)
        for form in (lambda x: x.prod(1), lambda x: x.prod(), lambda x: x.cumprod(1)):
            assert mytorch.gradcheck(form, [x])
            assert mytorch.gradgradcheck(form, [x])


def test_long_sorts_keep_the_order_of_equal_elements() -> None:
    x = Tensor(np.arange(1000.0) % 3)
    for descending in (False, True):
        found = x.argsort(descending=descending).data
        numbers = range(2, -1, -1) if descending else range(3)
        assert found.tolist() == [i for number in numbers for i in range(number, 1000, 3)]
