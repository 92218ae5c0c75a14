"""Names that PyTorch has in two places, or of old."""

from typing import Any

import pytest
import torch

import mytorch
from mytorch import Tensor

# ruff: noqa: N803 (T is the library)


def in_place(T: Any) -> Any:
    x = T.tensor([-1.0, 0.25, 4.0], requires_grad=True)
    y = x * 2
    T.clamp_(y, max=3.0)
    assert T.relu_(y) is y
    T.exp_(y + 1)
    y.sum().backward()
    constant = T.detach(y)
    T.zero_(T.fill_(constant, 3.0)[:1])
    return [x.grad.tolist(), constant.tolist(), constant.requires_grad]


def clipped(T: Any) -> Any:
    x = T.tensor([3.0, 4.0], requires_grad=True)
    (x * x).sum().backward()
    return [round(T.nn.utils.clip_grad_norm([x], 1.0).item(), 6), x.grad.tolist()]


def resized(T: Any) -> Any:
    x, F = T.arange(12.0).reshape(1, 1, 3, 4), T.nn.functional
    found = [F.upsample(x, (5, 2), None, "bilinear", True), F.upsample_nearest(x, (2, 6))]
    return [image.flatten().tolist() for image in (*found, F.upsample_bilinear(x, None, 2))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", [in_place, clipped, resized])
def test_they_do_as_pytorchs(program: Any) -> None:
    for ours, theirs in zip(program(mytorch), program(torch), strict=True):
        assert ours == pytest.approx(theirs, 1e-6)


def test_every_name_of_pytorchs_that_tensors_have_in_place_is_there() -> None:
    names = [name for name in dir(torch) if name.endswith("_") and not name.startswith("_")]
    there = [name for name in names if callable(getattr(Tensor, name, None))]
    assert len(there) > 50
    assert [name for name in there if getattr(mytorch, name) is not getattr(Tensor, name)] == []


def test_a_default_by_the_name_of_a_constructor() -> None:
    before = mytorch.get_default_dtype()
    try:
        for kind in (mytorch.FloatTensor, "torch.FloatTensor", "mytorch.FloatTensor"):
            mytorch.set_default_dtype(mytorch.float64)
            mytorch.set_default_tensor_type(kind)
            assert mytorch.zeros(1).dtype == mytorch.float32
        for wrong in ("torch.cuda.FloatTensor", mytorch.LongTensor, "torch.Foo", None):
            with pytest.raises(TypeError, match="set_default_"):
                mytorch.set_default_tensor_type(wrong)
        assert mytorch.zeros(1).dtype == mytorch.float32
    finally:
        mytorch.set_default_dtype(before)
