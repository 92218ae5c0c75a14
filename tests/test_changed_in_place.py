"""What is changed in place between an operation and backward: the output, or an input.

Each library saves for backward what it needs, and refuses one that has changed. Where PyTorch gives
gradients, MyTorch has to give the same; where PyTorch refuses, MyTorch refuses, or gives those of
the values that the operation was given.
"""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests import modules, operations
from tests.modules.row import evaluate
from tests.nn.test_modules import pair
from tests.operations.row import flat
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)
from tests.ops.oracles import leaf, value, weights

pytestmark = pytest.mark.filterwarnings("ignore")

# Forms of a row, for the sake of time.
MOST = 2

Program = Callable[..., Any]
Gradients = list[np.ndarray | None]

# PyTorch repeats an operand, and saves that; and it gives wrong gradients.
INPUTS = ("matmul", "kron")
# Windows that overlap, of which PyTorch changes some numbers twice; and no numbers.
OUTPUTS = ("Tensor.unfold", "expand(0)")


def results(program: Program, library: ModuleType, inputs: list[Any]) -> list[Any]:
    """The outputs that have a history."""
    return [out for out in flat(program(library, *inputs)) if getattr(out, "requires_grad", False)]


def gradients(
    program: Program, library: ModuleType, arrays: list[np.ndarray], change: tuple[str, int] | None
) -> Gradients | None:
    """Of the inputs, with an output or input changed in place between; None if it is refused."""
    leaves = [leaf(library, array) for array in arrays]
    inputs = [variable.clone() for variable in leaves]
    outputs = results(program, library, inputs)
    try:
        if change is not None:
            {"output": outputs, "input": inputs}[change[0]][change[1]].add_(1)
        starts = [leaf(library, weights(out, 0)).detach() for out in outputs]
        sum((out * start).sum() for out, start in zip(outputs, starts, strict=True)).backward()
    except RuntimeError:
        return None
    found = [None if variable.grad is None else value(variable.grad) for variable in leaves]
    return found + [value(tensor) for tensor in (*inputs, *outputs)]


def equal(ours: Gradients, theirs: Gradients) -> bool:
    return all(
        np.allclose(0 if mine is None else mine, 0 if expected is None else expected, rtol=1e-6)
        for mine, expected in zip(ours, theirs, strict=False)
    )


def differences(
    name: str, ours: Program, theirs: Program, arrays: list[np.ndarray]
) -> Iterator[str]:
    """The changes after which the libraries disagree."""
    outputs = results(ours, mytorch, [leaf(mytorch, array).clone() for array in arrays])
    changes = [("output", number) for number in range(len(outputs[:1]))]
    changes += [("input", number) for number in range(len(arrays)) if outputs]
    for change in changes:
        mine = gradients(ours, mytorch, arrays, change)
        expected = gradients(theirs, torch, arrays, change)
        if expected is None and mine is not None:
            expected, mine = gradients(ours, mytorch, arrays, None), mine[: len(arrays)]
        if (mine is None) is not (expected is None) or (mine and not equal(mine, expected or [])):
            yield f"{name}: {' '.join(map(str, change))}"


def surprising(difference: str) -> bool:
    known = INPUTS if "input" in difference.rpartition(":")[2] else OUTPUTS
    return not any(name in difference for name in known)


@pytest.mark.parametrize("family", operations.FAMILIES)
def test_operations(family: str) -> None:
    found: list[str] = []
    for row in operations.FAMILIES[family]:
        filled = [shapes for shapes in row.shapes if all(map(prod, shapes)) and row.derivatives]
        for form, shapes in product(row.forms[:MOST], filled[:1]):
            case = operations.Case(row, form, shapes)
            found += differences(str(case), case.outputs, case.outputs, case.inputs(0))
    assert not [*filter(surprising, found)]


@pytest.mark.parametrize("row", modules.LAYERS, ids=lambda row: row.name)
def test_modules(row: modules.Layer) -> None:
    found: list[str] = []
    for case, call in product([*row.cases()][:1], row.calls[:1]):
        sides = [_call(module, call) for module in pair(case)]
        found += differences(str(case), *sides, case.inputs(1, "float64")[0])
    assert not [*filter(surprising, found)]


def _call(module: Any, call: str) -> Program:
    return lambda library, *inputs: evaluate(
        call, library, m=module, **dict(zip("xyz", inputs, strict=False))
    )


# Old PyTorch programs are full of these.
NETS = (
    "nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.ReLU(inplace=True))",
    "nn.Sequential(nn.InstanceNorm2d(1), nn.ELU(inplace=True), nn.AdaptiveMaxPool2d(2))",
    "nn.Sequential(nn.LayerNorm(6, elementwise_affine=False), nn.LeakyReLU(0.1, inplace=True))",
    "nn.Sequential(nn.GroupNorm(1, 1, affine=False), nn.Dropout(0.0, True), nn.ReLU6(True))",
)


@pytest.mark.parametrize("net", NETS)
def test_layers_in_place_behind_others(net: str) -> None:
    require_as_pytorch(net, lambda _, m, x: m(x), (2, 1, 6, 6))


# What is added to its own operand.
RESIDUALS: dict[str, Program] = {
    "nn.MultiheadAttention(4, 2, batch_first=True)": lambda _, m, x: m(x, x, x)[0],
    "nn.GRU(4, 4, batch_first=True)": lambda _, m, x: m(x)[0],
    "nn.Identity()": lambda lib, _, x: 1 / x + lib.einsum("bij,bjk->bik", lib.ones(1, 4, 4), x),
}


@pytest.mark.parametrize("net", RESIDUALS)
def test_results_added_to_operands_in_place(net: str) -> None:
    result = RESIDUALS[net]
    require_as_pytorch(net, lambda lib, m, x: x.add_(result(lib, m, x)), (2, 4, 4))


def require_as_pytorch(net: str, program: Program, shape: tuple[int, ...]) -> None:
    """Values, gradients of both orders, and all of it compiled."""
    ours, theirs = eval(net), evaluate(net, torch)
    with torch.no_grad():
        for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
            expected.copy_(torch.tensor(mine.data))
    images = np.random.default_rng(0).normal(size=shape)

    def found(library: ModuleType, module: Any, x: Any) -> list[Any]:
        out = program(library, module, x.clone())
        gradient = library.autograd.grad((out * out).sum(), x, create_graph=True)[0]
        return [out, gradient, library.autograd.grad(gradient.square().sum(), x)[0]]

    expected = [value(part) for part in found(torch, theirs, leaf(torch, images))]
    step = mytorch.compile(lambda x: [part.detach() for part in found(mytorch, ours, x)])
    for run in [lambda x: found(mytorch, ours, x)] + [step] * 4:
        for mine, part in zip(run(leaf(mytorch, images)), expected, strict=True):
            np.testing.assert_allclose(value(mine), part, rtol=1e-9, atol=1e-11)
    assert step.counts.replayed == 2


def test_the_output_of_a_recurrent_layer_is_changed_as_one_likes() -> None:
    for kind in ("RNN", "LSTM", "GRU"):
        ours = getattr(nn, kind)(3, 4)
        theirs = getattr(torch.nn, kind)(3, 4)
        theirs.load_state_dict({k: torch.tensor(v.data) for k, v in ours.state_dict().items()})
        grads = []
        for module, library in ((ours, mytorch), (theirs, torch)):
            x = leaf(library, np.linspace(-1, 1, 24).reshape(2, 4, 3))
            out, state = module(x)
            out[0].mul_(2)
            out.relu_()
            state = state[0] if kind == "LSTM" else state
            with library.no_grad():
                state.add_(1)
            (out.sum() + (state * state).sum()).backward()
            grads.append([value(x.grad), *(value(p.grad) for p in module.parameters())])
        for mine, part in zip(*grads, strict=True):
            np.testing.assert_allclose(mine, part, rtol=1e-9, atol=1e-12)


def test_a_change_that_was_not_seen_in_time_is_refused() -> None:
    """By another tensor of the memory: the copy that the next change leaves would be too late."""
    x = Tensor(np.arange(8.0).reshape(1, 1, 8), requires_grad=True)
    for late in (lambda out: None, lambda out: out.relu_(), lambda out: out.squeeze_()):
        out = nn.functional.max_pool1d(x * 1, 2)
        out.detach().mul_(0)
        late(out)
        with pytest.raises(RuntimeError, match="changed in place since"):
            out.sum().backward()
    out = nn.functional.max_pool1d(x, 2)
    out.sum().backward()
    out.relu_()  # of what was freed nothing is kept
    with pytest.raises(RuntimeError, match="freed"):
        out.sum().backward()


def test_windows_that_overlap_are_not_written_to() -> None:
    x = mytorch.zeros(6)
    x.unfold(0, 2, 2).add_(1)
    x.as_strided((2, 3), (3, 1)).add_(1)
    assert x.tolist() == [2.0] * 6
    for overlapping in (x.unfold(0, 3, 1), x.as_strided((2, 2), (1, 1)), x.as_strided((2,), (0,))):
        with pytest.raises(RuntimeError, match=r"expanded, or read only.*clone"):
            overlapping.add_(1)


# fmt: off
BY_ANOTHER = (
    "add", "arctan2", "atan2", "clamp_max", "clamp_min", "copysign", "div", "divide", "float_power",
    "floor_divide", "fmod", "hypot", "ldexp", "mul", "multiply", "nextafter", "pow", "remainder",
    "sub", "subtract", "true_divide", "xlogy",
)
# fmt: on


@pytest.mark.parametrize("part", ["y", "y[1]", "y[:, :1]", "y.flip(0)", "y.T[:3].T"])
@pytest.mark.parametrize("name", BY_ANOTHER)
def test_what_is_changed_by_a_part_of_itself_has_its_gradient_or_is_refused(
    name: str, part: str
) -> None:
    found = []
    for method, operand in ((f"{name}_", part), (name, f"{part}.clone()")):
        x = Tensor([[0.3, 1.5, 2.2], [0.7, 0.9, 0.4]], requires_grad=True)
        out = eval(f"y.{method}({operand})", {"y": x * 1.0})
        try:
            (out * out).backward()
        except RuntimeError as error:
            if "was changed in place since" not in str(error):
                raise
            return
        found.append((out.data, x.grad.data))
    np.testing.assert_allclose(found[0], found[1], 1e-12)
