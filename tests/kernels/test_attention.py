"""Attention in blocks, with and without what is kept, and with scores of any size."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch._kernels import attention
from mytorch.nn.functional import scaled_dot_product_attention

SHAPES = (3, 2, 4, 5), (3, 2, 6, 5), (1, 2, 6, 2)


def plain(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    return (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5 + mask).softmax(-1) @ v


@pytest.mark.parametrize("kept", [0, 10**6])
@pytest.mark.parametrize("block", [1, 60, 10**6])
# Beyond 1 the sums of exponentials are too large, and too small, to be used as they are.
@pytest.mark.parametrize("scale", [1.0, 40.0, 2000.0])
def test_blocks(monkeypatch: pytest.MonkeyPatch, kept: int, block: int, scale: float) -> None:
    monkeypatch.setattr(attention, "_KEPT", kept)
    monkeypatch.setattr(attention, "_BLOCK", block)
    generator = np.random.default_rng(0)
    arrays = [generator.normal(size=shape) for shape in (*SHAPES, (3, 1, 4, 6))]
    arrays[0] *= scale
    found = []
    for function in (scaled_dot_product_attention, plain):
        leaves = [Tensor(array, requires_grad=True) for array in arrays]
        out = function(*leaves)
        out.backward(mytorch.linspace(-1, 1, out.numel()).reshape(out.shape))
        found.append([out.data, *(leaf.grad.data for leaf in leaves)])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12 * scale)


def test_a_mask_hides_what_is_not_finite() -> None:
    q, v = Tensor.ones(2, 1), Tensor([[1.0], [2.0], [3.0]])
    for number in (np.inf, -np.inf, np.nan, 1e300):
        k = Tensor([[0.5], [0.5], [number]])
        out = scaled_dot_product_attention(q, k, v, Tensor([True, True, False]))
        np.testing.assert_allclose(out.data, 1.5)


def test_the_rows_of_heads_are_side_by_side_in_memory() -> None:
    """So the heads are joined without a copy."""
    out = scaled_dot_product_attention(*[Tensor.ones(2, 3, 4, 5)] * 3)
    assert out.transpose(1, 2).data.flags.c_contiguous
