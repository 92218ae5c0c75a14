"""gradcheck and gradgradcheck find wrong derivatives."""

import numpy as np
import pytest

import mytorch
from mytorch import Function, GradcheckError, Tensor, gradcheck, gradgradcheck


class Wrong(Function):
    """x ** 2 with the gradient of x ** 3 / 3."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return Tensor(x.data**2)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * x * x


class WrongSecond(Function):
    """x ** 2 whose gradient forgets that it depends on x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return Tensor(x.data**2)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * x.detach() * 2


@pytest.fixture
def x() -> Tensor:
    return Tensor([0.5, 3.0], requires_grad=True)


def test_a_wrong_gradient_is_found(x: Tensor) -> None:
    with pytest.raises(GradcheckError, match=r"output 0, input 0: .* is 0\.25 by backward, 1 by"):
        gradcheck(Wrong.apply, x)


def test_a_wrong_second_derivative_is_found(x: Tensor) -> None:
    assert gradcheck(WrongSecond.apply, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(WrongSecond.apply, x)


def test_a_gradient_that_is_missing_is_found(x: Tensor) -> None:
    with pytest.raises(GradcheckError, match="does not require"):
        gradcheck(lambda x: x.detach() * 2, x)


def test_several_inputs_and_outputs(x: Tensor) -> None:
    y = Tensor([[1.0, 2.0]], requires_grad=True)
    constant = Tensor([2.0])
    assert gradcheck(lambda x, y, c: (x * y * c, x.sum()), (x, y, constant))
    assert gradgradcheck(lambda x, y, c: (x * y * c, (x * x).sum()), (x, y, constant))


def test_inputs_are_left_as_they_were(x: Tensor) -> None:
    before = x.data.copy()
    gradcheck(lambda x: x * x, x)
    np.testing.assert_array_equal(x.data, before)
    assert x.grad is None


def test_refusals() -> None:
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(lambda x: x, Tensor([1.0]))
    with pytest.raises(ValueError, match="float64"):
        gradcheck(lambda x: x, Tensor(np.ones(2, np.float32), requires_grad=True))


def test_in_no_grad_nothing_is_left_switched(x: Tensor) -> None:
    with mytorch.no_grad(), pytest.raises(GradcheckError):
        gradcheck(lambda x: x * x, x)
    assert mytorch.is_grad_enabled()


def test_an_input_that_does_not_matter() -> None:
    x, y = (Tensor([value], requires_grad=True) for value in (2.0, 3.0))
    assert gradcheck(lambda x, y: x * x, (x, y))
    assert gradgradcheck(lambda x, y: x * x, (x, y))


def test_nan_agrees_with_nan() -> None:
    assert gradcheck(lambda x: x.sqrt(), Tensor([-1.0], requires_grad=True))
