"""`utils.checkpoint` beside PyTorch's: values, gradients, draws, and what is kept."""

import gc
import warnings
import weakref
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from mytorch.utils.checkpoint import checkpoint

# ruff: noqa: N803 (T is the library)


def called(T: Any, function: Any, *args: Any, **options: Any) -> Any:
    return import_module(f"{T.__name__}.utils.checkpoint").checkpoint(function, *args, **options)


def leaves(T: Any) -> list[Any]:
    numbers = ([[1.0, 2.0], [3.0, -4.0]], [0.5, 0.25], [[1.0, 0.5]])
    return [T.tensor(x, dtype=T.float64, requires_grad=True) for x in numbers]


def one_after_another(T: Any, run: Any) -> Any:
    w, v, x = leaves(T)

    def part(a: Any, b: Any) -> Any:
        hidden = (a @ w).tanh()
        return hidden * b, hidden.sum(), 3

    first, loss, number = run(part, x @ w, (x @ w) * v)
    second, _, _ = run(part, first, first * v)
    (second.sum() + number * loss).backward()
    return [w.grad, v.grad, x.grad, second]


def with_what_is_no_argument(T: Any, run: Any) -> Any:
    w, v, x = leaves(T)
    inner = (w * 2).exp()
    y = run(lambda a: (a @ inner).sin() * v, x * 3)
    y.sum().backward()
    return [w.grad, v.grad, x.grad, y]


def with_some_of_the_outputs(T: Any, run: Any) -> Any:
    w, _, x = leaves(T)
    first, same, alone = run(lambda a: (a @ w, a, w), x * 2)
    (first.detach() * same).sum().backward(retain_graph=True)
    found = [x.grad.clone()]
    (first.sum() + same.sum()).backward()
    return [*found, w.grad, x.grad, alone]


def with_hooks(T: Any, run: Any) -> Any:
    w, v, x = leaves(T)
    for tensor in (w, x):
        tensor.register_hook(lambda gradient: gradient * 2)
    run(lambda a: (a @ w).tanh() * v, x).sum().backward()
    return [w.grad, v.grad, x.grad]


PROGRAMS = [one_after_another, with_what_is_no_argument, with_some_of_the_outputs, with_hooks]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("reentrant", [False, True])
def test_values_and_gradients_are_pytorchs(program: Any, reentrant: bool) -> None:
    def ours(function: Any, *args: Any) -> Any:
        return called(mytorch, function, *args, use_reentrant=reentrant)

    def theirs(function: Any, *args: Any) -> Any:
        return called(torch, function, *args, use_reentrant=False)

    plain = program(mytorch, lambda function, *args: function(*args))
    for found, other, bare in zip(
        program(mytorch, ours), program(torch, theirs), plain, strict=True
    ):
        np.testing.assert_allclose(found.detach().data, other.detach().numpy(), 1e-13)
        np.testing.assert_allclose(found.detach().data, bare.detach().data, 1e-14)


def test_gradients_that_are_asked_for_containers_and_keywords() -> None:
    found = []
    for T in (mytorch, torch):
        w, v, x = leaves(T)
        out = called(
            T,
            lambda pair, *, scale, w=w: {"a": [pair[0] @ w * scale, None], "b": (pair[1].sum(),)},
            (x.exp(), v),
            use_reentrant=False,
            scale=v.cos(),
        )
        gradients = T.autograd.grad(out["a"][0].sum() + out["b"][0] ** 2, [w, v, x])
        found.append([gradient.tolist() for gradient in gradients])
        assert out["a"][1] is w.grad is None
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-13)


@pytest.mark.parametrize("preserved", [True, False])
def test_draws(preserved: bool) -> None:
    x = Tensor(np.ones(50), requires_grad=True)
    mytorch.manual_seed(0)
    y = checkpoint(lambda x: x * mytorch.rand(50), x, preserve_rng_state=preserved)
    after = mytorch.rand(3)
    y.sum().backward()
    assert (x.grad.data == y.data).all() == preserved
    mytorch.manual_seed(0)
    mytorch.rand(50)
    np.testing.assert_array_equal(after.data, mytorch.rand(3).data)


def test_inner_results_are_not_kept() -> None:
    kept: list[Any] = []
    calls = []

    def part(x: Tensor) -> Tensor:
        inner = x.exp()
        kept.append(weakref.ref(inner))
        calls.append(mytorch.is_grad_enabled())
        return (inner * inner).sin()

    x = Tensor([1.0, 2.0], requires_grad=True)
    gc.disable()
    try:
        y = checkpoint(part, x)
        assert [entry() for entry in kept] == [None]
        y.sum().backward()
        assert [entry() for entry in kept] == [None, None]
        given = weakref.ref(z := x * 1)
        y = checkpoint(part, z)
        y.sum().backward()
        del z
        assert given() is None
    finally:
        gc.enable()
    assert calls == [True] * 4
    with mytorch.no_grad():
        assert not checkpoint(part, x).requires_grad
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.sum().backward()


def test_what_is_refused() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"expected the function to return Tensors.*got set"):
        checkpoint(lambda x: {x * 2}, x)
    with pytest.raises(RuntimeError, match="create_graph=False"):
        mytorch.autograd.grad(checkpoint(lambda x: x**3, x).sum(), x, create_graph=True)
    a = x * 2
    y = checkpoint(lambda a: a.exp(), a)
    a += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()
    turns = iter([lambda x: x * 2, lambda x: x.detach()])
    y = checkpoint(lambda x: next(turns)(x), x)
    with pytest.raises(RuntimeError, match=r"compute again the 1 tensors .* got 0"):
        y.sum().backward()
    assert x.grad is None


def test_a_training_is_the_same_with_it_compiled_or_not() -> None:
    losses = []
    for way in ("plain", "checkpoint", "compiled"):
        mytorch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))
        optimizer = mytorch.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Tensor, model: Any = model, optimizer: Any = optimizer, way: str = way) -> Any:
            optimizer.zero_grad()
            out = model(x) if way == "plain" else checkpoint(model, x, use_reentrant=False)
            loss = out.square().mean()
            loss.backward()
            optimizer.step()
            return loss

        run = mytorch.compile(step) if way == "compiled" else step
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it runs as it is
            losses.append([run(mytorch.ones(2, 3) * k).item() for k in range(6)])
    assert losses[0] == losses[1] == losses[2]


def test_observers() -> None:
    w, _, x = leaves(mytorch)
    with mytorch.autograd.detect_anomaly():
        checkpoint(lambda x: (x @ w).tanh(), x).sum().backward()
    found = [w.grad.tolist(), x.grad.tolist()]
    w, _, x = leaves(mytorch)
    (x @ w).tanh().sum().backward()
    assert found == [w.grad.tolist(), x.grad.tolist()]


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_in_segments(segments: int) -> None:
    found = []
    for T in (mytorch, torch):
        w, v, x = leaves(T)
        calls: list[int] = []

        def step(x: Any, place: int, w: Any = w, v: Any = v, calls: Any = calls) -> Any:
            calls.append(place)
            return (x @ w).tanh() * v

        steps = [partial(step, place=place) for place in range(5)]
        sequential = import_module(f"{T.__name__}.utils.checkpoint").checkpoint_sequential
        y = sequential(steps, segments, x * 2, use_reentrant=False)
        y.sum().backward()
        found.append([y, w.grad, v.grad, x.grad])
        assert sorted(set(calls)) == [0, 1, 2, 3, 4]
        assert sorted(calls) != [0, 1, 2, 3, 4] or segments == 1
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), 1e-13)
    for segments in (0, 6):
        with pytest.raises(ValueError, match="from 1 to 5 segments"):
            mytorch.utils.checkpoint.checkpoint_sequential([abs] * 5, segments, x)
    with pytest.raises(TypeError, match="checkpoint_sequential: segments: expected an integer"):
        mytorch.utils.checkpoint.checkpoint_sequential([abs] * 5, 2.0, x)  # type: ignore[arg-type]
