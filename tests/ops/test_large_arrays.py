"""Arrays that are large enough for the fast ways, which small ones do not take: PyTorch's numbers,
in every layout, and the same bits in compiled steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.close import assert_allclose, assert_array_equal
from tests.operations.row import evaluate
from tests.together import as_one, together

SHAPE = (90, 200)
FORMS = [
    *(f"F.{name}(x)" for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu")),
    *(f"F.{name}(x)" for name in ("silu", "mish", "softplus", "logsigmoid", "softsign")),
    *(f"F.{name}(x)" for name in ("hardtanh", "hardswish", "hardsigmoid")),
    *("F.leaky_relu(x, 2.0)", "F.leaky_relu(x, 0.0)", "F.leaky_relu(x, -0.5)"),
    *("F.elu(x, 0.3)", "F.elu(x, -0.5)", "F.celu(x, 2.0)", "F.celu(x, -1.5)"),
    *("F.gelu(x, approximate='tanh')", "F.softplus(x, 2.0, 5.0)", "F.softplus(x, -1.0)"),
    *("F.threshold(x, 0.5, 20)", "F.prelu(x, y[:, 0][:1])", "F.prelu(x, y[0] / 6)"),
    *("x.sigmoid()", "x.tanh()", "x.abs()"),
    *("x.erf()", "x.erfc()", "x.clamp(-1, 1)", "x.clamp(min=0)", "x.sign()", "x ** 2", "x ** 3"),
    *("x ** -1", "x ** -2", "T.where(x > y, x, y)", "T.where(x > 0, x, 2.0)", "T.maximum(x, y)"),
    *("T.minimum(x, y)", "x.norm(dim=1)", "x.norm()", "x.softmax(1)", "x.softmax(0)"),
    "x.norm(2, 0)",
    *("x.log_softmax(1)", "x.log_softmax(0)", "F.layer_norm(x, (200,))", "F.rms_norm(x, (200,))"),
    "F.huber_loss(x, y)",
    "F.smooth_l1_loss(x, y, beta=0.7)",
    "F.binary_cross_entropy_with_logits(x, y.detach())",
]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30, 100.0, -100.0, 1.0, -3.0]
# Rows with one infinity or NaN are NaN, in parts that differ with the order of sums.
ELEMENTWISE = [form for form in FORMS if "norm" not in form and "soft" not in form[2:]]
ELEMENTWISE = [form for form in ELEMENTWISE if "loss" not in form and "bina" not in form]
ELEMENTWISE += ["F.softplus(x)", "F.softplus(x, 2.0, 5.0)"]
FORMS += [
    "x + y[0]",
    "x * (x[:, :1] * y[0]).detach()",
    "T.maximum(x, y[:, :1])",
    "T.lerp(x, y, y[:, :1])",
]
FORMS += ["x.cumsum(1)", "x[1:].cumsum(1)", "T.addcmul(x, y[0], y[:, :1])", "F.hardshrink(x)"]
FORMS += ["x.tril()", "x.triu(-3)", "x.tril(150)", "x.topk(5)[0]", "x[[2, -1, 2]]"]
FORMS += ["x.index_add(0, T.tensor([2, 0, 2]), y[:3])", "x % y", "x.unbind(1)[3]", "x[:, 3:70]"]
# Where PyTorch's value or gradient is NaN, and ours the limit.
LIMITS = {
    "F.mish(x)": [np.inf],
    "F.gelu(x)": [np.inf],
    "F.gelu(x, approximate='tanh')": [1e30, -1e30],
}


def inputs(dtype: type) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.uniform(-6, 6, SHAPE).astype(dtype) for _ in range(2)]


def value_and_gradient(library: Any, form: str, arrays: list[np.ndarray]) -> list[np.ndarray]:
    if library is torch:
        leaves: Any = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
    else:
        leaves = [Tensor(array, requires_grad=True) for array in arrays]
    (out,) = evaluate(form, library, *leaves)
    slopes = np.random.default_rng(1).uniform(0.5, 1, tuple(out.shape)).astype(arrays[0].dtype)
    out.backward(torch.from_numpy(slopes) if library is torch else Tensor(slopes))
    if library is torch:
        return [out.detach().numpy(), leaves[0].grad.numpy()]
    return [out.data, leaves[0].grad.data]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 3e-13), (np.float32, 2e-6)])
def test_large_arrays_equal_pytorchs_in_double(form: str, dtype: type, tolerance: float) -> None:
    if form == "F.hardsigmoid(x)":
        tolerance = max(tolerance, 1e-7)  # PyTorch's 1/6 has single precision
    arrays = inputs(dtype)
    expected = value_and_gradient(torch, form, [array.astype(np.float64) for array in arrays])
    for order in "CF":
        laid = [np.asarray(array, order=order) for array in arrays]
        for mine, wanted in zip(value_and_gradient(mytorch, form, laid), expected, strict=True):
            assert mine.dtype == dtype
            assert_allclose(mine, wanted, tolerance, tolerance)
    gaps = [np.repeat(array, 2, axis=1)[:, ::2] for array in arrays]
    for mine, wanted in zip(value_and_gradient(mytorch, form, gaps), expected, strict=True):
        assert_allclose(mine, wanted, tolerance, tolerance)


@pytest.mark.parametrize("form", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_special_values_in_large_arrays(form: str, dtype: type) -> None:
    pairs = np.array([(x, y) for x in SPECIAL for y in SPECIAL] * 60, dtype)
    arrays = [pairs[:, :1].copy(), pairs[:, 1:].copy()]
    ours = value_and_gradient(mytorch, form, arrays)
    theirs = value_and_gradient(torch, form, arrays)
    # PyTorch's gradients at NaN depend on the place in a vector.
    sane = ~np.isnan(arrays[0]) & ~np.isin(arrays[0], np.array(LIMITS.get(form, []), dtype))
    for mine, expected in zip(ours, theirs, strict=True):
        assert_allclose(mine[sane], expected[sane], 5e-4, 1e-37)


@pytest.mark.parametrize("form", FORMS)
def test_compiled_steps_on_large_arrays_have_the_same_bits(form: str) -> None:
    arrays = inputs(np.float32)
    x, y = (Tensor(array, requires_grad=True) for array in arrays)
    # A function: what is evaluated inside a step is not replayed.
    function: Callable[..., Tensor] = eval(f"lambda T, F, x, y: {form}")

    def step(x: Tensor, y: Tensor) -> Tensor:
        x.grad = None
        loss = function(mytorch, mytorch.nn.functional, x, y).sum()
        loss.backward()
        return loss.detach()

    expected = step(x, y).data, x.grad.data
    compiled = mytorch.compile(step)
    for _ in range(4):
        loss = compiled(x, y)
    assert compiled.counts.replayed
    assert_array_equal(loss.data, expected[0])
    assert_array_equal(x.grad.data, expected[1])


@pytest.mark.parametrize("form", ["x.erf()", "x.erfc()"])
def test_error_functions_of_single_precision_are_off_by_less_than_their_last_digit(
    form: str,
) -> None:
    x = np.linspace(-10, 10, 50_001, dtype=np.float32)
    (mine,) = evaluate(form, mytorch, Tensor(x))
    exact = evaluate(form, torch, torch.from_numpy(x.astype(np.float64)))[0].numpy()
    units = np.abs(mine.data - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert units.max() < 1


@pytest.mark.parametrize("scale", [1.0, 1e5, 3e7, 1e15])
@pytest.mark.parametrize("extra", [[], [np.inf], [np.nan, -np.inf, 0.0]])
def test_remainders_have_numpys_bits_and_quotients_are_rounded_down(
    scale: float, extra: list[float]
) -> None:
    generator = np.random.default_rng(0)
    y = (generator.uniform(1, 3, 2000) * generator.choice([-1, 1], 2000)).astype(np.float32)
    x = (generator.uniform(-3, 3, 2000) * scale).astype(np.float32)
    x[:500] = np.rint(x[:500]) * y[:500]
    x[: len(extra)] = y[1000 : 1000 + len(extra)] = extra
    with np.errstate(all="ignore"):
        rest, quotient = np.remainder(x, y), np.floor_divide(x.astype(np.float64), y)
    ours = (Tensor(x) % Tensor(y)).data
    assert_array_equal(ours, rest)
    assert_array_equal(np.signbit(ours[rest == 0]), np.signbit(rest[rest == 0]))
    if scale < 1e15:  # of more even double precision is not enough
        assert_array_equal((Tensor(x) // Tensor(y)).data, quotient.astype(np.float32), strict=True)


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor", "logical_not"])
@pytest.mark.parametrize("kind", ["float32", "float16", "int64", "uint8", "bool"])
def test_truth_of_many_numbers(name: str, kind: str) -> None:
    a, b = np.random.default_rng(0).integers(0, 2, (2, 30, 100)).astype(kind)
    if kind.startswith("float"):
        a[0, :3] = np.nan, -0.0, 1e-7
    arrays = (a,) if name == "logical_not" else (a, b[0])
    ours = getattr(mytorch, name)(*map(Tensor, arrays)).data
    assert_array_equal(ours, getattr(np, name)(*arrays), strict=True)


@pytest.mark.parametrize("shape", [(60, 1000), (5, 2100), (1, 3000), (100_001,), (0, 2000)])
@pytest.mark.parametrize("scale", [1.0, 1e25, 1e-25, 0.0, np.inf])
def test_lengths_of_single_precision_neither_overflow_nor_lose_digits(
    shape: tuple[int, ...], scale: float
) -> None:
    x = np.random.default_rng(0).uniform(0.1, 1, shape) * scale
    x = x.astype(np.float32)
    for axis in (None, -1):
        wide = x.astype(np.float64).reshape(-1 if axis is None else shape)
        exact = np.linalg.norm(wide, axis=axis)
        ours = Tensor(x).norm(dim=axis).data
        assert ours.dtype == np.float32
        assert_allclose(ours, exact, 2e-7, 0)
    kept = Tensor(x).norm(dim=-1, keepdim=True).data
    assert_array_equal(kept[..., 0], ours)


def test_compiled_kernels_look_at_the_values_of_each_run() -> None:
    def step(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        x = x * 1.0
        x += 0.0
        return x.norm(), x % y, x.topk(3)[1]

    x, y = (Tensor(array) for array in inputs(np.float32))
    compiled = mytorch.compile(step)
    for scale in (1.0, 1.0, 1e30, 1e-30, np.inf, 1.0):
        scaled = Tensor(x.data * np.float32(scale))
        for mine, expected in zip(compiled(scaled, y), step(scaled, y), strict=True):
            assert_array_equal(mine.data, expected.data)


@together("diagonal", [0, 7, -7, 59, 60, -61, 10**12, -(10**12)], as_one)
@pytest.mark.parametrize("shape", [(60, 60), (60, 200), (200, 60), (3, 40, 30)])
@pytest.mark.parametrize("kind", ["float32", "int8", "bool", "longdouble"])
def test_triangles(diagonal: int, shape: tuple[int, ...], kind: str) -> None:
    x = np.random.default_rng(0).integers(1, 100, shape).astype(kind)
    for name in ("tril", "triu"):
        ours = getattr(Tensor(x), name)(diagonal).data
        assert_array_equal(ours, getattr(np, name)(x, diagonal), strict=True)


@pytest.mark.parametrize("size", [255, 256])
def test_rows_are_added_one_after_the_other(size: int) -> None:
    generator = np.random.default_rng(0)
    x, rows = generator.uniform(-1, 1, (2, 8, size)).astype(np.float32)
    places = np.array([3, 0, 3, 3, 7, 1, 0, 3])
    expected = x.copy()
    np.add.at(expected, places, rows)
    ours = Tensor(x).index_add(0, Tensor(places), Tensor(rows))
    assert_array_equal(ours.data, expected)
    leaf = Tensor(x, requires_grad=True)
    leaf[places - 8].backward(Tensor(rows))
    expected = np.zeros_like(x)
    np.add.at(expected, places, rows)
    assert_array_equal(leaf.grad.data, expected)


@pytest.mark.parametrize("size", [3, 60])
@pytest.mark.parametrize("form", FORMS)
def test_extended_precision(form: str, size: int) -> None:
    """It has no fast ways of its own, and the numbers of double precision."""
    parts = [array[:size, :] for array in inputs(np.float64)]
    double = value_and_gradient(mytorch, form, parts)
    extended = value_and_gradient(mytorch, form, [part.astype(np.longdouble) for part in parts])
    for one, other in zip(extended, double, strict=True):
        assert one.dtype == np.longdouble
        assert_allclose(one.astype(np.float64), other, 1e-11, 1e-13)
