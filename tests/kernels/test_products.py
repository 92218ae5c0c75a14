"""Matrix products of every layout: the same numbers as NumPy's, however they are computed."""

import pickle
from collections.abc import Iterator
from functools import partial
from itertools import product as pairs
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch._kernels import products
from mytorch._kernels.products import product, product_for
from tests.peak_memory import peak_bytes
from tests.together import as_one, together

SHAPES = [
    ((3, 4), (4, 2)),
    ((4, 1), (1, 3)),
    ((4,), (4,)),
    ((4,), (4, 3)),
    ((3, 4), (4,)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)),
    ((3, 4), (2, 4, 5)),
    ((3, 4), (2, 4, 1)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3, 1), (2, 1, 5)),
    ((2, 1, 4), (2, 4, 5)),
    ((6, 2, 1, 4), (2, 4, 3)),
    ((2, 1, 3, 4), (1, 5, 4, 2)),
    ((2, 3, 1, 4), (2, 1, 4, 5)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((1, 2, 3), (1, 3, 2)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((0, 2, 3), (3, 2)),
    ((0, 2, 3), (1, 3, 2)),
    ((2, 0, 3), (2, 3, 2)),
]


def layouts(array: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """The same shape in memory in many ways, the same numbers but where they are repeated."""
    yield array
    yield np.asfortranarray(array)
    for axis in range(array.ndim):
        twice = np.repeat(array, 2, axis)
        yield twice[(*(slice(None),) * axis, slice(None, None, 2))]
        yield np.flip(np.flip(array, axis).copy(), axis)
        yield np.moveaxis(np.moveaxis(array, axis, 0).copy(), 0, axis)
        wide = np.concatenate([array, array], axis)
        yield wide[(*(slice(None),) * axis, slice(array.shape[axis]))]
        if array.shape[axis]:
            first = array[(*(slice(None),) * axis, slice(1))]
            yield np.broadcast_to(first, array.shape)


@pytest.fixture(params=[True, False], ids=["large", "small"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets small arrays be multiplied as large ones are."""
    if request.param:
        for limit in ("_FEW", "_SMALL"):
            monkeypatch.setattr(products, limit, 0)


@pytest.mark.usefixtures("few")
@together("dtype", ["float64", "float32", "float16", "int64", "int8"], as_one)
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_products_of_all_layouts(left: Any, right: Any, dtype: str) -> None:
    generator = np.random.default_rng(0)
    x = generator.integers(-9, 9, left).astype(dtype)
    y = generator.integers(-9, 9, right).astype(dtype)
    for one, two in pairs(layouts(x), layouts(y)):
        out = product(one, two)
        assert out.dtype == dtype
        # Whole numbers, exact in each dtype but int8, which wraps around in both.
        expected = np.matmul(one.astype(int), two.astype(int))
        np.testing.assert_array_equal(out, expected.astype(dtype))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_gradients_of_all_layouts(left: Any, right: Any) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal(left), generator.standard_normal(right)
    for one, two in zip(layouts(x), layouts(y), strict=False):
        ours = [Tensor(one, requires_grad=True), Tensor(two, requires_grad=True)]
        theirs = [torch.tensor(array.copy(), requires_grad=True) for array in (one, two)]
        for library, parts in ((mytorch, ours), (torch, theirs)):
            loss = (parts[0] @ parts[1]).sin().sum()
            grads = library.autograd.grad(loss, parts, create_graph=True)
            sum((grad * grad).sum() for grad in grads).backward()
        (ours[0] @ ours[1]).sin().sum().backward()
        (theirs[0] @ theirs[1]).sin().sum().backward()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-9, atol=1e-12)
            assert a.grad.data.flags.c_contiguous


def test_a_single_product_keeps_infinities_to_itself() -> None:
    x = np.full((80, 1), 2.0)
    y = np.full((1, 80), 3.0)
    x[3], y[0, 5] = np.inf, np.nan
    np.testing.assert_array_equal(product(x, y), x * y)


@pytest.mark.parametrize("large", [2**20, 2**31, 2**62])
def test_integers_are_exact_or_wrap_around(large: int) -> None:
    x = np.full((20, 20), large)
    x[0, 0], x[1, 1] = -(2**63), 1
    y = np.arange(400).reshape(20, 20)
    np.testing.assert_array_equal(product(x, y), np.matmul(x, y))


def test_float16_is_rounded_once() -> None:
    x = np.full((1, 4096), 1, np.float16)
    y = np.full((4096, 80), 1, np.float16)
    x[0, 1:] = 2**-11  # each alone is lost beside 1
    assert product(x, y)[0, 0] == np.float16(1 + 4095 * 2**-11)


@pytest.mark.parametrize(("left", "right"), [((6, 70, 60), (60, 50)), ((6, 70, 60), (6, 60, 50))])
def test_what_blas_cannot_read_is_copied(
    left: Any, right: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spied(x: Any, y: Any) -> Any:
        for a in (x, y):
            assert a.itemsize in a.strides[-2:]
            assert min(a.strides[-2:]) > 0
        return np.matmul(x, y)

    monkeypatch.setattr(products, "matmul", spied)
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal(left), generator.standard_normal(right)
    for one, two in pairs(layouts(x), layouts(y)):
        np.testing.assert_allclose(product(one, two), np.matmul(one, two), rtol=1e-9, atol=1e-12)


def window(strides: tuple[int, int], shape: tuple[int, int] = (3, 4)) -> Any:
    """A matrix of numbers of 8 bytes, so many bytes apart in each axis."""
    memory = np.zeros(2000, np.uint8)[1000 - 1000 % 8 :]
    return np.ndarray(shape, np.float64, memory, 400, strides)


@pytest.mark.parametrize(
    ("strides", "shape"),
    [
        ((32, 8), (3, 4)),
        ((40, 8), (3, 4)),
        ((8, 24), (3, 4)),
        ((8, 32), (3, 4)),
        ((-8, 8), (1, 4)),
        ((16, -8), (3, 1)),
        ((8, -8), (4, 1)),
        ((-8, 16), (1, 4)),
    ],
)
def test_what_blas_can_read_is_not_copied(strides: Any, shape: Any) -> None:
    matrix = window(strides, shape)
    assert products._readable(matrix) is matrix


@pytest.mark.parametrize(
    ("strides", "shape"),
    [
        ((24, 8), (3, 4)),  # rows overlap
        ((8, 16), (3, 4)),  # columns overlap
        ((-32, 8), (3, 4)),
        ((8, -24), (3, 4)),
        ((36, 8), (3, 4)),  # no whole numbers apart
        ((8, 28), (3, 4)),
        ((64, 16), (3, 4)),
        ((0, 8), (3, 4)),
        ((8, 0), (3, 4)),
        ((0, 0), (3, 4)),
        ((16, 64), (3, 4)),
    ],
)
def test_what_blas_cannot_read_is_copied_alone(strides: Any, shape: Any) -> None:
    assert products._readable(window(strides, shape)).flags.c_contiguous


@pytest.mark.parametrize(
    ("dtype", "largest", "terms"),
    [
        ("int8", 127, 2**11),
        ("int16", 2**15 - 1, 2**11),
        ("int32", 2**21, 2**11),
        ("int64", 2**21, 2**11),
    ],
)
def test_exact_products_of_integers_are_made_by_blas(
    dtype: str, largest: int, terms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = np.full((3, terms), largest, dtype), np.full((terms, 3), -largest, dtype)
    expected = np.matmul(x, y)
    monkeypatch.setattr(products, "matmul", None)
    np.testing.assert_array_equal(product(x, y), expected)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_other_products_of_integers_are_not(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.full((3, 2**11), 2**21, dtype), np.full((2**11, 3), 2**21, dtype)
    x[0, 0] += 1
    calls = []
    monkeypatch.setattr(products, "matmul", lambda *arrays: calls.append(arrays))
    product(x, y)
    product(y.T, x.T)
    assert len(calls) == 2


def test_a_vector_meets_the_rows_of_a_larger_matrix_without_a_copy() -> None:
    rows = np.ones((200, 300))[:, :250]
    for matrix in (rows, rows.T):
        row, column = np.ones((1, len(matrix))), np.ones((matrix.shape[1], 1))
        for left, right in (
            (row, matrix),
            (row[0], matrix),
            (matrix, column),
            (matrix, column[:, 0]),
        ):
            assert peak_bytes(partial(product, left, right)) < rows.nbytes / 2


def test_a_column_times_a_row_is_a_product_of_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []
    monkeypatch.setattr(products, "_outer", lambda x, y: shapes.append((x.shape, y.shape)))
    product(np.ones((300, 1)), np.ones((1, 300)))
    product(np.ones((3, 80, 1)), np.ones((3, 1, 80)))
    assert shapes == [((300, 1), (1, 300)), ((3, 80, 1), (3, 1, 80))]


@pytest.mark.parametrize(
    ("left", "right"),
    [((6, 2, 1, 40), (2, 40, 30)), ((2, 6, 1, 40), (2, 1, 40, 30)), ((2, 30, 40), (6, 2, 40, 1))],
)
def test_vectors_that_meet_the_same_matrix_are_one_product(
    left: Any, right: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []

    def spied(x: Any, y: Any) -> Any:
        shapes.append({x.shape, y.shape[:-2] + y.shape[:-3:-1]})
        return np.matmul(x, y)

    monkeypatch.setattr(products, "matmul", spied)
    x, y = np.ones(left), np.ones(right)
    np.testing.assert_array_equal(product(x, y), np.matmul(x, y))
    assert shapes == [{(2, 6, 40), (2, 30, 40)}]


def test_a_stack_times_one_matrix_is_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """`np.dot` leaves BLAS for a stack, and a small product each takes more time than one large."""
    monkeypatch.setattr(products, "matmul", None)
    x = np.random.default_rng(0).standard_normal((32, 64, 64), np.float32)
    weight = np.ones((64, 192), np.float32)
    for stack in (x, x.transpose(0, 2, 1), x[:, ::-1], np.broadcast_to(x[:1], x.shape)):
        for matrix in (weight, weight[None], np.broadcast_to(weight, (32, 64, 192))):
            assert product(stack, matrix).shape == (32, 64, 192)


@together("dtype", ["f2", "f4", "f8", "i4", np.longdouble], as_one)
@pytest.mark.parametrize("shapes", [*SHAPES, ((100, 90), (90, 80)), ((3, 50, 60), (60, 40))])
def test_a_dtype_that_was_pickled_is_another_object(shapes: Any, dtype: Any) -> None:
    generator = np.random.default_rng(0)
    x, y = (generator.integers(-3, 4, shape).astype(dtype) for shape in shapes)
    others = [pickle.loads(pickle.dumps(array)) for array in (x, y)]
    assert others[0].dtype is not x.dtype
    for left, right in ((others[0], y), (x, others[1]), others):
        np.testing.assert_array_equal(product(left, right), np.matmul(x, y))


def test_a_layer_learns_from_pickled_arrays() -> None:
    x = pickle.loads(pickle.dumps(np.ones((100, 90))))
    layer = mytorch.nn.Linear(90, 80)
    layer(Tensor(x)).sum().backward()
    assert layer.weight.grad is not None
    np.testing.assert_array_equal(layer.weight.grad.data, np.full((80, 90), 100.0))


def test_a_layer_asks_once_what_each_of_its_products_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stacked(x: Any, y: Any) -> Any:
        raise AssertionError(f"{x.shape} times {y.shape} is left to dot")

    monkeypatch.setattr(products, "_stacked", stacked)
    by_dot = set()
    for count, outs, ins in pairs((0, 1, 2, 40), (1, 2, 40, 300), (1, 2, 40, 300)):
        rows, matrix = np.ones((count, ins)), np.ones((outs, ins))
        gradient = np.ones((count, outs))
        if product_for(rows, matrix) is products.dot:
            by_dot.add((count, outs, ins))
            for x, y in ((rows, matrix.T), (gradient, matrix), (gradient.T, rows)):
                assert (product(x, y) == x @ y).all()
    assert {(1, 1, 1), (1, 40, 2), (2, 2, 2), (40, 300, 300)} < by_dot
    assert not {(0, 2, 2), (1, 300, 300), (40, 300, 1)} & by_dot
    for rows, matrix in (
        (np.ones((2, 2, 2)), np.eye(2)),
        (np.ones((2, 2), int), np.eye(2, dtype=int)),
    ):
        assert product_for(rows, matrix) is product
