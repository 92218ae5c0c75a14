"""gradcheck and gradgradcheck find wrong derivatives."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch

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
    with pytest.raises(GradcheckError, match="is 0 by backward"):
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
    with mytorch.no_grad(), pytest.raises(GradcheckError, match="does not require a gradient"):
        gradcheck(lambda x: x * x, x)
    assert mytorch.is_grad_enabled()


def test_an_input_that_does_not_matter() -> None:
    x, y = (Tensor([value], requires_grad=True) for value in (2.0, 3.0))
    assert gradcheck(lambda x, y: x * x, (x, y))
    assert gradgradcheck(lambda x, y: x * x, (x, y))


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_nan_agrees_with_nothing(check) -> None:
    """Not even with NaN, as in PyTorch: a function has no derivative where it has no value."""
    for library, error in ((mytorch, GradcheckError), (torch, RuntimeError)):
        x = library.tensor([2.0, 4.0], dtype=library.float64, requires_grad=True)
        with pytest.raises(error, match="nan"):
            (check if library is mytorch else getattr(torch.autograd, check.__name__))(
                lambda x: (x - 3).sqrt(), (x,)
            )


def operation(backward):
    """2 * x with another backward, for both libraries."""

    def made_for(library):
        class Twice(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.sum() * 2 if library is torch else Tensor(x.data.sum() * 2)

            @staticmethod
            def backward(ctx, grad_output):
                return backward(library, grad_output)

        return Twice.apply

    return made_for


@pytest.mark.parametrize(
    "backward",
    [
        lambda lib, g: lib.ones(2) * 2,
        lambda lib, g: lib.ones(2) * 2 + 0 * g,
        lambda lib, g: lib.ones(2) * 2 * g.abs(),
        lambda lib, g: lib.ones(2) * 2 * g / g,
    ],
)
def test_a_backward_that_does_not_multiply_by_grad_output_is_found(backward) -> None:
    x = Tensor([0.5, 3.0], requires_grad=True)
    with pytest.raises(GradcheckError, match="linear in grad_output"):
        gradcheck(operation(backward)(mytorch), x)
    assert gradcheck(operation(lambda lib, g: g * 2 * lib.ones(2))(mytorch), x)


def test_a_backward_that_is_another_each_time_is_found() -> None:
    factors = iter(range(2, 100))
    changing = operation(lambda lib, g: g * next(factors) * lib.ones(2))(mytorch)
    with pytest.raises(GradcheckError, match="linear in grad_output"):
        gradcheck(changing, Tensor([0.5, 3.0], requires_grad=True))


def test_a_backward_on_bare_data_has_no_second_derivative() -> None:
    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return Tensor(x.data**3)

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return Tensor(3 * x.data**2 * grad_output.data)

    x = Tensor([0.5, 3.0], requires_grad=True)
    assert gradcheck(Cube.apply, x)
    with pytest.raises(GradcheckError, match=r"is 0 by backward, 0\.377"):
        gradgradcheck(Cube.apply, x)
    # What is not differentiable twice, but is constant, is none the worse.
    assert gradgradcheck(lambda x: x.floor(), x)


@pytest.mark.parametrize(
    ("slope", "atol", "rtol"),
    [
        # The slope by differences is 2; |analytic - 2| against atol + 2 * rtol.
        (2 + 0.9e-3, 1e-3, 0.0),
        (2 + 1.1e-3, 1e-3, 0.0),
        (2 - 0.9e-3, 1e-3, 0.0),
        (2 - 1.1e-3, 1e-3, 0.0),
        (2 + 1.9e-3, 0.0, 1e-3),
        (2 + 2.1e-3, 0.0, 1e-3),
        (2 + 2.9e-3, 1e-3, 1e-3),
        (2 + 3.1e-3, 1e-3, 1e-3),
        # Of the analytic slope rtol would allow more than 2, or less.
        (4 - 0.1, 0.0, 0.9),
        (4 - 0.1, 0.0, 0.96),
        (0.1, 0.0, 0.94),
        (0.1, 0.0, 0.96),
    ],
)
def test_the_limits_of_the_tolerances_are_pytorchs(slope: float, atol: float, rtol: float) -> None:
    verdicts = []
    for library, check in ((mytorch, gradcheck), (torch, torch.autograd.gradcheck)):
        function = operation(lambda lib, g: g * slope * lib.ones(2, dtype=lib.float64))(library)
        x = library.tensor([0.5, 3.0], dtype=library.float64, requires_grad=True)
        try:
            verdicts.append(check(function, (x,), atol=atol, rtol=rtol))
        except RuntimeError:
            verdicts.append(False)
    assert verdicts[0] == verdicts[1] == (abs(slope - 2) < atol + 2 * rtol)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("option", ["eps", "atol", "rtol"])
def test_the_default_tolerances_are_pytorchs(check, option: str) -> None:
    mine, theirs = (
        inspect.signature(function).parameters[option].default
        for function in (check, getattr(torch.autograd, check.__name__))
    )
    assert mine == theirs


def test_the_step_of_the_differences_is_eps() -> None:
    x = Tensor([0.0], requires_grad=True)
    # By differences the slope of x ** 3 at 0 is eps ** 2.
    assert gradcheck(lambda x: x**3, x, eps=0.1, atol=0.0101)
    with pytest.raises(GradcheckError, match=r"0\.01 by finite"):
        gradcheck(lambda x: x**3, x, eps=0.1, atol=0.0099, rtol=0)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_an_input_that_cannot_be_written_is_refused_and_one_is_restored(check) -> None:
    x = Tensor(2.0).expand(3).detach()
    x.requires_grad = True
    with pytest.raises(ValueError, match="cannot be written"):
        check(lambda x: x * x, x)
    calls = iter(range(3))

    def fails_later(x):
        if next(calls, None) is None:
            raise KeyError
        return x * x

    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(KeyError):
        check(fails_later, x)
    assert x.tolist() == [1, 2]


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_what_is_no_tensor_is_handed_to_the_function(check, x: Tensor) -> None:
    assert check(lambda x, power, name: x**power, (x, 3, "cube"))


@pytest.mark.parametrize("result", [3.0, (3.0,), None, {}])
def test_a_function_that_returns_no_tensor_is_refused(result, x: Tensor) -> None:
    with pytest.raises(TypeError, match="expected the function to return a Tensor"):
        gradcheck(lambda x: result, x)


def test_differences_of_infinities_are_no_warning(x: Tensor) -> None:
    with pytest.raises(GradcheckError, match="nan by finite differences"):
        gradcheck(lambda x: x / 0, x)


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_a_difference_is_an_answer_if_it_is_not_to_raise(check: Callable[..., bool]) -> None:
    x = Tensor([0.5, 2.0], requires_grad=True)
    assert check(lambda x: x.exp(), x, raise_exception=False)
    assert not check(lambda x: x.detach() * x.exp(), x, raise_exception=False)
    with pytest.raises(TypeError, match="raise_exception"):
        check(lambda x: x.detach() * x.exp(), x, raise_exception="no")
