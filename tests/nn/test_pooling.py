"""What the tables do not say of pooling: large arrays, infinite gradients, the course's names."""

from itertools import product

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F
from mytorch.nn import pooling


@pytest.mark.parametrize("options", [(2,), (3, 2, 1)])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_many_images_are_pooled_in_parts(kind: str, options: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(40, 8, 21, 22)).round(1).astype(np.float32)
    x[3, 2, 5] = np.nan
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    mine = getattr(F, f"{kind}_pool2d")(ours, *options)
    expected = getattr(torch.nn.functional, f"{kind}_pool2d")(theirs, *options)
    np.testing.assert_allclose(mine.data, expected.detach(), 1e-6, 1e-6)
    start = np.random.default_rng(1).normal(size=mine.shape).astype(np.float32)
    mine.backward(Tensor(start))
    expected.backward(torch.tensor(start))
    np.testing.assert_allclose(ours.grad.data, theirs.grad, 1e-6, 1e-6)


def test_equal_options_that_are_no_integers_are_refused() -> None:
    """Also where integers have just been taken."""
    x, weight = Tensor.ones(1, 1, 4, 4), Tensor.ones(1, 1, 2, 2)
    for options in (2, (2, 2)):
        F.max_pool2d(x, options)
        F.conv2d(x, weight, None, options)
    for equal in (2.0, (2.0, 2.0), (2, 2.0)):
        with pytest.raises(TypeError, match=r"max_pool2d.*integer"):
            F.max_pool2d(x, equal)
        with pytest.raises(TypeError, match=r"conv2d.*integer"):
            F.conv2d(x, weight, None, equal)


@pytest.mark.parametrize("gradient", [np.inf, np.nan])
def test_what_is_not_chosen_gets_nothing_of_an_infinite_gradient(gradient: float) -> None:
    for options, recorded in product(((2,), (3, 1)), (False, True)):
        x = Tensor(np.arange(25.0).reshape(1, 5, 5), requires_grad=True)
        out = F.max_pool2d(x, *options)
        start = np.zeros(out.shape)
        start[0, 0, 0] = gradient
        (found,) = mytorch.grad(out, x, Tensor(start), create_graph=recorded)
        assert np.count_nonzero(found.data) == 1


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("max_pool1d", (2, 3, 150), (99, 60, 9)),
        ("max_pool2d", (3, 14, 17), ((9, 8), 8, (0, 4), (1, 2))),
        ("adaptive_max_pool2d", (3, 14, 17), ((1, 3),)),
    ],
)
def test_wide_windows(name: str, shape: tuple[int, ...], options: tuple[object, ...]) -> None:
    """Each is looked at by itself: ties go to the first, of NaNs the last is taken."""
    x = np.random.default_rng(0).integers(0, 3, shape).astype(float)
    x[0].flat[::25] = np.nan
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    for mine, other in zip(
        getattr(F, name)(ours, *options, return_indices=True),
        getattr(torch.nn.functional, name)(theirs, *options, return_indices=True),
        strict=True,
    ):
        np.testing.assert_array_equal(mine.data, other.detach())
        if other.requires_grad:
            mine.sum().backward()
            other.sum().backward()
    np.testing.assert_array_equal(ours.grad.data, theirs.grad)


def test_the_courses_names() -> None:
    names: dict[str, type] = {}
    exec("from mytorch.nn.pooling import *", names)
    most, mean = names["MaxPool2d"], names["AvgPool2d"]
    assert not issubclass(most, mean)
    assert not issubclass(mean, most)
    assert pooling.MaxPool2d(3).stride == 3
    x = Tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 6)), requires_grad=True)
    for function, operation in ((F.max_pool2d, F.MaxPool2d), (F.avg_pool2d, F.AvgPool2d)):
        for options in ((2,), (3, 2), (2, None)):
            out, expected = operation.apply(x, *options), function(x, *options)
            assert out.grad_fn.function_name == operation.__name__
            assert np.array_equal(out.data, expected.data)
            for recorded in (False, True):
                parts = [mytorch.grad(y, x, create_graph=recorded)[0] for y in (out, expected)]
                assert np.array_equal(parts[0].data, parts[1].data)
                out, expected = operation.apply(x, *options), function(x, *options)


def test_grid_sample_has_second_derivatives() -> None:
    rng = np.random.default_rng(0)
    image = Tensor(rng.normal(size=(1, 1, 3, 4)), requires_grad=True)
    grid = Tensor(rng.uniform(-0.9, 0.9, (1, 1, 2, 2)), requires_grad=True)
    for mode in ("bilinear", "bicubic"):
        assert mytorch.gradgradcheck(
            lambda x, y, mode=mode: F.grid_sample(x, y, mode, align_corners=False), (image, grid)
        )


@pytest.mark.parametrize("size", [2, 3])
def test_indices_that_are_changed_in_place_change_no_gradient(size: int) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(2, 3, 7, 7)), requires_grad=True)
    plain = mytorch.autograd.grad(F.adaptive_max_pool2d(x, size).sum(), x)[0]
    out, indices = F.adaptive_max_pool2d(x, size, return_indices=True)
    indices.fill_(0)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, plain.data)
