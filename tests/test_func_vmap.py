"""Functions called for each of many, beside PyTorch's vmap."""

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import func, nn
from mytorch.errors import ShapeError
from tests.test_func_derivatives import flat

# ruff: noqa: N803 (T is the library)

FORMS = [
    lambda T, x, y: T.func.vmap(lambda a: a * a.sum())(x),
    lambda T, x, y: T.vmap(lambda a: a * a.sum())(x),
    lambda T, x, y: T.func.vmap(lambda a: a.sum(), in_dims=1)(x),
    lambda T, x, y: T.func.vmap(lambda a, b: a * b, in_dims=(0, None))(x, y),
    lambda T, x, y: T.func.vmap(lambda a, b: a @ b, in_dims=(-1, 1), out_dims=0)(x, x),
    lambda T, x, y: T.func.vmap(lambda a, b: (a * b, [a.sum()]), (0, None), (1, 0))(x, y),
    lambda T, x, y: T.func.vmap(lambda a: {"a": a * 2, "b": a.sum()}, out_dims=-1)(x)["a"],
    lambda T, x, y: T.func.vmap(lambda p: p["w"] * p["b"])({"w": x, "b": x[:, 0]}),
    lambda T, x, y: T.func.vmap(lambda p: p["w"] * p["b"], ({"w": 1, "b": None},))(
        {"w": x, "b": y[0]}
    ),
    lambda T, x, y: T.func.vmap(lambda a, b: a * b[0] + b[1], (0, (0, None)))(x, (x, y)),
    lambda T, x, y: T.func.vmap(lambda a, k: a * k)(x, k=y),
    lambda T, x, y: T.func.vmap(T.func.vmap(lambda a: a.sin()), in_dims=1)(x),
    lambda T, x, y: T.func.vmap(T.func.grad(lambda a: (a**3).sum()))(x),
    lambda T, x, y: T.func.vmap(T.func.grad(lambda w, a: (w * a).sum() ** 2), (None, 0))(y, x),
    lambda T, x, y: T.func.grad(lambda a: T.func.vmap(lambda r: r.sum() ** 2)(a).sum())(x),
    lambda T, x, y: T.func.vmap(lambda a: y, out_dims=0)(x),
    lambda T, x, y: T.func.jacrev(T.func.vmap(lambda a: a.sum() ** 2))(x),
]


@pytest.mark.parametrize("form", FORMS)
def test_vmap_equals_pytorchs(form: Any) -> None:
    found = []
    for T in (mytorch, torch):
        x = T.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], dtype=T.float64)
        y = T.tensor([2.0, -1.0, 0.5], dtype=T.float64)
        found.append(flat(form(T, x, y)))
    assert found[0] == found[1]


def test_an_ensemble_equals_pytorchs() -> None:
    found = []
    for T in (mytorch, torch):
        models = []
        for number in range(3):
            model = T.nn.Sequential(T.nn.Linear(2, 3), T.nn.BatchNorm1d(3), T.nn.Linear(3, 1))
            with T.no_grad():
                for place, p in enumerate(model.double().parameters()):
                    p.copy_(
                        T.linspace(-1, number + place, p.numel(), dtype=T.float64).reshape(p.shape)
                    )
            models.append(model.eval())
        parameters, buffers = T.func.stack_module_state(models)
        x = T.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=T.float64)

        def call(p: Any, b: Any, x: Any, T: Any = T, model: Any = models[0]) -> Any:
            return T.func.functional_call(model, (p, b), (x,))

        out = T.func.vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)
        (out.square().sum() / 1000).backward()
        found.append(
            [
                flat([out, parameters, buffers]),
                flat([p.grad for p in parameters.values()]),
                [p.is_leaf for p in parameters.values()],
            ]
        )
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("attempt", "error", "says"),
    [
        (lambda x: func.vmap(lambda a: a, in_dims=None)(x), ValueError, "with an axis"),
        (lambda x: func.vmap(lambda a: a, in_dims=(0, 0))(x), ValueError, "2 in_dims for 1"),
        (lambda x: func.vmap(lambda a: a, in_dims=2)(x), ShapeError, "no axis 2"),
        (lambda x: func.vmap(lambda a, b: a)(x, x[:1]), ShapeError, "of one size"),
        (lambda x: func.vmap(lambda a, b: a)(x, 1.0), ValueError, "in_dims None"),
        (lambda x: func.vmap(lambda a: 1.0)(x), TypeError, "returns Tensors"),
        (lambda x: func.vmap(lambda a: a, randomness="same")(x), ValueError, "randomness"),
        (lambda x: func.vmap(lambda a: a, ({"w": 0},))(x), ValueError, "the form"),
        (lambda x: func.vmap(lambda a: a)(x[:0]), ShapeError, "at least one"),
        (lambda x: func.stack_module_state([]), RuntimeError, "at least one"),
        (
            lambda x: func.stack_module_state([nn.Linear(1, 1), nn.ReLU()]),
            RuntimeError,
            "of one class",
        ),
        (
            lambda x: func.stack_module_state([nn.ReLU(), nn.ReLU().eval()]),
            RuntimeError,
            "all train",
        ),
    ],
)
def test_what_is_refused(attempt: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        attempt(mytorch.ones(2, 2))


def test_each_call_draws_for_itself() -> None:
    drawn = func.vmap(lambda a: a + mytorch.rand(()), randomness="different")(mytorch.zeros(50))
    assert len(np.unique(drawn.data)) == 50
