"""Layers that draw: what is dropped together, and what stays of the distribution."""

from collections.abc import Callable

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from mytorch.errors import DtypeError
from mytorch.nn import functional as F


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [
        (nn.Dropout1d, (50, 40, 3), 2),
        (nn.Dropout1d, (2000, 3), 1),
        (nn.Dropout2d, (50, 40, 2, 2), 2),
        (nn.Dropout2d, (50, 40, 3), 2),
        (nn.Dropout3d, (50, 40, 2, 1, 2), 2),
        (nn.Dropout3d, (2000, 2, 1, 2), 1),
        (nn.FeatureAlphaDropout, (50, 40, 3), 2),
    ],
)
def test_whole_channels_are_dropped(
    layer: type[nn.Module], shape: tuple[int, ...], channels: int
) -> None:
    mytorch.manual_seed(0)
    x = Tensor.ones(*shape)
    x.requires_grad = True
    out = layer(0.25)(x)
    rows = out.data.reshape(*shape[:channels], -1)
    assert (rows == rows[..., :1]).all()
    dropped = rows[..., 0] == rows.min()
    assert 0.2 < dropped.mean() < 0.3
    assert len(np.unique(rows)) == 2
    (grad,) = mytorch.grad(out.sum(), x)
    slopes = grad.data.reshape(*shape[:channels], -1)[..., 0]
    assert (slopes[dropped] == 0).all()
    assert (slopes[~dropped] > 0).all()


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    mytorch.manual_seed(0)
    x = mytorch.randn(100_000)
    out = F.alpha_dropout(x, 0.3, True)
    assert abs(out.mean().item()) < 0.02
    assert abs(out.std().item() - 1) < 0.02
    _, counts = np.unique(out.data, return_counts=True)
    assert counts.max() / out.numel() == pytest.approx(0.3, abs=0.01)
    changed = x.clone()
    assert F.alpha_dropout(changed, 0.3, True, True) is changed


@pytest.mark.parametrize("dropped", [F.alpha_dropout, F.feature_alpha_dropout])
def test_alpha_dropout_keeps_the_dtype(dropped: Callable[..., Tensor]) -> None:
    assert dropped(mytorch.ones(2, 3, dtype=mytorch.float32), 0.5, True).dtype == np.float32
    whole = mytorch.ones(2, 3, dtype=mytorch.int64)
    assert dropped(whole) is whole
    assert dropped(whole, 1.0, True).dtype == np.int64
    with pytest.raises(DtypeError, match="expected a floating dtype, got int64"):
        dropped(whole, 0.5, True)


def test_slopes_of_rrelu() -> None:
    mytorch.manual_seed(0)
    x = -Tensor.ones(1000)
    slopes = -nn.RReLU(0.25, 0.5)(x).data
    assert 0.25 <= slopes.min() < 0.26
    assert 0.49 < slopes.max() <= 0.5
    changed = x.clone()
    assert F.rrelu_(changed, 0.25, 0.5, True) is changed


def test_the_courses_dropout() -> None:
    x = Tensor.ones(1000)
    assert F.Dropout.apply(x) is x
    mytorch.manual_seed(0)
    mine = F.Dropout.apply(x, p=0.25, is_train=True)
    mytorch.manual_seed(0)
    np.testing.assert_array_equal(mine.data, F.dropout(x, 0.25).data)


def test_gumbel_softmax_draws_by_the_softmax() -> None:
    mytorch.manual_seed(0)
    logits = Tensor(np.tile(np.log([0.2, 0.3, 0.5]), (4000, 1)), requires_grad=True)
    drawn = F.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(drawn.data.mean(0), [0.2, 0.3, 0.5], atol=0.03)
    np.testing.assert_allclose(drawn.data.sum(1), 1)
    soft = F.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_allclose(soft.data.sum(1), 1)
    mytorch.manual_seed(1)
    hard_slope = mytorch.grad((F.gumbel_softmax(logits, hard=True) ** 2).sum(), logits)[0]
    assert np.isfinite(hard_slope.data).all()
    assert np.abs(hard_slope.data).max() > 0
