"""Hooks of modules: what they are called with, and change, beside PyTorch's."""

import copy
import gc
import pickle
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn, optim
from mytorch.observe import around_calls
from tests.nn.same_text import Program, linear, programs, refusal, shown
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)

# ruff: noqa: N803 (T is the library)


class Calls:
    """A log, and hooks that write to it."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def hook(self, name: str, result: Any = None, times: int | None = None) -> Any:
        """A hook that returns `result`, or `times` its last argument."""

        def hook(module: Any, *args: Any) -> Any:
            self.log.append([name, type(module).__name__, *args])
            if times is None:
                return result
            last = args[0] if name.startswith("grad") else args[-1]
            if isinstance(last, tuple):
                return tuple(None if part is None else part * times for part in last)
            return last * times

        return hook


def order_and_removal(T: ModuleType) -> Iterator[Any]:
    calls, net = Calls(), T.nn.Sequential(linear(T), T.nn.ReLU())
    x = T.tensor([[1.0, -2.0]])
    handles = [
        net.register_forward_hook(calls.hook("after 1")),
        net.register_forward_hook(calls.hook("after 2"), prepend=True),
        net.register_forward_pre_hook(calls.hook("before 1")),
        net.register_forward_pre_hook(calls.hook("before 2"), prepend=True),
        net[0].register_forward_hook(calls.hook("inner", times=3)),
        net[1].register_forward_pre_hook(calls.hook("single", times=2)),
    ]
    yield net(x)
    yield calls.log
    calls.log.clear()
    handles[2].remove()
    handles[2].remove()
    with handles[4]:
        yield net(x)
    yield net(x)
    yield calls.log
    for handle in handles:
        handle.remove()
    calls.log.clear()
    yield net(x), calls.log


def keywords(T: ModuleType) -> Iterator[Any]:
    class Scale(T.nn.Module):
        def forward(self, x, *, module=1):
            return x * module

    calls, scale = Calls(), Scale()
    x = T.tensor([1.0, 2.0])
    scale.register_forward_hook(calls.hook("after"), with_kwargs=True)
    yield scale(x, module=2), scale(x=x)
    handle = scale.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"module": kwargs["module"] + 5}), with_kwargs=True
    )
    yield scale(x, module=2)
    handle.remove()
    scale.register_forward_pre_hook(lambda module, args, kwargs: (args,), with_kwargs=True)
    yield refusal(lambda: scale(x, module=2))
    yield calls.log


def changes(T: ModuleType) -> Iterator[Any]:
    layer, x = linear(T), T.tensor([[1.0, -2.0]])
    layer.register_forward_pre_hook(lambda module, args: args[0] * 2)
    layer.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    layer.register_forward_hook(lambda module, args, output: {"out": output, "in": args})
    yield layer(x)
    yield layer.forward(x)
    yield refusal(lambda: layer.register_forward_hook(lambda: None, with_kwargs=True)(x))


def errors(T: ModuleType) -> Iterator[Any]:
    class Fails(T.nn.Module):
        def forward(self, x):
            raise KeyError("no")

    calls, module = Calls(), Fails()
    module.register_forward_hook(calls.hook("sometimes"))
    module.register_forward_hook(calls.hook("always"), always_call=True)
    yield refusal(lambda: module(1)), calls.log
    layer = linear(T)
    calls.log.clear()

    def fails(*args: Any) -> None:
        raise ValueError("hook")

    layer.register_forward_hook(calls.hook("first"), always_call=True)
    layer.register_forward_hook(fails, always_call=True)
    layer.register_forward_hook(calls.hook("last"), always_call=True)
    yield refusal(lambda: layer(T.ones(1, 2))), [entry[0] for entry in calls.log]
    layer.register_forward_pre_hook(fails)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield refusal(lambda: layer(T.ones(1, 2))), len(caught)


def backward(T: ModuleType) -> Iterator[Any]:
    calls, net = Calls(), T.nn.Sequential(linear(T), linear(T))
    x = T.tensor([[1.0, -2.0]]).requires_grad_()
    net[0].register_full_backward_hook(calls.hook("grad 1"))
    net[0].register_full_backward_hook(calls.hook("grad 2", times=2), prepend=True)
    net[1].register_full_backward_pre_hook(calls.hook("pre", times=3))
    net[1].register_full_backward_hook(calls.hook("both"))
    y = net(x)
    y.backward(T.ones(1, 2))
    yield calls.log, x.grad, net[0].weight.grad, net[1].bias.grad
    calls.log.clear()
    # An input that needs no gradient, and one that is used elsewhere, too.
    net(x.detach()).backward(T.ones(1, 2))
    z = x * 2
    (net(z) + z).backward(T.ones(1, 2))
    yield calls.log, x.grad
    with T.no_grad():
        yield net(x)


def backward_of_several(T: ModuleType) -> Iterator[Any]:
    class Mix(T.nn.Module):
        def forward(self, x, y, z=None):
            return x * y, (x + y).sum(), "text"

    calls, mix = Calls(), Mix()
    x, y = (T.tensor(values).requires_grad_() for values in ([1.0, 2.0], [[3.0], [4.0]]))
    mix.register_full_backward_pre_hook(calls.hook("pre"))
    mix.register_full_backward_hook(calls.hook("grad", times=2))
    a, b, text = mix(x, y, 5)
    (a.sum() * 3 + b * 7).backward()
    yield x.grad, y.grad, text, calls.log
    calls.log.clear()
    a, b, _ = mix(x, y.detach(), 5)
    (a.sum() * b).backward()
    yield x.grad, calls.log
    mix.register_full_backward_hook(calls.hook("bad", result=(1, 2, 3, 4)))
    yield refusal(lambda: mix(x, y)[0].sum().backward())


def second_derivative(T: ModuleType) -> Iterator[Any]:
    layer = T.nn.Tanh()
    layer.register_full_backward_hook(lambda module, inside, outside: (inside[0] * 2,))
    x = T.tensor([0.5, 1.0]).requires_grad_()
    gradient = T.autograd.grad
    (first,) = gradient(layer(x).sum(), x, create_graph=True)
    (second,) = gradient(first.sum(), x)
    yield first, second


def in_place(T: ModuleType) -> Iterator[Any]:
    net = T.nn.Sequential(linear(T), T.nn.ReLU(True))
    seen: list[Any] = []
    net[0].register_full_backward_hook(lambda module, inside, outside: seen.append(outside))
    net[1].register_forward_hook(lambda module, args, output: seen.append(output))
    x = T.tensor([[1.0, -7.0]]).requires_grad_()
    net[1](net[0](x).clone()).sum().backward()
    yield x.grad, seen


def states(T: ModuleType) -> Iterator[Any]:
    log: list[Any] = []
    net = T.nn.Sequential(linear(T), T.nn.Sequential(linear(T)))
    net[1].register_state_dict_pre_hook(lambda m, prefix, keep: log.append([prefix, keep]))
    net[1].register_state_dict_post_hook(
        lambda m, state, prefix, metadata: state.update({f"{prefix}extra": T.ones(1)})
    )
    net._register_state_dict_hook(
        lambda m, state, prefix, metadata: {"all": list(state), "version": metadata["version"]}
    )
    yield net.state_dict(), log
    yield net[1].state_dict(prefix="p.", keep_vars=True), log

    def rename(state: Any, prefix: str, *rest: Any) -> None:
        log.append([prefix, len(rest)])
        state[f"{prefix}weight"] = state.pop(f"{prefix}w")

    layer = linear(T)
    layer._register_load_state_dict_pre_hook(rename)
    layer.register_load_state_dict_pre_hook(lambda m, state, prefix, *rest: log.append(list(state)))
    layer.register_load_state_dict_post_hook(lambda m, keys: log.append([*keys]))
    yield layer.load_state_dict({"w": T.zeros(2, 2), "bias": T.ones(2)}), layer.weight
    layer.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear())
    given = {"w": T.zeros(2, 2), "bias": T.ones(2), "more": T.ones(1)}
    yield layer.load_state_dict(given), log


def copies(T: ModuleType) -> Iterator[Any]:
    calls, layer = Calls(), linear(T)
    handle = layer.register_forward_hook(shift)
    deep, shallow = copy.deepcopy(layer), copy.copy(layer)
    loaded = pickle.loads(pickle.dumps(layer))
    handle.remove()
    x = T.ones(1, 2)
    yield layer(x), deep(x), shallow(x), loaded(x), calls.log


def shift(module: Any, args: Any, output: Any) -> Any:
    return output + 100


def places(T: ModuleType) -> Iterator[Any]:
    net = T.nn.Sequential(T.nn.Sequential(linear(T)), T.nn.ReLU())
    net.set_submodule("0.0", T.nn.Tanh())
    net.set_submodule("1", T.nn.ELU(), strict=True)
    net.set_submodule("0.new", T.nn.SiLU())
    yield net[0][0], net[1], [name for name, _ in net.named_modules()]
    net[0].plain = 3
    for call in (
        lambda: net.set_submodule("", T.nn.ReLU()),
        lambda: net.set_submodule("0", 3),
        lambda: net.set_submodule("0.none", T.nn.ReLU(), strict=True),
        lambda: net.set_submodule("0.plain", T.nn.ReLU()),
        lambda: net.set_submodule("5.0", T.nn.ReLU()),
    ):
        yield refusal(call)


def of_all_modules(T: ModuleType) -> Iterator[Any]:
    calls, module = Calls(), T.nn.modules.module
    net = T.nn.Sequential(linear(T), T.nn.ReLU())
    net[0].register_forward_hook(calls.hook("own after", times=2))
    net[0].register_forward_pre_hook(calls.hook("own before", times=2))
    net[0].register_full_backward_hook(calls.hook("grad own", times=2))
    x = T.tensor([[1.0, 2.0]], requires_grad=True)
    handles = [
        module.register_module_forward_pre_hook(calls.hook("before", times=3)),
        module.register_module_forward_hook(calls.hook("after", times=5)),
        module.register_module_full_backward_pre_hook(calls.hook("pre")),
        module.register_module_full_backward_hook(calls.hook("grad", times=7)),
    ]
    for handle in (None, *handles):
        if handle:
            handle.remove()
            handle.remove()
        calls.log.clear()
        x.grad = None
        out = net(x)
        out.sum().backward()
        yield out, x.grad, net[0].weight.grad, calls.log
    with module.register_module_forward_hook(
        lambda m, args, kwargs, out: out + kwargs["more"], with_kwargs=True
    ):

        class Plain(T.nn.Module):
            def forward(self, x, more):
                return x

        yield Plain()(x, more=3.0)
    with module.register_module_forward_hook(calls.hook("always"), always_call=True):
        calls.log.clear()
        yield refusal(lambda: net(x, 3)), len(calls.log)


def of_all_registrations(T: ModuleType) -> Iterator[Any]:
    log, module = [], T.nn.modules.module

    def note(kind):
        return lambda m, name, value: log.append([kind, type(m).__name__, name, value])

    handles = [
        module.register_module_parameter_registration_hook(note("parameter")),
        module.register_module_module_registration_hook(note("module")),
        module.register_module_buffer_registration_hook(note("buffer")),
        module.register_module_module_registration_hook(
            lambda m, name, value: T.nn.Tanh() if isinstance(value, T.nn.ReLU) else None
        ),
    ]
    net = T.nn.Sequential(T.nn.ReLU())
    net.more = linear(T)
    net.more = None
    net.register_buffer("state", T.ones(2))
    net.state = T.zeros(2)
    net.weight = T.nn.Parameter(T.ones(1))
    net.weight = None
    net.add_module("last", T.nn.ReLU())
    for handle in handles:
        handle.remove()
    net.plain = T.nn.ReLU()
    yield log, net[0], net.last, net.plain


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_hooks_are_called_as_pytorchs(program: Program) -> None:
    assert shown(program, mytorch) == shown(program, torch)


def test_hooks_of_states_return_nothing() -> None:
    layer = nn.Linear(2, 2)
    state = layer.state_dict()
    layer.register_load_state_dict_post_hook(lambda module, keys: 1)
    with pytest.raises(RuntimeError, match="returns None"):
        layer.load_state_dict(state)
    layer.register_state_dict_post_hook(lambda *args: 1)
    with pytest.raises(RuntimeError, match="returns None"):
        layer.state_dict()
    with pytest.raises(TypeError, match="a hook is a function, got int"):
        layer.register_forward_hook(3)  # type: ignore[arg-type]


def test_no_hook_anywhere_costs_nothing() -> None:
    gc.collect()
    before = set(around_calls)
    layer = nn.ReLU()
    handle = layer.register_forward_hook(shift)
    assert around_calls > before
    handle.remove()
    assert around_calls == before
    layer.register_forward_hook(shift)
    copied = copy.deepcopy(layer)
    assert len(around_calls) == len(before) + 2
    del layer, copied, handle
    assert around_calls == before


@pytest.mark.parametrize("of_all", [False, True])
@pytest.mark.parametrize("when", ["before", "between"])
@pytest.mark.parametrize("kind", ["forward_pre", "forward", "full_backward_pre", "full_backward"])
def test_a_compiled_step_has_the_hooks_of_its_modules(kind: str, when: str, of_all: bool) -> None:
    def halves(module: Any, *args: Any) -> Any:
        seen.append(kind)
        last = args[0] if "backward" in kind else args[-1]
        if isinstance(last, tuple):
            return None if last[0] is None else (last[0] * 0.5,)
        return last * 0.5

    seen: list[str] = []
    losses, handles = [], []
    for compiled in (False, True):
        mytorch.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x: Tensor, model: Any = model, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            return loss

        run = mytorch.compile(step) if compiled else step
        found = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it may run as it is
            for number in range(12):
                if number == (0 if when == "before" else 5):
                    add = getattr(model[1], f"register_{kind}_hook")
                    if of_all:
                        add = getattr(nn.modules.module, f"register_module_{kind}_hook")
                    handles.append(add(halves))
                if number == 9:
                    handles[-1].remove()
                found.append(run(Tensor([[1.0, number / 4]])).item())
        losses.append(found)
    np.testing.assert_array_equal(losses[0], losses[1])
    assert seen
