"""Numbers at the ends of the floats, and operands with nothing in them: PyTorch's answers."""

import re
from math import inf, nan

import numpy as np
import pytest
import torch

import mytorch
from mytorch.nn import functional as F
from tests.operations.row import Case, Operation, evaluate
from tests.ops.oracles import assert_close, run, value

ENDS = [
    "T.gradient(T.tensor([1.0, inf, 2, 5], dtype=f))[0]",
    "T.gradient(T.tensor([1.0, 1e308, 2, -1e308, 0], dtype=f))[0]",
    "T.lgamma(T.tensor([5e-324, -5e-324, 1e-310, -1e308, -1e15, -3.0, -inf], dtype=f))",
    "T.mvlgamma(T.tensor([-0.0, 5e-324], dtype=f), 1)",
    *(f"T.polygamma({n}, T.tensor([-2.5, -0.75, -inf, -3.0], dtype=f))" for n in (2, 3, 4)),
    "T.zeros(3, dtype=T.bool).index_add(0, T.tensor([1]), T.tensor([True]), alpha=2)",
    "T.zeros(3, dtype=T.int8).index_add(0, T.tensor([1]), T.ones(1, dtype=T.int8), alpha=2.5)",
    *(
        f"F.grid_sample(T.arange(9.0, dtype=f).reshape(1, 1, 3, 3), T.tensor([[[[{point}, 0.5]]]], "
        f"dtype=f), '{mode}', '{padding}', False)"
        for point, mode, padding in (
            ("nan", "nearest", "zeros"),
            ("nan", "nearest", "border"),
            ("nan", "bilinear", "zeros"),
            ("inf", "bilinear", "zeros"),
            ("nan", "bicubic", "border"),
            ("nan", "bilinear", "border"),
            ("-inf", "bilinear", "reflection"),
        )
    ),
    *(
        "F.grid_sample(T.arange(27.0, dtype=f).reshape(1, 1, 3, 3, 3), T.tensor([nan, 0.5, 1e308], "
        f"dtype=f).reshape(1, 1, 1, 1, 3), '{mode}', 'reflection', False)"
        for mode in ("bilinear", "nearest")
    ),
]
CONDITIONS = [
    f"T.linalg.cond(T.tensor({rows}, dtype=f), {p})"
    for rows in (
        "[[5e-324, 0.0], [0.0, 5e-324]]",
        "[[0.0, 0.0], [0.0, 0.0]]",
        "[[nan, 1.0], [1.0, 1.0]]",
    )
    for p in ("'fro'", "1", "-inf")
] + ["T.linalg.cond(T.tensor([[5e-324, 0.0], [0.0, 1.0]], dtype=f), 'nuc')"]
# NaN in a matrix: at a place where LAPACK goes past it, or takes it for a zero.
UNKNOWN = [
    form.format(f"T.tensor([{rows}, [[4.0, 1.0], [1.0, 3.0]]], dtype=f)")
    for rows in ("[[nan, 1.0], [1.0, 1.0]]", "[[1.0, nan], [1.0, 1.0]]", "[[2.0, 1.0], [1.0, nan]]")
    for form in (
        "T.linalg.det({})",
        "T.linalg.slogdet({})",
        "T.logdet({})",
        "T.linalg.inv_ex({})",
        "T.linalg.solve({}, T.ones(2, 1, dtype=f))",
        "T.linalg.cholesky_ex({})[1]",
    )
] + [
    "[[T.linalg.inv(a), T.linalg.solve(a, T.ones(3, dtype=f))] for a in [T.where(T.arange(9)"
    f".reshape(3, 3) == {place}, nan, 1 + T.eye(3, dtype=f))]]"
    for place in range(9)
]
SLOPES = [
    ("x.prod()", "inf"),
    ("x.prod(0)", "-inf"),
    ("x.cumprod(0)", "[-inf]"),
    ("x.logcumsumexp(0)", "inf"),
    ("x.logit(0.1)", "[nan, 0.5, 0.05]"),
    ("x.norm()", "1e-310"),
    ("x.norm(2)", "[-1e308]"),
    ("x.norm(2, 0, True)", "[[-1e-310, 0.0]]"),
    ("T.gradient(x, spacing=0.5)[0]", "[1.0, 1e308, -1e308, 3.0]"),
    ("T.gradient(x, spacing=1e308)[0]", "[1.0, inf, 2.0, 5.0]"),
    ("T.gradient(x, spacing=0.0, edge_order=2)[0]", "[1.0, 2.0, 4.0, 3.0]"),
]
EMPTY = [
    *(
        f"F.cross_entropy(T.ones({shape}, dtype=f), T.ones({shape}, dtype=f), reduction='{how}')"
        for shape in ("0", "4, 0", "0, 4", "2, 0, 3")
        for how in ("mean", "none")
    ),
    *(
        f"T.linalg.cond(T.ones({shape}, dtype=f), {p})"
        for p in (1, -1)
        for shape in ("0, 0", "0, 3")
    ),
    *(f"T.linalg.cond(T.ones({shape}, dtype=f))" for shape in ("0, 0", "0, 3", "2, 3, 0")),
    "T.cdist(T.ones(2, 0, dtype=f), T.ones(3, 0, dtype=f), p=inf)",
    "F.pdist(T.ones(3, 0, dtype=f), p=inf)",
    *(f"F.prelu(T.ones({shape}, dtype=f), T.ones(0, dtype=f))" for shape in ("3, 0", "2, 0, 3")),
    "F.adaptive_avg_pool1d(T.ones(1, 2, 0, dtype=f), 1)",
    "F.adaptive_avg_pool2d(T.ones(1, 0, 2, 4, dtype=f), (1, 1))",
    "F.linear_cross_entropy(T.ones(2, 0, dtype=f), T.ones(3, 0, dtype=f), T.tensor([0, 2]))",
    *(
        f"F.scaled_dot_product_attention(T.ones({q}, dtype=f), T.ones({k}, dtype=f), "
        f"T.ones({v}, dtype=f))"
        for q, k, v in (
            ("2, 1, 2, 0", "3, 3, 0", "3, 0"),
            ("2, 1, 2, 3", "3, 0, 3", "0, 5"),
            ("1, 2, 0, 3", "2, 2, 4, 3", "2, 2, 4, 3"),
            ("1, 2, 3", "0, 4, 3", "4, 5"),
        )
    ),
]


@pytest.mark.parametrize("form", [*ENDS, *CONDITIONS, *UNKNOWN, *EMPTY])
def test_pytorch_gives_the_same(form: str) -> None:
    written = re.sub(r"\b(inf|nan)\b", r"T.\1", form.replace("dtype=f", "dtype=T.float64"))
    ours, theirs = (list(map(value, evaluate(written, of))) for of in (mytorch, torch))
    assert_close(ours, theirs, 1e-10)


@pytest.mark.parametrize(("form", "at"), SLOPES)
def test_pytorch_has_the_same_slopes(form: str, at: str) -> None:
    found = []
    for library in (mytorch, torch):
        x = library.tensor(eval(at, {"inf": inf, "nan": nan}), dtype=library.float64)
        x.requires_grad_()
        (out,) = evaluate(form, library, x)
        (slope,) = library.autograd.grad(out.sum(), x)
        found.append([value(out), value(slope)])
    assert_close(*found, 1e-10)


@pytest.mark.parametrize(
    ("form", "shapes"),
    [
        ("F.conv1d(x[:0], y, padding=1)", ((2, 2, 3), (4, 2, 2))),
        ("F.conv2d(x[:0], y, None, 2, 1, 1, 2)", ((2, 4, 2, 1), (2, 2, 2, 2))),
        ("F.conv_transpose2d(x[:0], y, None, 2, groups=2)", ((2, 4, 2, 1), (4, 3, 2, 2))),
        ("F.conv_transpose3d(x[:0], y)", ((2, 1, 2, 1, 1), (1, 3, 2, 2, 1))),
    ],
)
def test_gradients_of_no_images_that_meet_numbers_which_are_not_finite(
    form: str, shapes: tuple[tuple[int, ...], ...]
) -> None:
    case = Case(Operation(form, (form,)), form, shapes)
    for number in (nan, inf):
        arrays = [np.ones(shapes[0]), np.full(shapes[1], number)]
        ours, theirs = (run(library, case, arrays, 1) for library in (mytorch, torch))
        assert_close(ours, theirs)


@pytest.mark.parametrize("p", [3, 10, 2.5])
def test_slopes_of_small_and_large_vectors_are_those_of_their_multiples(p: float) -> None:
    for dtype, small, large in ((np.float32, 1e-30, 1e30), (np.float64, 1e-25, 1e25)):
        slopes = []
        for scale in (1.0, small, large):
            x = mytorch.tensor(np.array([1.0, -2.0, 0.0]) * scale, dtype=dtype, requires_grad=True)
            mytorch.linalg.vector_norm(x, p).backward()
            slopes.append(x.grad.data)
        assert_close(slopes[1:], [slopes[0]] * 2, 1e-6)


@pytest.mark.parametrize(
    "form",
    [
        *("T.logaddexp(x, y)", "T.logaddexp2(x, y)", "T.hypot(x, y)", "T.atan2(x, y)", "x ** y"),
        *("x / y", "T.xlogy(x, y)", "T.lerp(x, y, x * y)", "F.cosine_similarity(x, y, 0)"),
        *("T.special.xlog1py(x, y)", "F.gaussian_nll_loss(x, y, x * y)"),
    ],
)
def test_second_derivatives_where_two_operands_are_equal(form: str) -> None:
    numbers = np.array([0.25, 0.5, 1.0, 3.0])
    case = Case(Operation(form, (form,)), form, (numbers.shape, numbers.shape))
    ours, theirs = (run(library, case, [numbers, numbers], 2) for library in (mytorch, torch))
    assert_close(ours, theirs, 1e-10)


@pytest.mark.parametrize("p", [0.5, 1.5, 2.0, 2.5, 3.0, -1.5])
def test_second_derivatives_of_a_norm_with_a_zero_among_its_numbers(p: float) -> None:
    numbers = np.array([1.0, 0.0, -2.0])
    case = Case(Operation("norm", ("",)), f"T.linalg.vector_norm(x, {p})", (numbers.shape,))
    ours, theirs = (run(library, case, [numbers], 2) for library in (mytorch, torch))
    # PyTorch's of a root at 0 is NaN.
    assert_close(ours, [np.where(np.isnan(part), 0, part) for part in theirs], 1e-10)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("p", [2, 3, 2.5])
@pytest.mark.parametrize("rows", [[[1, 2, -3]], [[1, 2, -3], [1e6, 0, 1e5], [0, 0, 0]]])
def test_slopes_of_numbers_whose_inverse_is_infinite(
    rows: list[list[float]], p: float, create_graph: bool
) -> None:
    slopes = []
    for scale in (1.0, 1e-40):
        x = mytorch.tensor(np.array(rows) * scale, dtype=np.float32, requires_grad=True)
        (slope,) = mytorch.grad(x.norm(p, 1).sum(), x, create_graph=create_graph)
        slopes.append(slope.data)
    assert_close(slopes[1:], slopes[:1], 1e-4)


@pytest.mark.parametrize("dim", [None, 0, 1])
@pytest.mark.parametrize(
    ("dtype", "scale"),
    [
        *((np.float32, scale) for scale in (1e20, 1e30, 1e-25, 1e-20)),
        *((np.float16, scale) for scale in (300.0, 2e4, 3e-3)),
    ],
)
def test_deviations_whose_square_is_out_of_range(
    dtype: type, scale: float, dim: int | None
) -> None:
    values = (np.array([[1.0, -1.0, 2.0], [0.5, 1.5, 0.25]]) * scale).astype(dtype)
    form = (
        "[x.std(), T.std_mean(x)[0]]" if dim is None else f"[x.std({dim}), T.std_mean(x, {dim})[0]]"
    )
    case = Case(Operation("std", (form,)), form, (values.shape,))
    ours, theirs = (run(library, case, [values], 1) for library in (mytorch, torch))
    assert (ours[0] > 0).all()
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, 2e-3 if dtype is np.float16 else 1e-5)


def test_variances_of_half_precision_are_rounded_once() -> None:
    x = np.array([3e-3, -3e-3, 2e-3, 1e-3], np.float16)
    expected = torch.tensor(x).var().numpy()
    np.testing.assert_array_equal(mytorch.tensor(x).var().data, expected)


@pytest.mark.parametrize("scale", [300.0, 3e-3])
@pytest.mark.parametrize(
    "form",
    [
        *(
            "F.layer_norm(x, (4,), y, y)",
            "F.layer_norm(x, (3, 4), eps=1e-8)",
            "F.rms_norm(x, (4,))",
        ),
        *("F.group_norm(x, 3)", "F.instance_norm(x, weight=y[:3], bias=y[1:])"),
        *("F.batch_norm(x, None, None, y[:3], y[1:], True)", "F.rms_norm(x, (4,), y, 1e-7)"),
        "F.batch_norm(x, 0 * y[:3].detach(), 1 + 0 * y[:3].detach(), training=False)",
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_halves_are_normalised_in_single_precision(
    form: str, scale: float, create_graph: bool
) -> None:
    generator = np.random.default_rng(0)
    x, y, start = (generator.uniform(-2, 2, shape) for shape in ((2, 3, 4), 4, (2, 3, 4)))
    halves = [array.astype(np.float16) for array in (x * scale, y * scale, start)]
    found = []
    for dtype in (np.float16, np.float32):
        *leaves, seed = (mytorch.tensor(array, dtype=dtype) for array in halves)
        leaves = [leaf.requires_grad_() for leaf in leaves]
        (out,) = evaluate(form, mytorch, *leaves)
        parts = mytorch.grad(out, leaves, seed, create_graph=create_graph, allow_unused=True)
        found.append([part.data for part in (out, *parts) if part is not None])
    for mine, expected in zip(*found, strict=True):
        assert mine.dtype == np.float16
        np.testing.assert_allclose(mine, expected, 2e-3, 1e-6)


def test_running_statistics_of_halves() -> None:
    x = mytorch.tensor([[[3000.0, -3000.0], [1.0, 2.0]]], dtype=np.float16)
    mean, var = mytorch.zeros(2, dtype=np.float32), mytorch.ones(2, dtype=np.float32)
    F.instance_norm(x, mean, var)
    np.testing.assert_allclose(var.data, [0.9 + 0.1 * 1.8e7, 0.9 + 0.1 * 0.5], 1e-3)
