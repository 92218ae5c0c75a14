"""Integers that are far too large: refused at once, in words, or taken as what they mean."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, nn
from mytorch.nn import functional as F

X = Tensor(np.arange(12.0).reshape(3, 4))
HUGE = 10**30

REFUSALS = [
    (lambda: X.tensor_split(HUGE), RuntimeError, "tensor_split: expected an integer from"),
    (lambda: X.tensor_split(10**9), RuntimeError, "at most 1048576 parts of an axis of size 3"),
    (lambda: mytorch.arange(2**63), RuntimeError, "arange: expected an integer from"),
    (lambda: mytorch.zeros(2**63), RuntimeError, "zeros: expected sizes from 0 to"),
    (lambda: mytorch.tril_indices(2**63, 1), RuntimeError, "tril_indices: expected sizes"),
    (lambda: mytorch.unravel_index(X.long(), -2), RuntimeError, "unravel_index: expected sizes"),
    (lambda: mytorch.mvlgamma(X, 2**63), RuntimeError, "mvlgamma: expected an integer"),
    (lambda: Tensor.zeros(0).reshape(HUGE, 0), RuntimeError, "reshape: expected an integer"),
    (lambda: F.adaptive_avg_pool1d(X, 2**63), RuntimeError, "output_size: expected an integer"),
    (lambda: F.pad(X[None], (2**62, 2**62), "replicate"), RuntimeError, "pad: expected an int"),
    (lambda: X[1, HUGE], IndexError, f"indexing a tensor .*: index {HUGE} is out of bounds"),
    (lambda: X[2**63], IndexError, f"index {2**63} is out of bounds"),
    (lambda: X.__setitem__(HUGE, 1.0), IndexError, f"index {HUGE} is out of bounds"),
    (lambda: nn.LSTM(1, 1, 10**9), RuntimeError, "LSTM: expected num_layers from 0 to 65536"),
    (
        lambda: nn.TransformerEncoder(nn.ReLU(), HUGE),
        RuntimeError,
        "TransformerEncoder: num_layers: expected an integer",
    ),
]


@pytest.mark.parametrize(("attempt", "error", "says"), REFUSALS)
def test_refused_at_once(attempt, error, says: str) -> None:
    with pytest.raises(error, match=says):
        attempt()


def test_far_diagonals_are_empty() -> None:
    """At -2**31 NumPy reads memory that is not the array's."""
    for far in (2**31, 2**40, 2**63 - 1):
        assert X.diagonal(-far).shape == (0,)
        assert X.diagonal(far).shape == (0,)


def test_far_decimals_overflow() -> None:
    assert X.round(decimals=10**9).isnan().all()
    assert X.round(decimals=-(10**9)).isnan().all()


def test_booleans_beside_a_huge_number() -> None:
    assert (X < HUGE).equal(X >= 0)
    assert ((X > 0) < HUGE).all()
    assert not ((X > 0) == HUGE).any()


def test_wide_windows() -> None:
    """The work is that of the places there are."""
    wide = F.local_response_norm(X[None], 10**9, alpha=1e9, k=0.0)
    channels = (X * X).sum(0, keepdim=True).expand(3, 4)
    np.testing.assert_allclose(wide.data[0], (X / channels**0.75).data, rtol=1e-12)
    assert F.avg_pool1d(X, 10**9, ceil_mode=True, padding=0).shape == (3, 1)


def test_triangles_need_the_memory_of_their_places() -> None:
    assert mytorch.tril_indices(2, 2**40, 1).tolist() == [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]]
    assert mytorch.triu_indices(2**40, 2).tolist() == [[0, 0, 1], [0, 1, 1]]
    assert mytorch.tril_indices(3, 4, -(2**63)).shape == (2, 0)
