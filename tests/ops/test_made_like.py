"""Tensors made like another: its dtype, unless one is given, and a gradient if asked for."""

import copy
import inspect
import pickle
from typing import Any

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


ASKED = (
    *(form.format("memory_format=f") for form in FORMS if "like" in form),
    *("T.randint_like(x, 3, memory_format=f)", "T.empty(*x.shape, memory_format=f)"),
    *("x.clone(memory_format=f)", "x.contiguous(memory_format=f)", "x.to(memory_format=f)"),
    *("x.double(memory_format=f)", "x.long(memory_format=f)", "x.cpu(memory_format=f).double()"),
    *("x.to('cpu', T.float64, memory_format=f)", "x.to(T.float16, copy=True, memory_format=f)"),
)
NAMES = ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d")


def both(form: str, shape: tuple[int, ...], name: str) -> list[Any]:
    found = []
    for library in (mytorch, torch):
        x = library.arange(library.ones(*shape).numel(), dtype=library.float32).reshape(shape)
        names = {"T": library, "x": x.transpose(0, 1), "f": getattr(library, name)}
        try:
            found.append(eval(form, names))
        except RuntimeError as error:
            found.append(error)
    return found


@pytest.mark.parametrize("form", ASKED)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4, 5), (2, 1, 2, 3, 2)], ids=len)
def test_memory_formats(form: str, name: str, shape: tuple[int, ...]) -> None:
    if "preserve" in name and ("T.empty(" in form or "contiguous" in form):
        return  # which PyTorch refuses, and nothing is there to be preserved
    ours, theirs = both(form, shape, name)
    if isinstance(theirs, RuntimeError):
        assert isinstance(ours, RuntimeError)
        assert str(ours).endswith("got shape " + str((shape[1], shape[0], *shape[2:])))
        return
    assert ours.shape == tuple(theirs.shape)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    if form[0] == "x":
        assert ours.tolist() == theirs.tolist()
    if name == "contiguous_format" and not form.startswith(("x.to(memory", "x.cpu(")):
        assert ours.is_contiguous()
        assert ours.stride() == theirs.stride()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "axes", [(0, 1, 2), (0, 1, 2, 3), (0, 3, 1, 2), (0, 1, 4, 2, 3), (0, 4, 1, 2, 3)]
)
@pytest.mark.parametrize("sizes", [(2, 3, 4, 5, 6), (1, 2, 1, 1, 3)])
def test_is_contiguous(name: str, axes: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    ours, theirs = (
        library.ones(sizes[: len(axes)])
        .permute(axes)
        .is_contiguous(memory_format=getattr(library, name))
        for library in (mytorch, torch)
    )
    assert ours is theirs


def test_memory_formats_of_modules_and_by_name() -> None:
    for name in NAMES:
        form = getattr(mytorch, name)
        assert str(form) == repr(form) == f"mytorch.{name}"
        assert str(form).replace("mytorch", "torch") == str(getattr(torch, name))
        assert isinstance(form, mytorch.memory_format)
        for twin in (copy.deepcopy(form), pickle.loads(pickle.dumps(form))):
            assert twin is form
        model = mytorch.nn.Linear(2, 3)
        assert model.to(memory_format=form) is model
        assert model.to("cpu", mytorch.float16, memory_format=form).weight.dtype == np.float16
    x = Tensor([1.0], requires_grad=True)
    x.clone(memory_format=mytorch.preserve_format).backward()
    assert x.grad.tolist() == [1.0]
    for attempt in (
        lambda: x.clone(memory_format="channels_last"),
        lambda: mytorch.zeros_like(x, memory_format=0),
        lambda: mytorch.nn.Linear(1, 1).to(memory_format=mytorch.float32),
        lambda: x.is_contiguous(memory_format=None),
    ):
        with pytest.raises(TypeError, match="expected a memory format"):
            attempt()
