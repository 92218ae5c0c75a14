"""Every optimizer with every option, from the table in tests/optimizers, against PyTorch."""

import copy
import inspect
import pickle
import re
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor, optim
from tests.close import assert_allclose, assert_array_equal
from tests.optimizers import CASES, ROWS, Case, Row, Side, evaluate
from tests.optimizers.__main__ import PAGE, page
from tests.together import together

every_case = together("case", CASES)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
# Of one library alone: what SGD has beside PyTorch's, and room that PyTorch's LBFGS works in.
OURS_OR_THEIRS = {"change", "al"}


def sides(case: Case, dtype=np.float64) -> tuple[Side, Side]:
    return Side(mytorch, case, dtype), Side(torch, case, dtype)


def check(ours: Side, theirs: Side, rtol: float = 1e-10) -> None:
    for mine, expected in zip(ours.arrays(), theirs.arrays(), strict=True):
        assert mine.dtype == expected.dtype
        assert_allclose(mine, expected, rtol=rtol, atol=rtol)


def entries_of(side: Side) -> dict[tuple[int, str, int], np.ndarray]:
    return {
        (number, name, place): np.asarray(value)
        for number, entries in side.optimizer.state_dict()["state"].items()
        for name, values in entries.items()
        for place, value in enumerate(values if isinstance(values, list) else [values])
        if name not in OURS_OR_THEIRS and value is not None
    }


def carried(value: Any, target: Any) -> Any:
    """An entry of a state in another library: its tensors become that one's."""
    if isinstance(value, list):
        return [carried(one, target) for one in value]
    return target.tensor(value.numpy()) if hasattr(value, "numpy") else value


@every_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_and_states_are_pytorchs(case: Case, dtype) -> None:
    ours, theirs = sides(case, dtype)
    rtol = 1e-10 if dtype == np.float64 else 1e-3 if case.row.closure else 2e-5
    for number in range(40):
        ours.step(number)
        theirs.step(number)
        check(ours, theirs, rtol)
        found, expected = entries_of(ours), entries_of(theirs)
        # What LBFGS remembers is of differences, which have fewer digits the smaller they become.
        if case.row.closure and (number or dtype == np.float32):
            continue
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            of_one_number = key[1] == "step" or (case.row.closure and not value.ndim)
            assert of_one_number or found[key].dtype == value.dtype
            scale = np.abs(value).max() if value.size else 0
            assert_allclose(found[key], value, rtol=rtol, atol=rtol * scale)
    # Also the weights after 100 steps, to 1e-10.
    for number in range(40, 100 if dtype == np.float64 else 40):
        ours.step(number)
        theirs.step(number)
    check(ours, theirs, rtol)


@every_row
def test_rates_in_tensors_and_rates_that_change_are_pytorchs(row: Row) -> None:
    groups = "[{'params': params[:2], 'lr': T.tensor(0.1)}, {'params': params[2:]}]"
    if row.closure:
        groups = "[{'params': params, 'lr': T.tensor(0.1), 'max_iter': 1}]"
    ours, theirs = sides(Case(row, f"optim.{row.name}({groups})"))
    for number in range(100):
        for side in (ours, theirs):
            first, *others = side.optimizer.param_groups
            if number % 20 == 10 and row.closure:
                # Filled, it would be the rate of the last step, too, in PyTorch's memory of it.
                first["lr"] = side.library.tensor(0.01 * (number % 7))
            elif number % 20 == 10:
                first["lr"].fill_(0.01 * (number % 7))
            for group in others:
                group["lr"] = 0.001 * (number % 11)
            side.step(number)
        check(ours, theirs)


@every_case
def test_texts_and_options_are_pytorchs(case: Case) -> None:
    ours, theirs = sides(case)
    texts = [repr(side.optimizer).replace("0.0\n", "0\n") for side in (ours, theirs)]
    assert texts[0] == texts[1]
    for side in (ours, theirs):
        side.optimizer.load_state_dict(side.optimizer.state_dict())
    assert (
        ours.optimizer.state_dict()["param_groups"]
        == (theirs.optimizer.state_dict()["param_groups"])
    )
    expected = theirs.optimizer.defaults
    if "differentiable" not in inspect.signature(type(theirs.optimizer)).parameters:
        del expected["differentiable"]  # which loading has added
    assert ours.optimizer.defaults == expected


@every_case
@pytest.mark.parametrize("way", ["to PyTorch", "from PyTorch"])
def test_a_state_goes_on_in_the_other_library(case: Case, way: str) -> None:
    ours, theirs = sides(case)
    for number in range(3):
        ours.step(number)
        theirs.step(number)
    source, target = (ours, Side(torch, case)) if way == "to PyTorch" else (theirs, ours)
    state = copy.deepcopy(source.optimizer.state_dict())
    for entries in state["state"].values():
        for name, value in entries.items():
            entries[name] = carried(value, target.library)
    if target is not ours:
        for param, array in zip(target.params, ours.arrays(), strict=True):
            param.data = torch.tensor(array)
    target.optimizer.load_state_dict(state)
    for number in range(3, 9):
        target.step(number)
        (theirs if target is ours else ours).step(number)
    check(ours, theirs if target is ours else target)


@every_case
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_to_the_bit_by_itself(case: Case, way) -> None:
    side = Side(mytorch, case)
    for number in range(3):
        side.step(number)
    twin = copy.copy(side)
    twin.optimizer, twin.params = way((side.optimizer, side.params))
    before = side.arrays()
    kept = [array.copy() for array in before]
    for number in range(3, 6):
        twin.step(number)
    for mine, expected in zip(before, kept, strict=True):
        assert_array_equal(mine, expected)
    for number in range(3, 6):
        side.step(number)
    for mine, expected in zip(side.arrays(), twin.arrays(), strict=True):
        assert_array_equal(mine, expected)


@every_case
def test_an_empty_state_makes_a_used_one_new(case: Case) -> None:
    used, fresh = Side(mytorch, case), Side(mytorch, case)
    empty = fresh.optimizer.state_dict()
    for number in range(3):
        used.step(number)
    used.optimizer.load_state_dict(empty)
    for param, array in zip(used.params, fresh.arrays(), strict=True):
        param.data[...] = array
    for number in range(3, 6):
        used.step(number)
        fresh.step(number)
    for mine, expected in zip(used.arrays(), fresh.arrays(), strict=True):
        assert_array_equal(mine, expected)


@every_row
def test_options_and_their_defaults_are_pytorchs(row: Row) -> None:
    ours, theirs = (
        {name: option.default for name, option in inspect.signature(kind).parameters.items()}
        for kind in (getattr(optim, row.name), getattr(torch.optim, row.name))
    )
    assert ours == {name: value for name, value in theirs.items() if name not in row.without}


@every_row
def test_every_option_is_an_attribute_and_in_a_call(row: Row) -> None:
    options = [*inspect.signature(getattr(optim, row.name)).parameters][1:]
    forms = " ".join((*row.forms, *row.refused, *row.ours))
    optimizer = getattr(optim, row.name)([Tensor([[1.0]], is_parameter=True)])
    for option in options:
        positional = f"optim.{row.name}(params, 0.1, " in forms
        assert f"{option}=" in forms or f"'{option}'" in forms or positional
        value = getattr(optimizer, option)
        assert value == optimizer.param_groups[0][option]
        setattr(optimizer, option, value)
        if isinstance(value, float):
            setattr(optimizer, option, 0.25)
            assert optimizer.param_groups[0][option] == 0.25


def _names(library) -> dict:
    return {
        "p": library.ones(1, 1, requires_grad=True)
        if library is torch
        else Tensor([[1.0]], is_parameter=True),
        "m": library.nn.Linear(1, 1),
    }


@together("case", [Case(row, form) for row in ROWS for form in row.refused])
def test_what_pytorch_refuses_is_refused_alike(case: Case) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 (PyTorch's error is the oracle)
        evaluate(case.form, torch, **_names(torch))
    with pytest.raises(theirs.type) as ours:
        evaluate(case.form, mytorch, **_names(mytorch))
    assert "mytorch" in str(ours.traceback[-1].path)


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
@together("case", [Case(row, form) for row in ROWS for form in row.ours])
def test_what_can_hardly_be_meant_is_refused(case: Case) -> None:
    option = re.search(r"(\w+)=", case.form)
    says = rf"{option[1]}(=True is not there|.* got)" if option else "set has no|given twice"
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=says):
        evaluate(case.form, mytorch, **_names(mytorch))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("optim.SGD(m.parameters)", r"got method; call it: parameters\(\)"),
        ("optim.SGD(m)", r"got Linear; pass model.parameters\(\)"),
        ("optim.SGD(dict(m.named_parameters()))", r"got dict; pass model.parameters\(\)"),
        ("optim.SGD({'params': [p]})", r"\[group\]"),
        ("optim.SGD({p})", "no fixed order"),
        ("optim.SGD([])", "called anew for each"),
        ("optim.SGD([p], lr='0.1')", "lr as a number, got '0.1', a str; write it without"),
        ("optim.SGD([p], lr=True)", "lr as a number, got True, a bool"),
        ("optim.SGD([p], lr=T.tensor([0.1, 0.2]))", r"one number, got an array of shape \(2,\)"),
        ("optim.SGD([p], differentiable=True)", "differentiable=True is not there; a step"),
        ("optim.Adam([p], capturable=True)", "capturable=True is not there; there are no CUDA"),
        ("optim.Adam([p]).load_state_dict({'0.weight': p})", r"optimizer.state_dict\(\).*0.weight"),
    ],
)
def test_refusals_say_what_was_meant(form: str, says: str) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError, KeyError), match=says):
        evaluate(form, mytorch, **_names(mytorch))


def test_every_optimizer_has_a_row() -> None:
    assert {row.name for row in ROWS} == set(optim.__all__) - {"Optimizer"}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page()
