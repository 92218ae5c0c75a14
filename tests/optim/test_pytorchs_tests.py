"""The configurations and refusals of PyTorch's own tests of its optimizers."""

import functools
from typing import Any

import numpy as np
import pytest
import torch

from mytorch import Tensor, optim
from tests.close import assert_allclose
from tests.optimizers import ROWS
from tests.pytorchs_tests import pytorchs

every_row = pytest.mark.parametrize("name", [row.name for row in ROWS])


@functools.cache
def tensor_of(tensor: torch.Tensor) -> Tensor:
    """The same tensor here; of one tensor one."""
    array = tensor.detach().numpy().copy()
    return Tensor(array, is_parameter=isinstance(tensor, torch.nn.Parameter))


@functools.cache
def infos() -> dict[str, Any]:
    """PyTorch's table of its optimizers."""
    module = pytorchs("common_optimizers")
    return {info.optim_cls.__name__: info for info in module.optim_db}


def ours(thing: Any) -> Any:
    """The same here: of tensors, lists, groups and options."""
    if isinstance(thing, torch.Tensor):
        return tensor_of(thing)
    if isinstance(thing, dict):
        return {key: ours(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return type(thing)(map(ours, thing))
    return thing


def convex_loss(optimizer: Any, params: Any) -> Any:
    """A loss, with its gradients."""
    optimizer.zero_grad()
    a, b = params
    loss = ((a - 1) ** 2 * (a**2 + 2)).sum() + ((b[:3, :2] - a) ** 2).sum() + (b**2).sum()
    loss.backward()
    return loss


@every_row
def test_configurations(name: str) -> None:
    theirs = [*infos()[name].optim_inputs_func("cpu", torch.float64)]
    assert len(theirs) >= 5
    for given in theirs:
        generator = np.random.default_rng(0)
        arrays = [generator.normal(size=shape) for shape in ((3, 2), (4, 4))]
        targets = [torch.tensor(array, requires_grad=True) for array in arrays]
        params = [Tensor(array, is_parameter=True) for array in arrays]
        optimizers = (
            getattr(optim, name)(params, **ours(given.kwargs)),
            getattr(torch.optim, name)(targets, **given.kwargs),
        )
        searches = infos()[name].step_requires_closure
        for _ in range(5 if searches else 100):  # of 20 iterations each
            for param, target in zip(params, targets, strict=True):
                gradient = generator.normal(size=param.shape)
                param.grad, target.grad = Tensor(gradient), torch.tensor(gradient)
            for optimizer, values in zip(optimizers, (params, targets), strict=True):
                if searches:
                    optimizer.step(functools.partial(convex_loss, optimizer, values))
                else:
                    optimizer.step()
        for param, target in zip(params, targets, strict=True):
            assert_allclose(
                param.data, target.detach().numpy(), rtol=1e-10, atol=1e-10, err_msg=given.desc
            )


# How the errors name what is wrong, where they do not name an option.
NAMED = {
    "params argument": "iterable of Tensors",
    "duplicate parameters": "given twice",
    "appear in more than one": "given twice",
    "must be 1-element": "one number",
    "with/without names": "names",
    "both floats or both Tensors": "betas as two numbers or two Tensors",
    "capturable=False and foreach=True": "foreach=True expects lr and betas as numbers",
    "2D": "2 dimensions",
    "Adjust learning rate function": "adjust_lr_fn",
    "eta values": "etas",
}


@every_row
def test_refusals(name: str) -> None:
    for refused in infos()[name].optim_error_inputs_func("cpu", torch.float64):
        given = refused.optimizer_error_input
        params = given.params
        if params is None:
            params = [torch.nn.Parameter(torch.ones(1, 1))]
        if isinstance(params, list) and getattr(params[0], "is_complex", bool)():
            continue  # there are no complex tensors
        kind = refused.error_type
        if kind is UserWarning:  # a parameter given twice, which is refused here
            kind = ValueError
        says = [part for text, part in NAMED.items() if text in refused.error_regex]
        if not says:
            says = [option for option in given.kwargs if option != "lr"]
        with pytest.raises(kind, match=says[0]):
            getattr(optim, name)(ours(params), **ours(given.kwargs))
