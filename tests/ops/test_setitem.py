"""x[index] = value for every kind of index, against PyTorch."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import mytorch
from mytorch import Tensor
from mytorch.errors import DtypeError
from mytorch.ops.inplace import set_item, store
from tests.together import as_one, together

INDICES = (
    "1",
    "-1, 2",
    "...",
    "..., 0",
    "()",
    "None",
    "True",
    "False",
    ":, None, 1:, ::3",
    "1:1",
    "T.tensor(1)",
    "[1, 0]",
    "[]",
    "[0, 1], 1",
    "0, :, [1, 2]",
    ":, [0, 1], None, 0",
    "[1, 0], :, [1, 2]",
    "T.tensor([1, 0]), :, 0",
    "T.tensor([[0, 1], [2, 0]], dtype=T.int32).t()[:1, :], 1",
    "x.detach() > 1",
    "x.detach() > 9",
    "T.tensor([True, False])",
    "1, x[1].detach() > 1",
    "..., T.tensor([False, True, False, True])",
    ":, True, 0",
)
VALUES = ("2.5", "y", "y[:1]", "y[0, 0]", "x[index].detach().clone() * 2", "x[index] + y.sum()")


def execute(library: ModuleType, index: str, value: str) -> list[np.ndarray] | None:
    """x after the change, and the gradients of what x and the value were made of."""
    a = library.tensor(np.linspace(0, 2, 24).reshape(2, 3, 4), requires_grad=True)
    y = library.tensor(np.array([[3.0, 4.0, 5.0, 6.0]]), requires_grad=True)
    names = {"T": library, "x": a * 1, "y": y}
    value = value.replace("[index]", f"[{index}]")
    try:
        exec(f"value = {value}\nx[{index}] = value", names)
    except (RuntimeError, IndexError):
        return None
    x: Any = names["x"]
    (x * x).sum().backward()
    gradients = [
        np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy() for leaf in (a, y)
    ]
    return [x.detach().numpy(), *gradients]


@pytest.mark.parametrize("index", INDICES)
def test_values_and_gradients_equal_pytorch(index: str) -> None:
    for value in VALUES:
        ours, theirs = execute(mytorch, index, value), execute(torch, index, value)
        assert (ours is None) == (theirs is None), value
        for mine, expected in zip(ours or [], theirs or [], strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-12, err_msg=value)


@pytest.mark.parametrize("index", ["2", "0, 3", "::-1", "0.5", "[2]", "0, 0, 0, 0"])
def test_what_pytorch_refuses_is_refused(index: str) -> None:
    for library in (mytorch, torch):
        x = library.ones(2, 3, 4)
        with pytest.raises((IndexError, ValueError), match=r"(?i)ind(ex|ic)|step"):
            exec(f"x[{index}] = 1.0", {"x": x})


@pytest.mark.parametrize(("dtype", "value"), [("float32", 1e300), ("int64", np.nan)])
def test_a_value_that_does_not_fit_is_converted_without_a_warning(dtype: str, value: float) -> None:
    results = []
    for library in (mytorch, torch):
        x = library.ones(2, dtype=getattr(library, dtype))
        x[0] = library.tensor(value, dtype=library.float64)
        results.append(x.numpy())
    np.testing.assert_array_equal(*results)


FILLS = {
    "fill_": lambda x, value: x.fill_(value),
    "setitem": lambda x, value: x.__setitem__(1, value),
    "setitem of a mask": lambda x, value: x.__setitem__(x == x, value),
}


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "float16", "float32"])
@together(
    "value",
    [1e6, 127.5, 255.0, 255.5, -0.5, -128.0, -129.0, 1e19, 65504.0, 65537.0, 1e39, -1e39],
    as_one,
)
def test_a_float_that_does_not_fit_is_refused_where_pytorch_does(
    fill: Any, dtype: str, value: float
) -> None:
    if dtype == "float16" and abs(value) > 65504 and fill is not FILLS["fill_"]:
        pytest.skip("PyTorch makes it a number of float32 first, then an infinity")
    theirs = torch.zeros(3, dtype=getattr(torch, dtype))
    try:
        fill(theirs, value)
    except RuntimeError:
        for number in (value, np.float64(value)):
            x = Tensor(np.zeros(3, dtype))
            with pytest.raises(DtypeError, match="does not fit into the tensor's dtype"):
                fill(x, number)
            assert x.tolist() == [0, 0, 0]
    else:
        x = Tensor(np.zeros(3, dtype))
        fill(x, value)
        np.testing.assert_array_equal(x.data, theirs.numpy())


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
@pytest.mark.parametrize("dtype", ["bool", "float16", "float32", "float64"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 2.5])
def test_infinities_and_nans_are_stored(fill: Any, dtype: str, value: float) -> None:
    theirs, ours = torch.zeros(3, dtype=getattr(torch, dtype)), Tensor(np.zeros(3, dtype))
    for x in (theirs, ours):
        fill(x, value)
    np.testing.assert_array_equal(ours.data, theirs.numpy())


@pytest.mark.parametrize("name", ["add", "sub"])
@pytest.mark.parametrize("alpha", [127, -127, -300, 255, 256, 2**64])
@pytest.mark.parametrize("dtype", ["int8", "int64"])
def test_an_alpha_that_does_not_fit_is_refused_where_pytorch_does(
    name: str, alpha: int, dtype: str
) -> None:
    theirs, ours = torch.ones(1, dtype=getattr(torch, dtype)), Tensor(np.ones(1, dtype))
    try:
        expected = getattr(theirs, name)(theirs, alpha=alpha)
    except (RuntimeError, OverflowError):
        with pytest.raises(DtypeError, match="alpha"):
            getattr(ours, name)(ours, alpha=alpha)
    else:
        assert getattr(ours, name)(ours, alpha=alpha).tolist() == expected.tolist()


@pytest.mark.parametrize("value", [1e300, float("nan"), np.float64(-1e300)])
def test_what_fits_is_asked_by_who_stores_not_by_its_name(value: Any) -> None:
    x = Tensor([1, 2])
    with pytest.raises(DtypeError, match="copy_"):
        set_item("copy_", x, ..., value)
    assert x.tolist() == [1, 2]
    store("fill_", x, 0, value)
    assert x.data[1] == 2
