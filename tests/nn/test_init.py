"""`nn.init` beside PyTorch's: what is set, how draws are distributed, and what is refused."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.nn import init

NAMES = [
    name
    for name, made in vars(torch.nn.init).items()
    if callable(made) and made.__module__ == "torch.nn.init" and not name.startswith("_")
]


def call(library: Any, form: str, *shape: int) -> Any:
    """The form of a tensor x with history forbidden, for it is a leaf."""
    x = library.zeros(shape, dtype=library.float64).requires_grad_()
    assert eval(form, {"init": library.nn.init, "x": x}) is x
    return x


def test_the_names_and_arguments_are_pytorchs() -> None:
    assert sorted(init.__all__) == sorted(NAMES)
    for name in init.__all__:
        ours = inspect.signature(getattr(init, name)).parameters
        theirs = inspect.signature(getattr(torch.nn.init, name)).parameters
        if name.endswith("_") or name == "calculate_gain":
            assert [(p.name, p.default) for p in ours.values()] == [
                (p.name, p.default) for p in theirs.values()
            ]


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ("init.constant_(x, 0.3)", (2, 3)),
        ("init.ones_(x)", (3,)),
        ("init.zeros_(x)", ()),
        ("init.eye_(x)", (2, 3)),
        ("init.eye_(x)", (3, 2)),
        ("init.dirac_(x)", (2, 3, 3)),
        ("init.dirac_(x)", (4, 2, 2, 5)),
        ("init.dirac_(x, groups=2)", (4, 2, 3, 1, 2)),
        ("init.normal_(x, 2.0, 0.0)", (2,)),
        ("init.orthogonal_(x)", (0, 3)),
        ("init.sparse_(x, 1.0)", (3, 2)),
    ],
)
def test_what_is_set_equals_pytorchs(form: str, shape: tuple[int, ...]) -> None:
    mine, expected = call(mytorch, form, *shape), call(torch, form, *shape)
    assert mine.requires_grad
    assert mine.grad_fn is None
    np.testing.assert_array_equal(mine.data, expected.detach().numpy())


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ("init.uniform_(x, -1.0, 3.0)", (4000,)),
        ("init.normal_(x, 1.0, 2.0)", (4000,)),
        ("init.trunc_normal_(x)", (4000,)),
        ("init.trunc_normal_(x, 1.0, 0.5, 0.7, 1.5)", (4000,)),
        ("init.xavier_uniform_(x)", (40, 20, 5)),
        ("init.xavier_normal_(x, gain=2.0)", (40, 100)),
        ("init.kaiming_uniform_(x)", (40, 100)),
        ("init.kaiming_uniform_(x, 0.5, 'fan_out')", (20, 40, 5)),
        ("init.kaiming_normal_(x, nonlinearity='relu')", (40, 100)),
        ("init.kaiming_normal_(x, mode='fan_out', nonlinearity='tanh')", (40, 20, 5)),
        ("init.orthogonal_(x, 2.0)", (80, 50)),
        ("init.sparse_(x, 0.25)", (100, 40)),
    ],
)
def test_draws_are_distributed_as_pytorchs(form: str, shape: tuple[int, ...]) -> None:
    mytorch.manual_seed(0)
    torch.manual_seed(0)
    mine = call(mytorch, form, *shape).data
    expected = call(torch, form, *shape).detach().numpy()
    assert mine.mean() == pytest.approx(expected.mean(), abs=0.08 * expected.std())
    assert mine.std() == pytest.approx(expected.std(), rel=0.06)
    for end in (0.02, 0.2, 0.5, 0.8, 0.98):
        place = np.quantile(expected, end)
        assert np.quantile(mine, end) == pytest.approx(place, abs=0.2 * expected.std())
    if "uniform" in form or "trunc" in form:
        assert np.abs(mine).max() == pytest.approx(np.abs(expected).max(), rel=0.02)
    assert (mine == 0).sum() == (expected == 0).sum()


def test_orthogonal_rows_and_columns() -> None:
    for shape in ((3, 5), (5, 3), (2, 3, 2)):
        matrix = init.orthogonal_(Tensor.empty(*shape), 2.0).data.reshape(shape[0], -1)
        products = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(products, 4 * np.eye(len(products)), atol=1e-14)


def test_a_generator_decides_the_draws() -> None:
    drawing = [
        name
        for name in init.__all__
        if "generator" in inspect.signature(getattr(init, name)).parameters and name.endswith("_")
    ]
    assert len(drawing) == 9
    for name in drawing:
        args = (0.5,) if name == "sparse_" else ()
        state = mytorch.get_rng_state()
        first, second = (
            getattr(init, name)(
                Tensor.empty(4, 4), *args, generator=mytorch.Generator().manual_seed(3)
            )
            for _ in range(2)
        )
        np.testing.assert_array_equal(first.data, second.data)
        np.testing.assert_array_equal(state.data, mytorch.get_rng_state().data)


@pytest.mark.parametrize("name", ["relu", "tanh", "selu", "sigmoid", "linear", "leaky_relu"])
def test_gains(name: str) -> None:
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    assert init.calculate_gain("conv_transpose2d") == init.calculate_gain("conv3d") == 1
    assert init.calculate_gain("leaky_relu", 2) == math.sqrt(2 / 5)


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        ("init.calculate_gain('gelu')", ()),
        ("init.calculate_gain('conv_transpose4d')", ()),
        ("init.calculate_gain('conv2dx')", ()),
        ("init.calculate_gain('leaky_relu', True)", ()),
        ("init.calculate_gain('leaky_relu', 'a')", ()),
        ("init.eye_(x)", (2,)),
        ("init.dirac_(x)", (2, 2)),
        ("init.dirac_(x, 2)", (3, 2, 1)),
        ("init.xavier_uniform_(x)", (3,)),
        ("init.xavier_normal_(x)", ()),
        ("init.kaiming_uniform_(x)", (3,)),
        ("init.kaiming_normal_(x, mode='fan')", (3, 2)),
        ("init.kaiming_normal_(x, nonlinearity='x')", (3, 2)),
        ("init.orthogonal_(x)", (3,)),
        ("init.sparse_(x, 0.5)", (3,)),
    ],
)
def test_refusals(form: str, shape: tuple[int, ...]) -> None:
    for library in (mytorch, torch):
        with pytest.raises(ValueError):  # noqa: PT011
            call(library, form, *shape)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("init.eye_(None)", "^eye_: expected Tensor as tensor, got NoneType"),
        ("init.zeros_('a')", "^constant_: expected Tensor as tensor, got str 'a'"),
        ("init.xavier_normal_({})", "^xavier_normal_: expected Tensor as tensor, got dict"),
        ("init.kaiming_uniform_(x, mode=None)", "^kaiming_uniform_: expected str as mode, got"),
        ("init.normal_(x, [1.5])", "^normal_: expected float as mean, got list|normal_: mean: exp"),
    ],
)
def test_what_is_no_argument_is_named(form: str, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call(mytorch, form, 3, 2)


@pytest.mark.parametrize("name", sorted(name for name in init.__all__ if name.endswith("_")))
def test_the_memory_of_an_array_is_set_too(name: str) -> None:
    options = {"constant_": (0.5,), "sparse_": (0.5,)}.get(name, ())
    shape = (3, 3, 3) if name == "dirac_" else (3, 4)
    weight, other = Tensor.zeros(*shape), Tensor.zeros(*shape)
    for target in (weight, other.data):
        mytorch.manual_seed(1)
        assert getattr(init, name)(target, *options) is target
    np.testing.assert_array_equal(other.data, weight.data)


def test_warnings() -> None:
    with pytest.warns(UserWarning, match="no elements"):
        init.kaiming_uniform_(Tensor.empty(0, 3))
    with pytest.warns(UserWarning, match="2 standard deviations"):
        init.trunc_normal_(Tensor.empty(3), 5.0)
    with pytest.warns(UserWarning, match="2 standard deviations") as caught:
        init.trunc_normal_(Tensor.empty(3).data, 5.0)
    assert caught[0].filename == __file__
    with pytest.warns(FutureWarning, match=r"xavier_uniform_") as caught:
        init.xavier_uniform(Tensor.empty(2, 3))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 2), (4, 2, 3, 3), (2, 0), (3,), ()])
def test_fans(shape: tuple[int, ...]) -> None:
    ours, theirs = Tensor.zeros(*shape), torch.zeros(shape)
    for name, options in (
        ("_calculate_fan_in_and_fan_out", ()),
        *(("_calculate_correct_fan", (mode,)) for mode in ("fan_in", "FAN_OUT")),
    ):
        if len(shape) < 2:
            with pytest.raises(ValueError, match=rf"{name}: expected 2 or more axes"):
                getattr(init, name)(ours, *options)
        else:
            expected = getattr(torch.nn.init, name)(theirs, *options)
            assert getattr(init, name)(ours, *options) == expected
    with pytest.raises(ValueError, match="_calculate_correct_fan: expected mode"):
        init._calculate_correct_fan(ours, "fan")
