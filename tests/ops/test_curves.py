"""Curves of many numbers are computed in blocks, to the bits of the whole."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F
from mytorch.ops import _curves

FUNCTIONS: list[Callable[[Any], Any]] = [
    F.elu,
    F.softplus,
    F.logsigmoid,
    F.silu,
    F.mish,
    F.gelu,
    lambda x: F.gelu(x, approximate="tanh"),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_blocks(
    monkeypatch: pytest.MonkeyPatch, function: Callable[[Any], Any], dtype: type
) -> None:
    array = np.linspace(-5, 5, 35, dtype=dtype).reshape(5, 7).T

    def found() -> list[bytes]:
        x = Tensor(array, requires_grad=True)
        y = function(x)
        (plain,) = mytorch.grad(y, x, y.detach(), retain_graph=True)
        (once,) = mytorch.grad(y, x, y.detach(), create_graph=True)
        (twice,) = mytorch.grad(once.sum(), x)
        return [t.data.tobytes() for t in (y, plain, once, twice)]

    whole = found()
    monkeypatch.setattr(_curves, "_MANY", 9)
    monkeypatch.setattr(_curves, "_BLOCK", 8)
    assert found() == whole
    step = mytorch.compile(lambda x: function(x))
    with mytorch.no_grad():
        results = [step(Tensor(array)).data.tobytes() for _ in range(4)]
    assert results == [whole[0]] * 4
    assert step.counts.replayed
