"""`nn.utils.prune` beside PyTorch's."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import nn

# ruff: noqa: N803 (T is the library)
prune = nn.utils.prune


def model(T: Any) -> Any:
    made = T.nn.Sequential(T.nn.Conv2d(2, 4, 3), T.nn.Linear(6, 5)).to(T.float64)
    random = np.random.default_rng(0)
    with T.no_grad():
        for parameter in made.parameters():
            parameter.copy_(T.tensor(random.normal(size=tuple(parameter.shape))))
    return made


def pruning(T: Any) -> Any:
    return import_module(f"{T.__name__}.nn.utils.prune")


def by_entries(T: Any, layers: Any) -> None:
    pruning(T).l1_unstructured(layers[0], name="bias", amount=3)
    pruning(T).l1_unstructured(layers[1], "weight", 0.37)
    pruning(T).identity(layers[1], "bias")


def by_channels(T: Any, layers: Any) -> None:
    pruning(T).ln_structured(layers[0], name="weight", amount=0.5, n=2, dim=0)
    pruning(T).ln_structured(layers[1], "weight", 2, n=float("inf"), dim=-1)


def again(T: Any, layers: Any) -> None:
    pruning(T).l1_unstructured(layers[0], "weight", 0.3)
    pruning(T).ln_structured(layers[0], "weight", 1, 1, 1)
    pruning(T).l1_unstructured(layers[0], "weight", 5)
    pruning(T).ln_structured(layers[0], "weight", 0.5, n=2, dim=0)
    (hook,) = layers[0]._forward_pre_hooks.values()
    container = getattr(hook, "function", hook)
    assert [type(method).__name__ for method in container][2:] == ["L1Unstructured", "LnStructured"]
    assert len(container) == 4
    assert isinstance(container, pruning(T).PruningContainer)


def by_scores(T: Any, layers: Any) -> None:
    scores = T.arange(30, dtype=T.float64).reshape(5, 6)
    pruning(T).l1_unstructured(layers[1], "weight", 7, importance_scores=scores)
    pruning(T).ln_structured(layers[1], "weight", 1, 2, 0, importance_scores=-scores)


def over_all(T: Any, layers: Any) -> None:
    pairs = [(layers[0], "weight"), (layers[1], "weight"), (layers[1], "bias")]
    for _ in range(2):
        pruning(T).global_unstructured(pairs, pruning_method=pruning(T).L1Unstructured, amount=0.2)
    pruning(T).global_unstructured(
        pairs[:2],
        pruning(T).L1Unstructured,
        importance_scores={pairs[0]: T.arange(72, dtype=T.float64).reshape(4, 2, 3, 3) / 100},
        amount=4,
    )


def by_a_mask(T: Any, layers: Any) -> None:
    pruning(T).custom_from_mask(layers[1], "bias", mask=T.tensor([0, 1, 0, 1, 1]))
    pruning(T).custom_from_mask(layers[1], "bias", mask=T.tensor([1, 1, 0, 0, 1]))


def by_a_method_of_ones_own(T: Any, layers: Any) -> None:
    class EverySecond(pruning(T).BasePruningMethod):  # type: ignore[misc]
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    EverySecond.apply(layers[1], "bias")
    EverySecond.apply(layers[1], "bias")


def and_removed(T: Any, layers: Any) -> None:
    assert not pruning(T).is_pruned(layers)
    again(T, layers)
    assert pruning(T).is_pruned(layers)
    pruning(T).remove(layers[0], "weight")
    assert not pruning(T).is_pruned(layers)


WAYS = [
    *(by_entries, by_channels, again, by_scores, over_all, by_a_mask),
    *(by_a_method_of_ones_own, and_removed),
]


def run(T: Any, way: Any) -> dict[str, Any]:
    layers = model(T)
    way(T, layers)
    image = T.arange(64, dtype=T.float64).reshape(1, 2, 4, 8) / 64
    layers(image)[0, 0].pow(2).sum().backward()
    found = {name: tensor.tolist() for name, tensor in layers.state_dict().items()}
    for name, parameter in layers.named_parameters():
        found[f"gradient of {name}"] = parameter.grad.tolist()
    for place, layer in enumerate(layers):
        found[f"weight of {place}"], found[f"bias of {place}"] = (
            getattr(layer, name).detach().tolist() for name in ("weight", "bias")
        )
    return found


@pytest.mark.parametrize("way", WAYS)
def test_what_is_pruned_is_pytorchs(way: Any) -> None:
    ours, theirs = run(mytorch, way), run(torch, way)
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, 1e-12, err_msg=name)


def test_by_chance() -> None:
    for amount, left in ((0.25, 15), (4, 16), (0, 20)):
        layer = prune.random_unstructured(nn.Linear(5, 4), "weight", amount)
        assert layer.weight_mask.sum().item() == left
    layer = prune.random_structured(nn.Linear(5, 4), "weight", 2, dim=1)
    assert sorted(layer.weight_mask.sum(0).tolist()) == [0, 0, 4, 4, 4]
    x = mytorch.Tensor([1.0, -3.0, 2.0])
    assert prune.L1Unstructured(1).prune(x).tolist() == [0, -3, 2]
    mask = mytorch.Tensor([1.0, 0.0, 1.0])
    assert prune.L1Unstructured(1).prune(x, default_mask=mask).tolist() == [0, 0, 2]


def test_what_is_refused() -> None:
    layer = nn.Linear(3, 2)
    names = layer.state_dict().keys()
    for amount, error in ((1.5, ValueError), (-1, ValueError), ("1", TypeError), (7, ValueError)):
        with pytest.raises(error, match=r"prune: expected .* amount"):
            prune.l1_unstructured(layer, "weight", amount)
    with pytest.raises(ValueError, match="at least 2 axes"):
        prune.ln_structured(layer, "bias", 1, 2, 0)
    with pytest.raises(mytorch.errors.ShapeError, match="importance scores"):
        prune.l1_unstructured(layer, "weight", 1, importance_scores=mytorch.ones(2))
    for mask in ((2, 1), (1,), (3,)):
        with pytest.raises(mytorch.errors.ShapeError, match=r"expected a mask .* shape \(2,\)"):
            prune.custom_from_mask(layer, "bias", mytorch.ones(mask))
    with pytest.raises(TypeError, match="prune: expected a Tensor, got None"):
        prune.custom_from_mask(layer, "bias", None)
    with pytest.raises(ValueError, match="not pruned"):
        prune.remove(layer, "weight")
    with pytest.raises(TypeError, match="'unstructured', got LnStructured"):
        prune.global_unstructured([(layer, "weight")], prune.LnStructured, amount=1, n=2)
    assert layer.state_dict().keys() == names
    assert not prune.is_pruned(layer)
