"""Hooks on tensors: called once with the whole gradient, which they may replace."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

PROGRAMS = {
    "leaf": ["x.register_hook(log)", "(x * x).sum().backward()"],
    "leaf used twice": ["x.register_hook(log)", "(x * 2 + x * 3).sum().backward()"],
    "result": ["y = x * 2", "y.register_hook(log)", "(y * y).sum().backward()"],
    "result that is gone": [
        "y = x * 2",
        "y.register_hook(log)",
        "z = y * y; del y",
        "z.sum().backward()",
    ],
    "replaced": [
        "y = x * 2",
        "y.register_hook(lambda g: log(g) or g * 10)",
        "(y * y).sum().backward()",
    ],
    "leaf replaced": [
        "x.register_hook(lambda g: g * 10)",
        "x.register_hook(log)",
        "(x * x).sum().backward()",
    ],
    "removed": ["h = x.register_hook(log)", "h.remove()", "h.remove()", "x.sum().backward()"],
    "when the gradient is there": [
        "def double(t): log(t.grad * 1); t.grad.mul_(2)",
        "x.register_post_accumulate_grad_hook(double)",
        "x.register_hook(lambda g: log(g) or g * 10)",
        "(x * x).sum().backward()",
        "(x * x).sum().backward()",
        "log(x.grad)",
    ],
    "when the gradient is there, in place of an optimizer": [
        "def step(t):",
        "    with T.no_grad(): t -= 0.5 * t.grad",
        "    t.grad = None",
        "h = x.register_post_accumulate_grad_hook(step)",
        "(x * x).sum().backward()",
        "log(x * 1)",
        "h.remove()",
        "(x * x).sum().backward()",
        "log(x.grad)",
    ],
    "not when the gradient is asked for": [
        "x.register_post_accumulate_grad_hook(lambda t: log(t * 1))",
        "T.autograd.grad((x * x).sum(), x)",
        "(x * x).sum().backward(inputs=[x])",
    ],
    "with retain_grad": [
        "y = x * 2",
        "y.retain_grad()",
        "y.register_hook(lambda g: g * 10)",
        "(y * y).sum().backward()",
        "log(y.grad)",
    ],
    "twice backward": [
        "x.register_hook(log)",
        "z = (x * x).sum()",
        "z.backward(retain_graph=True)",
        "z.backward()",
    ],
    "grad": [
        "y = x * 2",
        "y.register_hook(lambda g: g * 10)",
        "log(grad((y * y).sum(), y, retain_graph=True)[0])",
        "log(grad((y * y).sum(), x)[0])",
    ],
    "second order": [
        "x.register_hook(lambda g: g * 3)",
        "(g,) = grad((x ** 3).sum(), x, create_graph=True)",
        "log(g)",
        "g.sum().backward()",
    ],
    "the root": ["z = (x * x).sum()", "z.register_hook(lambda g: g * 5)", "z.backward()"],
}


def execute(library: ModuleType, lines: list[str]) -> list[np.ndarray]:
    seen: list[np.ndarray] = []

    def log(gradient: Any) -> None:
        seen.append(gradient.detach().numpy().copy())

    x = library.tensor(np.array([1.0, 2.0]), requires_grad=True)
    scope = {"x": x, "log": log, "grad": library.autograd.grad, "T": library}
    exec("\n".join(lines), scope)
    return seen + ([] if x.grad is None else [x.grad.detach().numpy()])


@pytest.mark.parametrize("name", PROGRAMS)
def test_hooks_are_called_as_pytorch_calls_them(name: str) -> None:
    ours, theirs = execute(mytorch, PROGRAMS[name]), execute(torch, PROGRAMS[name])
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected)


def test_a_hook_cannot_spoil_a_gradient_that_another_leaf_has() -> None:
    x, y = (Tensor([1.0], requires_grad=True) for _ in range(2))
    kept = []
    x.register_hook(kept.append)
    (x + y).backward(Tensor([1.0]))
    kept[0].data[:] = 7
    assert y.grad.item() == 1
    assert x.grad.item() == 1


def test_what_a_hook_returns_stays_its_own() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    given = Tensor([5.0, 6.0])
    x.register_hook(lambda g: given)
    (x * 2 + x * 3).sum().backward()
    assert x.grad.data.tolist() == [5, 6]
    assert not np.shares_memory(x.grad.data, given.data)


def test_a_hook_after_accumulation_is_a_leafs() -> None:
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="expected a leaf"):
        (x * 2).register_post_accumulate_grad_hook(print)
    handle = x.register_post_accumulate_grad_hook(lambda x: x)
    with pytest.raises(RuntimeError, match="returns None"):
        (x * 2).backward()
    handle.remove()
    with pytest.raises(RuntimeError, match="not require"):
        Tensor([1.0]).register_post_accumulate_grad_hook(print)


def test_refusals() -> None:
    with pytest.raises(RuntimeError, match=r"register_hook: the tensor of shape .* not require"):
        Tensor([1.0]).register_hook(print)
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match=r"hook .* argument 0 .*\(\).*\(2,\)"):
        (x * 2).sum().backward()
    assert x.grad is None
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: 3.0)
    with pytest.raises(TypeError, match="hook"):
        (x * 2).sum().backward()
