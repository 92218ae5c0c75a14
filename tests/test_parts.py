"""Gradients of parts of a tensor: added up in one array, and never in one that another holds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor, grad
from mytorch.ops.indexing import _LARGE
from mytorch.tensor import gradient_of

SIDE = 64
assert SIDE * SIDE >= _LARGE


def rows(seed: int = 0) -> Tensor:
    data = np.random.default_rng(seed).normal(size=(SIDE, SIDE))
    return Tensor(data, requires_grad=True)


TAKEN: dict[str, Callable[[Tensor], list[Tensor]]] = {
    "index": lambda x: [x[:, i] for i in range(SIDE)],
    "unbind": lambda x: list(x.unbind(1)),
    "split": lambda x: list(x.split(8)),
    "chunk": lambda x: list(x.chunk(5, 1)),
    "numbers": lambda x: [*map(x.flatten().__getitem__, range(SIDE))],
}


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize("leaf", [True, False])
def test_all_parts_are_added_up_in_one_array(
    name: str, leaf: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = rows()
    taken = TAKEN[name](x if leaf else x * 1.0)
    loss = sum((part * (i + 1.0)).sum() for i, part in enumerate(taken))
    assert isinstance(loss, Tensor)
    expected: Any = grad(loss, [x], create_graph=True)[0]  # recorded, it goes another way
    made, zeros = [], np.zeros

    def counted(*args: Any, **options: Any) -> Any:
        made.append(args)
        return zeros(*args, **options)

    monkeypatch.setattr(np, "zeros", counted)
    loss.backward()
    np.testing.assert_array_equal(gradient_of(x), expected.data)
    assert len(made) == 1


def mixed(x: Tensor, z: Tensor) -> Any:
    """Parts of tensors whose gradients are one array, with uses of all of them in between."""
    y = x + z  # both get the same array
    total = (y.unsqueeze(0) * y).sum() + x[3:5].sum()
    for i in range(0, SIDE, 8):
        total = total + (y[:, i] * z[i]).sum() * (i + 1.0) + (x[i, 2:] * 3.0).sum()
        total = total + (z.cos() if i % 16 else z[i : i + 2]).sum()
    return total + (x.reshape(-1)[5:9] + z[..., None, :4, 1]).sum() + y.sum()


def test_an_array_that_others_hold_stays_as_it_is() -> None:
    x, z = rows(1), rows(2)
    expected: Any = grad(mixed(x, z), [x, z], create_graph=True)
    for _ in range(2):
        loss = mixed(x, z)
        asked: Any = grad(loss, [x, z], retain_graph=True)
        loss.backward()
    for leaf, one, other in zip((x, z), expected, asked, strict=True):
        np.testing.assert_allclose(one.data, other.data, rtol=1e-12)
        np.testing.assert_allclose(gradient_of(leaf), 2 * one.data, rtol=1e-12)


def test_they_are_replayed() -> None:
    def step(x: Tensor, z: Tensor) -> Tensor:
        x.grad = z.grad = None
        loss: Tensor = mixed(x, z)
        loss.backward()
        return loss

    pair, twins = (rows(1), rows(2)), (rows(1), rows(2))
    compiled = mytorch.compile(step)
    for _ in range(5):
        assert compiled(*pair).item() == step(*twins).item()
        for one, other in zip(pair, twins, strict=True):
            np.testing.assert_array_equal(gradient_of(one), gradient_of(other))
    assert compiled.counts.replayed
