"""What a module lists is what it computes with, whatever is assigned, deleted, shared or copied;
and what is changed later takes effect, as in PyTorch."""

import copy
import pickle
import weakref
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.nn.same_text import Program, linear, names, programs, refusal, shown
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

# ruff: noqa: N803 (T is the library)


def a_shallow_copy(T: ModuleType) -> Iterator[Any]:
    net = linear(T)
    twin, one = copy.copy(net), T.ones(1, 2)
    twin.weight = T.nn.Parameter(T.zeros(2, 2))
    yield net.weight is twin.weight, next(net.parameters()) is net.weight, net(one), twin(one)
    twin.bias = None
    yield net.bias, names(net), net(one)
    del twin.bias
    yield hasattr(net, "bias"), names(net)
    twin.training, twin.more = False, 3
    twin.register_buffer("b", T.ones(1))
    yield net.training, hasattr(net, "more"), net.b, names(net)
    twin._parameters = dict(twin._parameters)
    twin.weight = T.nn.Parameter(T.ones(2, 2))
    yield net.weight, twin.weight
    row = T.nn.Sequential(net, T.nn.ReLU())
    other = copy.copy(row)
    other[0] = T.nn.Tanh()
    other.append(T.nn.ReLU())
    yield list(row), len(row)
    del other[0]
    other.append(T.nn.ReLU())
    yield list(row), list(other), row(one)


def a_deep_copy(T: ModuleType) -> Iterator[Any]:
    net, one = T.nn.Sequential(linear(T), T.nn.BatchNorm1d(2)), T.ones(1, 2)
    net[0].weight.requires_grad = False
    net[1].register_buffer("mask", T.ones(1), persistent=False)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin.eval()
        yield twin(one), names(twin), net.training, twin[0].weight.requires_grad
        yield isinstance(twin[0].weight, T.nn.Parameter), isinstance(twin[1].mask, T.nn.Parameter)
        twin[0].weight = T.nn.Parameter(T.zeros(2, 2))
        twin[1].mask = T.zeros(1)
        yield twin(one), names(twin), net[0].weight, net[1].mask


def a_deep_copy_of_a_circle(T: ModuleType) -> Iterator[Any]:
    net = T.nn.Sequential(T.nn.ReLU())
    net[0].parent = [net]
    twin = copy.deepcopy(net)
    yield twin[0].parent[0] is twin, names(twin)


def the_registries_themselves(T: ModuleType) -> Iterator[Any]:
    net, one = linear(T), T.ones(1, 2)
    net._parameters["weight"] = T.nn.Parameter(T.zeros(2, 2))
    yield net.weight, net(one)
    del net._parameters["bias"]
    yield hasattr(net, "bias"), names(net)
    net.bias = T.ones(2)
    yield names(net), net(one)
    yield net._parameters.pop("more", 5), net._parameters.pop("bias", None), net.bias
    net._buffers.update(a=T.ones(1), b=T.zeros(1))
    net._buffers |= {"c": T.ones(1)}
    yield net._buffers.setdefault("d", T.ones(2)), net._buffers.setdefault("a", T.zeros(3))
    yield net._buffers.popitem()[0], net.a, net.b, net.c, hasattr(net, "d"), names(net)
    net._modules["act"] = T.nn.ReLU()
    yield net.act, names(net)
    net._modules.clear()
    yield hasattr(net, "act"), names(net)
    net._modules = {"inner": linear(T)}
    yield net.inner, names(net), refusal(lambda: net._modules.pop("act"))
    yield refusal(lambda: T.nn.ReLU()._modules.popitem())


def a_weight_that_is_computed(T: ModuleType) -> Iterator[Any]:
    """As weight normalisation has it."""
    net = linear(T)
    weight = net.weight
    del net.weight
    net.length = T.nn.Parameter(T.ones(1))
    net.weight = weight * 2
    yield names(net), net(T.ones(1, 2))


def one_kind_after_another(T: ModuleType) -> Iterator[Any]:
    net = T.nn.Module()
    for value in (
        3,
        T.nn.Parameter(T.ones(1)),
        None,
        T.nn.Parameter(T.ones(2)),
    ):
        net.x = value
        yield net.x, names(net)
    yield refusal(lambda: setattr(net, "x", 3)), refusal(lambda: setattr(net, "x", T.nn.ReLU()))
    del net.x
    net.x = T.ones(1)
    net.x = T.nn.ReLU()
    yield names(net), hasattr(net, "x")
    net.x = T.nn.Parameter(T.ones(1))
    yield names(net)
    net.register_buffer("y", T.ones(1))
    for value in (None, T.ones(2), T.nn.ReLU()):
        net.y = value
        yield net.y, names(net)
    net.register_parameter("z", None)
    yield net.z, names(net)
    net.z = T.nn.Parameter(T.ones(1))
    yield names(net)
    yield refusal(lambda: delattr(net, "missing")), refusal(lambda: net.missing)


def buffers_that_are_not_saved(T: ModuleType) -> Iterator[Any]:
    for change in ("assign", "delete", "take out"):
        net = T.nn.Module()
        net.register_buffer("b", T.ones(1), persistent=False)
        net.b = T.zeros(1)
        yield names(net)
        if change == "delete":
            del net.b
        elif change == "take out":
            del net._buffers["b"]
        net.b = T.nn.Parameter(T.ones(1))
        yield names(net), net.state_dict()
    del net.b
    net.register_buffer("b", T.ones(1))
    yield names(net)
    net.register_buffer("c", T.ones(1), persistent=False)
    del net.c
    net._buffers["c"] = T.ones(1)
    yield names(net)


def tied_parameters(T: ModuleType) -> Iterator[Any]:
    net = T.nn.Sequential(linear(T), linear(T))
    net[1].weight = net[0].weight
    yield names(net), [name for name, _ in net.named_parameters(remove_duplicate=False)]
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), copy.copy(net).float()):
        yield twin[0].weight is twin[1].weight, len(list(twin.parameters()))
    net.double().load_state_dict(net.state_dict())
    net(T.ones(1, 2)).sum().backward()
    yield net[0].weight.grad, net(T.ones(1, 2))


def a_module_used_twice(T: ModuleType) -> Iterator[Any]:
    layer = linear(T)
    net = T.nn.Sequential(layer, T.nn.ReLU(), layer)
    yield names(net), [name for name, _ in net.named_modules(remove_duplicate=False)]
    yield [name for name, _ in net.named_buffers(remove_duplicate=False)]
    yield len(list(net.modules())), len(list(net.modules(remove_duplicate=False)))
    yield [name for name, _ in net.named_modules(memo={layer})]
    twin = copy.deepcopy(net)
    yield twin[0] is twin[2]
    seen: list[Any] = []
    net.apply(seen.append)
    yield seen


def a_second_call_of_the_base(T: ModuleType) -> Iterator[Any]:
    class Left(T.nn.Module):
        def __init__(self):
            T.nn.Module.__init__(self)
            self.left = T.nn.Parameter(T.ones(1))

    class Right(T.nn.Module):
        def __init__(self):
            T.nn.Module.__init__(self)
            self.right = T.nn.Parameter(T.ones(1))

    class Both(Left, Right):
        def __init__(self):
            Left.__init__(self)
            Right.__init__(self)

    net = Both()
    yield names(net), hasattr(net, "left"), net.right


def classes_of_all_sorts(T: ModuleType) -> Iterator[Any]:
    class Odd(T.nn.Module):
        kind = 3
        __slots__ = ("slot",)

        def __init__(self):
            self.early = 1
            super().__init__()
            self.slot = 2
            self.layer = linear(T)

        def __len__(self):
            return 0

        def __eq__(self, other):
            return True

        __hash__ = T.nn.Module.__hash__

    net = T.nn.Sequential(Odd(), Odd())
    yield len(list(net.children())), len(list(net.modules())), len(net.state_dict())
    yield net[0].early, net[0].slot, [one.layer.training for one in net.eval()]
    net.double().load_state_dict(net.state_dict())
    twin = copy.copy(net[0])
    twin.layer = T.nn.ReLU()
    yield net[0].layer, net[1].layer
    yield refusal(lambda: setattr(net[0], "kind", T.nn.Parameter(T.ones(1))))
    yield refusal(lambda: setattr(net[0], "a.b", T.nn.Parameter(T.ones(1))))
    yield refusal(lambda: net[0].register_parameter(b"x", None))
    yield refusal(lambda: T.nn.Module().train(1))


def attributes_of_batch_norm(T: ModuleType) -> Iterator[Any]:
    norm, x = T.nn.BatchNorm1d(2), T.tensor([[1.0, 2.0], [3.0, 5.0]])

    def state():
        return [norm.running_mean, norm.running_var, norm.num_batches_tracked]

    yield norm(x), state()
    norm.track_running_stats = False
    yield norm(x * 3), state()
    yield norm.eval()(x), norm.reset_running_stats(), state()
    norm.track_running_stats = True
    yield norm.train()(x), state(), repr(norm)
    norm.momentum = None
    yield norm(x * 2), state()
    norm.eps = 1.0
    yield norm(x)
    norm.weight.data[...] = 3
    norm.affine = False
    norm.reset_parameters()
    yield norm.weight, norm(x), state()
    norm.num_batches_tracked = None
    yield norm(x), state()
    norm.momentum = 0.5
    yield norm(x), state()
    norm.weight = norm.bias = None
    yield norm(x)
    norm.running_mean = norm.running_var = None
    yield norm.eval()(x), norm.train()(x), names(norm)
    other = T.nn.BatchNorm1d(2, track_running_stats=False)
    other.track_running_stats = True
    yield other(x), other.eval()(x), names(other)
    half = T.nn.BatchNorm1d(2).eval()
    half.running_mean = None
    yield refusal(lambda: half(x))


def attributes_of_other_layers(T: ModuleType) -> Iterator[Any]:
    x = T.tensor([[-3.0, 0.5, 2.0]])
    drop = T.nn.Dropout(0.0)
    yield drop(x)
    drop.p = 1.0
    yield drop(x), drop.eval()(x)
    drop.p = 1.5
    yield refusal(lambda: drop.train()(x))
    layer = linear(T)
    layer.bias = None
    yield layer(T.ones(1, 2)), names(layer), repr(layer)
    layer.bias = T.nn.Parameter(T.ones(2))
    yield layer(T.ones(1, 2)), names(layer)
    del layer.weight
    yield refusal(lambda: layer(T.ones(1, 2)))
    act = T.nn.LeakyReLU()
    act.negative_slope, act.inplace = 0.5, True
    y = x * 1
    yield act(y) is y, y
    clip = T.nn.Hardtanh()
    clip.min_val, clip.max_val = -0.25, 0.25
    yield clip(x)
    soft = T.nn.Softmax(dim=0)
    soft.dim = 1
    yield soft(x)
    loss = T.nn.MSELoss()
    loss.reduction = "sum"
    yield loss(x, x * 2)
    loss.reduction = "other"
    yield refusal(lambda: loss(x, x))
    table = T.nn.Embedding(3, 2)
    table.weight.data[...] = 2.0
    table.padding_idx = 1
    table(T.tensor([0, 1, 1])).sum().backward()
    yield table.weight.grad, repr(table)
    table.max_norm = 1.0
    yield table(T.tensor([0, 2])), table.weight


def loading(T: ModuleType) -> Iterator[Any]:
    norm = T.nn.BatchNorm1d(2)
    state = norm.state_dict()
    del state["num_batches_tracked"]
    yield refusal(lambda: norm.load_state_dict(state))
    norm(T.tensor([[1.0, 2.0], [2.0, 3.0]]))
    yield list(norm.load_state_dict(dict(state))), norm.num_batches_tracked
    layer = linear(T)
    tensor = T.ones(2, 2) * 3
    layer.load_state_dict({"weight": tensor, "bias": T.ones(2)}, assign=True)
    yield layer.weight, layer.weight.requires_grad, isinstance(layer.weight, T.nn.Parameter)
    parameter = T.nn.Parameter(tensor)
    layer.requires_grad_(False)
    layer.load_state_dict({"weight": parameter, "bias": T.zeros(2)}, assign=True)
    yield layer.weight is parameter, parameter.requires_grad
    state = {**norm.state_dict(), "running_mean": tensor[0]}
    norm.load_state_dict(state, assign=True)
    yield norm.running_mean is state["running_mean"]
    bare = T.nn.Linear(2, 2, bias=False)
    yield refusal(lambda: bare.load_state_dict(layer.state_dict()))
    yield refusal(lambda: layer.load_state_dict({"weight": tensor[0], "bias": T.zeros(2)}))


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_both_libraries_show_the_same(program: Program) -> None:
    assert shown(program, mytorch) == shown(program, torch)


def test_a_property_of_the_class_takes_what_is_assigned_to_it() -> None:
    layer = nn.BatchNorm1d(2)
    layer.gamma = Tensor([3.0, 3.0], is_parameter=True)
    layer.beta = None
    assert layer.weight.tolist() == [3, 3]
    assert names(layer)[0] == ["weight"]


def test_the_write_ups_names_are_pytorchs() -> None:
    net = nn.Sequential(nn.ReLU())
    assert net._submodules is net._modules
    net.is_train = False
    assert not net.training


@pytest.mark.usefixtures("without_collector")
def test_a_module_is_freed_at_once() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    twin, seen = copy.copy(net), weakref.ref(net)
    del net
    assert seen() is None
    twin.append(nn.ReLU())
    assert len(twin) == 3


class Failing(nn.Linear):
    def set_extra_state(self, state: Any) -> None:
        raise ValueError("mine")


@pytest.mark.parametrize("assign", [False, True])
def test_an_error_while_loading_leaves_the_tensors_and_their_values(assign: bool) -> None:
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, layer, Failing(2, 2))
    tensors = net.state_dict(keep_vars=True)
    before = {name: value.data.copy() for name, value in tensors.items()}
    state = {name: value + 1 for name, value in net.state_dict().items()}
    with pytest.raises(ValueError, match="mine"):
        net.load_state_dict({**state, "2._extra_state": 1}, assign=assign)
    for name, value in net.state_dict(keep_vars=True).items():
        assert value is tensors[name]
        np.testing.assert_array_equal(value.data, before[name])


def test_extra_state_that_is_not_there() -> None:
    for call in (nn.Module().get_extra_state, lambda: nn.Module().set_extra_state(1)):
        with pytest.raises(NotImplementedError, match="Module has no extra state"):
            call()


def buffers_by_assignment(T: Any) -> Any:
    class Net(T.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.saved = T.nn.Buffer(T.ones(2))
            self.unsaved = T.nn.Buffer(T.zeros(1), persistent=False)
            self.changed = T.nn.Buffer(T.zeros(1))
            self.plain = T.zeros(1)

    net = Net()
    found: list[Any] = [isinstance(x, T.nn.Buffer) for x in (net.saved, net.plain, None)]
    found += [isinstance(net.saved, kind) for kind in (T.Tensor, T.nn.Parameter)]
    found += [[*net.state_dict()], [name for name, _ in net.named_buffers()]]
    net.changed = T.nn.Buffer(T.ones(1), persistent=False)
    net.saved = T.zeros(2)
    found += [[*net.state_dict()], net.changed.tolist(), net.changed.persistent]
    for name in ("plain", "weight"):
        net.weight = T.nn.Parameter(T.ones(1))
        try:
            setattr(net, name, T.nn.Buffer(T.ones(1)))
        except (KeyError, TypeError) as error:
            found.append(type(error))
    values = T.ones(2)
    buffer = T.nn.Buffer(values)
    values += 1
    found += [buffer.tolist(), buffer.requires_grad, T.nn.Buffer().shape == (0,)]
    return [*found, T.nn.Buffer(T.ones(1, requires_grad=True)).requires_grad]


def test_buffers_by_assignment() -> None:
    assert buffers_by_assignment(mytorch) == buffers_by_assignment(torch)
    with pytest.raises(TypeError, match="Buffer: expected a Tensor as data, got list"):
        nn.Buffer([1.0])


def kinds_of_layers(T: Any) -> Any:
    conv = import_module(f"{T.__name__}.nn.modules.conv")
    batchnorm = import_module(f"{T.__name__}.nn.modules.batchnorm")
    layers = [
        *(getattr(T.nn, f"{kind}{n}d") for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)),
        *(getattr(T.nn, f"BatchNorm{n}d") for n in (1, 2, 3)),
        *(T.nn.InstanceNorm2d, T.nn.Linear, T.nn.LazyConv2d, T.nn.LazyBatchNorm1d),
    ]
    assert [getattr(conv, layer.__name__) for layer in layers[:6]] == layers[:6]
    assert [getattr(batchnorm, layer.__name__) for layer in layers[6:9]] == layers[6:9]
    bases = (conv._ConvNd, T.nn.modules.batchnorm._BatchNorm)
    return [[issubclass(layer, base) for layer in layers] for base in bases]


def test_kinds_of_layers() -> None:
    assert kinds_of_layers(mytorch) == kinds_of_layers(torch)
