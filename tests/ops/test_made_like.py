"""Tensors made like another: its dtype, unless one is given, and a gradient if asked for."""

import inspect

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

FORMS = (
    *("x.new_empty(2, {})", "x.new_zeros(2, {})", "x.new_ones(2, {})", "x.new_full((2,), 3, {})"),
    *("T.empty_like(x, {})", "T.zeros_like(x, {})", "T.ones_like(x, {})"),
    *("T.full_like(x, 3, {})", "T.rand_like(x, {})", "T.randn_like(x, {})"),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("options", ["", "dtype=T.float64", "requires_grad=True"])
def test_dtype_shape_and_gradient(form: str, dtype: str, options: str) -> None:
    ours, theirs = [
        eval(form.format(options), {"T": library, "x": x})
        for library, x in (
            (mytorch, Tensor(np.ones((2, 3), dtype))),
            (torch, torch.ones(2, 3, dtype=getattr(torch, dtype))),
        )
    ]
    assert ours.data.dtype == theirs.detach().numpy().dtype
    assert ours.shape == theirs.shape
    assert ours.requires_grad == theirs.requires_grad


@pytest.mark.parametrize("name", ["add", "mul", "clamp", "index_fill"])
def test_methods_in_place_have_the_signature_of_their_operation(name: str) -> None:
    here = inspect.signature(getattr(Tensor, f"{name}_"))
    assert here == inspect.signature(getattr(mytorch, name))
