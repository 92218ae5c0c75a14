"""The CPU: it may be named wherever PyTorch has a device, and no other."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.operations.row import evaluate
from tests.together import as_one, together

DEVICES = [
    "T.device('cpu')",
    "T.device('cpu:0')",
    "T.device('cpu', 0)",
    "T.device('cpu', None)",
    "T.device(type='cpu', index=3)",
    "T.device(T.device('cpu', 1))",
    "T.ones(2).device",
    "T.ones(2, device='cpu:0').sum().device",
    "T.get_default_device()",
]


@pytest.mark.parametrize("form", DEVICES)
def test_a_device_is_pytorchs(form: str) -> None:
    (ours,), (theirs,) = evaluate(form, mytorch), evaluate(form, torch)
    assert (repr(ours), str(ours)) == (repr(theirs), str(theirs))
    assert (ours.type, ours.index) == (theirs.type, theirs.index)
    for other in DEVICES:
        (our_other,), (their_other,) = evaluate(other, mytorch), evaluate(other, torch)
        assert (ours == our_other) is (theirs == their_other)
        if ours == our_other:
            assert hash(ours) == hash(our_other)
    assert ours != str(ours)
    for twin in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert twin == ours
    with pytest.raises(AttributeError):
        ours.type = "cuda"


PLACED = [
    "T.tensor([1.0], device=d)",
    "T.as_tensor([1.0], device=d)",
    "T.from_dlpack(T.ones(2), device=d)",
    "T.zeros(2, 3, device=d)",
    "T.ones(2, device=d, dtype=T.float64)",
    "T.empty(2, device=d)",
    "T.full((2,), 3, device=d)",
    "T.eye(2, device=d)",
    "T.arange(3, device=d)",
    "T.linspace(0, 1, 3, device=d)",
    "T.rand(2, device=d)",
    "T.randn(2, device=d, requires_grad=True)",
    "T.randint(3, (2,), device=d)",
    "T.randperm(3, device=d)",
    "T.zeros_like(x, device=d)",
    "T.ones_like(x, device=d)",
    "T.empty_like(x, device=d)",
    "T.full_like(x, 3, device=d)",
    "T.rand_like(x, device=d)",
    "T.randn_like(x, device=d)",
    "x.new_zeros(2, device=d)",
    "x.new_ones(2, device=d)",
    "x.new_empty(2, device=d)",
    "x.new_full((2,), 3, device=d)",
    "x.to(d)",
    "x.to(d, T.float64)",
    "x.to(d, T.float16, True, True)",
    "x.to(device=d)",
    "x.to(device=d, dtype=T.float64, non_blocking=True, copy=True)",
    "T.nn.Linear(2, 3, device=d).weight",
    "T.nn.Embedding(2, 3, device=d).weight",
    "T.nn.BatchNorm1d(2, device=d).weight",
    "T.nn.LayerNorm(2, device=d).weight",
    "T.nn.GroupNorm(1, 2, device=d).weight",
    "T.nn.RMSNorm(2, device=d).weight",
    "T.nn.PReLU(device=d).weight",
    "T.nn.Linear(2, 3).to(d).weight",
    "T.nn.Linear(2, 3).to(d, T.float64).weight",
    "T.nn.Linear(2, 3).to(device=d, dtype=T.float64, non_blocking=True).weight",
]


@pytest.mark.parametrize("form", PLACED)
class TestPlaces:
    def run(self, form: str, library: Any, device: Any) -> Any:
        x = library.tensor([1.0], dtype=library.float32)
        return eval(form, {"T": library, "x": x, "d": device})

    @pytest.mark.parametrize("index", ["", ":0"])
    def test_the_cpu_may_be_named(self, form: str, index: str) -> None:
        for make in (lambda library: library.device("cpu" + index), lambda library: "cpu" + index):
            ours, theirs = (self.run(form, lib, make(lib)) for lib in (mytorch, torch))
            assert ours.device.type == "cpu"
            assert ours.shape == tuple(theirs.shape)
            assert ours.requires_grad == theirs.requires_grad
            if "float" in form:
                assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        assert self.run(form, mytorch, None).shape == ours.shape

    @together("device", ["cuda", "cuda:0", "meta", "mps", 0, 1, "cpu:x"], as_one)
    def test_no_other(self, form: str, device: Any) -> None:
        with pytest.raises(RuntimeError, match=r"the only device is cpu, got '?[a-z0-9]"):
            self.run(form, mytorch, device)


def test_to_gives_what_it_got() -> None:
    x = Tensor([1.0])
    for same in (x.to("cpu"), x.cpu(), x.to(x), x.to(None), x.to(), x.to("cpu", np.float64)):
        assert same is x
    for twin in (x.to("cpu", copy=True), x.to(x, False, True), x.to(np.float64, False, True)):
        assert twin is not x
    assert x.pin_memory() is x
    assert not mytorch.distributed.is_available()
    model = nn.Linear(2, 1)
    for same in (model.to("cpu"), model.to(), model.cpu(), model.to(Tensor(np.ones(1)))):
        assert same is model
    assert model.to(Tensor(np.ones(1, np.float32))).weight.dtype == np.float32
    with pytest.raises(TypeError, match="floating"):
        model.to("cpu", mytorch.int64)


def test_what_is_no_device_is_refused() -> None:
    for attempt in (lambda: mytorch.zeros(2, device=True), lambda: mytorch.device(None)):
        with pytest.raises(TypeError, match="expected a device"):
            attempt()
    for attempt in (
        lambda: mytorch.device("cpu:01"),
        lambda: mytorch.device("cpu:0", 0),
        lambda: mytorch.device("cpu", -1),
        lambda: mytorch.device(""),
        lambda: mytorch.set_default_device("cuda"),
    ):
        with pytest.raises(RuntimeError, match="device"):
            attempt()
    with pytest.raises(TypeError, match="flaot32"):
        Tensor([1.0]).to("flaot32")


def test_the_head_of_a_program() -> None:
    for library in (mytorch, torch):
        library.cuda.manual_seed(0)
        library.cuda.manual_seed_all(0)
        library.cuda.empty_cache()
        library.set_default_device("cpu")
        library.set_default_device(None)
        cudnn = library.backends.cudnn
        before = (cudnn.deterministic, cudnn.benchmark, cudnn.enabled)
        assert before == (False, False, True)
        cudnn.deterministic, cudnn.benchmark, cudnn.enabled = before
        assert not cudnn.is_available()
        cudnn.allow_tf32 = library.backends.cuda.matmul.allow_tf32 = False
        assert not library.backends.mps.is_built()
        assert not library.accelerator.is_available()
        assert library.accelerator.current_accelerator() is None
        assert library.accelerator.device_count() == library.cuda.device_count() == 0
        device = library.device(
            "cuda"
            if library.cuda.is_available()
            else "mps"
            if library.backends.mps.is_available()
            else "cpu"
        )
        x = library.ones(2, 3, device=device)
        assert not x.is_cuda
        assert x.is_pinned() is False
        assert not library.distributed.is_initialized()
        assert (
            library.nn.Linear(3, 1)
            .to(device)(x.to(library.float32 if library is torch else library.float64))
            .device
            == device
        )
