"""Gradients that are infinite or NaN, at numbers of every size: PyTorch's answers.

An operation whose backward is composed of parts turns an infinite gradient into NaN where the parts
cancel, or where what is not chosen is 0 times infinity.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F
from tests.operations.row import evaluate

# fmt: off
NUMBERS = [
    -np.inf, -1e30, -100.0, -4.0, -3.0, -1.0, -0.0, 0.0, 1e-30, 1.0, 3.0, 100.0, 1e30, np.inf,
]
# fmt: on
GRADIENTS = [1.0, np.inf, -np.inf, np.nan]
OTHERS = [0.0, 1.0, -1.0, np.inf, 0.25]
PRELU, HARDSIGMOID = "F.prelu(x, y)", "F.hardsigmoid(x)"
ONE = [
    *("F.relu(x)", "F.relu6(x)", "F.leaky_relu(x)", "F.leaky_relu(x, 0.0)"),
    *("F.leaky_relu(x, -0.5)", "F.leaky_relu(x, 2.0)", "F.elu(x)", "F.elu(x, 2.0)"),
    *("F.elu(x, -0.5)", "F.elu(x, 0.0)", "F.celu(x, 2.0)", "F.celu(x, -1.5)", "F.selu(x)"),
    *("F.gelu(x)", "F.gelu(x, approximate='tanh')", "F.silu(x)", "F.mish(x)", "F.softplus(x)"),
    *("F.softplus(x, 2.0, 5.0)", "F.softplus(x, -1.0)", "F.logsigmoid(x)", "F.softsign(x)"),
    *("x - x.tanh()", HARDSIGMOID, "F.hardswish(x)", "F.hardtanh(x)", "x.clamp(-1, 1)"),
    *("F.threshold(x, 0.5, 20)", "x.clamp(min=0)", "x.clamp(max=0)", "x.abs()", "x.sigmoid()"),
    *("x.tanh()", "x.exp()", "x.log()", "x.sqrt()", "x.erf()", "x.expm1()", "x.log1p()"),
    *("x.sin()", "x.sign()", "x.reciprocal()", "x.rsqrt()", "x ** 2", "x ** 2.5", "x ** 0"),
    *("x ** 3", "x ** -1"),
]
TWO = [
    *(PRELU, "T.maximum(x, y)", "T.minimum(x, y)", "T.where(x > 0, x, y)", "x * y"),
    *("x / y", *(f"F.{loss}_loss(x, y, reduction='none')" for loss in ("mse", "l1", "huber"))),
    "F.huber_loss(x, y, reduction='none', delta=1e-45)",
    *(
        f"F.smooth_l1_loss(x, y, reduction='none', beta={beta})"
        for beta in (1.0, 0.0, 1e-30, 1e-45, 1e30)
    ),
    "F.binary_cross_entropy_with_logits(x, y, reduction='none')",
    "F.kl_div(x, y, reduction='none', log_target=True)",
]
# Where our answer is the limit, and PyTorch's is NaN or, in float32, of the wrong sign.
BETTER = {"F.mish(x)": [-100.0, np.inf], "F.gelu(x, approximate='tanh')": [-1e30, 1e30]}


def derivatives(
    library: Any, form: str, inputs: list[np.ndarray], gradient: float, order: int
) -> list[np.ndarray]:
    """The derivatives of the form times a gradient, or in order 2 the derivatives of these."""
    make = torch.tensor if library is torch else Tensor
    grad = torch.autograd.grad if library is torch else mytorch.grad
    leaves = [make(values.copy(), requires_grad=True) for values in inputs]
    (out,) = evaluate(form, library, *leaves)
    seed = make(np.full(tuple(out.shape), gradient, inputs[0].dtype), requires_grad=True)
    if order == 1:
        return [array_of(part) for part in grad(out, leaves, seed)]
    found = []
    for part in grad(out, leaves, seed, create_graph=True):
        more: Any = [None] * (len(leaves) + 1)
        if part.requires_grad:
            ones = make(np.ones(tuple(part.shape), inputs[0].dtype))
            more = grad(part, [*leaves, seed], ones, retain_graph=True, allow_unused=True)
        for second, variable in zip(more, [*leaves, seed], strict=True):
            found.append(np.zeros(tuple(variable.shape)) if second is None else array_of(second))
    return found


def array_of(tensor: Any) -> np.ndarray:
    if isinstance(tensor, Tensor):
        return tensor.data
    return tensor.detach().numpy(force=True)


def columns(numbers: list[float], others: list[float], dtype: type) -> list[np.ndarray]:
    """Columns of all pairs; rows of one number, as these are normed one by one."""
    pairs = np.array([(x, y) for x in numbers for y in others], dtype)
    return [pairs[:, :1].copy(), pairs[:, 1:].copy()]


def inputs_of(form: str, dtype: type) -> Iterator[list[np.ndarray]]:
    # NaN alone: PyTorch's gradients at it are other ones in a vector of eight numbers.
    for numbers in (NUMBERS, [np.nan]):
        x, y = columns(numbers, [0.25] if form in ONE else OTHERS, dtype)
        if form == PRELU:
            yield from ([x, np.array([weight], dtype)] for weight in OTHERS)
        else:
            yield [x] if form in ONE else [x, y]


@pytest.mark.parametrize("form", [*ONE, *TWO])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 5e-4)])
def test_gradients_that_are_not_finite(form: str, dtype: type, tolerance: float) -> None:
    for inputs, gradient in product(inputs_of(form, dtype), GRADIENTS):
        better = np.isin(inputs[0], np.array(BETTER.get(form, []), dtype))
        if form == HARDSIGMOID:
            tolerance = 1e-7  # PyTorch's 1/6 has single precision
        ours = derivatives(mytorch, form, inputs, gradient, 1)
        theirs = derivatives(torch, form, inputs, gradient, 1)
        for mine, expected in zip(ours, theirs, strict=True):
            if better.any():
                mine, expected = mine[~better], expected[~better]
            np.testing.assert_allclose(mine, expected, tolerance, 1e-37, err_msg=str(gradient))


# PyTorch has no second derivative of hardsigmoid, and that of prelu at 0 does not fit its first.
TWICE = [form for form in [*ONE, *TWO] if form not in (HARDSIGMOID, PRELU)]


@pytest.mark.parametrize("form", TWICE)
def test_second_derivatives_at_gradients_that_are_not_finite(form: str) -> None:
    for inputs, gradient in product(inputs_of(form, np.float64), GRADIENTS):
        kink = (inputs[0] == 0) & ("elu(" in form)
        ours = derivatives(mytorch, form, inputs, gradient, 2)
        theirs = derivatives(torch, form, inputs, gradient, 2)
        for mine, expected in zip(ours, theirs, strict=True):
            # What is 0 times infinity in PyTorch need not be so here.
            wanted = np.where(np.isnan(expected) | kink, mine, expected)
            np.testing.assert_allclose(mine, wanted, 1e-6, 1e-9, err_msg=str(gradient))


def test_an_infinite_gradient_of_an_infinite_slope_elsewhere() -> None:
    x = Tensor(0.0, requires_grad=True)
    for function in (F.silu, F.gelu):
        x.grad = None
        function(x).log2().backward()
        assert x.grad.item() == np.inf


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("beta", [1e-320, 1e-300, 1e-45, 1e-30])
def test_smooth_l1_of_a_tiny_beta_is_l1(dtype: type, beta: float) -> None:
    x = Tensor(np.array([-100.25, 0.0, 3.0, np.inf, np.nan], dtype), requires_grad=True)
    loss = F.smooth_l1_loss(x, Tensor(np.zeros(5, dtype)), reduction="none", beta=beta)
    loss.backward()
    np.testing.assert_array_equal(loss.data, np.abs(x.data))
    np.testing.assert_array_equal(x.grad.data, [-1, 0, 1, 1, np.nan])


@pytest.mark.parametrize("p", [2.0, 3.0])
def test_second_derivatives_of_the_norm_of_zeros_are_zero(p: float) -> None:
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    seed = Tensor(np.ones(2), requires_grad=True)
    (first,) = mytorch.grad(x.norm(p, dim=1), x, seed, create_graph=True)
    for second in mytorch.grad(first, [x, seed]):
        np.testing.assert_array_equal(second.data, np.zeros(second.shape))


@pytest.mark.parametrize("gradient", [np.inf, np.nan])
@pytest.mark.parametrize(
    "form",
    [
        "x.max()",
        "x.min()",
        "x.median()",
        "x.nanmedian()",
        "F.grid_sample(x[None, None], y, align_corners=False)",
    ],
)
def test_what_is_not_chosen_has_no_part_in_a_gradient(form: str, gradient: float) -> None:
    x = np.array([[3.0, 1.0], [4.0, 2.0]])
    # Points at all four places of the image, and beyond.
    beyond = np.array([[[[-0.5, -0.5], [0.5, 0.5], [1.9, 0.0], [-7.0, 0.0]]]])
    inputs = [x, beyond] if "y" in form else [x]
    ours, theirs = (derivatives(library, form, inputs, gradient, 1) for library in (mytorch, torch))
    np.testing.assert_array_equal(ours[0], theirs[0])


def test_beyond_the_ends_of_an_image_an_infinite_number_counts_for_nothing() -> None:
    grid = Tensor([[[[5.0, 0.0], [0.5, 5.0]]]])
    for mode, value in product(("bilinear", "nearest", "bicubic"), (np.inf, np.nan)):
        image = Tensor(np.full((1, 1, 2, 2), value), requires_grad=True)
        found = F.grid_sample(image, grid, mode=mode)
        np.testing.assert_array_equal(found.data, np.zeros((1, 1, 1, 2)))


@pytest.mark.parametrize("gradient", [np.inf, np.nan])
@pytest.mark.parametrize("form", ["x.cumprod(1)", "x.prod()", "x[1, :3].prod()"])
def test_what_comes_after_zeros_has_no_part_in_a_gradient(form: str, gradient: float) -> None:
    x = np.array([[3.0, 2.0, 0.0, 2.0, 0.0, 1.0], [0.0, 2.0, 3.0, 0.0, 0.0, 5.0], [1.0] * 6])
    ours, theirs = (derivatives(library, form, [x], gradient, 1) for library in (mytorch, torch))
    np.testing.assert_array_equal(ours[0], theirs[0])


CONVOLUTIONS = [
    *("F.conv1d(x, y)", "F.conv1d(x, y, stride=2, padding=1, dilation=2)"),
    *("F.conv1d(x, y[:, :1], groups=2)", "F.conv_transpose1d(x, y)"),
    "F.conv_transpose1d(x, y, stride=2, padding=1, output_padding=1)",
    "F.conv_transpose1d(x, y[:, :1], groups=2, dilation=2)",
]


@pytest.mark.parametrize("number", [np.inf, np.nan])
@pytest.mark.parametrize("form", CONVOLUTIONS)
def test_an_infinite_number_stays_where_windows_reach(form: str, number: float) -> None:
    generator = np.random.default_rng(0)
    for of_weight in (False, True):
        x, y = generator.normal(size=(2, 2, 6)), generator.normal(size=(2, 2, 3))
        (y if of_weight else x)[0, 1, 2] = number
        (ours,), (theirs,) = (
            evaluate(form, library, make(x), make(y))
            for library, make in ((mytorch, Tensor), (torch, torch.tensor))
        )
        np.testing.assert_allclose(ours.data, theirs.numpy(), 1e-12)
        ours, theirs = (derivatives(library, form, [x, y], 1.0, 1) for library in (mytorch, torch))
        for mine, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, expected, 1e-12)
