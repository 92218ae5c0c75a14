"""Every row of the table against PyTorch, finite differences and itself."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.close import assert_allclose, assert_array_equal
from tests.operations import CASES, OPERATIONS, Case
from tests.operations.__main__ import PAGE, page
from tests.operations.row import evaluate
from tests.ops.oracles import assert_close, leaf, run, weights
from tests.together import together

DIFFERENTIABLE = [case for case in CASES if case.row.derivatives]

# A test is of all cases of a row: `-k softmax` chooses those of softmax.
each_case = together("case", CASES)
each_differentiable = together("case", DIFFERENTIABLE)
each_twice = together("case", [case for case in CASES if case.row.derivatives > 1])
REFUSED = (RuntimeError, TypeError, ValueError, IndexError)

# fmt: off
SPECIAL = [
    np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 88.0,
    -88.0, 710.0, -710.0,
]
# fmt: on
# In double precision their products add up exactly, in any order.
EXACT = [number for number in SPECIAL if abs(number) != 1e-40]

# PyTorch warns that it may change.
pytestmark = pytest.mark.filterwarnings("ignore:index_reduce")


def layouts(array: np.ndarray) -> dict[str, np.ndarray]:
    """The same values in other memory: Fortran order, with gaps, read backwards, at an offset."""
    if array.ndim == 0:
        return dict.fromkeys(("fortran", "spaced", "backwards", "offset"), array)
    spaced = np.repeat(array, 2, axis=-1)[..., ::2]
    backwards = array[..., ::-1].copy()[..., ::-1]
    offset = np.concatenate([array.ravel()[:1], array.ravel()])[min(array.size, 1) :]
    return {
        "fortran": np.asfortranarray(array),
        "spaced": spaced,
        "backwards": backwards,
        "offset": offset.reshape(array.shape),
    }


def total(case: Case, *leaves: Tensor) -> Tensor:
    """The outputs in one number, by fixed weights."""
    outputs = [out for out in case.outputs(mytorch, *leaves) if out.dtype.kind == "f"]
    return sum(((out * weights(out, 0)).sum() for out in outputs), start=Tensor(0.0))


@each_case
def test_values_and_derivatives_equal_pytorch(case: Case) -> None:
    for seed, dtype in product(range(2), (np.float64, np.float32)):
        arrays = case.inputs(seed, dtype)
        order = case.row.derivatives
        ours, theirs = (run(library, case, arrays, order) for library in (mytorch, torch))
        assert_close(ours, theirs, rounding=case.row.rounding)


@each_case
def test_memory_layout_does_not_matter(case: Case) -> None:
    arrays = case.inputs(0)
    order = min(case.row.derivatives, 1)
    expected = run(torch, case, arrays, order)
    for kind in ("fortran", "spaced", "backwards", "offset"):
        others = [layouts(array)[kind] for array in arrays]
        before = [other.copy() for other in others]
        assert_close(run(mytorch, case, others, order), expected, rounding=case.row.rounding)
        for other, copy in zip(others, before, strict=True):
            assert_array_equal(other, copy)


@together("case", [case for case in CASES if case.row.special])
def test_special_values(case: Case) -> None:
    for seed in range(6):
        generator = np.random.default_rng(seed)
        numbers = EXACT if case.row.sums_products else SPECIAL
        arrays = [np.asarray(generator.choice(numbers, shape)) for shape in case.shapes]
        order = min(case.row.derivatives, 1)
        ours = run(mytorch, case, arrays, order)
        for mine, expected in zip(ours, run(torch, case, arrays, order), strict=True):
            assert_allclose(mine, expected, rtol=1e-11, atol=1e-300, err_msg=f"{seed=}")


@together("case", [case for case in CASES if case.row.integers])
def test_integers_and_booleans(case: Case) -> None:
    for dtype in (np.int64, np.uint8, np.bool_):
        generator = np.random.default_rng(0)
        arrays = [np.asarray(generator.integers(0, 4, shape)) for shape in case.shapes]
        arrays = [array.astype(dtype) for array in arrays]
        try:
            expected = run(torch, case, arrays, 0)
        except REFUSED:
            with pytest.raises(REFUSED):
                run(mytorch, case, arrays, 0)
            continue
        assert_close(run(mytorch, case, arrays, 0), expected, rounding=case.row.rounding)


def moving(case: Case) -> tuple[list[Tensor], Callable[[Tensor], list[Tensor]]]:
    """The inputs, and where they are on a line on which all of them move. Two points of it judge
    all derivatives, by fixed weights that are nowhere small."""
    leaves = [leaf(mytorch, array) for array in case.inputs(7)]
    lines = [1.5 + weights(variable, 1) / 2 for variable in leaves]
    return leaves, lambda place: [
        variable + place * line for variable, line in zip(leaves, lines, strict=True)
    ]


@each_differentiable
def test_gradients_equal_finite_differences(case: Case) -> None:
    leaves, points = moving(case)
    if any(variable.numel() for variable in leaves):  # a mean of nothing is NaN
        place = Tensor(0.0, requires_grad=True)
        assert mytorch.gradcheck(lambda t: total(case, *points(t)), place, atol=1e-7, rtol=1e-6)


@each_twice
def test_second_derivatives_equal_finite_differences(case: Case) -> None:
    leaves, points = moving(case)

    def slopes(place: Tensor, start: Tensor) -> list[Tensor]:
        end = total(case, *points(place))
        found = mytorch.grad(end, leaves, start, create_graph=True, allow_unused=True)
        # A gradient that hangs on nothing has to be constant.
        return [part + 0 * place for part in found if part is not None]

    ends = Tensor(0.0, requires_grad=True), Tensor(-0.7, requires_grad=True)
    assert mytorch.gradcheck(slopes, ends, atol=1e-7, rtol=1e-6)


@each_differentiable
def test_gradients_without_a_graph_are_the_same_and_share_no_memory(case: Case) -> None:
    """Where nothing is recorded, some operations compute on arrays: same numbers, own memory."""
    arrays = case.inputs(3)
    leaves = [leaf(mytorch, array) for array in arrays]
    end = total(case, *leaves)
    if not end.requires_grad:
        return
    recorded = mytorch.grad(end, leaves, create_graph=True, allow_unused=True)
    end.backward()
    held = list(arrays)
    for variable, expected in zip(leaves, recorded, strict=True):
        if expected is None:
            assert variable.grad is None
            continue
        found = variable.grad
        assert_allclose(found.data, expected.data, rtol=1e-12, atol=1e-12)
        assert found.grad_fn is None
        assert found.data.flags.writeable
        assert not any(np.shares_memory(found.data, other) for other in held)
        held.append(found.data)


@pytest.mark.parametrize("create_graph", [False, True])
@together("case", [case for case in DIFFERENTIABLE if len(case.shapes) > 1])
def test_one_operand_alone_gets_the_gradient_that_it_gets_among_others(
    case: Case, create_graph: bool
) -> None:
    def gradients(needing: Sequence[int]) -> Sequence[Tensor | None]:
        leaves = [
            Tensor(array, requires_grad=number in needing)
            for number, array in enumerate(case.inputs(3))
        ]
        end = total(case, *leaves)
        if not end.requires_grad:
            return [None] * len(needing)
        wanted = [leaves[number] for number in needing]
        return mytorch.grad(end, wanted, create_graph=create_graph, allow_unused=True)

    for number, among in enumerate(gradients(range(len(case.shapes)))):
        (alone,) = gradients([number])
        if among is None:
            assert alone is None
        else:
            assert alone is not None
            assert_allclose(alone.data, among.data, rtol=1e-12, atol=1e-12)


@together("case", [Case(row, form, ()) for row in OPERATIONS for form in row.refused])
def test_what_pytorch_refuses_is_refused(case: Case) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 (whatever PyTorch raises)
        evaluate(case.form, torch)
    with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)) as ours:
        evaluate(case.form, mytorch)
    kinds = (RuntimeError, TypeError, ValueError, IndexError)
    assert any(isinstance(theirs.value, k) and isinstance(ours.value, k) for k in kinds), (
        f"PyTorch raises {theirs.value!r}, MyTorch {ours.value!r}"
    )


def test_what_the_caller_changes_afterwards_does_no_harm() -> None:
    index, condition = np.array([0, 0, 2]), np.array([True, False, True])
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = x[index].sum() + mytorch.where(condition, x, 0.0).sum() + x[condition].sum()
    index[:] = 1
    condition[:] = False
    out.backward()
    assert x.grad.data.tolist() == [4, 0, 3]


def test_the_page_of_operations_is_that_of_the_table() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.operations"
