"""Hooks of tensors."""

import numpy as np

from mytorch import Tensor
from tests.compiler.understood.case import case


def weight() -> Tensor:
    return Tensor(np.array([3.0, 4.0]), is_parameter=True)


def gradient(w: Tensor, x: Tensor) -> Tensor:
    w.grad = None
    (w * x).sum().backward()
    return w.grad * 1


@case
def hook_that_comes():
    w = weight()
    return lambda x: gradient(w, x), lambda: w.register_hook(lambda g: g * 0)


@case
def hook_that_goes():
    w = weight()
    handle = w.register_hook(lambda g: g * 5)
    return lambda x: gradient(w, x), handle.remove


@case
def hook_that_is_replaced():
    w = weight()
    handle = w.register_hook(lambda g: g * 5)

    def change() -> None:
        handle.remove()
        w.register_hook(lambda g: g * 7)

    return lambda x: gradient(w, x), change


@case
def second_hook():
    w = weight()
    w.register_hook(lambda g: g * 5)
    return lambda x: gradient(w, x), lambda: w.register_hook(lambda g: g + 1)


@case
def number_in_a_hook():
    w, factor = weight(), [5.0]
    w.register_hook(lambda g: g * factor[0])
    return lambda x: gradient(w, x), lambda: factor.__setitem__(0, 6.0)


@case
def hook_inside():
    w, factor = weight(), [5.0]

    def run(x):
        y = w * x
        y.register_hook(lambda g: g * factor[0])
        w.grad = None
        y.sum().backward()
        return w.grad * 1

    return run, lambda: factor.__setitem__(0, 6.0)


@case
def hook_of_a_leaf_passed_in():
    hooks = []

    def run(x):
        x.requires_grad_()
        for hook in hooks:
            x.register_hook(hook)
        (x * x).sum().backward()
        return x.grad * 1

    return run, lambda: hooks.append(lambda g: g * 3)


@case
def hook_after_accumulation_that_comes():
    w = weight()

    def halve(w):
        w.grad = w.grad * 0.5

    return lambda x: gradient(w, x), lambda: w.register_post_accumulate_grad_hook(halve)


@case
def hook_after_accumulation_that_goes():
    w = weight()

    def halve(w):
        w.grad = w.grad * 0.5

    handle = w.register_post_accumulate_grad_hook(halve)
    return lambda x: gradient(w, x), handle.remove
