"""Tensors beside what is none: objects with operators of their own, NumPy's functions, DLPack."""

import operator
from collections import UserList, deque
from decimal import Decimal
from fractions import Fraction
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
