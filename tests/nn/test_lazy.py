"""Lazy modules: their first input tells what the modules they become are made with."""

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.errors import ShapeError, UninitializedError
from mytorch.nn.lazy import LazyModuleMixin, is_lazy

# By the kind of module: what the lazy one is made with, and the sizes of an example.
KINDS: dict[str, tuple[str, tuple[int, ...]]] = {"Linear": ("(2, bias=False)", (3,))}
for _axes in (1, 2, 3):
    _sizes = (4, *(5,) * _axes)
    KINDS |= {
        f"Conv{_axes}d": ("(2, 3, groups=2)", _sizes),
        f"ConvTranspose{_axes}d": ("(2, 3, bias=False)", _sizes),
        f"BatchNorm{_axes}d": ("(momentum=0.2)", _sizes),
        f"InstanceNorm{_axes}d": ("(track_running_stats=False)", _sizes),
    }


def made(library: Any, kind: str) -> Any:
    return eval(f"nn.Lazy{kind}{KINDS[kind][0]}", {"nn": library.nn})


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_call_makes_the_ordinary_module(kind: str) -> None:
    ours, theirs = made(mytorch, kind).double(), made(torch, kind).double()
    assert repr(ours) == repr(theirs)
    shape = (2, *KINDS[kind][1])
    values = np.random.default_rng(0).normal(size=shape)
    theirs(torch.zeros(shape, dtype=torch.float64))
    # By a state, before any call.
    loaded = made(mytorch, kind).double()
    loaded.load_state_dict({name: Tensor(t.numpy()) for name, t in theirs.state_dict().items()})
    expected = theirs(torch.tensor(values)).detach()
    np.testing.assert_allclose(loaded(Tensor(values)).data, expected, 1e-12, 1e-12)
    # By a call, which draws what the ordinary module's constructor draws.
    mytorch.manual_seed(0)
    result = ours(Tensor(values))
    assert result.shape == tuple(expected.shape)
    for module in (ours, loaded):
        assert type(module) is getattr(nn, kind)
        assert repr(module) == repr(theirs)
        assert [(n, p.shape) for n, p in module.named_parameters()] == [
            (n, tuple(p.shape)) for n, p in theirs.named_parameters()
        ]
    mytorch.manual_seed(0)
    fresh = copy.deepcopy(ours)
    fresh.reset_parameters()
    for name, parameter in fresh.named_parameters():
        np.testing.assert_array_equal(parameter.data, ours.get_parameter(name).data)
    theirs_says, ours_says = (
        list(inspect.signature(getattr(library.nn, f"Lazy{kind}")).parameters)
        for library in (torch, mytorch)
    )
    assert sorted(theirs_says) == sorted(ours_says)
    with pytest.raises(ShapeError):
        made(mytorch, kind)(Tensor.ones(*(1,) * 7) if kind != "Linear" else Tensor(1.0))


def test_what_has_no_shape_refuses_and_may_be_converted_copied_and_kept() -> None:
    model = nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d())
    weight, mean = model[0].weight, model[1].running_mean
    for refused in (
        lambda: weight + 1,
        lambda: weight.shape,
        lambda: mytorch.zeros_like(mean),
        lambda: nn.Linear(3, 2).load_state_dict(model[0].state_dict()),
    ):
        with pytest.raises(UninitializedError, match="no shape"):
            refused()
    assert model.float().half()[0].weight.dtype == np.float16
    assert model.to(mytorch.float32)[1].running_var.dtype == np.float32
    assert all(map(is_lazy, model.parameters()))
    nn.Sequential(nn.LazyLinear(2), nn.LazyBatchNorm1d()).load_state_dict(model.state_dict())
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), model):
        assert isinstance(twin[0].weight, nn.UninitializedParameter)
        assert isinstance(twin[0].weight, nn.Parameter)
        assert isinstance(twin[1].running_mean, nn.UninitializedBuffer)
        y = twin(mytorch.ones(4, 3, dtype=mytorch.float32))
        assert (y.shape, y.dtype) == ((4, 2), np.float32)


def test_an_optimizer_may_come_first() -> None:
    model = nn.LazyLinear(1)
    optimizer = mytorch.optim.Adam(model.parameters(), lr=0.1)
    model(mytorch.ones(4, 3)).sum().backward()
    before = model.weight.data.copy()
    optimizer.step()
    np.testing.assert_allclose(model.weight.data, before - 0.1, 1e-6)


def test_a_compiled_lazy_model_computes_what_it_does() -> None:
    mytorch.manual_seed(0)
    model = nn.Sequential(nn.LazyConv1d(2, 3), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(2))
    twin = copy.deepcopy(model)
    compiled = mytorch.compile(model)
    x = mytorch.randn(4, 3, 6)
    results = []
    for module in (twin, compiled):
        mytorch.manual_seed(1)
        with mytorch.no_grad():
            results.append([module(x).data for _ in range(5)])
    np.testing.assert_array_equal(results[0], results[1])
    assert compiled.counts.replayed > 0


class Scale(LazyModuleMixin, nn.Module):
    """One of a program's own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.UninitializedParameter()
        self.calls = 0

    def initialize_parameters(self, x: Any) -> None:
        self.calls += 1
        if x is not None:
            self.weight.materialize(x.shape[1:])
            nn.init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


def test_a_programs_own_lazy_module() -> None:
    module = Scale()
    with pytest.raises(UninitializedError, match="left some without a shape"):
        module(None)
    for _ in range(2):
        assert module(mytorch.ones(2, 3)).tolist() == [[1.0] * 3] * 2
    assert (module.calls, type(module)) == (2, Scale)
