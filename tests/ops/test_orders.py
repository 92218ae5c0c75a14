"""Sorting, running sums, triangles and gathering of many elements: by other ways than of few."""

from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.ops import reduction, scans
from tests.together import as_one, together


@pytest.fixture(autouse=True, params=[0, scans._FEW], ids=["many", "few"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets few elements be treated as many are."""
    monkeypatch.setattr(scans, "_FEW", request.param)
    monkeypatch.setattr(reduction, "_FEW", request.param)


DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8"]


def with_ties(dtype: str, shape: tuple[int, ...] = (12, 90)) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(0)
    array = generator.integers(0 if dtype == "uint8" else -5, 9, shape).astype(dtype)
    if not array.size:
        return array
    if np.dtype(dtype).kind == "f":
        specials = [np.nan, -np.nan, np.inf, -np.inf, -0.0, 0.0, np.finfo(dtype).tiny / 4]
        places = generator.integers(0, array.size, (len(specials), 40))
        for special, where in zip(specials, places, strict=True):
            array.reshape(-1)[where] = special
        if dtype == "float32":  # NaNs of other bits
            array.view(np.int32).reshape(-1)[::50] = -1
    elif dtype != "uint8":
        array.reshape(-1)[::50] = np.iinfo(dtype).min
        array.reshape(-1)[7::50] = np.iinfo(dtype).max
    return array


@pytest.mark.parametrize("dtype", [*DTYPES, "bool"])
@pytest.mark.parametrize("descending", [False, True])
@together("axis", [0, 1, -1], as_one)
def test_sort_is_stable_as_pytorch_s(dtype: str, descending: bool, axis: int) -> None:
    array = with_ties(dtype) if dtype != "bool" else with_ties("int8") > 0
    for a in (array, array[::-1, ::-1], np.asfortranarray(array)):
        ours = Tensor(a).sort(axis, descending)
        theirs = torch.sort(torch.tensor(a.copy()), dim=axis, descending=descending, stable=True)
        np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())
        np.testing.assert_array_equal(ours.values.numpy(), theirs.values.numpy())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_topk_begins_as_sort(dtype: str, largest: bool, axis: int) -> None:
    a = Tensor(with_ties(dtype))
    whole = a.sort(axis, largest)
    for k in (0, 1, 7, 12):
        found = a.topk(k, axis, largest)
        part = (slice(None),) * axis + (slice(k),)
        np.testing.assert_array_equal(found.indices.numpy(), whole.indices.numpy()[part])
        np.testing.assert_array_equal(found.values.numpy(), whole.values.numpy()[part])


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (6, 7), (3, 0), (0, 3), (2, 9, 4)])
def test_products_of_all_shapes(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).standard_normal(shape)
    for axis in range(len(shape)):
        for keepdims in (False, True):
            out = Tensor(array).prod(axis, keepdims).data
            expected = array.prod(axis, keepdims=keepdims)
            assert out.shape == expected.shape
            np.testing.assert_allclose(out, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@pytest.mark.parametrize("shape", [(7, 300), (300, 7), (1, 500), (500,), (3, 4, 300), (0, 300)])
def test_running_sums_of_all_shapes(name: str, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(0)
    array = (generator.random(shape, np.float32) + 0.5).astype(np.float32)
    for a in (array, array[..., ::-1], np.asfortranarray(array)):
        for axis in range(len(shape)):
            exact = getattr(np, name)(a, axis, np.float64).astype(np.float32)
            ours, theirs = Tensor(a, requires_grad=True), torch.tensor(a.copy(), requires_grad=True)
            out = getattr(ours, name)(axis)
            np.testing.assert_array_equal(out.data, exact)
            (out * out).sum().backward()
            expected = getattr(theirs, name)(axis)
            (expected * expected).sum().backward()
            np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), rtol=1e-5)


def test_running_sums_keep_infinities_in_their_rows() -> None:
    array = np.ones((6, 100), np.float32)
    array[0, 3], array[1, 5], array[4, 7] = np.inf, np.nan, -np.inf
    np.testing.assert_array_equal(Tensor(array).cumsum(1).data, np.cumsum(array, 1))


@together("dtype", [*DTYPES, "bool"], as_one)
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 4, 4), (0, 3), (3, 0)])
def test_triangles(dtype: str, shape: tuple[int, ...]) -> None:
    array = with_ties(dtype, shape) if dtype != "bool" else np.ones(shape, bool)
    for diagonal in range(-6, 7):
        for name in ("tril", "triu"):
            out = getattr(Tensor(array), name)(diagonal).data
            np.testing.assert_array_equal(out, getattr(np, name)(array, diagonal))
            assert not np.signbit(out[out == 0].astype(float)).any() or dtype.startswith("float")
            if array.ndim == 2:
                out = getattr(Tensor(array.T), name)(diagonal).data
                np.testing.assert_array_equal(out, getattr(np, name)(array.T, diagonal))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gathering_from_any_layout(axis: int) -> None:
    generator = np.random.default_rng(0)
    array = generator.standard_normal((6, 7, 8))
    index = generator.integers(0, 6, (4, 5, 6))
    source = generator.standard_normal(index.shape)
    for a in (array, array[::-1], array.transpose(2, 0, 1)[:, ::-1], np.asfortranarray(array)):
        results = []
        for library in (mytorch, torch):
            x = library.tensor(a.copy() if library is torch else a, requires_grad=True)
            y = library.tensor(source, requires_grad=True)
            places = library.tensor(index)
            parts = (
                x.gather(axis, places).sin(),
                x.scatter_add(axis, places, y).sin(),
                library.scatter(x, axis, places % 1 + places[:1, :1, :1], 2.0).sin(),
            )
            sum(part.sum() for part in parts).backward()
            results.append([part.detach().numpy() for part in (*parts, x.grad, y.grad)])
        for one, other in zip(*results, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_compiled_step_that_sorts_equals_an_eager_one() -> None:
    x = Tensor(with_ties("float32", (30, 40)), requires_grad=True)

    def step(a: Tensor) -> Any:
        x.grad = None
        loss = x * a
        parts = (loss.topk(3)[0], loss.sort(0)[0], loss.cumsum(1), loss.cumsum(0), loss.tril())
        sum(part.sum() for part in parts).backward()
        return [part.detach() for part in parts]

    compiled = mytorch.compile(step)
    for scale in (1.0, 2.0, -1.0, 0.5):
        a = Tensor(np.full((30, 40), scale, np.float32))
        expected = [part.numpy() for part in step(a)] + [x.grad.numpy().copy()]
        found = [part.numpy() for part in compiled(a)] + [x.grad.numpy()]
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_compiled_step_puts_gradients_back_at_places_that_it_is_given() -> None:
    """A loss that is a sum begins with a gradient that no recorded array is part of."""
    x = Tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)

    def step(places: Tensor) -> Any:
        x.grad = None
        (
            x[places].sum() + x[:, places].sum() + mytorch.nn.functional.embedding(places, x).sum()
        ).backward()

    compiled = mytorch.compile(step)
    for given in ([0, 1, 1], [2, 2, 0], [1, 1, 1], [0, 2, 1]):
        places = Tensor(np.array(given))
        step(places)
        expected = x.grad.numpy().copy()
        compiled(places)
        np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_indices_of_small_integers_name_any_place() -> None:
    x = Tensor(np.arange(60_000.0).reshape(100, 600))
    index = np.full((1, 600), 99)
    for dtype in (np.int8, np.int16, np.int32):
        found = x.gather(0, Tensor(index.astype(dtype))).data
        np.testing.assert_array_equal(found, x.data[99:])


@pytest.mark.parametrize("k", [1, 5, 18, 19])
@pytest.mark.parametrize("finite", [1.0, 0.02, 0.0])
def test_the_first_of_equal_elements_are_the_largest_ones(k: int, finite: float) -> None:
    generator = np.random.default_rng(0)
    x = generator.integers(-4, 4, (5, 4, 300)).astype(np.float32)
    x[generator.random(x.shape) < 0.01] = np.nan
    x[generator.random(x.shape) < 0.01] = np.inf
    x[generator.random(x.shape) > finite] = -np.inf
    ranks = np.where(np.isnan(x), 2, np.clip(x, -1e9, 1e9) / 1e9)
    expected = np.argsort(-ranks.astype(np.float64), -1, kind="stable")[..., :k]
    for axis in (-1, 1):
        turned = Tensor(np.moveaxis(x, -1, axis))
        np.testing.assert_array_equal(turned.topk(k, axis)[1].data, np.moveaxis(expected, -1, axis))
