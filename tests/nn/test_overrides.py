"""What a subclass overrides is called where PyTorch calls it, and as often."""

import copy
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import torch

import mytorch
from tests.nn.same_text import Program, linear, names, programs, refusal, shown
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

# ruff: noqa: N803 (T is the library)


def train_of_a_child(T: ModuleType) -> Iterator[Any]:
    class Frozen(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = T.nn.BatchNorm1d(2)

        def train(self, mode=True):
            log.append(mode)
            super().train(mode)
            self.norm.eval()
            return self

        def eval(self):
            log.append("eval")
            return super().eval()

    log: list[Any] = []
    net = T.nn.Sequential(Frozen(), T.nn.ReLU())
    for change in (net.train, net.eval, lambda: net.train(True), net[0].eval):
        change()
        yield [module.training for module in net.modules()]
    yield log


def apply_of_a_child(T: ModuleType) -> Iterator[Any]:
    class Cached(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = T.nn.Parameter(T.ones(2))
            self.register_buffer("mask", T.ones(2))
            self.cache = T.ones(2)

        def _apply(self, fn, recurse=True):
            super()._apply(fn, recurse)
            self.cache = fn(self.cache)
            return self

    net = T.nn.Sequential(Cached(), T.nn.ReLU())
    (cached, _), weight, mask = net, net[0].weight, net[0].mask
    for change in (net.float, net.half, net.double, lambda: net.to(T.float32), net.double):
        yield change() is net
        for tensor in (cached.weight, cached.mask, cached.cache):
            yield str(tensor.dtype).removeprefix("torch.")
    yield cached.weight is weight, cached.mask is mask
    weight.sum().backward()
    yield net._apply(lambda tensor: tensor * 2) is net
    yield cached.weight, cached.mask, cached.cache, weight.grad, weight.requires_grad
    cached._apply(lambda tensor: tensor * 2, recurse=False)
    yield cached.weight


def extra_state(T: ModuleType) -> Iterator[Any]:
    class Counter(T.nn.Module):
        def __init__(self, count):
            super().__init__()
            self.count = count
            self.layer = linear(T)

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    net, other = (T.nn.Sequential(Counter(count)) for count in (3, 4))
    state = net.state_dict()
    yield list(state), state["0._extra_state"]
    yield repr(other.load_state_dict(state)), other[0].count
    del state["0._extra_state"]
    yield list(other.load_state_dict(state, strict=False))
    yield refusal(lambda: other.load_state_dict(state))


def extra_state_that_nobody_takes(T: ModuleType) -> Iterator[Any]:
    class Giver(T.nn.Module):
        def get_extra_state(self):
            return 5

    state = T.nn.Sequential(Giver()).state_dict()
    yield list(state)
    yield list(T.nn.Sequential(T.nn.Module()).load_state_dict(state, strict=False))
    yield refusal(lambda: T.nn.Sequential(Giver()).load_state_dict(state))


def loading_of_a_child(T: ModuleType) -> Iterator[Any]:
    class Renamed(T.nn.Linear):
        _version = 3

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
            log.append([prefix, sorted(local_metadata.items()), rest[0], sorted(state_dict)])
            if prefix + "kernel" in state_dict:
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
            super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

        def load_state_dict(self, *args, **options):
            log.append("load_state_dict")
            return super().load_state_dict(*args, **options)

    log: list[Any] = []
    net = T.nn.Sequential(Renamed(2, 2), Renamed(2, 1))
    state = net.state_dict()
    yield state._metadata
    state["0.kernel"] = state.pop("0.weight") * 0
    yield list(net.load_state_dict(state)), list(state), net[0].weight
    state = dict(state)
    state["1.more"] = state["here.there"] = state.pop("1.bias")
    yield list(net.load_state_dict(state, strict=False))
    net[1].load_state_dict(net[1].state_dict())
    yield log


def loading_that_moves_keys_to_a_child(T: ModuleType) -> Iterator[Any]:
    class Moved(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = T.nn.Sequential(T.nn.Linear(2, 2))

        def _load_from_state_dict(self, state_dict, prefix, *rest):
            for key in list(state_dict):
                if key.startswith(prefix + "old."):
                    inner = key[len(prefix) + 4 :]
                    state_dict[f"{prefix}body.{inner}"] = state_dict.pop(key)
            super()._load_from_state_dict(state_dict, prefix, *rest)

    net = T.nn.Sequential(Moved())
    state = {"0.old.0.weight": T.ones(2, 2), "0.old.0.bias": T.ones(2)}
    yield list(net.load_state_dict(state)), net[0].body[0].weight


def state_of_a_child(T: ModuleType) -> Iterator[Any]:
    class Wide(T.nn.Linear):
        def state_dict(self, *args, **options):
            log.append(sorted(options))
            state = super().state_dict(*args, **options)
            state[options.get("prefix", "") + "more"] = T.ones(1)
            return state

        def _save_to_state_dict(self, destination, prefix, keep_vars):
            log.append([prefix, keep_vars])
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "own"] = T.zeros(1)

    log: list[Any] = []
    net = T.nn.Sequential(Wide(2, 2), T.nn.BatchNorm1d(2))
    yield list(net.state_dict()), list(net.state_dict(prefix="net.")), list(net[0].state_dict())
    kept, other = net.state_dict(keep_vars=True), {}
    yield kept["0.weight"] is net[0].weight, net.state_dict()["0.weight"].requires_grad
    yield net.state_dict(destination=other) is other, list(other)
    yield log


def listings(T: ModuleType) -> Iterator[Any]:
    class Noisy(T.nn.Linear):
        pass

    def noisy(name):
        def method(self, *args, **options):
            if self.noisy:
                log.append(name)
            return getattr(super(Noisy, self), name)(*args, **options)

        return method

    Noisy.noisy = False
    log: list[Any] = []
    lists = ["parameters", "buffers", "children", "modules"]
    lists += [f"named_{name}" for name in lists]
    changes = ["zero_grad", "train", "eval", "double", "requires_grad_", "state_dict", "__repr__"]
    layer = Noisy(2, 2)
    net = T.nn.Sequential(layer, T.nn.ReLU())
    state = layer.state_dict(), net.state_dict()
    for name in (*lists, *changes, "to", "apply", "load_state_dict", "reset_parameters"):
        setattr(Noisy, name, noisy(name))
    Noisy.noisy = True
    for module, loaded in zip((layer, net), state, strict=True):
        for name in (*lists, *changes):
            log.append(f"# {name}")
            list(getattr(module, name)() or ()) if name in lists else getattr(module, name)()
        for name, argument in (
            ("apply", lambda _: None),
            ("load_state_dict", loaded),
            ("to", T.float64),
        ):
            log.append(f"# {name}")
            getattr(module, name)(argument)
    layer.reset_parameters()
    yield log


def registration(T: ModuleType) -> Iterator[Any]:
    class Strict(T.nn.Module):
        def register_parameter(self, name, param):
            log.append(f"parameter {name}")
            super().register_parameter(name, param)

        def register_buffer(self, name, tensor, persistent=True):
            log.append(f"buffer {name} {persistent}")
            super().register_buffer(name, tensor, persistent)

        def add_module(self, name, module):
            log.append(f"module {name}")
            super().add_module(name, module)

    log: list[Any] = []
    net = Strict()
    net.a = T.nn.Parameter(T.ones(1))
    net.a = T.nn.Parameter(T.ones(2))
    net.a = None
    net.b = T.nn.ReLU()
    net.register_module("c", T.nn.ReLU())
    net.register_buffer("d", T.ones(1), persistent=False)
    net.d = T.ones(2)
    net.d = None
    yield log, names(net)


def register_buffer_of_older_code(T: ModuleType) -> Iterator[Any]:
    class Old(T.nn.Module):
        def register_buffer(self, name, tensor):
            super().register_buffer(name, tensor)

    net = Old()
    net.register_buffer("a", T.ones(1))
    net.a = T.ones(2)
    yield net.state_dict()


def attributes(T: ModuleType) -> Iterator[Any]:
    class Noisy(T.nn.Module):
        def __setattr__(self, name, value):
            log.append(name)
            super().__setattr__(name, value)

        def __delattr__(self, name):
            log.append(f"del {name}")
            super().__delattr__(name)

    log: list[Any] = []
    net = Noisy()
    net.x = 3
    net.w = T.nn.Parameter(T.ones(1))
    net.layer = T.nn.ReLU()
    net.register_parameter("q", None)
    net.register_buffer("b", T.ones(1))
    net.b = T.zeros(1)
    net.add_module("z", T.nn.ReLU())
    net.train()
    net.eval()
    net.double()
    net.load_state_dict(net.state_dict())
    del net.x
    del net.w
    yield log, names(net)


def lookups(T: ModuleType) -> Iterator[Any]:
    class Noisy(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = linear(T)
            self.w = T.nn.Parameter(T.ones(1))
            self.plain = 3

        def __getattr__(self, name):
            log.append(name)
            return super().__getattr__(name)

        def forward(self, x):
            return self.layer(x) * self.w * self.plain

    log: list[Any] = []
    net = Noisy()
    yield net(T.ones(1, 2)), hasattr(net, "missing"), names(net)
    net.w = T.nn.Parameter(T.zeros(1))
    twin = copy.copy(net)
    for one in (net, twin, copy.deepcopy(net)):
        yield one(T.ones(1, 2))
    twin.w = T.nn.Parameter(T.ones(1) * 5)
    yield net(T.ones(1, 2))
    del twin.w
    yield hasattr(net, "w"), log
    yield refusal(lambda: net.missing)


def lookups_of_a_mixin(T: ModuleType) -> Iterator[Any]:
    class Doubling:
        def __getattr__(self, name):
            value = super().__getattr__(name)
            return value * 2 if name == "weight" else value

    class Layer(Doubling, T.nn.Linear):
        pass

    class Below(Layer):
        pass

    for kind in (Layer, Below):
        layer = kind(2, 2)
        layer.load_state_dict(linear(T).state_dict())
        yield layer(T.ones(1, 2)), list(layer.parameters())


def a_wrapper(T: ModuleType) -> Iterator[Any]:
    class Wrapper(T.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner
            self.scale = T.nn.Parameter(T.ones(1))

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(self.inner, name)

    net = Wrapper(linear(T))
    for one in (net, copy.copy(net), copy.deepcopy(net)):
        yield one.in_features, one.weight, one.scale, names(one)
    yield refusal(lambda: net.missing)


def printing(T: ModuleType) -> Iterator[Any]:
    class Inner(T.nn.Module):
        def extra_repr(self):
            return "one=1\ntwo=2"

        def _get_name(self):
            return "Named"

    class Outer(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = Inner()
            self.b = None
            self.add_module("c", None)

        def extra_repr(self):
            return "one=1"

    yield repr(Inner()), repr(Outer()), repr(T.nn.Sequential(Outer(), Inner()))
    yield repr(T.nn.ModuleList([Inner(), Inner(), T.nn.ReLU(), Inner()]))
    yield repr(T.nn.ModuleList([T.nn.ModuleList(), T.nn.ModuleList()]))
    yield repr(T.nn.ModuleDict({"a": Inner()})), repr(T.nn.ModuleDict()), repr(T.nn.Sequential())


def calls(T: ModuleType) -> Iterator[Any]:
    class Layer(T.nn.Module):
        def __call__(self, x, *, key=1):
            log.append(key)
            return super().__call__(x, key=key)

        def forward(self, x, key=1):
            return x * key

    class Open(T.nn.Module):
        def forward(self, x, key=1, *args, **options):
            return x, key, args, options

    log: list[Any] = []
    yield Layer()(T.ones(1)), Layer()(T.ones(1), key=3), log
    layer, one = Open(), T.ones(1)
    yield layer(one), layer(one, key=2), layer(x=one), layer(one, 2, 3, z=4), layer(one, z=5)
    layer.forward = lambda x, key: x * key
    yield layer(one, key=7)
    yield refusal(lambda: layer(one))


def state_of_a_copy(T: ModuleType) -> Iterator[Any]:
    class Cached(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = linear(T)
            self.cache = 3

        def __getstate__(self):
            state = super().__getstate__()
            del state["cache"]
            return state

        def __setstate__(self, state):
            super().__setstate__(state)
            self.cache = 4

    net = Cached()
    for twin in (copy.copy(net), copy.deepcopy(net)):
        yield net.cache, twin.cache, names(twin), twin.layer(T.ones(1, 2)), twin.layer is net.layer


def state_of_a_copy_field_by_field(T: ModuleType) -> Iterator[Any]:
    class Cached(T.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = linear(T)

        def __getstate__(self):
            return self.__dict__.copy()

        def __setstate__(self, state):
            self.__dict__.update(state)

    net = Cached()
    twin = copy.deepcopy(net)
    yield names(twin), twin.layer(T.ones(1, 2))
    twin.layer = T.nn.ReLU()
    yield twin.layer, net.layer, names(twin)
    other = Cached.__new__(Cached)
    other.__dict__.update(net.__dict__)
    other.register_buffer("b", T.ones(1))
    yield names(net), net.b, other.b


def resets_of_the_constructors(T: ModuleType) -> Iterator[Any]:
    log: list[str] = []
    for name, sizes in {
        "Linear": (2, 2),
        "Embedding": (3, 2),
        "PReLU": (),
        "LayerNorm": (2,),
        "GroupNorm": (1, 2),
        "RMSNorm": (2,),
        "BatchNorm1d": (2,),
    }.items():

        class Own(getattr(T.nn, name)):
            def reset_parameters(self):
                log.append("parameters")
                super().reset_parameters()

            def reset_running_stats(self):
                log.append("statistics")
                super().reset_running_stats()

            def parameters(self, recurse=True):
                return iter(())

        log.append(name)
        layer = Own(*sizes)
        layer.weight.data[...] = 7
        layer.reset_parameters()
        yield bool((layer.weight.data == 7).any())
    yield log


def the_check_of_batch_norm(T: ModuleType) -> Iterator[Any]:
    class AnyShape(T.nn.BatchNorm1d):
        def _check_input_dim(self, input):
            pass

    layer = AnyShape(2)
    yield layer(T.ones(3, 2, 1, 1)), layer.num_batches_tracked


def containers(T: ModuleType) -> Iterator[Any]:
    def noisy(kind, *methods):
        class Noisy(kind):
            pass

        def method(name):
            def call(self, *args):
                log.append([name, *(arg for arg in args if isinstance(arg, (str, int)))])
                return getattr(super(Noisy, self), name)(*args)

            return call

        for name in methods:
            setattr(Noisy, name, method(name))
        return Noisy

    log: list[Any] = []
    act = T.nn.ReLU
    row = noisy(T.nn.Sequential, "__iter__", "append", "add_module", "__delattr__")(act(), act())
    row(T.ones(1))
    row.extend([act()])
    row += T.nn.Sequential(act())
    row.insert(0, act())
    row[0] = act()
    del row[1:]
    yield log, names(row)
    log.clear()
    some = noisy(T.nn.ModuleList, "append", "extend", "add_module", "__delattr__")([act()])
    some += [act()]
    some.append(act())
    some.insert(0, act())
    some[0] = act()
    some.pop(0)
    yield log, names(some)
    log.clear()
    table = noisy(T.nn.ModuleDict, "__setitem__", "__delitem__", "add_module", "update")
    heads = table({"a": act()})
    heads.update({"b": act()})
    heads.pop("a")
    heads.clear()
    table()
    yield log, names(heads)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_both_libraries_show_the_same(program: Program) -> None:
    assert shown(program, mytorch) == shown(program, torch)


def test_any_name_that_pytorch_leaves_to_a_subclass_is_free() -> None:
    """But for those of the course and of the libraries' own fields."""
    own = {"is_train", "is_parameter", "add_parameter", "_submodules", "layers", "gamma", "beta"}
    for name in mytorch.nn.__all__:
        kind, other = getattr(mytorch.nn, name), getattr(torch.nn, name, torch.nn.Module)
        if isinstance(kind, type) and issubclass(kind, mytorch.nn.Module):
            taken = {name for name in dir(kind) if not name.startswith("__")}
            assert taken <= own | set(dir(other)) | set(vars(torch.nn.Module())), name
