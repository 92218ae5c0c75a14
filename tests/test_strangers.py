"""Tensors beside what is none: objects with operators of their own, NumPy's functions, DLPack."""

import operator
import shutil
import subprocess
import sys
from collections import UserList, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor

BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
    "matmul": operator.matmul,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
}
IN_PLACE = {name: getattr(operator, f"__i{name}__") for name in BINARY if name != "matmul"}
MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
TENSORS = [[1.0, 2.0], 2.0, [1, 2], 3, [True]]


def stranger(*methods: str) -> Any:
    """An object that answers to these methods, each with the method's name."""

    def answering(name: str) -> Any:
        return lambda self, other: name

    return type("Stranger", (), {name: answering(name) for name in methods})()


@pytest.mark.parametrize("values", TENSORS)
class TestObjectsWithOperators:
    @pytest.mark.parametrize("name", BINARY)
    def test_on_the_right_it_gets_its_turn(self, name: str, values: Any) -> None:
        answer = f"__r{name}__"
        assert BINARY[name](Tensor(values), stranger(answer)) == answer

    @pytest.mark.parametrize("name", IN_PLACE)
    def test_in_place_it_gets_its_turn(self, name: str, values: Any) -> None:
        answer = f"__r{name}__"
        assert IN_PLACE[name](Tensor(values), stranger(answer)) == answer

    @pytest.mark.parametrize("name", BINARY)
    def test_on_the_left_it_goes_first(self, name: str, values: Any) -> None:
        answer = f"__{name}__"
        assert BINARY[name](stranger(answer), Tensor(values)) == answer

    @pytest.mark.parametrize("name", MIRRORED)
    def test_comparisons(self, name: str, values: Any) -> None:
        compare, mirrored = getattr(operator, name), f"__{MIRRORED[name]}__"
        assert compare(Tensor(values), stranger(mirrored)) == mirrored
        assert compare(stranger(f"__{name}__"), Tensor(values)) == f"__{name}__"

    @pytest.mark.parametrize("name", BINARY)
    def test_who_cannot_answer_is_refused_with_help(self, name: str, values: Any) -> None:
        for other in (stranger(), None, stranger("__add__" if name != "add" else "__sub__")):
            for operate in (BINARY[name], IN_PLACE.get(name, BINARY[name])):
                with pytest.raises(TypeError, match=r"wrap it in Tensor\(\.\.\.\) first"):
                    operate(Tensor(values), other)
            with pytest.raises(TypeError, match=r"wrap it in Tensor\(\.\.\.\) first"):
                BINARY[name](other, Tensor(values))

    @pytest.mark.parametrize("other", [1j, Decimal(1), Fraction(1, 2), {1}, {}])
    def test_who_declines_is_refused(self, other: Any, values: Any) -> None:
        # But for powers of and to a fraction, which makes a float of itself.
        for name in BINARY.keys() - {"pow"}:
            for operate in (BINARY[name], IN_PLACE.get(name, BINARY[name])):
                with pytest.raises(TypeError, match="Tensor"):
                    operate(Tensor(values), other)
            with pytest.raises(TypeError, match="Tensor"):
                BINARY[name](other, Tensor(values))


class TestSequences:
    @pytest.mark.parametrize("row", [[0], (0, 1), "ab", b"ab", deque([0]), UserList([0])])
    @pytest.mark.parametrize("times", [3, [2], [[0]], True])
    def test_an_integer_repeats_them(self, row: Any, times: Any) -> None:
        ours, theirs = Tensor(times), torch.tensor(times)
        for repeated, expected in ((row * ours, row * theirs), (ours * row, theirs * row)):
            assert type(repeated) is type(row)
            assert repeated == expected
        twice = row
        twice *= ours
        assert twice == row * theirs if isinstance(row, (tuple, str, bytes)) else twice is row

    @pytest.mark.parametrize("row", [[1.0], (1.0,), "ab", b"ab"])
    @pytest.mark.parametrize("values", [2.0, [1.0], [1, 2]])
    def test_what_is_no_number_of_times_is_refused_with_help(self, row: Any, values: Any) -> None:
        for attempt in (lambda: row * Tensor(values), lambda: Tensor(values) * row):
            with pytest.raises(TypeError, match=r"mul: .*wrap it in Tensor\(\.\.\.\) first"):
                attempt()

    @pytest.mark.parametrize("make", [list, deque])
    def test_a_list_takes_the_rows(self, make: Any) -> None:
        rows = same = make([0])
        rows += Tensor([1, 2])
        assert rows is same
        assert [int(row) for row in rows] == [0, 1, 2]

    @pytest.mark.parametrize("row", [[1.0], (1.0,), "ab"])
    @pytest.mark.parametrize("name", [name for name in BINARY if name != "mul"])
    def test_other_operators_refuse_them(self, name: str, row: Any) -> None:
        if not (row == "ab" and name == "mod"):
            with pytest.raises(TypeError, match="Tensor"):
                BINARY[name](row, Tensor([1.0]))
        with pytest.raises(TypeError, match=r"wrap it in Tensor\(\.\.\.\) first"):
            BINARY[name](Tensor([1.0]), row)

    def test_one_with_operators_of_its_own_gets_its_turn(self) -> None:
        class Vector(UserList[float]):
            def __rmul__(self, other: Any) -> str:
                return "mine"

        assert Tensor([1.5]) * Vector([1.0]) == "mine"


def test_the_functions_refuse_all_strangers() -> None:
    for function in (mytorch.add, mytorch.mul, mytorch.matmul, Tensor.add_):
        with pytest.raises(TypeError, match="wrap it in Tensor"):
            function(Tensor([1]), stranger("__radd__", "__rmul__", "__rmatmul__"))


def test_a_number_of_numpy_is_no_stranger() -> None:
    assert (Tensor([1.0]) + np.float32(1)).item() == 2


UFUNCS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide,
    "floordiv": np.floor_divide, "mod": np.remainder, "pow": np.power, "matmul": np.matmul,
}  # fmt: skip


class TestFunctionsOfNumPy:
    @pytest.mark.parametrize("name", UFUNCS)
    @pytest.mark.parametrize("other", [np.array([2.0, 3.0]), [2.0, 3.0], np.float64(2)])
    def test_what_operators_call_is_recorded(self, name: str, other: Any) -> None:
        if name == "matmul" and np.ndim(other) == 0:
            other = np.ones((2, 2))
        x = Tensor([1.0, 2.0], requires_grad=True)
        right = UFUNCS[name](other, x)
        left = UFUNCS[name](x, other)
        expected = BINARY[name](np.asarray(other), x.data), BINARY[name](x.data, np.asarray(other))
        for result, values in zip((right, left), expected, strict=True):
            assert isinstance(result, Tensor)
            assert result.requires_grad
            np.testing.assert_array_equal(result.data, values)
        assert UFUNCS[name](x, x).requires_grad

    def test_ufuncs_give_tensors(self) -> None:
        values = np.array([[1.0, 2.0], [3.0, 4.0]])
        x = Tensor(values)
        for call in (
            np.log,
            np.absolute,
            lambda a: np.hypot(a, 2.0),
            lambda a: np.add(a, 1, dtype=np.float32),
            np.add.reduce,
            lambda a: np.multiply.outer(a, [1, 2]),
            lambda a: np.maximum.accumulate(a, 1),
        ):
            result = call(x)
            assert type(result) is Tensor
            expected = np.asarray(call(values))
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result.data, expected)
        quotient, rest = np.divmod(x, 2)
        assert (quotient.tolist(), rest.tolist()) == ([[0, 1], [1, 2]], [[1, 0], [1, 0]])
        assert type(np.log(Tensor(1.0))) is Tensor

    @pytest.mark.parametrize(
        "call",
        [
            np.mean,
            np.sum,
            np.std,
            np.max,
            np.size,
            np.median,
            np.cumsum,
            np.transpose,
            np.linalg.norm,
            np.asarray,
            lambda a: np.stack([a, a]),
            lambda a: np.concatenate((a, np.ones((1, 2)))),
            lambda a: np.max(a, 0),
            lambda a: np.sum(a, axis=1, keepdims=True),
            lambda a: np.var(a, ddof=1),
            lambda a: np.repeat(a, 2, axis=0),
            lambda a: np.where(a > 2, a, 0.0),
            lambda a: np.einsum("ij,jk", a, a),
            lambda a: np.take(a, [0, 1]),
            lambda a: np.interp(1.5, a[0], a[1]),
            lambda a: np.array([a, a]),
        ],
    )
    def test_other_functions_give_what_numpy_gives(self, call: Any) -> None:
        values = np.array([[1.0, 2.0], [3.0, 4.0]])
        result, expected = call(Tensor(values)), call(values)
        assert type(result) is type(expected)
        np.testing.assert_array_equal(result, expected)
        if call is not np.size:
            with pytest.raises(RuntimeError, match=r"detach\(\)"):
                call(Tensor(values, requires_grad=True) + 0.0)

    @pytest.mark.parametrize(
        "call", [np.log, np.exp, np.add.reduce, lambda a: np.add(1.0, a, dtype=np.float32)]
    )
    def test_a_gradient_is_not_lost(self, call: Any) -> None:
        with pytest.raises(RuntimeError, match=r"np\.\w+(\.reduce)?: .*detach\(\)"):
            call(Tensor([1.0], requires_grad=True))

    def test_data_is_changed_in_place(self) -> None:
        w = Tensor(np.ones(2, np.float32), requires_grad=True)
        memory = w.data
        (w * 2).backward()
        w.data -= 0.5 * w.grad
        w.data += Tensor([1.0, 2.0])
        w.data *= mytorch.tensor(2)
        assert w.data is memory
        assert (w.tolist(), w.dtype, w.requires_grad) == ([2, 4], np.float32, True)
        with pytest.raises(RuntimeError, match=r"detach\(\)"):
            w.data += w
        assert w.data is memory
        assert w.tolist() == [2, 4]

    def test_a_change_of_data_by_a_tensor_is_noticed(self) -> None:
        w = Tensor([1.0], requires_grad=True)
        y = w.exp() * w
        w.data += Tensor([1.0])
        with pytest.raises(RuntimeError, match="changed in place"):
            y.backward()

    @pytest.mark.parametrize(
        "write",
        [
            lambda x: np.log(np.ones(2), out=x),
            lambda x: np.add(x, 1.0, out=x),
            lambda x: np.add.at(x, [0], 1.0),
            lambda x: np.mean(np.ones((2, 2)), 0, out=x),
            lambda x: np.copyto(x, 0.0),
            lambda x: np.fill_diagonal(x, 0.0),
            lambda x: np.put(x, 0, 0.0),
        ],
    )
    def test_a_tensor_is_not_written_to(self, write: Any) -> None:
        x = Tensor([1.0, 2.0])
        with pytest.raises(TypeError, match=r"np\.[\w.]+: .*x\.data"):
            write(x)
        assert x.tolist() == [1, 2]

    def test_an_array_is_written_to(self) -> None:
        array = np.zeros(2)
        assert np.log(Tensor([1.0, 1.0]), out=array) is array
        np.add.at(array, [0, 0], Tensor([1.0, 2.0]))
        assert array.tolist() == [3, 0]
        np.copyto(array, Tensor([7.0, 8.0]))
        assert array.tolist() == [7, 8]


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


# Before, NumPy shares no memory that is read-only.
SHARES_READ_ONLY = np.lib.NumpyVersion(np.__version__) >= "2.1.0"


class TestDLPack:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize(
        "layout",
        [
            lambda a: a,
            lambda a: a.T,
            lambda a: a[::2],
            lambda a: a[:, 1:2],
            lambda a: a[1, 1],
            lambda a: a[:0],
            lambda a: a.expand(2, 4, 3),
        ],
    )
    @pytest.mark.parametrize("take", [torch.from_dlpack, torch.as_tensor, np.from_dlpack])
    def test_memory_is_shared(self, dtype: str, layout: Any, take: Any) -> None:
        x = Tensor(np.arange(12).reshape(4, 3).astype(dtype))
        ours = layout(x)
        if not (ours.data.flags.writeable or SHARES_READ_ONLY):
            with pytest.raises(BufferError, match="readonly"):
                take(ours)
            return
        theirs = take(ours)
        assert (tuple(theirs.shape), str(theirs.dtype).split(".")[-1]) == (ours.shape, dtype)
        x.data[1] = 1
        np.testing.assert_array_equal(np.asarray(theirs), ours.data)

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("layout", [lambda a: a, lambda a: a.T, lambda a: a[1, 1]])
    def test_a_tensor_of_pytorch_is_shared(self, dtype: str, layout: Any) -> None:
        theirs = torch.arange(12).reshape(4, 3).to(getattr(torch, dtype))
        ours = mytorch.from_dlpack(layout(theirs))
        theirs[1] = 1
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours.data, layout(theirs).numpy())
        copied = mytorch.from_dlpack(theirs, copy=True)
        theirs[:] = 0
        assert copied.data.any()

    @pytest.mark.skipif(not SHARES_READ_ONLY, reason="NumPy refuses it")
    def test_what_is_read_only_stays_so(self) -> None:
        x = Tensor(np.broadcast_to(1.0, (2, 2)))
        assert not np.from_dlpack(x).flags.writeable
        assert not mytorch.from_dlpack(x).data.flags.writeable

    @pytest.mark.parametrize("take", [torch.from_dlpack, torch.as_tensor, np.from_dlpack])
    def test_refusals(self, take: Any) -> None:
        with pytest.raises(BufferError, match=r"detach\(\)"):
            take(Tensor([1.0], requires_grad=True))
        with pytest.raises(BufferError, match=r"steps of at least 0.*\(-1,\).*clone\(\)"):
            take(Tensor(np.ones(3)[::-1]))  # PyTorch would abort
        np.testing.assert_array_equal(take(Tensor(np.arange(3.0)[::-1]).clone()), [2, 1, 0])

    def test_what_cannot_be_taken(self) -> None:
        for other, error, says in (
            ([1.0], TypeError, "got list; use mytorch.tensor"),
            (torch.ones(1, requires_grad=True), BufferError, "detach"),
            (torch.ones(1, dtype=torch.bfloat16), TypeError, r"x\.float\(\)"),
            (torch.ones(1, dtype=torch.complex64), TypeError, "complex64"),
        ):
            with pytest.raises(error, match=says):
                mytorch.from_dlpack(other)

    def test_the_device_is_the_cpu(self) -> None:
        assert Tensor([1.0]).__dlpack_device__() == torch.ones(1).__dlpack_device__()


@pytest.fixture(scope="module")
def copies(tmp_path_factory) -> Any:
    """The errors of a program that has two copies of the package, and imports one of them twice."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(mytorch.__file__).parent, folder / "mytorch")
    program = """
import sys
import numpy as np

def load(folder):
    for name in [name for name in sys.modules if name.split(".")[0] == "mytorch"]:
        del sys.modules[name]
    sys.path.insert(0, folder)
    import mytorch
    mytorch.autograd, mytorch.nn, mytorch.optim
    return mytorch

ours = load(sys.argv[1])
for theirs in (load(sys.argv[2]), load(sys.argv[1])):
    x, y = ours.Tensor([1.0]), theirs.Tensor([1.0])
    for attempt in (
        lambda: x + y,
        lambda: x @ y,
        lambda: ours.optim.SGD([y]),
        lambda: ours.nn.Sequential().add_module("a", theirs.nn.Linear(1, 1)),
        lambda: ours.autograd.grad(y, y),
        lambda: ours.cat([y]),
        lambda: setattr(x, "grad", y),
    ):
        try:
            attempt()
        except TypeError as error:
            print(str(error).replace("\\n", " "))
        else:
            print("no error")
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(Path(mytorch.__file__).parent.parent), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not run.stderr
    lines = run.stdout.splitlines()
    return folder, lines[: len(lines) // 2], lines[len(lines) // 2 :]


def test_another_copy_of_the_package_is_named(copies) -> None:
    folder, copied, again = copies
    for line in copied:
        assert "another copy of mytorch" in line
        for place in (folder / "mytorch", Path(mytorch.__file__).parent):
            assert f"from {place}" in line
    for line in again:
        assert "imported twice" in line


def test_a_tensor_of_pytorch_is_named() -> None:
    for attempt in (
        lambda: Tensor([1.0]) + torch.ones(1),
        lambda: torch.ones(1) + Tensor([1.0]),
        lambda: mytorch.exp(torch.ones(1)),
        lambda: mytorch.optim.SGD([torch.ones(1)]),
        lambda: setattr(Tensor([1.0]), "grad", torch.ones(1)),
        lambda: mytorch.nn.Sequential().register_buffer("a", torch.ones(1)),
    ):
        with pytest.raises(TypeError, match=r"got torch\.Tensor"):
            attempt()
    with pytest.raises(TypeError, match=r"got torch\.nn\.modules\.linear\.Linear"):
        mytorch.nn.Sequential().add_module("a", torch.nn.Linear(1, 1))
