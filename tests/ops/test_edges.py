"""Numbers at the ends of the floats, and operands with nothing in them: PyTorch's answers."""

import re

import pytest
import torch

import mytorch
from tests.operations.row import evaluate
from tests.ops.oracles import assert_close, value

ENDS = [
    "T.gradient(T.tensor([1.0, inf, 2, 5], dtype=f))[0]",
    "T.gradient(T.tensor([1.0, 1e308, 2, -1e308, 0], dtype=f))[0]",
    "T.lgamma(T.tensor([5e-324, -5e-324, 1e-310, -1e308, -1e15, -3.0, -inf], dtype=f))",
    "T.mvlgamma(T.tensor([-0.0, 5e-324], dtype=f), 1)",
    *(f"T.polygamma({n}, T.tensor([-2.5, -0.75, -inf, -3.0], dtype=f))" for n in (2, 3, 4)),
    "T.zeros(3, dtype=T.bool).index_add(0, T.tensor([1]), T.tensor([True]), alpha=2)",
    "T.zeros(3, dtype=T.int8).index_add(0, T.tensor([1]), T.ones(1, dtype=T.int8), alpha=2.5)",
    *(
        f"F.grid_sample(T.arange(9.0, dtype=f).reshape(1, 1, 3, 3), T.tensor([[[[{point}, 0.5]]]], "
        f"dtype=f), '{mode}', '{padding}', False)"
        for point, mode, padding in (
            ("nan", "nearest", "zeros"),
            ("nan", "nearest", "border"),
            ("nan", "bilinear", "zeros"),
            ("inf", "bilinear", "zeros"),
            ("nan", "bicubic", "border"),
            ("nan", "bilinear", "border"),
            ("-inf", "bilinear", "reflection"),
        )
    ),
    *(
        "F.grid_sample(T.arange(27.0, dtype=f).reshape(1, 1, 3, 3, 3), T.tensor([nan, 0.5, 1e308], "
        f"dtype=f).reshape(1, 1, 1, 1, 3), '{mode}', 'reflection', False)"
        for mode in ("bilinear", "nearest")
    ),
]
# NaN in a matrix: at a place where LAPACK goes past it, or takes it for a zero.
UNKNOWN = [
    form.format(f"T.tensor([{rows}, [[4.0, 1.0], [1.0, 3.0]]], dtype=f)")
    for rows in ("[[nan, 1.0], [1.0, 1.0]]", "[[1.0, nan], [1.0, 1.0]]", "[[2.0, 1.0], [1.0, nan]]")
    for form in (
        "T.linalg.det({})",
        "T.linalg.slogdet({})",
        "T.logdet({})",
        "T.linalg.inv_ex({})",
        "T.linalg.solve({}, T.ones(2, 1, dtype=f))",
        "T.linalg.cholesky_ex({})[1]",
    )
]
EMPTY = [
    *(
        f"F.cross_entropy(T.ones({shape}, dtype=f), T.ones({shape}, dtype=f), reduction='{how}')"
        for shape in ("0", "4, 0", "0, 4", "2, 0, 3")
        for how in ("mean", "none")
    ),
    *(f"T.linalg.cond(T.ones({shape}, dtype=f))" for shape in ("0, 0", "0, 3", "2, 3, 0")),
    "T.cdist(T.ones(2, 0, dtype=f), T.ones(3, 0, dtype=f), p=inf)",
    "F.pdist(T.ones(3, 0, dtype=f), p=inf)",
    *(f"F.prelu(T.ones({shape}, dtype=f), T.ones(0, dtype=f))" for shape in ("3, 0", "2, 0, 3")),
    "F.adaptive_avg_pool1d(T.ones(1, 2, 0, dtype=f), 1)",
    "F.adaptive_avg_pool2d(T.ones(1, 0, 2, 4, dtype=f), (1, 1))",
    "F.linear_cross_entropy(T.ones(2, 0, dtype=f), T.ones(3, 0, dtype=f), T.tensor([0, 2]))",
    *(
        f"F.scaled_dot_product_attention(T.ones({q}, dtype=f), T.ones({k}, dtype=f), "
        f"T.ones({v}, dtype=f))"
        for q, k, v in (
            ("2, 1, 2, 0", "3, 3, 0", "3, 0"),
            ("2, 1, 2, 3", "3, 0, 3", "0, 5"),
            ("1, 2, 0, 3", "2, 2, 4, 3", "2, 2, 4, 3"),
            ("1, 2, 3", "0, 4, 3", "4, 5"),
        )
    ),
]


@pytest.mark.parametrize("form", [*ENDS, *UNKNOWN, *EMPTY])
def test_pytorch_gives_the_same(form: str) -> None:
    written = re.sub(r"\b(inf|nan)\b", r"T.\1", form.replace("dtype=f", "dtype=T.float64"))
    ours, theirs = (list(map(value, evaluate(written, of))) for of in (mytorch, torch))
    assert_close(ours, theirs, 1e-10)
