"""A compiled module is a Module, as PyTorch's is."""

import copy
import pickle
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn, no_grad
from tests.compiler.trainings import Runs, replayed

# ruff: noqa: N803 (T is the library)


def compiled(T: ModuleType, module: Any) -> Any:
    return torch.compile(module, backend="eager") if T is torch else mytorch.compile(module)


def network(T: ModuleType) -> Any:
    return T.nn.Sequential(T.nn.Linear(2, 3), T.nn.ReLU(), T.nn.BatchNorm1d(3))


def net(T: ModuleType) -> Any:
    class Net(T.nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = T.nn.Linear(2, 2)
            self.factor = 3

        def forward(self, x: Any) -> Any:
            return self.layer(x) * self.factor

        def scaled(self, by: int) -> int:
            return int(self.factor * by)

    return Net()


def loaded(T: ModuleType, c: Any, state: Any) -> Any:
    try:
        return len(c.load_state_dict(state)[0])
    except RuntimeError:
        return "refused"


def programs(T: ModuleType) -> list[Any]:
    """What a user sees of compiled modules, as far as both libraries are to agree."""
    model = network(T)
    c = compiled(T, model)
    seen: list[Any] = [type(c).__name__, isinstance(c, T.nn.Module), c._orig_mod is model]
    for listed in (c.state_dict(), dict(c.named_parameters()), dict(c.named_buffers())):
        seen.append(list(listed))
    for listed in (c.named_modules(), c.named_children()):
        seen.append([name for name, _ in listed])
    seen += [list(T.nn.Sequential(c, T.nn.ReLU()).state_dict()), len(c)]
    seen += [loaded(T, c, c.state_dict()), loaded(T, c, model.state_dict())]
    for change in (c.eval, c.train, model.eval, lambda: c.train(True), model[2].eval):
        change()
        seen.append([c.training, model.training, model[2].training])
    c.train(False)
    for copied in (copy.deepcopy(c), copy.copy(c), pickle.loads(pickle.dumps(c))):
        seen += [type(copied).__name__, list(copied.state_dict()), copied._orig_mod is model]
    c = compiled(T, net(T))
    c.factor = 5
    seen += [c.scaled(2), c._orig_mod.factor, "factor" in vars(c)]
    c.more = T.nn.Linear(2, 2)
    seen += [list(c.state_dict()), hasattr(c, "absent"), repr(c).split("\n")[:2]]
    del c.factor
    seen += [hasattr(c, "factor"), hasattr(c._orig_mod, "factor"), "scaled" in dir(c)]
    return seen


def test_it_is_to_its_user_what_pytorchs_is() -> None:
    assert programs(mytorch) == programs(torch)


def test_it_can_be_indexed_and_iterated_over() -> None:
    model = network(mytorch)
    c = mytorch.compile(model)
    assert c[0] is model[0]
    assert [*c] == [*model]
    with pytest.raises(TypeError):
        mytorch.compile(net(mytorch))[0]


def test_it_replays_by_itself_in_another_and_in_a_compiled_step(recordings: Runs) -> None:
    model = network(mytorch).eval()
    c = mytorch.compile(model)
    around = nn.Sequential(c, nn.Linear(3, 1))
    whole = mytorch.compile(lambda x: around(x))
    x = Tensor(np.random.default_rng(0).normal(size=(4, 2)))
    with no_grad():
        for run in (c, c.forward, around, whole):
            found = replayed(recordings, lambda run=run: run(x))
            expected = around[1](model(x)) if run in (around, whole) else model(x)
            assert found.data.tobytes() == expected.data.tobytes()
        # What is inside stays watched.
        model[0].weight = nn.Parameter(model[0].weight * 2)
        expected = around[1](model(x))
        assert c(x).data.tobytes() == model(x).data.tobytes()
        for run in (around, whole):
            assert run(x).data.tobytes() == expected.data.tobytes()
    assert c.counts.replayed > 3


def test_a_step_trains_a_compiled_module_as_the_module(recordings: Runs) -> None:
    def trained(around: Any) -> list[list[float]]:
        mytorch.manual_seed(0)
        model = around(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)))
        optimizer = mytorch.optim.SGD(model.parameters(), lr=0.1)

        @mytorch.compile
        def step(x: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = (model(x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        losses = [step(Tensor([[float(n), 1.0]])).tolist() for n in range(8)]
        return [*losses, *(p.tolist() for p in model.parameters())]

    assert trained(mytorch.compile) == trained(lambda model: model)
    assert recordings.replays


def test_an_error_inside_tells_its_place() -> None:
    model = nn.Sequential(mytorch.compile(nn.Sequential(nn.ReLU(), nn.Linear(3, 1))))
    with pytest.raises(RuntimeError, match=r"in Sequential\[0\]\._orig_mod\[1\]: Linear\(3, 1\)"):
        model(Tensor.ones(2, 2))
