"""Tensor itself: data, flags, factories, conversions, operators and errors."""

import copy
import operator
import pickle

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor


class TestData:
    @pytest.mark.parametrize(
        "data",
        [
            1,
            1.5,
            True,
            [1.0, 2.0],
            [[1], [2]],
            (),
            np.float32(2),
            np.ones((2, 3)),
            np.ma.array([1.0]),
        ],
    )
    def test_data_is_exactly_an_ndarray(self, data) -> None:
        assert type(Tensor(data).data) is np.ndarray

    def test_results_of_numbers_stay_arrays(self) -> None:
        x = Tensor(2.0)
        for result in (
            x + 1,
            x * x,
            x.sum(),
            x.exp(),
            x[...],
            Tensor([1.0, 2.0])[0],
            x.reshape(1)[0],
        ):
            assert type(result.data) is np.ndarray
        x.data = x.data * 2
        assert type(x.data) is np.ndarray
        x.data -= 1.0
        assert type(x.data) is np.ndarray
        assert x.item() == 3

    def test_an_array_is_wrapped(self) -> None:
        array = np.ones(3)
        assert Tensor(array).data is array

    def test_a_parameter_owns_its_array(self) -> None:
        array = np.ones(3)
        assert not np.shares_memory(Tensor(array, is_parameter=True).data, array)

    def test_tensor_function_copies(self) -> None:
        array = np.ones(3)
        assert not np.shares_memory(mytorch.tensor(array).data, array)
        assert mytorch.tensor([1, 2], dtype=np.float32).dtype == np.float32

    @pytest.mark.parametrize(
        "data", ["text", [None], [1j], np.array(["a"]), {"a": 1}, [[1], [2, 3]]]
    )
    def test_what_is_not_numbers_is_refused(self, data) -> None:
        with pytest.raises((TypeError, ValueError), match="Tensor: expected numbers"):
            Tensor(data)

    def test_dtypes(self) -> None:
        assert Tensor(1.5).dtype == np.float64
        assert Tensor([1, 2]).dtype == np.int64
        assert Tensor([True]).dtype == np.bool_
        single = Tensor(np.ones(2, np.float32))
        for result in (
            single * 2.5,
            2 + single,
            single**2,
            single / 3,
            single.mean(),
            single.var(),
        ):
            assert result.dtype == np.float32

    @pytest.mark.parametrize(("dtype", "value"), [("float32", 1e300), ("int64", np.nan)])
    def test_an_array_is_converted_without_a_warning(self, dtype: str, value: float) -> None:
        ours, theirs = (
            library.tensor(np.array([value]), dtype=getattr(library, dtype)).numpy()
            for library in (mytorch, torch)
        )
        np.testing.assert_array_equal(ours, theirs)

    def test_numbers_out_of_bounds(self) -> None:
        with pytest.raises(TypeError, match=r"300 out of bounds for uint8; choose a larger"):
            mytorch.tensor([300], dtype=np.uint8)

    def test_default_dtype(self) -> None:
        mytorch.set_default_dtype(np.float32)
        try:
            assert Tensor([1.5]).dtype == np.float32
            assert Tensor.zeros(2).dtype == np.float32
            assert (Tensor([1, 2]) * 0.5).dtype == np.float32
            assert (Tensor([1, 2]) / 2).dtype == np.float32
            assert Tensor(np.ones(2)).dtype == np.float64
            assert mytorch.nn.Linear(2, 2).weight.dtype == np.float32
        finally:
            mytorch.set_default_dtype(np.float64)
        with pytest.raises(TypeError, match="floating"):
            mytorch.set_default_dtype(np.int64)


class TestFlags:
    def test_defaults(self) -> None:
        x = Tensor([1.0])
        assert (x.requires_grad, x.is_leaf, x.is_parameter) == (False, True, False)
        assert x.grad is None
        assert x.grad_fn is None

    def test_parameter_implies_the_rest(self) -> None:
        p = Tensor([1.0], is_parameter=True)
        assert p.requires_grad
        assert p.is_leaf
        assert type(p).__name__ == "Tensor"
        late = Tensor([1.0])
        late.is_parameter = True
        assert late.requires_grad

    def test_flag_set_later(self) -> None:
        x = Tensor([2.0])
        x.requires_grad = True
        (x * x).backward()
        assert x.grad.item() == 4
        assert x.requires_grad_(False) is x
        with pytest.raises(RuntimeError, match="detach"):
            (Tensor([1.0], requires_grad=True) * 2).requires_grad_(False)
        with pytest.raises(RuntimeError, match="detach"):
            (Tensor([1.0], requires_grad=True) * 2).requires_grad = False

    def test_grad_is_checked(self) -> None:
        x = Tensor([1.0, 2.0])
        with pytest.raises(TypeError, match="ndarray"):
            x.grad = np.ones(2)
        with pytest.raises(RuntimeError, match=r"\(2,\).*\(3,\)"):
            x.grad = Tensor.ones(3)
        with pytest.raises(RuntimeError, match="float64, got float32"):
            x.grad = Tensor(np.ones(2, np.float32))
        Tensor([1, 2]).grad = Tensor.ones(2)

    def test_grad_is_deleted(self) -> None:
        x = Tensor([1.0])
        x.grad = Tensor([2.0])
        del x.grad
        assert x.grad is None

    def test_detached_in_place(self) -> None:
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        assert y.detach_() is y
        assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)
        with pytest.raises(RuntimeError, match="view"):
            x.reshape(2, 1).detach_()

    def test_hash_is_identity(self) -> None:
        a, b = Tensor([1.0]), Tensor([1.0])
        assert len({a, b, a}) == 2


class TestFactories:
    def test_shapes(self) -> None:
        for factory in (Tensor.zeros, Tensor.ones, Tensor.empty, Tensor.randn):
            assert factory(3, 4).shape == (3, 4)
            assert factory((3, 4)).shape == (3, 4)
            assert factory().shape == ()
            assert type(factory().data) is np.ndarray
        assert Tensor.zeros(2).data.tolist() == [0, 0]
        assert Tensor.ones(2).data.tolist() == [1, 1]

    def test_arange(self) -> None:
        assert Tensor.arange(1, 7, 2).data.tolist() == [1, 3, 5]
        assert Tensor.arange(3).dtype == np.int64
        assert Tensor.arange(0, 1, 0.5).dtype == np.float64

    def test_fill_and_copy(self) -> None:
        x = Tensor.ones(2)
        y = x.copy()
        assert x.fill_(7) is x
        assert x.data.tolist() == [7, 7]
        assert y.data.tolist() == [1, 1]
        assert Tensor([1.0], requires_grad=True).copy().requires_grad is False

    def test_randn_follows_the_seed(self) -> None:
        mytorch.manual_seed(3)
        first = Tensor.randn(4)
        np.random.seed(3)
        np.testing.assert_array_equal(Tensor.randn(4).data, first.data)


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


class TestOperators:
    @pytest.mark.parametrize("operate", OPERATORS)
    @pytest.mark.parametrize(
        "other", [2, 2.5, np.float64(1.5), np.array([1.0, 2.0, 3.0]), np.array(2.0)]
    )
    def test_numbers_and_arrays_on_either_side(self, operate, other) -> None:
        values = np.array([1.0, 2.0, 3.0])
        for result, expected in (
            (operate(Tensor(values), other), operate(values, other)),
            (operate(other, Tensor(values)), operate(other, values)),
        ):
            assert isinstance(result, Tensor)
            np.testing.assert_array_equal(result.data, expected)

    def test_an_array_on_the_left_stays_in_the_graph(self) -> None:
        x = Tensor([1.0, 2.0], requires_grad=True)
        (np.array([3.0, 4.0]) * x).backward()
        assert x.grad.data.tolist() == [3, 4]
        assert (np.eye(2) @ x).requires_grad

    @pytest.mark.parametrize("other", ["a", None, [1.0], {}])
    def test_strangers_are_refused(self, other) -> None:
        with pytest.raises(TypeError):
            Tensor([1.0]) + other
        with pytest.raises(TypeError):
            other * Tensor([1.0])

    def test_comparison_with_a_stranger(self) -> None:
        assert (Tensor([1.0]) == None) is False  # noqa: E711
        assert (Tensor([1.0]) != "a") is True

    def test_augmented_assignment_changes_the_tensor(self) -> None:
        x = Tensor([1.0], requires_grad=True)
        y = same = x * 3
        y += 1
        assert y is same
        assert y.item() == 4
        y.backward()
        assert x.grad.item() == 3

    @pytest.mark.parametrize(
        ("operate", "name"),
        [
            (operator.add, "add"),
            (operator.sub, "sub"),
            (operator.mul, "mul"),
            (operator.truediv, "div"),
            (operator.pow, "pow"),
            (operator.matmul, "matmul"),
            (operator.lt, "lt"),
        ],
    )
    def test_shapes_that_do_not_fit(self, operate, name: str) -> None:
        with pytest.raises(RuntimeError, match=rf"{name}: shapes \(2, 3\) and \(4,\)"):
            operate(Tensor.ones(2, 3), Tensor.ones(4))
        with pytest.raises(ValueError, match=name):
            operate(Tensor.ones(2, 3), Tensor.ones(4))


def test_integers_wrap_around_as_in_pytorch() -> None:
    for library in (mytorch, torch):
        assert (library.tensor([2], dtype=library.uint8) * 300).tolist() == [88]


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("left", DTYPES)
@pytest.mark.parametrize("right", DTYPES)
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())])
def test_result_dtypes_are_those_of_pytorch(left: str, right: str, shapes) -> None:
    a, b = (np.ones(shape, dtype) for shape, dtype in zip(shapes, (left, right), strict=True))
    ours = Tensor(a) * Tensor(b)
    theirs = torch.tensor(a) * torch.tensor(b)
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scalar", [True, 2, 2.5])
def test_result_dtypes_with_scalars(dtype: str, scalar) -> None:
    array = np.ones(2, dtype)
    mytorch.set_default_dtype(np.float32)
    try:
        for result, expected in (
            (Tensor(array) * scalar, torch.tensor(array) * scalar),
            (scalar + Tensor(array), scalar + torch.tensor(array)),
            (Tensor(array) / scalar, torch.tensor(array) / scalar),
        ):
            assert str(result.dtype) == str(expected.dtype).removeprefix("torch.")
    finally:
        mytorch.set_default_dtype(np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_of_sums(dtype: str) -> None:
    array = np.full(300, 1, dtype)
    ours, theirs = Tensor(array).sum(), torch.tensor(array).sum()
    assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
    assert ours.item() == theirs.item()


class TestConversions:
    def test_item_float_int_bool(self) -> None:
        x = Tensor([2.5])
        assert x.item() == 2.5
        assert float(x) == 2.5
        assert int(x) == 2
        assert bool(x)
        assert Tensor(3).__index__() == 3
        assert [10, 20][Tensor(1)] == 20
        assert f"{Tensor(0.5):.3f}" == "0.500"

    def test_more_than_one_element(self) -> None:
        x = Tensor([1.0, 2.0])
        for convert in (float, int, bool, Tensor.item):
            with pytest.raises(RuntimeError, match=r"\(2,\)"):
                convert(x)
        with pytest.raises(TypeError, match=r"only an integer tensor .* dtype float64"):
            operator.index(Tensor(1.5))

    def test_len_and_iteration(self) -> None:
        x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        assert len(x) == 2
        first, second = x
        (first * second).backward()
        assert x.grad.data.tolist() == [[3, 4], [1, 2]]
        for convert in (len, list):
            with pytest.raises(TypeError, match="0-d"):
                convert(Tensor(1.0))

    def test_numpy_and_array(self) -> None:
        x = Tensor([1.0, 2.0])
        assert x.numpy() is x.data
        assert np.asarray(x).tolist() == [1, 2]
        np.testing.assert_allclose(x, [1, 2])
        tracked = Tensor([1.0], requires_grad=True)
        for convert in (Tensor.numpy, np.asarray):
            with pytest.raises(RuntimeError, match="detach"):
                convert(tracked)
        assert tracked.detach().numpy() is tracked.data
        assert x.tolist() == [1, 2]

    def test_sizes(self) -> None:
        x = Tensor.zeros(2, 3)
        assert (x.ndim, x.dim(), x.numel(), x.size(), x.size(1)) == (2, 2, 6, (2, 3), 3)

    @pytest.mark.parametrize(
        ("x", "text"),
        [
            (Tensor(1.0), "tensor(1.)"),
            (Tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
            (Tensor([1, 2]), "tensor([1, 2])"),
            (Tensor([True]), "tensor([ True])"),
            (Tensor(np.ones(1, np.float32)), "tensor([1.], dtype=float32)"),
            (Tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
            (Tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<Mul>)"),
        ],
    )
    def test_repr(self, x: Tensor, text: str) -> None:
        assert repr(x) == str(x) == text

    @pytest.mark.parametrize("value", [2.5, 0.1, -0.0, 1e30, np.inf, np.nan, 3, -7, True])
    @pytest.mark.parametrize("spec", ["", ".2f", "g", ">12", "+.3e", "d", "x", "s", ",", "%"])
    def test_a_single_number_is_formatted_as_pytorchs(self, value, spec: str) -> None:
        texts = []
        for library in (mytorch, torch):
            dtype = library.float64 if isinstance(value, float) else None
            x = library.tensor(value, dtype=dtype, requires_grad=isinstance(value, float))
            try:
                texts.append(format(x, spec))
            except ValueError as error:
                texts.append(str(error))
        assert texts[0] == texts[1]

    @pytest.mark.parametrize("shape", [(1,), (2, 2), (0,), (1, 1)])
    def test_others_are_formatted_without_a_spec(self, shape) -> None:
        x, theirs = mytorch.zeros(shape), torch.zeros(shape)
        assert f"{x}" == str(x) == repr(x)
        for tensor in (x, theirs):
            with pytest.raises(TypeError, match="unsupported format string passed to Tensor"):
                format(tensor, ".2f")

    @pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (2, 0, 3)])
    @pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "uint8"])
    @pytest.mark.parametrize("requires_grad", [False, True])
    def test_repr_of_no_elements_is_pytorchs(self, shape, dtype, requires_grad) -> None:
        if requires_grad and "float" not in dtype:
            return
        theirs = torch.zeros(shape, dtype=getattr(torch, dtype), requires_grad=requires_grad)
        ours = Tensor(np.zeros(shape, dtype), requires_grad)
        default = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            assert repr(ours) == repr(theirs).replace("torch.", "")
        finally:
            torch.set_default_dtype(default)

    def test_repr_of_many_elements_is_short(self) -> None:
        for x in (mytorch.zeros(3000), mytorch.zeros(100, 100), mytorch.zeros(20, 20, 20)):
            assert "..." in repr(x)
            assert len(repr(x)) < 2000
            assert repr(x) == str(x) == f"{x}"
        assert repr(Tensor([-0.0, 1.0])) == "tensor([-0.,  1.])"
        assert repr(Tensor([[1.0], [2.0]])) == "tensor([[1.],\n        [2.]])"

    def test_deepcopy(self) -> None:
        p = Tensor([1.0, 2.0], is_parameter=True)
        (p * 2).backward()
        twin = copy.deepcopy(p)
        assert twin.is_parameter
        assert twin.grad.data.tolist() == [2, 2]
        assert not np.shares_memory(twin.data, p.data)
        (twin * 3).backward()
        assert p.grad.data.tolist() == [2, 2]
        first, second = copy.deepcopy([p, p])
        assert first is second
        with pytest.raises(RuntimeError, match="leaves"):
            copy.deepcopy(p * 2)

    @pytest.mark.parametrize("duplicate", [copy.copy, lambda t: pickle.loads(pickle.dumps(t))])
    def test_a_copy_collects_its_own_gradient(self, duplicate) -> None:
        for flags in ({"requires_grad": True}, {"is_parameter": True}):
            x = Tensor([1.0, 2.0], **flags)
            y = x * 2  # the graph holds x's node
            twin = duplicate(x)
            (twin * 3).backward()
            assert x.grad is None
            assert twin.grad.data.tolist() == [3, 3]
            assert twin.is_parameter == x.is_parameter
            with pytest.raises(RuntimeError, match="detach"):
                duplicate(y)

    @pytest.mark.parametrize(
        "duplicate", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
    )
    def test_a_copy_of_a_frozen_parameter_is_frozen(self, duplicate) -> None:
        p = Tensor([1.0], is_parameter=True)
        p.requires_grad = False
        twin = duplicate(p)
        assert (twin.is_parameter, twin.requires_grad) == (True, False)
        assert not np.shares_memory(twin.data, p.data)

    def test_to(self) -> None:
        x = Tensor([1.5], requires_grad=True)
        assert x.to(np.float64) is x
        y = x.to(np.float32)
        (y * 2).backward()
        assert y.dtype == np.float32
        assert x.grad.dtype == np.float64


REFUSALS = [
    (lambda: Tensor.ones(2, 3).reshape(4), RuntimeError, r"reshape: shape \(2, 3\)"),
    (lambda: Tensor.ones(2, 3).reshape(-1, -1), RuntimeError, "only one"),
    (lambda: Tensor.ones(2, 3).reshape(-1, 4), RuntimeError, "infer"),
    (lambda: Tensor.ones(2, 3).reshape(-2, 3), RuntimeError, "negative"),
    (lambda: Tensor.ones(2, 3).sum(2), IndexError, "axis 2"),
    (lambda: Tensor.ones(2, 3).mean((0, 0)), RuntimeError, "twice"),
    (lambda: Tensor.ones(2, 3).sum(axis=0, dim=1), TypeError, "one of them"),
    (lambda: Tensor([1, 2]).mean(), RuntimeError, "floating"),
    (lambda: Tensor([1, 2]).softmax(0), RuntimeError, "floating"),
    (lambda: Tensor([1.0]).softmax(), TypeError, "dim"),
    (lambda: Tensor([True]) - Tensor([True]), RuntimeError, "booleans"),
    (lambda: -Tensor([True]), RuntimeError, "booleans"),
    (lambda: Tensor([2]) ** -1, RuntimeError, "negative integer powers"),
    (lambda: Tensor.zeros(0, 3).amax(0), IndexError, "no elements"),
    (lambda: Tensor.zeros(0, 3).max(), RuntimeError, "no elements"),
    (lambda: Tensor.zeros(0).argmax(), IndexError, "no elements"),
    (lambda: Tensor([1.0])[2], IndexError, "out of bounds"),
    (lambda: Tensor.zeros(0, 3)[[5]], IndexError, r"\(0, 3\): index 5 is out of bounds"),
    (lambda: mytorch.add(1, 2), TypeError, "add: expected a Tensor, got int and int"),
    (lambda: Tensor([1.0]).__setitem__(2, 0.0), IndexError, r"shape \(1,\): index 2"),
    (lambda: Tensor([1]).__setitem__(0, np.nan), RuntimeError, "nan is no integer"),
    (lambda: Tensor([1]).fill_(np.inf), RuntimeError, "fill_: inf"),
    (lambda: Tensor([1.0]).sum(0.5), TypeError, "sum: expected an integer, got float 0.5"),
    (lambda: Tensor([1.0]).max((0, 1)), TypeError, "expected an integer, got tuple"),
    (lambda: Tensor([1.0]).reshape(1.0), TypeError, "reshape: expected an integer"),
    (lambda: Tensor.ones(3).narrow(0, 0, 1.5), TypeError, "narrow: expected an integer"),
    (lambda: Tensor([1.0])[:1.0], TypeError, "indexing: expected an integer"),
    (lambda: Tensor([1.0]).topk(0.5), TypeError, "topk: expected an integer"),
    (lambda: Tensor([[1.0]]).tril(0.5), TypeError, "tril: expected an integer"),
    (lambda: Tensor([[1.0]]).diagonal(0.5), TypeError, "diagonal: expected an integer"),
    (lambda: Tensor([1.0]).diag(0.5), TypeError, "diag_embed: expected an integer"),
    (lambda: mytorch.einsum(Tensor([1.0])), TypeError, "einsum: expected an equation"),
    (lambda: mytorch.maximum(Tensor([1.0]), 2.0), TypeError, "maximum: expected a Tensor"),
    (lambda: mytorch.zeros(2.5), TypeError, "zeros: expected an integer"),
    (lambda: mytorch.linspace(0, 1, 2.5), TypeError, "linspace: expected an integer"),
    (lambda: Tensor([1.0]).size(1), IndexError, "size: axis 1"),
    (lambda: Tensor(1.0).stride(0), IndexError, "stride: axis 0"),
    (lambda: mytorch.tensor([2**63]), RuntimeError, "too large for int64"),
    (lambda: Tensor.ones(2, 3).expand(2, 4), RuntimeError, r"expand: shape \(2, 3\)"),
    (lambda: Tensor.ones(2).expand(-1, 2), RuntimeError, "sizes"),
    (lambda: Tensor.ones(2, 3).permute(0), RuntimeError, "order of 2"),
    (lambda: Tensor.ones(2, 3, 4).t(), RuntimeError, "at most 2"),
    (lambda: Tensor.ones(2, 3).transpose(0, 2), IndexError, "axis 2"),
    (lambda: mytorch.cat([Tensor.ones(1, 2), Tensor.ones(1, 1)]), RuntimeError, "cat"),
    (lambda: mytorch.cat([]), ValueError, "at least one"),
    (lambda: mytorch.cat([Tensor(1.0)]), RuntimeError, "0-d"),
    (lambda: Tensor(2.0) @ Tensor([1.0]), RuntimeError, "0-d"),
]


@pytest.mark.parametrize(("attempt", "error", "says"), REFUSALS)
def test_refusals(attempt, error, says: str) -> None:
    with pytest.raises(error, match=says):
        attempt()


class TestCorners:
    """PyTorch's answers at the edges of functions, without a warning (warnings are errors here)."""

    def gradient(self, function, *values: float) -> list[float]:
        x = Tensor(list(values), requires_grad=True)
        function(x).sum().backward()
        return x.grad.data.tolist()

    def test_sqrt_at_zero(self) -> None:
        assert self.gradient(Tensor.sqrt, 0.0, 4.0) == [np.inf, 0.25]

    def test_abs_at_zero(self) -> None:
        assert self.gradient(Tensor.abs, -1.0, 0.0, 1.0) == [-1, 0, 1]

    def test_relu_at_zero_and_nan(self) -> None:
        assert self.gradient(Tensor.relu, -1.0, 0.0, 1.0) == [0, 0, 1]
        assert np.isnan(Tensor([np.nan]).relu().item())
        assert self.gradient(Tensor.relu, np.nan) == [1]

    def test_not_a_number_among_the_largest(self) -> None:
        assert self.gradient(Tensor.max, np.nan, 1.0, np.nan) == [0.5, 0, 0.5]
        assert np.isnan(self.gradient(Tensor.amax, np.nan, 1.0)).all()
        assert self.gradient(Tensor.abs, np.nan) == [0]

    def test_roots_of_negative_zero_and_infinity(self) -> None:
        assert self.gradient(lambda x: x**0.5, -0.0) == [-np.inf]
        assert np.isnan(self.gradient(lambda x: x**0.5, -np.inf)).all()

    def test_powers_of_zero(self) -> None:
        assert self.gradient(lambda x: x**0.5, 0.0) == [np.inf]
        assert self.gradient(lambda x: x**1.5, 0.0) == [0]
        assert self.gradient(lambda x: x**0, 0.0) == [0]
        exponent = Tensor([1.0, 1.0], requires_grad=True)
        (Tensor([0.0, 2.0]) ** exponent).backward()
        np.testing.assert_allclose(exponent.grad.data, [0, 2 * np.log(2)])
        np.testing.assert_allclose(self.gradient(lambda x: 2**x, 0.0), [np.log(2)])

    @pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
    def test_steps_have_gradient_zero(self, name: str) -> None:
        x = Tensor([0.3, -1.7], requires_grad=True)
        getattr(x, name)().backward()
        assert x.grad.tolist() == [0, 0]

    def test_division_by_zero(self) -> None:
        x = Tensor([1.0, 0.0, -1.0], requires_grad=True)
        y = x / Tensor([0.0, 0.0, 0.0])
        np.testing.assert_array_equal(y.data, [np.inf, np.nan, -np.inf])
        y.backward()
        np.testing.assert_array_equal(x.grad.data, np.full(3, np.inf))

    def test_equal_extremes_share(self) -> None:
        assert self.gradient(Tensor.amax, 3.0, 3.0, 1.0) == [0.5, 0.5, 0]
        assert self.gradient(Tensor.max, 3.0, 3.0, 1.0) == [0.5, 0.5, 0]
        assert self.gradient(lambda x: x.max(0).values, 3.0, 3.0, 1.0) == [1, 0, 0]

    def test_saturation(self) -> None:
        x = Tensor([-1000.0, 1000.0], requires_grad=True)
        y = x.sigmoid() + x.tanh()
        assert y.data.tolist() == [-1, 2]
        y.backward()
        assert x.grad.data.tolist() == [0, 0]

    def test_softmax_of_extremes(self) -> None:
        x = Tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
        y = x.softmax(1)
        assert y.data.tolist() == [[1, 0, 0]]
        y.sum().backward()
        assert x.grad.data.tolist() == [[0, 0, 0]]
        assert np.isnan(Tensor([-np.inf, -np.inf]).softmax(0).data).all()
        assert np.isnan(Tensor([np.inf, 0.0]).softmax(0).data).all()

    def test_variance_of_one(self) -> None:
        assert np.isnan(Tensor([1.0]).var().item())
        assert np.isnan(Tensor.zeros(0).mean().item())

    def test_logarithm_of_zero(self) -> None:
        assert Tensor([0.0]).log().item() == -np.inf
        assert np.isnan(Tensor([-1.0]).log().item())


def test_a_number_too_large_for_the_default_dtype_is_infinite() -> None:
    mytorch.set_default_dtype(np.float32)
    try:
        assert mytorch.tensor(1e300).item() == np.inf
    finally:
        mytorch.set_default_dtype(np.float64)


FLAGS = [
    ("Tensor(2, 3)", r"requires_grad, got int 3; .*mytorch\.empty\(2, 3\).*Tensor\.zeros\(2, 3\)"),
    ("Tensor(2, 3, 4)", "requires_grad, got int 3"),
    ("Tensor([1.0], is_leaf=0)", "is_leaf"),
    ("Tensor([1.0], True, True, 'yes')", "is_parameter, got str 'yes'"),
    ("Tensor([1.0], np.float32)", "requires_grad, got type"),
    ("T.tensor([1.0], None, 3)", "requires_grad"),
    ("T.zeros(2, requires_grad=3)", "requires_grad"),
    ("T.randn(2, requires_grad=x)", "requires_grad, got Tensor"),
    ("x.requires_grad_(3)", "requires_grad"),
    ("setattr(x, 'requires_grad', 3)", "requires_grad, got int 3"),
    ("setattr(x, 'is_parameter', None)", "is_parameter"),
    ("T.nn.Parameter(x, 3)", "requires_grad"),
    ("x.sum(0, 1)", "sum: expected True or False as keepdim, got int 1"),
    ("x.sum(axis=0, keepdims=1)", "keepdim"),
    ("x.mean(0, 1)", "mean: .*keepdim"),
    ("x.var(0, keepdim=1)", "keepdim"),
    ("x.prod(0, 1)", "keepdim"),
    ("x.norm(2, 0, 1)", "keepdim"),
    ("x.logsumexp(0, 1)", "keepdim"),
    ("x.max(0, 1)", "keepdim"),
    ("x.amin(0, 1)", "keepdim"),
    ("x.argmax(0, 1)", "keepdim"),
    ("x.all(0, 1)", "keepdim"),
    ("T.linalg.vector_norm(x, 2, 0, 1)", "keepdim"),
    ("T.linalg.norm(x, None, 0, 'yes')", "keepdim"),
    ("x.sort(0, 1)", "descending"),
    ("x.argsort(0, stable=1)", "stable"),
    ("x.topk(1, 0, 1)", "largest"),
    ("x.isclose(x, 0.0, 0.0, 1)", "equal_nan"),
    ("T.allclose(x, x, 0.0, 0.0, 1)", "equal_nan"),
    ("y.backward(x, 3)", "retain_graph, got int 3"),
    ("y.backward(None, None, 3)", "create_graph"),
    ("T.autograd.backward(y, None, 3)", "retain_graph"),
    ("T.autograd.grad(y, w, None, 3)", "retain_graph"),
    ("T.autograd.grad(y, w, create_graph=1)", "create_graph"),
    ("T.autograd.grad(y, w, None, None, False, 1)", "allow_unused"),
    ("T.set_grad_enabled(3)", "mode"),
    ("T.autograd.set_detect_anomaly(3)", "mode"),
    ("T.nn.functional.relu(x, 3)", "relu: .*inplace"),
    ("T.nn.functional.dropout(x, 0.5, 3)", "training"),
]


@pytest.mark.parametrize(("attempt", "says"), FLAGS)
def test_a_flag_is_true_or_false(attempt: str, says: str) -> None:
    x, w = Tensor([1.0, 2.0]), Tensor([1.0, 2.0], requires_grad=True)
    names = {"T": mytorch, "np": np, "Tensor": Tensor, "x": x, "w": w, "y": w * w}
    with pytest.raises(TypeError, match=f"expected True or False as .*{says}|{says}"):
        eval(attempt, names)
    assert mytorch.is_grad_enabled()
    assert (x.requires_grad, x.is_parameter, w.grad) == (False, False, None)


def test_a_flag_may_be_numpys() -> None:
    x = Tensor([1.0], np.True_, np.bool_(True), np.False_)
    assert x.requires_grad is True
    assert x.is_leaf is True
    assert x.is_parameter is False
    x.requires_grad = np.False_
    assert x.requires_grad is False
    assert Tensor([[1.0]]).sum(0, np.True_).shape == (1, 1)
    with mytorch.set_grad_enabled(np.False_):
        assert not mytorch.is_grad_enabled()


def test_a_tensor_is_not_its_own_gradient() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="cannot be its own gradient"):
        x.grad = x
    assert x.grad is None
    x.grad = x.detach().clone()
    (x * 3).sum().backward()
    assert x.tolist() == [1.0, 2.0]
