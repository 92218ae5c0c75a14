"""Which way arrays take where several lead to the same numbers: the one that is quick at their size
and dtype. NumPy's function of another way is taken away, which no result would show."""

from collections.abc import Callable
from functools import partial
from itertools import combinations, combinations_with_replacement
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import mytorch
from mytorch import Tensor
from mytorch.nn import functional as F
from mytorch.ops import indexing
from tests.peak_memory import peak_bytes

FEW, MANY, SOME = (2, 4), (80, 100), (200, 100)


def floats(shape: tuple[int, ...], dtype: Any = np.float32) -> Tensor:
    array = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    return Tensor(array, requires_grad=True)


def masked(shape: tuple[int, ...], dtype: Any = np.float32) -> Tensor:
    x = floats(shape, dtype)
    return mytorch.where(x.data > 0, x, x * 2)


# What is computed, and the functions that it has to do without.
WAYS: dict[str, tuple[Callable[[], Tensor], str]] = {
    "where, many": (lambda: masked(MANY), "where"),
    "where, many doubles": (lambda: masked(MANY, np.float64), "where"),
    "where, a number": (lambda: mytorch.where(np.ones(MANY, bool), floats(MANY), 0.0), "where"),
    "where, few": (lambda: masked(FEW), "bitwise_xor"),
    "relu": (lambda: F.relu(floats(MANY)), "where maximum"),
    "clamp": (lambda: floats(MANY).clamp(-1, 1), "where maximum minimum"),
    "clamp from below": (lambda: floats(MANY).clamp(min=-1), "where maximum minimum"),
    "clamp from above": (lambda: floats(MANY).clamp(max=1), "where maximum minimum"),
    "hardtanh": (lambda: F.hardtanh(floats(MANY)), "where clip"),
    "leaky_relu": (lambda: F.leaky_relu(floats(MANY)), "where"),
    "elu, many": (lambda: F.elu(floats(MANY)), "where expm1"),
    "elu, few": (lambda: F.elu(floats(FEW)), "tanh bitwise_xor"),
    "elu, doubles": (lambda: F.elu(floats(MANY, np.float64)), "where tanh"),
    "softplus, many": (lambda: F.softplus(floats(MANY)), "where log1p logaddexp"),
    "softplus, doubles": (lambda: F.softplus(floats(MANY, np.float64)), "where logaddexp"),
    "logsigmoid, few": (lambda: F.logsigmoid(floats(FEW)), "log"),
    "logsigmoid, many": (lambda: F.logsigmoid(floats(MANY)), "where log1p"),
    "gelu": (lambda: F.gelu(floats(MANY)), "where tanh"),
    "maximum of one shape": (lambda: mytorch.maximum(floats(SOME), floats(SOME) * 2), "copyto"),
    "lerp of one shape": (lambda: floats(SOME).lerp(floats(SOME), 0.2), "copyto"),
    "topk": (lambda: floats(MANY).topk(3).values, "argsort"),
    "topk, few": (lambda: floats(FEW).topk(2).values, "partition argpartition"),
    "sort of doubles": (lambda: floats(MANY, np.float64).sort().values, "partition argpartition"),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_quick_way_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, others = WAYS[name]
    for other in others.split():
        monkeypatch.setattr(np, other, None)
    make().sum().backward()


# Sums of two million bytes, none of which is copied.
SUMS: dict[str, Callable[[Any], Any]] = {
    "all": lambda x: x.sum(),
    "rows": lambda x: x.sum(0),
    "columns": lambda x: x.sum(1),
    "transposed": lambda x: x.t().sum(0),
    "strided": lambda x: x[:, ::2].sum(0),
    "expanded": lambda x: x.expand(8, -1, -1).sum((0, 1)),
    "one number": lambda x: x[:1, :1].expand(500, 500).sum(0),
    "mean": lambda x: x.mean(1),
    "norm": lambda x: x.norm(dim=1),
    "norm of all": lambda x: x.norm(),
}


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_lengths_of_single_precision_stay_in_it_unless_squares_leave_it(size: float) -> None:
    array = np.full((500, 500), size, np.float32)
    x = Tensor(array)
    np.testing.assert_allclose(x.norm(dim=1).data, array.astype(float)[:, 0] * np.sqrt(500), 1e-6)
    assert (peak_bytes(lambda: x.norm(dim=1)) > 2_000_000) == (size != 1)


@pytest.mark.parametrize("name", SUMS)
def test_sums_hold_no_copy(name: str) -> None:
    x = Tensor(np.ones((500, 500)))
    SUMS[name](x)
    assert peak_bytes(lambda: SUMS[name](x)) < 200_000


# Of how many times the input's memory functions hold at once, forward and backward.
MEMORY = {
    "sigmoid": (1, 1),
    "silu": (2, 2),
    "softplus": (4, 2),
    "elu": (4, 3),
    "selu": (5, 3),
    "gelu": (3, 2),
    "mish": (4, 2),
    "logsigmoid": (5, 3),
    "hardswish": (2, 3),
    "hardsigmoid": (2, 2),
    "hardtanh": (1, 1),
    "leaky_relu": (2, 1),
    "relu": (1, 1),
    "softsign": (2, 4),
    "tanh": (1, 2),
}


@pytest.mark.parametrize("name", MEMORY)
def test_activations_hold_few_arrays(name: str) -> None:
    x = floats((200, 200))
    function = getattr(F, name)
    out = function(x)
    gradient = Tensor(np.ones_like(x.data))
    backward = partial(out.backward, gradient, retain_graph=True)
    backward()
    # Masks are a quarter as large.
    forward_times, backward_times = MEMORY[name]
    assert peak_bytes(partial(function, x)) < (forward_times + 0.6) * x.data.nbytes
    assert peak_bytes(backward) < (backward_times + 0.6) * x.data.nbytes


@pytest.mark.parametrize(
    "index", [0, slice(1, 3), (0, slice(None)), ..., None, np.array([True, False, True, False])]
)
def test_places_named_once_are_stored_not_added(
    index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "_add_at", None)
    x = floats((4, 3))
    x[index].sum().backward()


ROWS = np.arange(600) % 40


@pytest.mark.parametrize(
    ("index", "found"),
    [
        (ROWS, (0, 1)),
        ((slice(None), ROWS % 30), (1, 1)),
        ((..., ROWS % 4), (2, 1)),
        ((slice(None), ROWS % 30, ROWS % 4), (1, 2)),
        ((ROWS, ..., slice(None)), (0, 1)),
        ((ROWS, slice(None), ROWS % 4), None),
        ((ROWS, slice(1, 3)), None),
    ],
)
def test_gradients_are_scattered_in_the_flattened_array(
    index: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where arrays index adjacent axes, the first of which is found, and how many they are."""
    finds = []
    find = indexing._adjacent

    def spied(*arguments: Any) -> Any:
        adjacent = find(*arguments)
        finds.append(adjacent and (adjacent[0], len(adjacent[1])))
        return adjacent

    monkeypatch.setattr(indexing, "_adjacent", spied)
    x = floats((40, 30, 4), np.float64)
    x[index].sum().backward()
    assert finds == [found]
    expected = np.zeros(x.shape)
    np.add.at(expected, index, 1)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, expected)


@pytest.mark.parametrize(
    ("dtype", "paired"), [("f4", True), ("f8", True), ("f2", False), ("i8", False)]
)
def test_numbers_side_by_side_are_added_in_pairs(
    dtype: str, paired: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Pairs(dict[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            asked.append(key)
            return super().__getitem__(key)

    monkeypatch.setattr(indexing, "_PAIRS", Pairs(indexing._PAIRS))
    source = np.arange(2400).reshape(600, 4).astype(dtype) % 7
    expected = np.ones((40, 4), dtype)
    np.add.at(expected, ROWS, source)
    out = Tensor(np.ones((40, 4), dtype)).index_add(0, Tensor(ROWS), Tensor(source))
    np.testing.assert_array_equal(out.data, expected)
    assert bool(asked) == paired


def test_gradients_of_a_leaf_are_added_in_place() -> None:
    x = floats(MANY)
    made = []

    class Fresh(mytorch.Function):
        fresh_gradients = True

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return Tensor(x.data * 1)

        @staticmethod
        def array_backward(ctx: Any, gradient: Any, wanted: Any) -> Any:
            made.append(gradient.copy())
            return (made[-1],)

    (Fresh.apply(x) + Fresh.apply(x) + Fresh.apply(x)).sum().backward()
    assert x.grad is not None
    assert np.shares_memory(x.grad.data, made[0])
    np.testing.assert_array_equal(x.grad.data, np.full(MANY, 3.0))


def test_fmod_by_a_quotient_in_double_is_exact() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, (2, 20_000), dtype=np.uint32)
    x, y = bits.view(np.float32)
    y[:4] = np.inf, -np.inf, 0, np.nan
    x[4:6] = -0.0, np.inf
    with np.errstate(all="ignore"):
        x[6:9_000] = y[6:9_000].astype(float) * (bits[0, 6:9_000] % 2**12)
        expected = np.fmod(x, y)
    found = mytorch.fmod(mytorch.tensor(x), mytorch.tensor(y)).data
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    assert (np.signbit(found) == np.signbit(expected))[known].all()


@pytest.mark.parametrize("size", [3, 500])
def test_lerp_starts_from_the_nearer_end(size: int) -> None:
    x, y = (Tensor(1e8 * array) for array in np.random.default_rng(0).normal(size=(2, 4, size)))
    weights = np.resize(np.float64([0, 0.25, 0.75, 1]), size)
    expected = x.data + weights * (y.data - x.data)
    for weight, column in zip(weights, range(4), strict=False):
        found = mytorch.lerp(x, y, weight)
        np.testing.assert_allclose(found.data[:, column], expected[:, column], 1e-12)
    found = mytorch.lerp(x, y, Tensor(weights))
    np.testing.assert_allclose(found.data, expected, 1e-12)
    np.testing.assert_array_equal(found.data[:, weights == 1], y.data[:, weights == 1])


def test_a_singular_matrix_leaves_the_others_cofactors_alone() -> None:
    a = np.random.default_rng(0).normal(size=(3, 4, 4))
    a[1, 2] = a[1, 3]
    x = Tensor(a, requires_grad=True)
    mytorch.linalg.det(x).sum().backward()
    minors = [
        [np.linalg.det(np.delete(np.delete(a, i, 1), j, 2)) for j in range(4)] for i in range(4)
    ]
    signs = (-1.0) ** np.add.outer(range(4), range(4))
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, signs * np.moveaxis(minors, 2, 0), 1e-9, 1e-9)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_choices_of_many_are_those_of_itertools(count: int) -> None:
    x = mytorch.arange(9)
    for replaced, choose in enumerate([combinations, combinations_with_replacement]):
        expected = list(map(list, choose(range(9), count)))
        assert mytorch.combinations(x, count, bool(replaced)).tolist() == expected


# Infinities, NaN, zeros and equal numbers among others.
AMONG = np.float32([np.inf, -np.inf, np.nan, 0, -0.0, 1, 1, -1, 2, np.inf, -np.inf, np.nan])


AMONG_AND_NUMBERS = Tensor(np.concatenate([AMONG, np.arange(48)]).astype(np.float32))


@pytest.mark.parametrize(
    "function",
    [
        mytorch.logaddexp,
        mytorch.logaddexp2,
        mytorch.nextafter,
        mytorch.fmod,
        lambda x, y: mytorch.lerp(x, y, y),
        lambda x, y: mytorch.lerp(x, y, y[:, :1]) + mytorch.lerp(y, x, y[:, :1]),
        lambda x, y: (x + y[:, :1]) * mytorch.maximum(x[:, :1], y) - x[:, 1:2] / y,
        lambda x, y: x[:, :1].mul(AMONG_AND_NUMBERS).add(x.cumsum(1)),
        lambda x, y: mytorch.nan_to_num(x / y),
        lambda x, y: F.hardshrink(x) + F.softshrink(y),
        lambda x, y: mytorch.cummax(x, 1).values * mytorch.cummin(y, 1).values,
        lambda x, y: mytorch.cummax(x, 1).indices - mytorch.cummin(y, 1).indices,
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_numbers_have_the_results_of_few(function: Any, dtype: Any) -> None:
    random = np.random.default_rng(0)
    x, y = random.choice(AMONG, (2, 120, 60)).astype(dtype)
    x[::2], y[::3] = random.normal(size=(60, 60)), random.normal(size=(40, 60))
    whole = function(Tensor(x), Tensor(y)).data
    rows = [function(Tensor(x[i : i + 1]), Tensor(y[i : i + 1])).data for i in range(120)]
    bound = 3 * np.finfo(dtype).eps
    np.testing.assert_allclose(whole, np.concatenate(rows), bound, bound)


@pytest.mark.parametrize("name", ["erfinv", "i0", "special.i0e", "special.i1", "special.i1e"])
def test_single_precision_is_the_rounding_of_double(name: str) -> None:
    x = np.float32(np.random.default_rng(0).uniform(-1, 1, 5000))
    x[:3] = 1, -1, 0
    x = x if name == "erfinv" else 40 * x**3
    function = attrgetter(name)(mytorch)
    expected = function(Tensor(x.astype(float))).data
    np.testing.assert_allclose(function(Tensor(x)).data, expected, 1.5e-7)


def test_histograms_of_many_numbers_count_edges_as_of_few() -> None:
    x = np.random.default_rng(0).integers(0, 12, 9000).astype(np.float32)
    x[:5] = np.nan, np.inf, -1, 99, 9.5
    for edges in (np.arange(1, 11), np.float32([1, 2, 8, 8, 10]), np.linspace(0.1, 9.7, 33)):
        bins = Tensor(edges.astype(np.float32))
        parts = [
            mytorch.histogram(Tensor(x[i : i + 900]), bins).hist.data for i in range(0, 9000, 900)
        ]
        whole = mytorch.histogram(Tensor(x), bins)
        np.testing.assert_array_equal(whole.hist.data, np.sum(parts, 0))


def test_means_of_few_wide_windows() -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(2, 100)), requires_grad=True)
    out = F.adaptive_avg_pool1d(x, 3)
    means = [x.data[:, slice(*ends)].mean(1) for ends in ((0, 34), (33, 67), (66, 100))]
    np.testing.assert_allclose(out.data, np.stack(means, 1), 1e-13)
    out.sum().backward()
    slopes = np.full(100, 1 / 34)
    slopes[[33, 66]] *= 2
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, np.tile(slopes, (2, 1)), 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances_of_many_rows_are_those_of_their_differences(dtype: type) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 90, 30)) + 5, rng.standard_normal((60, 30)) + 5
    # Beside each other: equal rows, near ones, and what is not finite.
    y[:4] = x[0, :4] + np.array([0, 1e-3, 1e-2, 0.1])[:, None]
    x[0, 7, 3], y[7, 4], y[8] = np.inf, np.nan, 1e30
    wide = [array.astype(dtype).astype(np.longdouble) for array in (x, y)]
    gradient = rng.standard_normal((2, 90, 60))
    with np.errstate(all="ignore"):
        rows = wide[0][:, :, None] - wide[1]
        lengths = np.sqrt((rows * rows).sum(-1))
        slopes = rows * np.where(lengths == 0, 0, gradient.astype(dtype) / lengths)[..., None]
    a, b = (Tensor(array.astype(dtype), requires_grad=True) for array in (x, y))
    found = mytorch.cdist(a, b)
    found.backward(Tensor(gradient.astype(dtype)))
    tolerance = 64 * np.finfo(dtype).eps
    np.testing.assert_allclose(found.data, lengths.astype(dtype), tolerance)
    np.testing.assert_allclose(a.grad.data, slopes.sum(2), tolerance, 50 * tolerance)
    np.testing.assert_allclose(b.grad.data, -slopes.sum((0, 1)), tolerance, 50 * tolerance)


def test_distances_of_no_rows_and_of_wide_ones_take_no_products() -> None:
    x, y = Tensor(np.ones((1, 400, 30)), requires_grad=True), Tensor(np.ones((0, 60, 30)))
    found = mytorch.cdist(x, y)
    assert found.shape == (0, 400, 60)
    found.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, np.zeros(x.shape))
    rows = np.full((400, 4), 1, np.longdouble)
    wide = mytorch.cdist(Tensor(rows + np.finfo(np.longdouble).eps), Tensor(rows))
    np.testing.assert_array_equal(wide.data, np.full((400, 400), 2 * np.finfo(np.longdouble).eps))


def test_distances_have_second_derivatives_in_both_sizes() -> None:
    for size in (2, 60):
        a, b = (Tensor(mytorch.randn(size, 12).data, requires_grad=True) for _ in range(2))
        quick = mytorch.cdist(a, b)
        plain = (a.unsqueeze(1) - b).norm(dim=-1)
        second = []
        for distances in (quick, plain):
            first = mytorch.grad(distances.square().sin().sum(), [a, b], create_graph=True)
            second += mytorch.grad((first[0] * first[1]).sum(), [a, b])
        for ours, expected in zip(second[:2], second[2:], strict=True):
            np.testing.assert_allclose(ours.data, expected.data, 1e-9, 1e-9)
