"""What operations refuse: the class of the error, and its words."""

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F

REFUSALS = [
    (lambda: Tensor.ones(2, 3).reshape(4), RuntimeError, r"reshape: shape \(2, 3\)"),
    (lambda: Tensor.ones(2, 3).reshape(-1, -1), RuntimeError, "only one"),
    (lambda: Tensor.ones(2, 3).reshape(-1, 4), RuntimeError, "infer"),
    (lambda: Tensor.ones(2, 3).reshape(-2, 3), RuntimeError, "negative"),
    (lambda: Tensor.ones(2, 3).sum(2), IndexError, "axis 2"),
    (lambda: Tensor.ones(2, 3).mean((0, 0)), RuntimeError, "twice"),
    (lambda: Tensor.ones(2, 3).sum(axis=0, dim=1), TypeError, "one of them"),
    (lambda: Tensor([1, 2]).mean(), RuntimeError, "floating"),
    (lambda: Tensor([1, 2]).softmax(0), RuntimeError, "floating"),
    (lambda: Tensor([1.0]).softmax(), TypeError, "dim"),
    (lambda: Tensor([True]) - Tensor([True]), RuntimeError, "booleans"),
    (lambda: -Tensor([True]), RuntimeError, "booleans"),
    (lambda: Tensor([2]) ** -1, RuntimeError, "negative integer powers"),
    (lambda: Tensor.zeros(0, 3).amax(0), IndexError, "no elements"),
    (lambda: Tensor.zeros(0, 3).max(), RuntimeError, "no elements"),
    (lambda: Tensor.zeros(0).argmax(), IndexError, "no elements"),
    (lambda: Tensor([1.0])[2], IndexError, "out of bounds"),
    (lambda: Tensor.zeros(0, 3)[[5]], IndexError, r"\(0, 3\): index 5 is out of bounds"),
    (lambda: mytorch.add(1, 2), TypeError, "add: expected a Tensor, got int and int"),
    (lambda: Tensor([1.0]).__setitem__(2, 0.0), IndexError, r"shape \(1,\): index 2"),
    (lambda: Tensor([1]).__setitem__(0, np.nan), RuntimeError, "nan is no integer"),
    (lambda: Tensor([1]).fill_(np.inf), RuntimeError, "fill_: inf"),
    (lambda: Tensor([1.0]).sum(0.5), TypeError, "sum: expected an integer, got float 0.5"),
    (lambda: Tensor([1.0]).max((0, 1)), TypeError, "expected an integer, got tuple"),
    (lambda: Tensor([1.0]).reshape(1.0), TypeError, "reshape: expected an integer"),
    (lambda: Tensor.ones(3).narrow(0, 0, 1.5), TypeError, "narrow: expected an integer"),
    (lambda: Tensor([1.0])[:1.0], TypeError, "indexing: expected an integer"),
    (lambda: Tensor([1.0]).topk(0.5), TypeError, "topk: expected an integer"),
    (lambda: Tensor([[1.0]]).tril(0.5), TypeError, "tril: expected an integer"),
    (lambda: Tensor([1.0]).triu(), RuntimeError, r"triu: expected a matrix .*, got shape \(1,\)"),
    (lambda: Tensor([[1.0]]).diagonal(0.5), TypeError, "diagonal: expected an integer"),
    (lambda: Tensor([1.0]).diag(0.5), TypeError, "diag_embed: expected an integer"),
    (lambda: mytorch.einsum(Tensor([1.0])), TypeError, "einsum: expected an equation"),
    (lambda: mytorch.maximum(Tensor([1.0]), 2.0), TypeError, "maximum: expected a Tensor"),
    (lambda: mytorch.zeros(2.5), TypeError, "zeros: expected an integer"),
    (lambda: mytorch.linspace(0, 1, 2.5), TypeError, "linspace: expected an integer"),
    (lambda: Tensor([1.0]).size(1), IndexError, "size: axis 1"),
    (lambda: Tensor(1.0).stride(0), IndexError, "stride: axis 0"),
    (lambda: mytorch.tensor([2**63]), RuntimeError, "too large for int64"),
    (lambda: Tensor.ones(2, 3).expand(2, 4), RuntimeError, r"expand: shape \(2, 3\)"),
    (lambda: Tensor.ones(2).expand(-1, 2), RuntimeError, "sizes"),
    (lambda: Tensor.ones(2, 3).permute(0), RuntimeError, "order of 2"),
    (lambda: Tensor.ones(2, 3, 4).t(), RuntimeError, "at most 2"),
    (lambda: Tensor.ones(2, 3).transpose(0, 2), IndexError, "axis 2"),
    (lambda: mytorch.cat([Tensor.ones(1, 2), Tensor.ones(1, 1)]), RuntimeError, "cat"),
    (lambda: mytorch.cat([]), ValueError, "at least one"),
    (lambda: mytorch.cat([Tensor(1.0)]), RuntimeError, "0-d"),
    (lambda: Tensor(2.0) @ Tensor([1.0]), RuntimeError, "0-d"),
    (
        lambda: F.multilabel_soft_margin_loss(Tensor(1.0), Tensor(1.0)),
        IndexError,
        r"expected an input \(N, C\) or \(C,\), got a number",
    ),
    *(
        (
            lambda ratio=ratio: F.fractional_max_pool2d(Tensor.ones(1, 4, 4), 1, None, ratio),
            ValueError,
            "a number between 0 and 1, or 2 of them",
        )
        for ratio in (0.0, 1.0, (0.5, 1.0), (0.5,))
    ),
]


@pytest.mark.parametrize(("attempt", "error", "says"), REFUSALS)
def test_refusals(attempt, error, says: str) -> None:
    with pytest.raises(error, match=says):
        attempt()
