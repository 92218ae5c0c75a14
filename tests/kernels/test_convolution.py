"""Convolutions of arrays, of any geometry, against PyTorch's."""

import random

import numpy as np
import pytest
import torch

from mytorch._kernels import convolution
from mytorch._kernels.convolution import convolved, gradients, transposed, weight_gradient


def geometries(seed: int, count: int):
    """Of few and many axes, groups, channels and images; windows that see all zeros among them."""
    draw = random.Random(seed)
    while count:
        axes, groups = draw.choice((1, 2, 2, 3)), draw.choice((1, 1, 2, 3))
        inputs, outputs = (groups * draw.choice((1, 2, 9)) for _ in range(2))
        sizes, taps, stride, dilation, before = (
            tuple(draw.choice(numbers) for _ in range(axes))
            for numbers in (range(1, 7), (1, 2, 3), (1, 1, 2, 3), (1, 1, 2, 4), range(4))
        )
        if draw.random() < 0.5:
            stride = (1,) * axes
        each = zip(sizes, before, dilation, taps, stride, strict=True)
        places = tuple((n + 2 * b - d * (k - 1) - 1) // s + 1 for n, b, d, k, s in each)
        if min(places) > 0:
            count -= 1
            geometry = groups, stride, before, dilation, sizes, taps, places
            yield draw.randrange(4), inputs, outputs, geometry


@pytest.mark.parametrize("block", [2**18, 2**9])
@pytest.mark.parametrize("way", ["columns", "turns and blocks", "side by side"])
def test_any_geometry(block: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the ways: with one image at a time or several, taps in turns and places in blocks, or
    those of all images side by side."""
    constants = {"_FEW_PLACES": 0, "_WORTH": 0}
    if way == "turns and blocks":
        constants |= {"_FEW_ROWS": 0, "_MANY": 0, "_SMALL": 100, "_NARROW": 3}
    elif way == "side by side":
        constants["_FEW_PLACES"] = 10**9
    for name, value in constants.items():
        monkeypatch.setattr(convolution, name, value)
    monkeypatch.setattr(convolution, "_CACHE", block)
    convolution._layout.cache_clear()
    rng = np.random.default_rng(block + len(way))
    for count, inputs, outputs, geometry in geometries(block + len(way), 40):
        groups, stride, before, dilation, sizes, taps, places = geometry
        x = rng.standard_normal((count, inputs, *sizes))
        weight = rng.standard_normal((outputs, inputs // groups, *taps))
        bias, shift = rng.standard_normal(outputs), rng.standard_normal(inputs)
        y = rng.standard_normal((count, outputs, *places))
        leaves = [torch.tensor(array, requires_grad=True) for array in (x, weight)]
        convolve = getattr(torch, f"conv{len(taps)}d")
        expected = convolve(*leaves, torch.tensor(bias), stride, before, dilation, groups)
        expected.backward(torch.tensor(y))
        grad_x, grad_weight = (leaf.grad.numpy() for leaf in leaves)
        without = convolved(x, weight, None, geometry)
        pairs = [
            (convolved(x, weight, bias, geometry), expected.detach().numpy()),
            (transposed(y, weight, None, geometry), grad_x),
            (transposed(y, weight, shift, geometry), grad_x + shift.reshape(-1, *[1] * len(taps))),
            (weight_gradient(x, y, geometry), grad_weight),
            *zip(gradients(x, weight, y, geometry, False), (grad_x, grad_weight), strict=True),
            *zip(gradients(y, weight, x, geometry, True), (without, grad_weight), strict=True),
        ]
        for found, wanted in pairs:
            np.testing.assert_allclose(found, wanted, 1e-10, 1e-10, err_msg=str(geometry))
            assert found.flags.c_contiguous


def test_padding_to_the_same_size_has_the_odd_zero_on_the_right() -> None:
    x, w = torch.arange(1.0, 6).reshape(1, 1, 5), torch.tensor([[[1.0, 10.0]]])
    padded = torch.conv1d(torch.nn.functional.pad(x, (0, 1)), w)
    geometry = 1, (1,), (0,), (1,), (5,), (2,), (5,)
    assert convolved(x.numpy(), w.numpy(), None, geometry).tolist() == padded.tolist()


def test_the_columns_of_few_images_are_held() -> None:
    """Not those of all, which are as many times larger as the windows have places."""
    x = np.ones((64, 8, 32, 32), np.float32)
    windows = 1, (1, 1), (1, 1), (1, 1), (3, 3), (32, 32)
    layout = convolution._layout(x.shape, x.dtype, windows, 8, False)
    held = [columns.base.nbytes for _, _, columns in layout.each(x, layout.room())]
    assert max(held) < x.nbytes / 2
    assert not layout.rooms


@pytest.mark.parametrize("size", [3, 14])
def test_no_call_finds_what_another_has_left(size: int) -> None:
    """The memory for the columns of a small image serves the next call, too, though none that
    begins meanwhile."""
    x = np.random.default_rng(size).random((1, 16, size, size), np.float32)
    windows = 1, (1, 1), (1, 1), (1, 1), (3, 3), (size, size)
    layout = convolution._Layout(x.shape, x.dtype, windows, 8, True)
    ((_, _, columns),) = layout.each(x, layout.room())
    expected = columns.copy()
    ((_, _, unknown),) = layout.each(np.full_like(x, np.nan), layout.room())
    one, other = layout.each(x, layout.room()), layout.each(-x, layout.room())
    found, negative = next(one)[2], next(other)[2]
    assert np.shares_memory(unknown, found)
    assert not np.shares_memory(found, negative)
    np.testing.assert_array_equal(found, expected)
