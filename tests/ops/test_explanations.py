"""What Python or NumPy raise of an argument that is none names the operation and the argument."""

import re
from collections.abc import Callable

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F

ROWS, MATRIX, IMAGE = Tensor.ones(2, 3), Tensor.ones(2, 2), Tensor.ones(1, 2, 4)
REFUSALS = [
    (lambda: mytorch.cdist(ROWS, ROWS, p=None), TypeError, "cdist: expected float as p, got None"),
    (lambda: mytorch.addmm(None, MATRIX, MATRIX), TypeError, "addmm: expected Tensor as input"),
    (lambda: mytorch.quantile(ROWS, "x"), TypeError, "quantile: .* as q, got str 'x'"),
    (lambda: mytorch.linalg.tensorinv(MATRIX, None), TypeError, "tensorinv: expected int as ind"),
    (lambda: F.pad(IMAGE, None), TypeError, "pad: .* pad = NoneType None"),
    (lambda: F.interpolate(IMAGE, scale_factor="x"), ValueError, "scale_factor = str 'x'"),
    (lambda: F.interpolate(Tensor(1.0), 2), RuntimeError, r"interpolate: .* got shape \(\)"),
    (lambda: F.avg_pool1d(IMAGE, 10**30), ValueError, "avg_pool1d: .* kernel_size: Sizes; got"),
    (lambda: F.avg_pool1d(IMAGE), TypeError, "missing 1 required"),
    (lambda: F.group_norm(IMAGE, None), TypeError, "group_norm: expected int as num_groups"),
    (lambda: F.kl_div(ROWS, ROWS, reduction=np.ones(2)), TypeError, "str as reduction, got ndarr"),
    (
        lambda: F.multi_head_attention_forward(
            *[ROWS] * 3, 3, 1, Tensor.ones(8, 3), *[None] * 3, False, 0.0, MATRIX, None
        ),
        RuntimeError,
        r"in_proj_weight of shape \(9, 3\) .* got \(8, 3\)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), REFUSALS)
def test_a_raw_error_names_the_operation(
    call: Callable[[], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert re.search(words, str(caught.value))
