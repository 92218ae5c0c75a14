"""A setting may be given as a Tensor or an array of one number: what it is at the call counts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F

SETTINGS: dict[str, Callable[[Tensor, Any], Tensor]] = {
    "leaky_relu": lambda x, n: F.leaky_relu(x, n),
    "elu": lambda x, n: F.elu(x, n),
    "celu": lambda x, n: F.celu(x, n),
    "softplus": lambda x, n: F.softplus(x, n, n),
    "hardtanh": lambda x, n: F.hardtanh(x, -1.0, n),
    "threshold": lambda x, n: F.threshold(x, n, n),
    "hardshrink": lambda x, n: F.hardshrink(x, n),
    "softshrink": lambda x, n: F.softshrink(x, n),
    "huber_loss": lambda x, n: F.huber_loss(x, x * x, delta=n),
    "smooth_l1_loss": lambda x, n: F.smooth_l1_loss(x, x * x, beta=n),
    "margin_ranking_loss": lambda x, n: F.margin_ranking_loss(x, x * x, -x.detach().sign(), n),
    "layer_norm": lambda x, n: F.layer_norm(x, (4,), eps=n),
    "group_norm": lambda x, n: F.group_norm(x.reshape(1, 4), 2, eps=n),
    "rms_norm": lambda x, n: F.rms_norm(x, (4,), eps=n),
    "batch_norm": lambda x, n: F.batch_norm(x.reshape(2, 2), None, None, training=True, eps=n),
    "logit": lambda x, n: mytorch.logit(x.sigmoid(), n),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_what_it_is_at_the_call_counts(name: str) -> None:
    def run(setting: Any, change: Callable[[Any], Any]) -> list[np.ndarray]:
        x = Tensor([-3.0, -0.3, 0.3, 3.0], requires_grad=True)
        y = SETTINGS[name](x, setting)
        change(setting)
        y.sum().backward()
        assert x.grad is not None
        return [y.data, x.grad.data]

    tensor, array = Tensor(0.25), np.array(0.25)
    for number in (0.25, 0.4, 0.2):
        tensor.data[...] = array[...] = number
        expected = run(number, lambda _: None)
        for setting in (tensor, array):
            found = run(setting, lambda setting: np.asarray(setting).fill(9.0))
            np.testing.assert_equal(found, expected)
