"""The edges of functions: ties, zeros, saturation, numbers too large."""

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor


class TestCorners:
    """PyTorch's answers at the edges of functions, without a warning (warnings are errors here)."""

    def gradient(self, function, *values: float) -> list[float]:
        x = Tensor(list(values), requires_grad=True)
        function(x).sum().backward()
        return x.grad.data.tolist()

    def test_sqrt_at_zero(self) -> None:
        assert self.gradient(Tensor.sqrt, 0.0, 4.0) == [np.inf, 0.25]

    def test_abs_at_zero(self) -> None:
        assert self.gradient(Tensor.abs, -1.0, 0.0, 1.0) == [-1, 0, 1]

    def test_relu_at_zero_and_nan(self) -> None:
        assert self.gradient(Tensor.relu, -1.0, 0.0, 1.0) == [0, 0, 1]
        assert np.isnan(Tensor([np.nan]).relu().item())
        assert self.gradient(Tensor.relu, np.nan) == [1]

    def test_not_a_number_among_the_largest(self) -> None:
        assert self.gradient(Tensor.max, np.nan, 1.0, np.nan) == [0.5, 0, 0.5]
        assert np.isnan(self.gradient(Tensor.amax, np.nan, 1.0)).all()
        assert self.gradient(Tensor.abs, np.nan) == [0]

    def test_roots_of_negative_zero_and_infinity(self) -> None:
        assert self.gradient(lambda x: x**0.5, -0.0) == [-np.inf]
        assert np.isnan(self.gradient(lambda x: x**0.5, -np.inf)).all()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("count", [3, 10, 1000, 30_000])
    def test_equal_numbers_do_not_vary(self, count: int, dtype: type) -> None:
        for x in (np.full((count, 2), 0.1, dtype), np.full((2, count), 0.1, dtype).T):
            equal = Tensor(x, requires_grad=True)
            assert equal.var(0).tolist() == [0, 0]
            equal.std(0).sum().backward()
            assert not equal.grad.data.any()

    def test_powers_of_zero(self) -> None:
        assert self.gradient(lambda x: x**0.5, 0.0) == [np.inf]
        assert self.gradient(lambda x: x**1.5, 0.0) == [0]
        assert self.gradient(lambda x: x**0, 0.0) == [0]
        exponent = Tensor([1.0, 1.0], requires_grad=True)
        (Tensor([0.0, 2.0]) ** exponent).backward()
        np.testing.assert_allclose(exponent.grad.data, [0, 2 * np.log(2)])
        np.testing.assert_allclose(self.gradient(lambda x: 2**x, 0.0), [np.log(2)])

    @pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
    def test_steps_have_gradient_zero(self, name: str) -> None:
        x = Tensor([0.3, -1.7], requires_grad=True)
        getattr(x, name)().backward()
        assert x.grad.tolist() == [0, 0]

    def test_division_by_zero(self) -> None:
        x = Tensor([1.0, 0.0, -1.0], requires_grad=True)
        y = x / Tensor([0.0, 0.0, 0.0])
        np.testing.assert_array_equal(y.data, [np.inf, np.nan, -np.inf])
        y.backward()
        np.testing.assert_array_equal(x.grad.data, np.full(3, np.inf))

    def test_equal_extremes_share(self) -> None:
        assert self.gradient(Tensor.amax, 3.0, 3.0, 1.0) == [0.5, 0.5, 0]
        assert self.gradient(Tensor.max, 3.0, 3.0, 1.0) == [0.5, 0.5, 0]
        assert self.gradient(lambda x: x.max(0).values, 3.0, 3.0, 1.0) == [1, 0, 0]

    def test_saturation(self) -> None:
        x = Tensor([-1000.0, 1000.0], requires_grad=True)
        y = x.sigmoid() + x.tanh()
        assert y.data.tolist() == [-1, 2]
        y.backward()
        assert x.grad.data.tolist() == [0, 0]

    def test_softmax_of_extremes(self) -> None:
        x = Tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
        y = x.softmax(1)
        assert y.data.tolist() == [[1, 0, 0]]
        y.sum().backward()
        assert x.grad.data.tolist() == [[0, 0, 0]]
        assert np.isnan(Tensor([-np.inf, -np.inf]).softmax(0).data).all()
        assert np.isnan(Tensor([np.inf, 0.0]).softmax(0).data).all()

    def test_variance_of_one(self) -> None:
        assert np.isnan(Tensor([1.0]).var().item())
        assert np.isnan(Tensor.zeros(0).mean().item())

    def test_logarithm_of_zero(self) -> None:
        assert Tensor([0.0]).log().item() == -np.inf
        assert np.isnan(Tensor([-1.0]).log().item())

    @pytest.mark.parametrize("name", ["addcmul", "addcdiv"])
    def test_the_value_scales_before_the_product_is_too_large(self, name: str) -> None:
        large = 1e30 if name == "addcmul" else 1e-30
        arrays = [np.array([number], np.float32) for number in (1.0, 1e30, large)]
        ours, theirs = (
            getattr(library, name)(*map(library.tensor, arrays), value=1e-25)
            for library in (mytorch, torch)
        )
        assert 1e34 < theirs.item() < np.inf
        np.testing.assert_array_max_ulp(ours.data, theirs.numpy(), 1)
