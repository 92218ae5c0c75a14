"""Tensors that are computed whenever they are looked at, beside PyTorch's."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.nn.utils import parametrizations, parametrize
from tests.ops.oracles import value

LAYERS: list[tuple[Any, tuple[int, ...]]] = [
    (lambda nn: nn.Linear(3, 3), (4, 3)),
    (lambda nn: nn.Linear(3, 2), (4, 3)),
    (lambda nn: nn.ConvTranspose1d(2, 3, 2), (1, 2, 4)),
]
MAPS = ("matrix_exp", "cayley", "householder")
WAYS: list[tuple[str, dict[str, Any]]] = [
    ("weight_norm", {}),
    ("weight_norm", {"dim": None}),
    ("spectral_norm", {"n_power_iterations": 2}),
    ("orthogonal", {}),
    *(("orthogonal", {"orthogonal_map": name}) for name in MAPS),
    *(("orthogonal", {"orthogonal_map": name, "use_trivialization": False}) for name in MAPS),
]


def load(ours: Any, theirs: Any) -> None:
    ours.load_state_dict({name: value(x).copy() for name, x in theirs.state_dict().items()})


def twins(make: Any) -> tuple[Any, Any]:
    ours, theirs = make(nn).double(), make(torch.nn).double()
    load(ours, theirs)
    return ours, theirs


def step(library: Any, layer: Any, x: Any) -> list[Any]:
    """Two runs and their gradients."""
    for _ in range(2):
        out = layer(library.tensor(x))
        (out**2).sum().backward()
    return [value(each) for each in (out, *(parameter.grad for parameter in layer.parameters()))]


def agree(ours: list[Any], theirs: list[Any]) -> None:
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("make", "shape"), LAYERS, ids=["square", "wide", "stack"])
@pytest.mark.parametrize(("name", "options"), WAYS, ids=str)
def test_parametrizations(make: Any, shape: Any, name: str, options: dict[str, Any]) -> None:
    ours, theirs = twins(make)
    assert getattr(parametrizations, name)(ours, **options) is ours
    getattr(torch.nn.utils.parametrizations, name)(theirs, **options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.parametrizations.weight.unsafe == theirs.parametrizations.weight.unsafe
    if "use_trivialization" in options:  # nothing is drawn
        agree(*([value(x) for x in layer.parameters()] for layer in (ours, theirs)))
    load(ours, theirs)
    x = np.random.default_rng(0).normal(size=shape)
    agree(step(mytorch, ours, x), step(torch, theirs, x))
    weight = value(ours.eval().weight)
    parametrize.remove_parametrizations(ours, "weight")
    np.testing.assert_array_equal(ours.weight.data, weight)
    assert ours.weight.is_leaf
    assert ours.weight.requires_grad
    assert dict(ours.named_parameters()).keys() == dict(make(nn).named_parameters()).keys()
    assert type(ours) is type(make(nn))


@pytest.mark.parametrize("name", MAPS)
def test_an_orthogonal_weight_stays_orthogonal_and_can_be_assigned_to(name: str) -> None:
    layer: Any = parametrizations.orthogonal(nn.Linear(2, 3), "weight", name)
    optimizer = mytorch.optim.SGD(layer.parameters(), 0.3)
    for _ in range(3):
        layer(mytorch.ones(1, 2)).sum().backward()
        optimizer.step()
    np.testing.assert_allclose((layer.weight.T @ layer.weight).data, np.eye(2), atol=1e-12)
    layer.weight = Tensor([[0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(layer.weight.data, [[0, 1], [-1, 0], [0, 0]], atol=1e-12)


def test_a_state_of_the_older_weight_norm_is_understood() -> None:
    old = nn.utils.weight_norm(nn.Linear(2, 3))
    new = parametrizations.weight_norm(nn.Linear(2, 3))
    new.load_state_dict(old.state_dict())
    np.testing.assert_array_equal(new.weight.data, old.weight.data)


def kinds(library: Any) -> tuple[Any, Any, Any]:
    """A parametrization with an inverse, one of two tensors, and one that can do nothing back."""
    base = library.nn.Module

    class Exp(base):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.exp()

        def right_inverse(self, x: Any) -> Any:
            return x.log()

    class Outer(base):  # type: ignore[misc]
        def forward(self, a: Any, b: Any) -> Any:
            return a[:, None] * b

        def right_inverse(self, x: Any) -> Any:
            return x[:, 0], x[0]

    class Square(base):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x * x

    return Exp, Outer, Square


OWN: list[tuple[str, Any, tuple[int, ...]]] = [
    ("weight", lambda nn: nn.Linear(3, 2), (4, 3)),
    ("weight_hh_l0", lambda nn: nn.RNN(2, 3), (4, 1, 2)),
    ("running_mean", lambda nn: nn.BatchNorm1d(3).eval(), (4, 3)),
]
PICKED = [(0,), (0, 0), (2,), (2, 2), (1,), (1, 0)]


@pytest.mark.parametrize(
    ("name", "make", "shape", "picked"),
    # The two with two originals are of matrices.
    [(*own, picked) for own in OWN for picked in PICKED[: 4 if own is OWN[2] else 6]],
    ids=lambda value: None if callable(value) else str(value),
)
def test_parametrizations_of_ones_own(
    name: str, make: Any, shape: Any, picked: tuple[int, ...]
) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    sides = []
    layers = twins(make)
    for library, layer in zip((mytorch, torch), layers, strict=True):
        with library.no_grad():
            getattr(layer, name).abs_()
            getattr(layer, name).add_(1)
        for pick in picked:
            library.nn.utils.parametrize.register_parametrization(
                layer, name, kinds(library)[pick]()
            )
        layer.requires_grad_(True)
        out = layer(library.tensor(x))
        (out[0] if isinstance(out, tuple) else out).square().sum().backward()
        found = {key: value(p.grad) for key, p in layer.named_parameters() if p.grad is not None}
        found |= {f"state of {key}": value(t) for key, t in layer.state_dict().items()}
        if 2 in picked:
            with pytest.raises(RuntimeError, match="right_inverse"):
                setattr(layer, name, getattr(layer, name))
        else:
            setattr(layer, name, getattr(layer, name).detach() * 2)
        found["assigned"] = value(getattr(layer, name))
        library.nn.utils.parametrize.remove_parametrizations(layer, name, picked[0] == 1)
        found |= {f"removed: {key}": value(t) for key, t in layer.state_dict().items()}
        sides.append(found)
    assert sides[0].keys() == sides[1].keys()
    agree(*([side[key] for key in sides[0]] for side in sides))


def test_a_copy_is_the_layers_own() -> None:
    layer: Any = parametrizations.weight_norm(nn.Linear(2, 2))
    parametrizations.orthogonal(layer, "weight")
    other = copy.deepcopy(layer)
    before = layer.weight.data
    other.weight = mytorch.eye(2)
    np.testing.assert_allclose(layer.weight.data, before)
    parametrize.remove_parametrizations(other, "weight")
    np.testing.assert_allclose(layer.weight.data, before)
    assert parametrize.is_parametrized(layer)
    assert not parametrize.is_parametrized(other)
    with pytest.raises(RuntimeError, match="state_dict"):
        pickle.dumps(layer)


def test_cached_computes_once() -> None:
    layer: Any = parametrize.register_parametrization(
        nn.Linear(2, 2), "weight", kinds(mytorch)[2]()
    )
    with parametrize.cached():
        with parametrize.cached():
            first = layer.weight
        assert layer.weight is first
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        parametrize.register_parametrization(layer, "weight", kinds(mytorch)[0]())
        layer.weight = mytorch.ones(2, 2)
        np.testing.assert_array_equal(layer.weight.data, 1)
    assert layer.weight is not layer.weight


class Wrong(nn.Module):
    def __init__(self, forward: Any, right_inverse: Any = None) -> None:
        super().__init__()
        self.forward = forward
        if right_inverse:
            self.right_inverse = right_inverse


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (Wrong(lambda x: x[0]), "shape"),
        (Wrong(lambda x: x.float()), "dtype"),
        (Wrong(lambda x: None), "Tensor"),
        (Wrong(lambda x: x, lambda x: x.float()), "dtype"),
        (Wrong(lambda x: x, lambda x: None), "Tensor"),
    ],
)
def test_what_does_not_fit_changes_nothing(before: bool, given: Any, says: str) -> None:
    layer = nn.Linear(2, 2)
    if before:
        parametrizations.orthogonal(layer)
    names, weight = list(layer.state_dict()), layer.weight.data.copy()
    with pytest.raises(ValueError, match=says):
        parametrize.register_parametrization(layer, "weight", given)
    assert list(layer.state_dict()) == names
    np.testing.assert_array_equal(layer.weight.data, weight)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda layer: parametrize.register_parametrization(layer, "weights", nn.ReLU()),
        lambda layer: parametrize.register_parametrization(nn.Linear(1, 1, False), "bias", layer),
        lambda layer: parametrize.remove_parametrizations(layer, "weight"),
        lambda layer: parametrize.remove_parametrizations(
            parametrizations.weight_norm(layer), "weight", leave_parametrized=False
        ),
        lambda layer: parametrize.ParametrizationList([], layer.weight),
        lambda layer: parametrizations.orthogonal(layer, "bias"),
        lambda layer: parametrizations.orthogonal(layer, "weights"),
        lambda layer: parametrizations.orthogonal(layer, orthogonal_map="qr"),
        lambda layer: parametrizations.spectral_norm(layer, n_power_iterations=0),
    ],
)
def test_what_is_refused(attempt: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (what PyTorch raises, too)
        attempt(nn.Linear(2, 2))
    with pytest.raises(TypeError, match="expected a Module"):
        parametrize.register_parametrization(nn.Linear(2, 2), "weight", len)  # type: ignore[arg-type]
