"""Every row of the table of modules against PyTorch."""

import ast
import copy
import inspect
import pickle
import typing
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, nn
from tests.close import assert_array_equal
from tests.modules import CASES, LAYERS, Case, Layer
from tests.modules.__main__ import PAGE, page
from tests.modules.row import evaluate
from tests.ops.conftest import _float64_by_default  # noqa: F401 (a fixture)
from tests.ops.oracles import assert_close, leaf, value, weights
from tests.together import together

# The mean of KLDivLoss is not that of the examples, of which both libraries warn.
# PyTorch warns of layers for which it has no quicker way.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*batchmean", "ignore:.*oneDNN", "ignore:enable_nested_tensor"
)
each_case = together("case", CASES)
each_row = pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.name)

DTYPES = ("float64", "float32", "float16")
# Whose parameters are drawn.
DRAWN = {"AdaptiveLogSoftmaxWithLoss", "Bilinear", "Linear", "Embedding", "EmbeddingBag"} | {
    f"Conv{turned}{axes}d" for turned in ("", "Transpose") for axes in (1, 2, 3)
}
OLD = {"device", "size_average", "reduce"}
# What is no layer: a base, a maker of Tensors, and rooms.
# Nobody calls them.
CONTAINERS = ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
NO_ROW = {
    "Buffer",
    "Loss",
    "Parameter",
    "functional",
    "init",
    "modules",
    "utils",
    "LinearCrossEntropyOptions",
}
# These have no state to compare before their first call: tests/nn/test_lazy.py.
NO_ROW |= {name for name in nn.__all__ if name.startswith(("Lazy", "Uninitialized"))}


def signature(room: ModuleType, kind: str) -> dict[str, inspect.Parameter]:
    made: Any = room
    for part in kind.split("."):
        made = getattr(made, part)
    # PyTorch's recurrent layers take *args and **kwargs, and declare what those may be.
    declared = typing.get_overloads(made.__init__) if isinstance(made, type) else []
    parameters = inspect.signature(declared[0] if declared else made).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and not name.startswith("_")
        and name not in OLD | {"self"}
    }


def pair(case: Case, dtype: str = "float64", seed: int = 0) -> tuple[Any, Any]:
    """The module by both libraries, in one dtype and one random state."""
    theirs = case.make(torch).to(getattr(torch, dtype))
    ours = case.make(mytorch).to(dtype)
    generator = np.random.default_rng(seed)
    with torch.no_grad():
        for tensor in theirs.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.tensor(generator.uniform(0.5, 1.5, tuple(tensor.shape))))
    ours.load_state_dict({name: value(tensor) for name, tensor in theirs.state_dict().items()})
    return ours, theirs


def results(library: ModuleType, module: Any, case: Case, dtype: str) -> list[np.ndarray]:
    """Outputs, gradients and the state afterwards, of each call on each list of shapes."""
    found = []
    for call, arrays in product(case.row.calls, case.inputs(1, dtype)):
        leaves = [leaf(library, array) for array in arrays]
        module.zero_grad()
        # Times 1, because a leaf is not changed in place.
        names = dict(zip("xyz", (x * 1 for x in leaves), strict=False))
        output = evaluate(call, library, m=module, **names)
        found.append(value(output))
        if output.requires_grad:
            output.backward(leaf(library, weights(output, 2)).detach())
        variables = [*leaves, *module.parameters()]
        found += [value(v.grad) for v in variables if v.grad is not None]
        found += [np.array([v.grad is not None for v in variables])]
    return found + [value(tensor) for tensor in module.state_dict().values()]


@each_case
@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_values_gradients_and_state_equal_pytorchs(case: Case, dtype: str) -> None:
    ours, theirs = pair(case, dtype)
    for mode in (True, False):
        ours.train(mode)
        theirs.train(mode)
        mine, expected = (
            results(library, module, case, dtype)
            for library, module in ((mytorch, ours), (torch, theirs))
        )
        assert_close(mine, expected, case.row.tolerance, case.row.rounding)


def bases(module: Any, room: ModuleType) -> list[str]:
    """The classes that both libraries have among those of a module."""
    found = [kind.__name__ for kind in type(module).__mro__ if kind in vars(room).values()]
    return [name for name in found if hasattr(nn, name) and hasattr(torch.nn, name)]


@each_case
def test_texts_attributes_and_names_equal_pytorchs(case: Case) -> None:
    ours, theirs = case.make(mytorch), case.make(torch)
    assert repr(ours) == repr(theirs)
    assert bases(ours, nn) == bases(theirs, torch.nn)
    for list_of in ("named_parameters", "named_buffers"):
        mine, expected = (
            [(name, t.requires_grad, tuple(t.shape)) for name, t in getattr(module, list_of)()]
            for module in (ours, theirs)
        )
        assert mine == expected
    for (_, mine), (_, expected) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert_array_equal(mine.data, value(expected))
    assert all(parameter.is_parameter for parameter in ours.parameters())
    for name, expected in vars(theirs).items():
        if not name.startswith("_") and name not in case.row.without + case.row.unlike:
            assert getattr(ours, name) == expected, name


@each_case
def test_dtypes_equal_pytorchs(case: Case) -> None:
    """Those that the constructor is asked for, and those after a conversion."""
    ours, theirs = case.make(mytorch), case.make(torch)
    made = [(ours, theirs)]
    if "dtype" in signature(nn, case.row.kind):
        made += [
            tuple(case.make(library, dtype=f"T.{dtype}") for library in (mytorch, torch))
            for dtype in DTYPES
        ]
    made += [(ours.to(dtype), theirs.to(getattr(torch, dtype))) for dtype in DTYPES[::-1]]
    for one, other in made:
        kinds = [
            [str(tensor.dtype).removeprefix("torch.") for tensor in module.state_dict().values()]
            for module in (one, other)
        ]
        assert kinds[0] == kinds[1]
    before = [tensor.data for tensor in ours.state_dict().values()]
    ours.to("float64")
    for tensor, array in zip(ours.state_dict().values(), before, strict=True):
        assert tensor.data is array


@each_case
def test_the_state_is_pytorchs_both_ways(case: Case) -> None:
    ours, theirs = pair(case)
    other = case.make(torch).double()
    state = {name: torch.tensor(value(t)) for name, t in ours.state_dict().items()}
    assert list(state) == list(theirs.state_dict())
    assert ours.state_dict()._metadata == theirs.state_dict()._metadata
    other.load_state_dict(state)
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)


@each_case
def test_copies_compute_the_same(case: Case) -> None:
    ours, _ = pair(case)
    ours.eval()
    expected = results(mytorch, ours, case, "float64")
    ours.zero_grad()
    for twin in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert type(twin) is type(ours)
        assert repr(twin) == repr(ours)
        assert not any(module.training for module in twin.modules())
        assert_close(results(mytorch, twin, case, "float64"), expected, 0.0)
        for mine, other in zip(twin.state_dict().values(), ours.state_dict().values(), strict=True):
            assert not np.shares_memory(mine.data, other.data)
        assert [p.requires_grad for p in twin.parameters()] == [
            p.requires_grad for p in ours.parameters()
        ]
    shallow = copy.copy(ours)
    assert list(shallow.parameters()) == list(ours.parameters())
    assert_close(results(mytorch, shallow, case, "float64"), expected, 0.0)


@each_case
def test_in_place_is_where_pytorch_is(case: Case) -> None:
    if not hasattr(case.make(torch), "inplace"):
        return
    found = []
    for library in (mytorch, torch):
        module = case.make(library)
        for (array,) in case.inputs(0, np.float64):
            x = leaf(library, array).detach().clone()
            y = module(x)
            found.append([y is x, value(x)])
            try:
                module(leaf(library, array))
            except RuntimeError as error:
                found[-1].append("a leaf" in str(error))
    half = len(found) // 2
    for mine, expected in zip(found[:half], found[half:], strict=True):
        assert mine[0] is expected[0]
        assert_close([mine[1]], [expected[1]])
        assert mine[2:] == expected[2:]


@each_case
def test_a_reset_gives_a_new_layer(case: Case) -> None:
    """What is drawn is drawn again by the same seed; the rest equals PyTorch's."""
    mytorch.manual_seed(0)
    fresh = case.make(mytorch)
    assert hasattr(fresh, "reset_parameters") is hasattr(case.make(torch), "reset_parameters")
    if not hasattr(fresh, "reset_parameters"):
        return
    used, theirs = pair(case)
    for tensor in used.state_dict().values():
        tensor.data[...] = 7
    tensors = list(used.state_dict(keep_vars=True).values())
    mytorch.manual_seed(0)
    used.reset_parameters()
    theirs.reset_parameters()
    assert all(
        a is b for a, b in zip(used.state_dict(keep_vars=True).values(), tensors, strict=True)
    )
    drawn = case.row.kind.partition(".")[0] in DRAWN
    drawn |= isinstance(used, nn.RNNBase | nn.RNNCellBase)
    for name, tensor in used.state_dict().items():
        if not case.row.kind.endswith(".from_pretrained"):
            assert_array_equal(tensor.data, fresh.state_dict()[name].data)
        if not drawn:
            assert_array_equal(tensor.data, value(theirs.state_dict()[name]))


def is_other(argument: ast.expr, parameter: inspect.Parameter | None) -> bool:
    """Whether an argument is not the parameter's default."""
    return parameter is not None and ast.unparse(argument) != repr(parameter.default)


@pytest.mark.parametrize("kind", dict.fromkeys(row.kind for row in LAYERS))
def test_options_are_pytorchs(kind: str) -> None:
    """The same names, places and defaults; each option is in the table."""
    rows = [row for row in LAYERS if row.kind == kind]
    ours, theirs = signature(nn, kind), signature(torch.nn, kind)
    assert set(theirs) - set(ours) == {name for row in rows for name in row.without}
    assert set(ours) <= set(theirs)
    for name, parameter in ours.items():
        defaults = [getattr(p.default, "__name__", p.default) for p in (parameter, theirs[name])]
        assert defaults[0] == defaults[1], name
    placed = [name for name, p in ours.items() if p.kind != p.KEYWORD_ONLY]
    assert placed == list(theirs)[: len(placed)]
    varied = {"dtype", *(name for row in rows for name in row.fixed)}
    assert all(f"{name}=" in " ".join(row.refused) for row in rows for name in row.fixed)
    for form in (form for row in rows for form in row.forms):
        call = ast.parse(form, mode="eval").body
        assert isinstance(call, ast.Call)
        given = [*zip(ours, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        varied |= {name for name, argument in given if is_other(argument, ours.get(name))}
    assert varied >= set(ours)


@each_row
def test_arguments_of_a_call_are_pytorchs(row: Layer) -> None:
    ours, theirs = (
        list(inspect.signature(type(row.make(library)).forward).parameters)
        for library, row in ((library, next(row.cases())) for library in (mytorch, torch))
    )
    assert ours == theirs or not row.calls or row.kind in CONTAINERS


@together("case", [Case(row, form) for row in LAYERS for form in row.refused])
def test_what_pytorch_refuses_is_refused(case: Case) -> None:
    kinds = (RuntimeError, TypeError, ValueError, IndexError)
    accidents = (AssertionError, AttributeError, ZeroDivisionError)
    with pytest.raises((*kinds, *accidents)) as theirs:
        evaluate(case.form, torch, x=torch.ones(2, 3) / 2)
    with pytest.raises(kinds) as ours:
        evaluate(case.form, mytorch, x=Tensor.ones(2, 3) / 2)
    assert isinstance(theirs.value, accidents) or any(
        isinstance(theirs.value, kind) and isinstance(ours.value, kind) for kind in kinds
    ), f"PyTorch raises {theirs.value!r}, MyTorch {ours.value!r}"


def test_each_public_class_has_a_row() -> None:
    assert {row.kind.partition(".")[0] for row in LAYERS} == set(nn.__all__) - NO_ROW


def test_the_page_of_modules_is_that_of_the_table() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.modules"
