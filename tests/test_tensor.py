"""Tensor itself: data, factories, conversions and operators."""

import copy
import operator
import pickle
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from tests.together import as_one, together


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

    def test_arrays_that_shift_bits(self) -> None:
        array, x = np.array([8, 9]), Tensor([1, 2])
        assert ((array << x).tolist(), (array >> x).tolist()) == ([16, 36], [4, 2])
        assert isinstance(array << x, Tensor)

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
        assert tracked.numpy(force=True) is tracked.data
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
    @together("spec", ["", ".2f", "g", ">12", "+.3e", "d", "x", "s", ",", "%"], as_one)
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
        p, leaf = Tensor([1.0, 2.0], is_parameter=True), Tensor([1.0], requires_grad=True)
        (p * leaf * 2).backward()
        assert copy.deepcopy(leaf).grad.data.tolist() == [6]
        twin = copy.deepcopy(p)
        assert twin.is_parameter
        assert twin.grad is None  # as in PyTorch, for parameters alone
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

    @pytest.mark.parametrize("flags", [{}, {"requires_grad": True}, {"is_parameter": True}])
    def test_attributes_go_where_pytorchs_go(self, flags) -> None:
        x = Tensor([1.0, 2.0], **flags)
        theirs: Any = torch.tensor([1.0, 2.0], requires_grad="requires_grad" in flags)
        if "is_parameter" in flags:
            theirs = torch.nn.Parameter(theirs)
        for of in (x, theirs):
            of._no_weight_decay, of.note = True, [1]
        duplicates = [
            *(copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))),
            *(lambda t: t.detach(), lambda t: t.clone(), lambda t: t[:1], lambda t: t * 2),
        ]
        for duplicate in duplicates:
            twin, wanted = duplicate(x), duplicate(theirs)
            assert vars(twin) == vars(wanted)
            if hasattr(twin, "note"):
                assert (twin.note is x.note) == (wanted.note is theirs.note)
        del x.note
        assert not hasattr(x, "note")
        assert x._no_weight_decay

    def test_a_deep_copy_of_a_tensor_that_is_its_own_attribute(self) -> None:
        x = Tensor([1.0])
        x.twin = x
        y = copy.deepcopy(x)
        assert y.twin is y is not x

    def test_to(self) -> None:
        x = Tensor([1.5], requires_grad=True)
        assert x.to(np.float64) is x
        y = x.to(np.float32)
        (y * 2).backward()
        assert y.dtype == np.float32
        assert x.grad.dtype == np.float64


def test_a_number_too_large_for_the_default_dtype_is_infinite() -> None:
    mytorch.set_default_dtype(np.float32)
    try:
        assert mytorch.tensor(1e300).item() == np.inf
    finally:
        mytorch.set_default_dtype(np.float64)


def test_a_tensor_is_not_its_own_gradient() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="cannot be its own gradient"):
        x.grad = x
    assert x.grad is None
    x.grad = x.detach().clone()
    (x * 3).sum().backward()
    assert x.tolist() == [1.0, 2.0]


def test_shapes_are_of_the_class_size() -> None:
    assert isinstance(Tensor.ones(2, 3).shape, mytorch.Size)
    assert mytorch.Size([2, 3]) == Tensor.ones(2, 3).shape
    assert mytorch.Size() == Tensor(1.0).shape


def test_where_the_elements_begin_and_tensors_of_sizes_are_pytorchs() -> None:
    def found(library: Any) -> list[Any]:
        x, made = library.zeros(4, 3), library.Tensor
        views = (x, x[1:, 2], x.t()[1], x[2].detach(), x.reshape(12)[5:], x[1:].clone())
        strided = library.as_strided(x, (2, 2), (1, 3), 4)
        sized = (made(2, 3), made(2, 1), made(2, 3, 1, 2), library.nn.Parameter(made(1, 2)))
        offsets = [view.storage_offset() for view in (*views, strided, strided[1])]
        return [offsets, [(tuple(x.shape), x.requires_grad, x.is_leaf) for x in sized]]

    assert found(mytorch) == found(torch)
    assert Tensor(2, 3).dtype == mytorch.get_default_dtype()
    assert Tensor(5).shape == ()
    leaf = Tensor(1, 2, is_parameter=True)
    assert leaf.is_parameter
    assert leaf.shape == (1, 2)
    with pytest.raises(mytorch.errors.ShapeError, match=r"expected sizes from 0 to .* \(-2, 3\)"):
        Tensor(-2, 3)
    for wrong in ((2, 3, "x"), (2, 3, True, 4), (2.0, 3)):
        with pytest.raises(TypeError, match=r"expected True or False as .*mytorch.empty\(2, 3\)"):
            Tensor(*wrong)
