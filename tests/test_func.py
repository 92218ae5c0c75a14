"""Modules called with other tensors in the place of their own, beside PyTorch's."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.func import functional_call
from tests.ops.oracles import value

X = np.arange(6.0).reshape(3, 2) ** 2


def model(library: Any, tied: bool = False) -> Any:
    kind = library.nn
    made = kind.Sequential(kind.Linear(2, 2), kind.BatchNorm1d(2), kind.Linear(2, 2)).double()
    with library.no_grad():
        for number, parameter in enumerate(made.parameters()):
            parameter.fill_(number + 0.5)
    if tied:
        made[2].weight = made[0].weight
    return made


def called(library: ModuleType, tied: bool, **options: Any) -> list[Any]:
    net = model(library, tied)
    own = {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}
    given = {"0.weight": library.tensor([[1.0, 2.0], [0.5, 3.0]], dtype=library.float64)}
    given["0.weight"].requires_grad_()
    buffers = {
        "1.running_mean": library.ones(2, dtype=library.float64),
        "1.num_batches_tracked": library.tensor(5),
    }
    x = library.tensor(X)
    out = library.func.functional_call(net, (given, buffers), x, **options)
    (out**3).sum().backward()
    # Its own weight got a gradient only where it was in its other place.
    assert (net[0].weight.grad is None) == (not tied or options.get("tie_weights", True))
    again = library.func.functional_call(net, given, (), {"input": x})
    kept = net.state_dict()
    assert all((kept[name] == own[name]).all() for name in own if not name.startswith("1."))
    return [out, again, given["0.weight"].grad, *buffers.values(), kept["1.num_batches_tracked"]]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("options", [{}, {"tie_weights": False}], ids=str)
def test_functional_call_equals_pytorch(tied: bool, options: dict[str, bool]) -> None:
    sides = [called(library, tied, **options) for library in (mytorch, torch)]
    for mine, expected in zip(*sides, strict=True):
        np.testing.assert_allclose(value(mine), value(expected), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("given", "options", "error"),
    [
        ([{"0.bias": X[0]}, {"0.bias": X[0]}], {}, ValueError),
        ({"0.weight": X[:2], "2.weight": X[1:]}, {}, ValueError),
        ({"0.bias": X[0]}, {"strict": True}, RuntimeError),
        ({"5.bias": X[0]}, {}, AttributeError),
        ({"0.bias": X}, {}, RuntimeError),  # by the layer
    ],
)
def test_what_is_refused_leaves_the_module_as_it_was(given: Any, options: Any, error: Any) -> None:
    for library in (mytorch, torch):
        net = model(library, tied=True)
        before = list(net.parameters())
        dicts = [given] if isinstance(given, dict) else given
        put = [{name: library.tensor(array) for name, array in one.items()} for one in dicts]
        arguments = put if isinstance(given, list) else put[0]
        with pytest.raises(error):
            library.func.functional_call(net, arguments, library.tensor(X[:, :1]), **options)
        assert all(one is other for one, other in zip(net.parameters(), before, strict=True))


def test_names_and_values_that_no_module_has() -> None:
    layer = nn.Linear(2, 1)
    with pytest.raises(AttributeError, match=r"no parameter or buffer 'wait'; it has \['weight'"):
        functional_call(layer, {"wait": Tensor(X)}, Tensor(X))
    with pytest.raises(TypeError, match="'bias' must be a Tensor, got None"):
        functional_call(layer, {"bias": None}, Tensor(X))


def test_functional_call_compiles() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    def step(w: Tensor) -> Any:
        (gradient,) = mytorch.autograd.grad(functional_call(net, {"0.weight": w}, w).sum(), w)
        return gradient

    compiled = mytorch.compile(step)
    for number in range(6):
        w = Tensor(X[:2] * 0.1 + number / 9, requires_grad=True)
        np.testing.assert_array_equal(compiled(w).data, step(w).data)


def test_what_the_run_assigns_is_in_the_dict() -> None:
    for library in (mytorch, torch):
        base: Any = library.nn.Module

        class Counter(base):  # type: ignore[misc]
            count: Any

            def forward(self, x: Any) -> Any:
                self.count = self.count + x
                return self.count

        counter = Counter()
        counter.register_buffer("count", library.zeros(2))
        given = {"count": library.ones(2)}
        library.func.functional_call(counter, given, library.ones(2))
        assert (given["count"].tolist(), counter.count.tolist()) == ([2, 2], [0, 0])
