"""Collation beside PyTorch's, and what its errors say."""

import collections
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate as torch_collate
from torch.utils.data import default_convert as torch_convert

import mytorch
from mytorch import Tensor
from mytorch.utils.data import default_collate, default_convert


class Point(NamedTuple):
    a: Any
    b: Any


ALIKE = """
    c([T.ones(2), T.zeros(2)])
    c([T.tensor(1.5), T.tensor(2.5)])
    c([T.ones(2), T.ones(2, dtype=T.int64)])
    c([np.ones((2, 0)), np.ones((2, 0))])
    c([np.array(1.5), np.array(2, np.float32)])
    c([np.ones(2), T.zeros(2)])
    c([np.float32(1), np.float32(2)])
    c([np.int32(1), np.int32(2)])
    c([np.bool_(True)])
    c([np.float64(1.5)])
    c([1, 2, True])
    c([True, False])
    c([1, 2.5])
    c([True, 2.5])
    c([1, np.float32(2.5)])
    c([np.float32(1), 2.5])
    c([2.5, 1])
    c(["a", "b"])
    c([b"a"])
    c([np.str_("a")])
    c([("a", 1), ("b", 2)])
    c([[1, [2.5, "x"]], [3, [4.5, "y"]]])
    c([{"a": 1, "b": {"c": T.ones(1)}}, {"a": 2, "b": {"c": T.ones(1)}, "d": 0}])
    c([OrderedDict(a=1), OrderedDict(a=2)])
    c([Point(1, "x"), Point(2, "y")])
    c([range(2), range(2)])
    c((1, 2))
    v([1, np.ones(2), (np.float32(2), "a")])
    v({"a": np.array("x"), "b": np.array([1])})
    v(OrderedDict(a=np.ones(1)))
    v(Point(1, np.ones(1)))
    v(range(2))
    v("ab")
    v(np.str_("a"))
    v(T.ones(2))
    c([])
    c([None])
    c([{1}])
    c([1j])
    c([np.array(["a"])])
    c([np.array([None])])
    c([T.ones(2), T.ones(3)])
    c([T.ones(2), None])
    c([1.5, None])
    c([[1, 2], [3]])
    c([{"a": 1}, {"b": 2}])
"""


def described(value: Any) -> Any:
    if isinstance(value, (Tensor, torch.Tensor)):
        kind = str(value.dtype).removeprefix("torch.").replace("float32", "float64")
        return kind, tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value), [(key, described(part)) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [*map(described, value)]
    return str(value), type(value)


@pytest.mark.parametrize("form", ALIKE.strip().splitlines())
def test_both_libraries_agree(form: str) -> None:
    names = {"np": np, "Point": Point, "OrderedDict": collections.OrderedDict}
    ours = {"T": mytorch, "c": default_collate, "v": default_convert}
    theirs = {"T": torch, "c": torch_collate, "v": torch_convert}
    try:
        expected = described(eval(form.strip(), {**names, **theirs}))
    except Exception as error:
        with pytest.raises(type(error)):
            eval(form.strip(), {**names, **ours})
    else:
        assert described(eval(form.strip(), {**names, **ours})) == expected


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_dtype_of_numbers_is_pytorchs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where floats come after another number: Python's have the default dtype then."""
    monkeypatch.setattr("mytorch._dtypes._default", np.dtype(kind))
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, kind))
    try:
        for batch in (
            *([1, 2.5], [True, 2.5], [2.5, 1], [1, 2], [np.float32(1), 2.5], [np.int64(1), 2.5]),
            *([1, np.float32(2.5)], [1, np.float64(2.5)], [np.float64(1), 1]),
        ):
            assert str(torch_collate(batch).dtype) == f"torch.{default_collate(batch).dtype}"
    finally:
        torch.set_default_dtype(before)


ONES = [Tensor(np.ones(n)) for n in (2, 2, 3)]


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        (ONES, r"one shape, got \(2,\) in sample 0 of the batch and \(3,\) in sample 2; give the"),
        ([{"x": (i, x)} for i, x in enumerate(ONES)], r"one shape at \['x'\]\[1\], got \(2,\)"),
        ([Point(1, [x]) for x in ONES], r"one shape at \.b\[0\], got"),
        ([{"x": [1]}, {"x": [1, 2]}], r"length at \['x'\], got the lengths 1 in sample 0"),
        ([{"x": {"y": 1}}, {"x": {}}], r"no key 'y' at \['x'\]"),
        ([(1, None)], r"at \[1\], got NoneType; convert it in the dataset"),
        ([(1, 2.5), (1, None)], r"expected numbers at \[1\], got NoneType in sample 1"),
        ([(ONES[0],), (3,)], r"expected Tensors at \[0\], got int in sample 1"),
        ([], "got an empty batch"),
    ],
)
def test_errors_say_where_and_what(batch: Any, said: str) -> None:
    with pytest.raises((RuntimeError, TypeError, KeyError, IndexError), match=said):
        default_collate(batch)


def test_what_a_container_has_beside_its_entries_stays() -> None:
    class Named(dict[str, Any]):
        name = ""

    sample = Named(x=1)
    sample.name = "mine"
    batch = default_collate([sample, Named(x=2)])
    assert (batch.name, batch["x"].tolist(), sample["x"]) == ("mine", [1, 2], 1)
    for kind in (collections.UserList, collections.deque):
        assert isinstance(default_collate([kind([1, 2])]), kind)
        assert isinstance(default_convert(kind([1, 2])), kind)
