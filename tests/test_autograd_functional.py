"""`mytorch.autograd.functional` beside PyTorch's."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.ops.oracles import assert_close, value

NAMES = ("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp")
FUNCTIONS: list[Callable[..., Any]] = [
    lambda x: x.sin() * x.sum(),
    lambda x: (x[0] @ x[1], x.exp()),
    lambda x, y: x * y[1],
    lambda x, y: ((x * y).sum(), y.prod(), x),
    lambda x, y: y * 2,
]
SCALARS: list[Callable[..., Any]] = [
    lambda x: (x**3).sum() * x[0, 1],
    lambda x, y: (x * y.exp()).sum() + (x * x).prod(),
    lambda x, y: y.prod(),
    lambda x, y: (2 * y).sum().reshape(1),
]


def call(
    library: ModuleType, name: str, function: Callable[..., Any], create_graph: bool
) -> tuple[Any, list[Any]]:
    """What a function of the module gives, and the inputs, of which the first needs a gradient."""
    draw = np.random.default_rng(0).normal
    count = function.__code__.co_argcount
    points = [library.tensor(draw(size=(2, 3)), dtype=library.float64) for _ in range(count)]
    points[0].requires_grad_()
    inputs = points[0] if count == 1 else tuple(points)
    options = {"create_graph": create_graph}
    if "v" in name:
        like = function(*points) if name == "vjp" else points
        like = like if isinstance(like, (tuple, list)) else [like]
        vectors = [library.tensor(draw(size=tuple(x.shape)), dtype=library.float64) for x in like]
        alone = not isinstance(function(*points) if name == "vjp" else inputs, tuple)
        options["v"] = vectors[0] if alone else tuple(vectors)
    return getattr(library.autograd.functional, name)(function, inputs, **options), points


def flat(result: Any) -> list[Any]:
    return [x for part in result for x in flat(part)] if isinstance(result, tuple) else [result]


def form(result: Any) -> Any:
    return tuple(map(form, result)) if isinstance(result, tuple) else None


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_results_and_their_gradients_are_pytorchs(name: str, create_graph: bool) -> None:
    for function in SCALARS if name in ("hessian", "vhp", "hvp") else FUNCTIONS:
        (ours, x), (theirs, y) = (
            call(library, name, function, create_graph) for library in (mytorch, torch)
        )
        assert form(ours) == form(theirs)
        found, expected = flat(ours), flat(theirs)
        assert_close([*map(value, found)], [*map(value, expected)])
        assert [a.requires_grad for a in found] == [b.requires_grad for b in expected]
        ends = [(a, b) for a, b in zip(found, expected, strict=True) if b.requires_grad]
        if ends:
            sum((a * a).sum() for a, _ in ends).backward()
            sum((b * b).sum() for _, b in ends).backward()
            assert_close([value(x[0].grad)], [value(y[0].grad)])
        assert create_graph or not ends


def test_outputs_without_elements_and_without_a_gradient() -> None:
    jacobian = mytorch.autograd.functional.jacobian
    assert jacobian(lambda x: x[:0], Tensor.ones(3)).shape == (0, 3)
    assert jacobian(lambda x: x.detach() * 2, Tensor.ones(2)).tolist() == [[0, 0], [0, 0]]


X = Tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("run", "kind", "words"),
    [
        (lambda m: m.jacobian(lambda x: x.detach(), X, strict=True), RuntimeError, "depend on"),
        (lambda m: m.hessian(lambda x: x.sum(), X, strict=True), RuntimeError, "depend on every"),
        (lambda m: m.hessian(lambda x: x * 2, X), RuntimeError, r"one number, got shape \(2,\)"),
        (lambda m: m.vhp(lambda x: (x.sum(), x), X, X), RuntimeError, "one number, got tuple"),
        (lambda m: m.vjp(lambda x: x * 2, X), RuntimeError, "v may be left out"),
        (lambda m: m.jvp(lambda x: x * 2, X, Tensor([1.0])), RuntimeError, r"inputs, \[\(2,\)\], "),
        (lambda m: m.jacobian(lambda x: x.tolist(), X), TypeError, "returns Tensors, got float"),
        (lambda m: m.jacobian(lambda x: x, [1.0]), TypeError, "Tensors as inputs, got float"),
        (lambda m: m.jacobian(lambda x: x, Tensor([1])), RuntimeError, "floating inputs, got int"),
        (lambda m: m.jacobian(lambda x: x, X, strategy="both"), ValueError, "got 'both'"),
    ],
)
def test_refusals(run: Callable[[Any], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        run(mytorch.autograd.functional)
